"""A split 1:10 overnight, with a position and a live trigger at the broker."""

from __future__ import annotations

import pytest
from packages.server.tests.portfolios.live.test_splits import split

from tradertape_core.orders.gtt import GttStatus

from .conftest import BrokerDesk, Json
from .test_exits import bought, fill_sales, sold


@pytest.mark.parametrize("is_down", [False, True], ids=["running", "down"])
def test_value_is_unchanged_to_the_paisa_and_nothing_is_sold(
    desk: BrokerDesk, *, is_down: bool
) -> None:
    """The stop moves with the price, before any price of the new basis is looked at."""
    portfolio, one, held = bought(desk)
    before = desk.get(f"portfolios/{portfolio['id']}")
    if is_down:
        desk.down()
        desk.up()
    split(desk, one["symbol"])
    desk.trade(one["symbol"], one["trigger_price"] / 10)
    desk.settle()
    after: Json = desk.position(portfolio)
    assert desk.orders("SELL") == []
    assert (after["status"], after["open_quantity"]) == ("open", held["open_quantity"] * 10)
    assert after["invested"] == held["invested"]
    assert after["stop_price"] == pytest.approx(held["stop_price"] / 10, abs=0.01)
    assert after["protection_status"] == "armed"
    shown = desk.get(f"portfolios/{portfolio['id']}")
    assert shown["cash"] == before["cash"]
    split(desk, one["symbol"])  # the same action again
    desk.settle()
    assert desk.position(portfolio)["open_quantity"] == held["open_quantity"] * 10
    desk.trade(one["symbol"], after["stop_price"] - 0.5)
    fill_sales(desk, after["stop_price"] - 0.5)
    assert desk.position(portfolio)["exit_reason"] == "stop"
    assert sold(desk) == held["open_quantity"] * 10


def test_the_old_trigger_is_found_dead_and_a_new_one_is_proposed(desk: BrokerDesk) -> None:
    portfolio = desk.deploy_live()
    _, (one,) = desk.placed(portfolio)
    split(desk, one["symbol"])
    (entry,) = desk.resting
    desk.there.end(entry.trigger_id, GttStatus.DISABLED, reason="corporate action")
    desk.settle()
    dead = desk.signal(one["id"])
    assert (dead["status"], dead["gtt_status"]) == ("cancelled", "disabled")
    (fresh,) = [
        s for s in desk.signals(portfolio, "pending_approval") if s["symbol"] == one["symbol"]
    ]
    assert fresh["quantity"] == one["quantity"] * 10
    assert fresh["trigger_price"] == pytest.approx(one["trigger_price"] / 10)
    desk.post(f"signals/{fresh['id']}/approve")
    desk.market.trade(f"NSE:{one['symbol']}", f"{one['ref_price'] / 10:.2f}")
    assert desk.post("cart/place", {"portfolio_id": portfolio["id"]})["placed"] == 1
    assert [entry.request.orders[0].quantity for entry in desk.resting] == [fresh["quantity"]]
