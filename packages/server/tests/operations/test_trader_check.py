"""The health check of the trading process."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tradertape_server.features.operations.trader_check import trader_check


@pytest.mark.parametrize(
    ("role", "detail"),
    [
        ("all", "Another process trades; this one is on standby."),
        ("trader", "Another process trades; this one is on standby."),
        ("web", "Another process trades; this one never does."),
    ],
)
def test_a_process_that_never_trades_is_not_on_standby(role: str, detail: str) -> None:
    holder = SimpleNamespace(owner="vm:1:a", fence=3)
    election = SimpleNamespace(
        role=role, owner="vm:2:b", is_trader=False, fence=None, holder=lambda: holder
    )
    assert trader_check(election)().detail == detail
