"""Upstox's market streamer, unmodified, against the sandbox: one test a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from packages.sandbox.tests.clients.calls import calls_of

pytestmark = pytest.mark.xdist_group("brokers-clients")

_SCRIPT = "upstox_feed.py"

Run = Callable[[str], Mapping[str, Any]]


@pytest.mark.parametrize("method", calls_of(_SCRIPT))
def test_upstox_feed(method: str, run_client: Run) -> None:
    said = run_client(_SCRIPT)[method]
    assert said.ok, said.said
