"""Positions at a broker are sold once, whoever asks and whenever the server stops (PO-02)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from packages.server.tests.doubles.scripted_venue import Fault

from tradertape_core.orders.order import OrderStatus

from .conftest import BrokerDesk, Json


def bought(desk: BrokerDesk, **settings: Any) -> tuple[Json, Json, Json]:
    """A portfolio with its one position: portfolio, signal and position."""
    portfolio = desk.deploy_live(**settings)
    _, (one,) = desk.placed(portfolio)
    desk.fire()
    desk.settle()
    desk.trade(one["symbol"], one["trigger_price"])
    return portfolio, desk.signal(one["id"]), desk.position(portfolio)


def eventually(is_so: Callable[[], bool], within_s: float = 30.0) -> None:
    until = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)


def fill_sales(desk: BrokerDesk, price: float) -> None:
    """The broker executes what rests to be sold."""
    for kept in desk.orders("SELL"):
        if not kept.entry.status.is_terminal:
            desk.fill(kept.entry.venue_order_id, price=price)
    desk.settle()


def sold(desk: BrokerDesk) -> int:
    return sum(trade.quantity for kept in desk.orders("SELL") for trade in kept.trades)


@pytest.mark.parametrize("gap", [0.99, 0.8], ids=["at the stop", "gap down through the stop"])
def test_a_stop_sells_once_at_what_the_market_pays(desk: BrokerDesk, gap: float) -> None:
    portfolio, one, held = bought(desk)
    desk.trade(one["symbol"], held["stop_price"] * gap)
    desk.trade(one["symbol"], held["stop_price"] * gap * 0.99)
    assert desk.open_sales() == held["open_quantity"]
    assert desk.position(portfolio)["status"] == "exit_pending"
    paid = round(held["stop_price"] * gap * 0.99, 1)
    fill_sales(desk, paid)
    closed = desk.position(portfolio)
    assert (closed["status"], closed["exit_reason"], closed["exit_price"]) == (
        "closed", "stop", pytest.approx(paid),
    )  # fmt: skip
    assert sold(desk) == held["open_quantity"]
    assert len(desk.orders("SELL")) == 1


def test_a_stop_reached_while_the_server_was_down_sells_at_the_start(desk: BrokerDesk) -> None:
    portfolio, one, held = bought(desk)
    desk.down()
    desk.market.trade(f"NSE:{one['symbol']}", f"{held['stop_price'] * 0.9:.2f}")
    desk.up()
    desk.settle()
    assert desk.open_sales() == held["open_quantity"]
    fill_sales(desk, held["stop_price"] * 0.9)
    assert desk.position(portfolio)["exit_reason"] == "stop"
    assert sold(desk) == held["open_quantity"]


@pytest.mark.parametrize("is_down", [False, True], ids=["running", "down"])
@pytest.mark.parametrize("outcome", ["filled", "partly filled", "rejected", "reached"])
def test_sg_09_a_sale_by_trigger_is_the_one_sale_whatever_becomes_of_it(
    desk: BrokerDesk, outcome: str, is_down: bool
) -> None:
    """While it rests the stop does not sell; when it is over what is left is guarded again."""
    portfolio, one, held = bought(desk)
    desk.post(f"positions/{held['id']}/close", {"order": "gtt"})
    desk.settle()
    leaving = desk.position(portfolio)
    assert (leaving["status"], leaving["protection_status"]) == ("exit_pending", "unarmed")
    assert desk.open_sales() == held["open_quantity"]
    desk.trade(one["symbol"], held["stop_price"] * 0.95)
    assert desk.open_sales() == held["open_quantity"]
    if is_down:
        desk.down()
    half = held["open_quantity"] // 2
    number = desk.fire(filled={"filled": None, "partly filled": half}.get(outcome, 0))
    if outcome == "rejected":
        desk.refuse(number, "price out of range")
    if is_down:
        desk.up()
    desk.settle()
    if outcome == "rejected":
        # The price is below the stop: what nobody sells any more, protection does.
        assert desk.open_sales() == held["open_quantity"]
        fill_sales(desk, held["stop_price"] * 0.95)
    elif outcome != "filled":
        # Its order rests above the market: the stop ends it, and sells the rest.
        assert desk.open_sales() == held["open_quantity"] - sold(desk)
        fill_sales(desk, held["stop_price"] * 0.95)
    desk.settle()
    closed = desk.position(portfolio)
    assert (closed["status"], closed["open_quantity"]) == ("closed", 0)
    assert sold(desk) == held["open_quantity"]
    assert desk.resting == []


def test_a_gap_through_the_limit_of_a_sale_by_trigger_is_taken_over_by_the_stop(
    desk: BrokerDesk,
) -> None:
    """A trigger fires once: its order rests above the market, and nobody would sell any more."""
    portfolio, one, held = bought(desk)
    desk.post(f"positions/{held['id']}/close", {"order": "gtt"})
    desk.settle()
    desk.fire(filled=0)
    desk.settle()
    resting = desk.position(portfolio)
    assert (resting["status"], resting["protection_status"]) == ("exit_pending", "armed")
    desk.trade(one["symbol"], held["stop_price"] * 0.8)
    for _ in range(2):
        desk.settle()
    assert desk.open_sales() == held["open_quantity"]
    first, second = desk.orders("SELL")
    assert first.entry.status is OrderStatus.CANCELLED
    desk.fill(second.entry.venue_order_id, price=round(held["stop_price"] * 0.8, 1))
    desk.settle()
    closed = desk.position(portfolio)
    assert (closed["status"], closed["exit_reason"]) == ("closed", "stop")
    assert sold(desk) == held["open_quantity"]


def test_a_stop_that_meets_a_resting_sale_waits_until_the_broker_has_ended_it(
    desk: BrokerDesk,
) -> None:
    portfolio, one, held = bought(desk)
    body = {"order": "limit", "limit_price": round(held["average_price"] * 1.04)}
    desk.post(f"positions/{held['id']}/close", body)
    desk.settle()
    seen: list[int] = []
    submit = desk.venue.submit

    def counted(order: Any) -> Any:
        seen.append(desk.open_sales())
        return submit(order)

    desk.venue.submit = counted  # type: ignore[method-assign]
    desk.trade(one["symbol"], held["stop_price"] - 1)
    desk.settle()
    fill_sales(desk, held["stop_price"] - 1)
    assert desk.position(portfolio)["exit_reason"] == "stop"
    assert sold(desk) == held["open_quantity"]
    assert seen == [0], "nothing else was for sale when the stop sold"


def test_a_sale_that_the_broker_refuses_is_told_and_the_stop_stays(desk: BrokerDesk) -> None:
    portfolio, one, held = bought(desk)
    desk.venue.plan = lambda action, _order: Fault.REFUSE if action == "submit" else Fault.NONE
    desk.post(f"positions/{held['id']}/close")
    for _ in range(4):
        desk.settle()
    (told,) = [s for s in desk.signals(portfolio) if s["side"] == "SELL"]
    assert (told["status"], told["gtt_status"]) == ("failed", "rejected")
    assert "insufficient funds" in told["failure_reason"]
    back = desk.position(portfolio)
    assert (back["status"], back["protection_status"]) == ("open", "armed")
    assert one["id"] == held["signal_id"]


def test_a_pause_ends_triggers_at_the_broker_and_keeps_stops(desk: BrokerDesk) -> None:
    portfolio = desk.deploy_live()
    _, (one, two) = desk.placed(portfolio, most=2)
    first = next(e for e in desk.resting if e.request.tradingsymbol == one["symbol"])
    number = desk.venue.external(first.request.orders[0])
    desk.there.fire(first.trigger_id, order_id=number)
    desk.settle()
    desk.post(f"portfolios/{portfolio['id']}/pause")
    desk.settle()
    assert desk.resting == []
    assert desk.signal(two["id"])["status"] == "cancelled"
    held = desk.position(portfolio)
    desk.trade(one["symbol"], held["stop_price"] - 1)
    fill_sales(desk, held["stop_price"] - 1)
    assert desk.position(portfolio)["status"] == "closed"
    assert desk.post(f"portfolios/{portfolio['id']}/retire")["status"] == "retired"


def test_a_kill_switch_ends_entries_at_the_broker_and_sends_none_after_it(
    desk: BrokerDesk,
) -> None:
    """RK: also after a restart; what is held keeps its stop."""
    portfolio = desk.deploy_live(auto_place_signals=False)
    _, (one, two) = desk.approved(portfolio, most=2)
    desk.post("cart/place", {"signal_ids": [one["id"]]})
    answer = desk.client.post("/api/risk/kill", json={"scope": "user", "reason": "enough"})
    assert answer.status_code == 200, answer.text
    asked = desk.there.calls.count("place")
    desk.settle()
    assert desk.resting == []
    skipped = desk.post("cart/place", {"signal_ids": [two["id"]]})
    assert (skipped["placed"], skipped["skipped"]) == (0, 1)
    assert "enough" in skipped["results"][0]["detail"]
    desk.down()
    desk.up()
    desk.upkeep.placing.place(portfolio["id"], [two["id"]], by="me")
    desk.settle()
    assert desk.there.calls.count("place") == asked == 1
    assert desk.orders("BUY") == []
    assert desk.signal(one["id"])["status"] == "cancelled"


def test_rk_07_under_load_no_entry_is_sent_after_the_kill_switchs_200(desk: BrokerDesk) -> None:
    """Several pages place the carts of several portfolios when it is turned on; a restart too."""
    portfolios = [desk.deploy_live(name=f"P{number}") for number in range(4)]
    for portfolio in portfolios:
        desk.approved(portfolio, most=1)
    stop, refused = threading.Event(), list[int]()

    def place() -> None:
        while not stop.is_set():
            answer = desk.client.post("/api/model/cart/place", json={})
            if answer.status_code == 200:
                refused.append(answer.json()["skipped"])

    pages = [threading.Thread(target=place) for _ in range(3)]
    for page in pages:
        page.start()
    answer = desk.client.post("/api/risk/kill", json={"scope": "user", "reason": "enough"})
    sent = desk.there.calls.count("place")
    assert answer.status_code == 200, answer.text
    seen = len(refused)
    eventually(lambda: len(refused) >= seen + 6 or sent == len(portfolios))
    stop.set()
    for page in pages:
        page.join()
    desk.settle()
    desk.down()
    desk.up()
    desk.client.post("/api/model/cart/place", json={})
    desk.settle()
    assert desk.there.calls.count("place") == sent
    assert desk.orders("BUY") == []
    assert desk.resting == []


def test_an_order_of_the_exit_whose_answer_is_lost_is_not_sent_again(desk: BrokerDesk) -> None:
    portfolio, one, held = bought(desk)
    faults = iter([Fault.DROP_AFTER])
    desk.venue.plan = lambda *_: next(faults, Fault.NONE)
    desk.trade(one["symbol"], held["stop_price"] - 1)
    for _ in range(3):
        desk.clock.advance(seconds=3)
        desk.settle()
    (sale,) = desk.orders("SELL")
    assert sale.entry.status is OrderStatus.OPEN
    fill_sales(desk, held["stop_price"] - 1)
    assert desk.position(portfolio)["status"] == "closed"
    assert sold(desk) == held["open_quantity"]
