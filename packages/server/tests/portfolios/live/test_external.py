"""Alerts from outside in a portfolio whose orders are executed. SG-01, SG-07"""

from __future__ import annotations

from decimal import Decimal

import pytest

from tradertape_server.features.portfolios.external import ExternalSignals
from tradertape_server.platform.errors import Conflict

from .conftest import Json, LiveDesk

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def proposed(desk: LiveDesk, portfolio: Json, symbol: str, price: str) -> Json:
    external = ExternalSignals(desk.clock, desk.container.market)
    with desk.container.database.write() as session:
        number = external.propose(
            session, 1, portfolio["id"], symbol, Decimal(price), reason="Alert of TradingView"
        )
    return desk.signal(number)


def test_an_alert_goes_the_way_of_a_scans_signal_to_a_guarded_position(desk: LiveDesk) -> None:
    """It awaits approval, is placed as a trigger order once, is bought, and scans go on."""
    portfolio = desk.deploy_live()
    at, signals = desk.first_signals(portfolio)
    taken = {one["symbol"] for one in signals}
    symbol = next(one for one in ("INFY", "TCS", "RELIANCE", "SBIN") if one not in taken)
    desk.at(desk.days[at + 1])
    desk.market.trade(f"NSE:{symbol}", "99.00")
    one = proposed(desk, portfolio, symbol, "100.00")
    assert (one["status"], one["kind"], one["trigger_price"]) == (
        "pending_approval", "external", 100.0,
    )  # fmt: skip
    with pytest.raises(Conflict, match="has a signal already"):
        proposed(desk, portfolio, symbol, "101.00")
    desk.post(f"signals/{one['id']}/approve")
    assert desk.post("cart/place", {"portfolio_id": portfolio["id"]})["placed"] == 1
    assert desk.signal(one["id"])["gtt_status"] == "active"
    desk.trade(symbol, 100.00)
    bought = desk.signal(one["id"])
    assert (bought["status"], bought["filled_quantity"]) == ("executed", one["quantity"])
    with pytest.raises(Conflict, match="is held already"):
        proposed(desk, portfolio, symbol, "101.00")
    desk.evening_of(desk.days[at + 1])
    desk.scan(portfolio, desk.days[at + 1])
    held = desk.position(portfolio)
    assert held["stop_price"] is not None  # the strategy's stop guards it from the evening on
    twin = desk.get(f"portfolios/{portfolio['id']}/twin")
    assert "outside" in {one["cause"] for one in twin["causes"]}


def test_only_stocks_of_the_universe_are_taken(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live(universe="custom:INFY,TCS")
    desk.first_signals(portfolio)
    with pytest.raises(Conflict, match="not in the universe"):
        proposed(desk, portfolio, "RELIANCE", "100.00")
