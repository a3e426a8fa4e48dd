"""Groww's feed client, unmodified, against the sandbox: one test a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from packages.sandbox.tests.clients.calls import calls_of, uncalled

pytestmark = pytest.mark.xdist_group("brokers-clients")

_SCRIPT = "groww_feed.py"
_CALLS = calls_of(_SCRIPT)

Run = Callable[[str], Mapping[str, Any]]


@pytest.mark.parametrize("method", _CALLS)
def test_groww_feed(method: str, run_client: Run) -> None:
    said = run_client(_SCRIPT)[method]
    assert said.ok, said.said


def test_every_method_of_the_client_is_called(run_client: Run) -> None:
    assert uncalled(run_client(_SCRIPT)["every method"].said, _CALLS) == []
