"""Fixtures of the tests of uploads."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

Send = Callable[..., Response]


@pytest.fixture
def send(signed_in: TestClient) -> Send:
    """Upload tradebooks: `send(("book.csv", content), …)`; `as_` is another person's client."""

    def send(
        *files: tuple[str, bytes], as_: TestClient | None = None, kind: str = "tradebook",
        form: dict[str, str] | None = None, **params: Any,
    ) -> Response:  # fmt: skip
        field = "files[]" if kind == "tradebook" else "file"
        return (as_ or signed_in).post(
            f"/api/uploads/{kind}",
            files=[(field, (name, content)) for name, content in files],
            data=form or {},
            params=params,
        )

    return send


@pytest.fixture
def wait_for() -> Callable[..., Any]:
    """Read until what is read satisfies: `wait_for(read, is_done)` returns it."""

    def wait_for(read: Callable[[], Any], is_done: Callable[[Any], bool]) -> Any:
        pause = Event()
        found = read()
        for _ in range(400):
            if is_done(found):
                break
            pause.wait(0.05)
            found = read()
        assert is_done(found), found
        return found

    return wait_for
