"""A split 1:10 overnight, with a position and a live trigger."""

from __future__ import annotations

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_core.ledger.corporate import CorporateAction
from tradertape_server.features.execution.scheduled.corporate_actions import Adjust
from tradertape_server.features.portfolios.live.owners import PositionOwners
from tradertape_server.features.portfolios.live.rescaling import SignalRescaling
from tradertape_server.features.protection.rescaling import ProtectionRescaling

from .conftest import Json, LiveDesk

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def split(desk: LiveDesk, symbol: str) -> None:
    """One share becomes ten, tonight."""
    execution = desk.container.execution
    desk.clock.advance(days=1)
    today = desk.clock.now().astimezone(IST).date()
    action = CorporateAction(
        action_id=f"split-{symbol}", instrument=f"NSE:{symbol}", ex_date=today, new=10, old=1
    )
    protections, signals = ProtectionRescaling(PositionOwners(execution)), SignalRescaling()

    def also(uow: object, action: object, account_id: int | None = None) -> None:
        protections(uow, action, account_id)
        signals(uow, action, account_id)

    for account_id in execution.accounts_in(f"NSE:{symbol}"):
        execution.trader.execute(
            Adjust(action, "split", execution.gtt, also, account_id=account_id)
        )


def test_value_is_unchanged_and_nothing_is_sold(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live()
    _, one, held = desk.bought(portfolio)
    split(desk, one["symbol"])
    desk.trade(one["symbol"], one["trigger_price"] / 10)
    desk.settle()
    after: Json = desk.position(portfolio)
    assert (after["status"], after["open_quantity"]) == ("open", held["open_quantity"] * 10)
    assert after["invested"] == held["invested"]
    assert after["stop_price"] == pytest.approx(held["stop_price"] / 10, abs=0.01)
    assert after["protection_status"] == "armed"
    assert [s for s in desk.signals(portfolio) if s["side"] == "SELL"] == []
    desk.trade(one["symbol"], after["stop_price"] - 0.5)
    desk.settle()
    assert desk.position(portfolio)["exit_reason"] == "stop"


def test_a_trigger_from_before_is_dead_and_a_new_signal_waits(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live()
    _, (one,) = desk.placed(portfolio)
    split(desk, one["symbol"])
    desk.settle()
    dead = desk.signal(one["id"])
    assert (dead["status"], dead["gtt_status"]) == ("cancelled", "disabled")
    assert dead["failure_reason"] == "corporate_action"
    (fresh,) = [
        s for s in desk.signals(portfolio, "pending_approval") if s["symbol"] == one["symbol"]
    ]
    assert fresh["quantity"] == one["quantity"] * 10
    assert fresh["trigger_price"] == pytest.approx(one["trigger_price"] / 10)
    assert fresh["notional"] == pytest.approx(one["notional"], rel=0.001)
