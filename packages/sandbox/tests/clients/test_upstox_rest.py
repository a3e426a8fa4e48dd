"""Upstox's REST client, unmodified, against the sandbox: one test a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from packages.sandbox.tests.clients.calls import calls_of

pytestmark = pytest.mark.xdist_group("brokers-clients")

_SCRIPTS = ("upstox_rest.py", "upstox_account.py", "upstox_reference.py")

Run = Callable[[str], Mapping[str, Any]]


@pytest.mark.parametrize(
    ("script", "method"), [(script, method) for script in _SCRIPTS for method in calls_of(script)]
)
def test_upstox_rest(script: str, method: str, run_client: Run) -> None:
    said = run_client(script)[method]
    assert said.ok, said.said
