"""What health says of who trades."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tradertape_server.features.operations.trader_check import trader_check


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("all", "Another process trades; this one is on standby."),
        ("trader", "Another process trades; this one is on standby."),
        ("web", "Another process trades; this one never does."),
    ],
)
def test_a_process_that_never_trades_does_not_stand_by(role: str, told: str) -> None:
    holder = SimpleNamespace(owner="vm:1:a", fence=3)
    election = SimpleNamespace(
        role=role, owner="vm:2:b", is_trader=False, fence=None, holder=lambda: holder
    )
    assert trader_check(election)().detail == told
