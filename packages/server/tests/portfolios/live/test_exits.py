"""Positions on live prices are sold once, whoever asks for it (PO-02, SG-09)."""

from __future__ import annotations

import pytest

from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.models import Portfolio

from .conftest import LiveDesk

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def orders(desk: LiveDesk, portfolio: dict) -> list:
    found = desk.container.execution.orders(account_id=portfolio["account_id"])
    return [one for one in found if one.request.side == "SELL"]


def test_sg_09_a_stop_sells_once_and_its_exit_signal_is_executed(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live()
    _, one, held = desk.bought(portfolio)
    assert held["stop_price"] is not None
    desk.trade(one["symbol"], held["stop_price"] - 1)
    desk.trade(one["symbol"], held["stop_price"] - 2)
    desk.settle()
    closed = desk.position(portfolio)
    assert (closed["status"], closed["open_quantity"], closed["exit_reason"]) == (
        "closed", 0, "stop",
    )  # fmt: skip
    assert len(orders(desk, portfolio)) == 1
    (sale,) = [s for s in desk.signals(portfolio) if s["side"] == "SELL"]
    assert (sale["kind"], sale["status"], sale["stage"]) == ("stop", "executed", "filled")
    after = desk.get(f"portfolios/{portfolio['id']}")
    assert (
        after["equity"] == after["cash"] == pytest.approx(1_000_000 + closed["net_pnl"], abs=0.05)
    )


def test_po_02_a_position_is_closed_by_hand_once(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live()
    _, one, held = desk.bought(portfolio)
    desk.market.open = False
    waiting = desk.post(f"positions/{held['id']}/close", {"reason": "holiday"})
    assert waiting["open_quantity"] == held["open_quantity"]
    refused = desk.post(f"positions/{held['id']}/close", status=409)
    assert refused["detail"] == f"Position {held['id']} is already being closed"
    desk.market.open = True
    desk.trade(one["symbol"], one["average_price"])
    closed = desk.position(portfolio)
    assert (closed["status"], closed["exit_reason"]) == ("closed", "manual")
    assert len(orders(desk, portfolio)) == 1
    refused = desk.post(f"positions/{held['id']}/close", status=409)
    assert refused["detail"] == f"Position {held['id']} is closed"


def test_a_part_is_sold_and_the_rest_stays_guarded(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live()
    _, one, held = desk.bought(portfolio)
    part = held["open_quantity"] // 2
    desk.post(f"positions/{held['id']}/close", {"quantity": part})
    desk.settle()
    left = desk.position(portfolio)
    assert (left["status"], left["open_quantity"]) == ("open", held["open_quantity"] - part)
    desk.trade(one["symbol"], held["stop_price"] - 1)
    desk.settle()
    closed = desk.position(portfolio)
    assert closed["status"] == "closed"
    assert sum(s["quantity"] for s in closed["sales"]) == held["open_quantity"]


def test_a_stop_that_meets_a_resting_sale_withdraws_it_first(desk: LiveDesk) -> None:
    """Never two live sales for one lot."""
    portfolio = desk.deploy_live()
    _, one, held = desk.bought(portfolio)
    limit = round(held["average_price"] * 1.04)
    body = {"order": "limit", "limit_price": limit}
    desk.post(f"positions/{held['id']}/close", body)
    assert desk.position(portfolio)["status"] == "exit_pending"
    desk.trade(one["symbol"], held["stop_price"] - 1)
    desk.settle()
    closed = desk.position(portfolio)
    assert (closed["status"], closed["exit_reason"]) == ("closed", "stop")
    assert sum(order.filled_quantity for order in orders(desk, portfolio)) == held["quantity"]
    assert not [order for order in orders(desk, portfolio) if order.is_open]
    states = {s["status"] for s in desk.signals(portfolio) if s["side"] == "SELL"}
    assert states == {"failed", "executed"}


def test_a_sale_by_trigger_takes_the_stop_s_place(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live()
    _, one, held = desk.bought(portfolio)
    desk.post(f"positions/{held['id']}/close", {"order": "gtt"})
    desk.settle()
    leaving = desk.position(portfolio)
    assert leaving["exit_gtt_id"] is not None
    assert leaving["protection_status"] == "unarmed"
    (sale,) = [s for s in desk.signals(portfolio) if s["side"] == "SELL"]
    desk.post(f"signals/{sale['id']}/cancel")
    desk.settle()
    back = desk.position(portfolio)
    assert (back["status"], back["protection_status"]) == ("open", "armed")
    assert one["id"] == held["signal_id"]


def test_pf_04_a_pause_withdraws_entries_and_keeps_stops(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live()
    _, (one, two) = desk.placed(portfolio, most=2)
    desk.trade(one["symbol"], one["trigger_price"])
    paused = desk.post(f"portfolios/{portfolio['id']}/pause")
    assert paused["status"] == "paused"
    gone = desk.signal(two["id"])
    assert (gone["status"], gone["gtt_status"]) == ("cancelled", "cancelled")
    held = desk.position(portfolio)
    refused = desk.post(f"portfolios/{portfolio['id']}/retire", status=409)
    assert refused["detail"] == f"Portfolio {portfolio['id']} has 1 open position"
    desk.trade(one["symbol"], held["stop_price"] - 1)
    desk.settle()
    assert desk.position(portfolio)["status"] == "closed"
    assert desk.post(f"portfolios/{portfolio['id']}/retire")["status"] == "retired"


def test_pf_07_a_reset_begins_on_an_account_of_its_own(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live()
    desk.bought(portfolio)
    fresh = desk.post(f"portfolios/{portfolio['id']}/reset")
    assert (fresh["epoch"], fresh["equity"], fresh["status"]) == (2, 1_000_000, "active")
    assert fresh["account_id"] != portfolio["account_id"]
    desk.settle()
    assert desk.get(f"positions?portfolio_id={portfolio['id']}") == []
    refused = desk.post(f"portfolios/{portfolio['id']}/promote", {}, status=400)
    assert "confirm_live" in refused["detail"]
    refused = desk.post(f"portfolios/{portfolio['id']}/promote", {"confirm_live": True}, status=400)
    assert "no account at kite" in refused["detail"]


def test_scans_follow_what_is_held_and_the_candle_book_beside_it(desk: LiveDesk) -> None:
    """The real book decides; the shadow trades as the backtest does."""
    portfolio = desk.deploy_live()
    at, one, held = desk.bought(portfolio)
    desk.evening_of(desk.days[at + 1])
    desk.scan(portfolio, desk.days[at + 1])
    again = desk.position(portfolio)
    assert again["stop_price"] >= held["stop_price"]
    assert (again["open_quantity"], again["bars_held"]) == (held["open_quantity"], 0)
    live = [s for s in desk.signals(portfolio) if s["side"] == "BUY"]
    assert [s["symbol"] for s in live].count(one["symbol"]) == 1
    with desk.container.database.read() as session:
        row = session.get_one(Portfolio, portfolio["id"])
        days = repository.days(session, row.id, row.epoch)
        assert [one.day for one in days] == desk.days[at : at + 2]
        assert all(one.shadow_equity_paise for one in days)
        assert row.shadow["day"] == desk.days[at + 1].isoformat()
