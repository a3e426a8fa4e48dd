"""KE-01, D11 at the sandbox: an exit asks for no more than the broker is known to have."""

from __future__ import annotations

import time
from typing import Any

import pytest
from packages.server.tests.execution.test_drift_at_the_sandbox import (
    INFY,
    At,
    at,
    bought,
    desk_at,
    running,
    until,
)

from tradertape_core.orders.order import Product, Side
from tradertape_server.features.execution.exits import kill_switch_exits
from tradertape_server.features.execution.service import RunRef
from tradertape_server.features.execution.state.command import Command

__all__ = ["at", "desk_at", "running"]  # fixtures


def run_of(at: At, name: str = "live-1") -> RunRef:
    return RunRef(account_id=at.account, run_id=name, venue="broker")


def leave(at: At, name: str = "live-1", key: str = "exit-0001") -> Any:
    """Exit a run, and wait for the answer."""
    reply = at.execution.exit_run(run_of(at, name), key=key, reason="the kill switch")
    until(lambda: at.execution.advance_exit(name, key) or reply.status_code == 200)
    return at.execution.exit_run(run_of(at, name), key=key, reason="the kill switch").document


def at_broker(at: At) -> dict[str, int]:
    at.live.step()
    figures = at.live.figures(at.account)
    assert figures is not None
    return {one.value: figures.quantity((INFY, one)) for one in (Product.CNC, Product.MIS)}


def said(at: At) -> list[str]:
    events = at.execution.events(run_id="live-1", after=0, limit=200)
    return [one.summary for one in events if one.event_type.startswith("exit_")]


def test_an_exit_sells_what_the_broker_has_and_says_what_it_lacks(at: At, order: Any) -> None:
    at.buy(order(quantity=10), "key-00001")
    at.convert(7, Product.CNC, Product.MIS)  # at the broker alone
    assert at.look() == [("CNC", 10, 3)]
    done = leave(at)
    assert [(one["quantity"], one["status"]) for one in done["orders"]] == [(3, "COMPLETE")]
    assert done["status"] == "failed"
    assert said(at)[-1].startswith(
        "Exit ended with units open that the broker does not have: 7 of NSE:INFY (CNC)."
    )
    [left] = at.execution.positions(run_id="live-1", open_only=True)
    assert left.quantity == 7
    assert at_broker(at) == {"CNC": 0, "MIS": 7}
    again = leave(at, key="exit-0002")
    assert again["orders"] == []


def test_a_reading_that_is_old_or_missing_holds_no_exit_back(
    at: At, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at.buy(order(quantity=10), "key-00001")
    assert at.execution.most_to_close(run_of(at), (INFY, Product.CNC), Side.SELL) is None
    at.convert(7, Product.CNC, Product.MIS)
    assert at.look() == [("CNC", 10, 3)]
    assert at.execution.most_to_close(run_of(at), (INFY, Product.CNC), Side.SELL) == 3
    later_s = time.monotonic() + 46
    monkeypatch.setattr(
        "tradertape_server.features.execution.live_accounts.monotonic", lambda: later_s
    )
    assert at.execution.most_to_close(run_of(at), (INFY, Product.CNC), Side.SELL) is None
    assert leave(at)["orders"][0]["quantity"] == 10, "it is asked for all of it, as the books say"


def test_two_runs_share_what_is_there_and_what_another_terminal_sold_is_gone(
    at: At, order: Any
) -> None:
    at.buy(order(quantity=6), "key-00001")
    other = run_of(at, "live-2")
    made = at.execution.place(other, order(quantity=4), key="key-00002").document["result"]
    until(lambda: at.execution.order("live-2", made["order_id"]).filled_quantity == 4)
    at.desk.orders.submit(bought(3, Product.CNC, at.clock.now(), Side.SELL))
    assert at.look(3) == [], "the sale is in the books: nothing differs"
    first, second = leave(at), leave(at, "live-2")
    assert [one["quantity"] for one in first["orders"]] == [6]
    assert [one["quantity"] for one in second["orders"]] == [1]
    assert at_broker(at)["CNC"] == 0


def test_a_difference_that_ends_lets_an_exit_sell_all(at: At, order: Any) -> None:
    at.buy(order(quantity=10), "key-00001")
    at.convert(7, Product.CNC, Product.MIS)
    assert at.look() == [("CNC", 10, 3)]
    at.convert(7, Product.MIS, Product.CNC)
    assert at.look(1) == []
    assert [one["quantity"] for one in leave(at)["orders"]] == [10]


def test_the_kill_switch_asks_for_no_more_either(at: At, order: Any) -> None:
    at.buy(order(quantity=10), "key-00001")
    at.convert(7, Product.CNC, Product.MIS)
    assert at.look() == [("CNC", 10, 3)]
    [(run_id, key)] = at.execution.trader.execute(
        Command(lambda uow: kill_switch_exits.begin_exits(uow, [at.account], reason="kill"))
    )
    until(lambda: at.execution.advance_exit(run_id, key))
    sold = [one for one in at.execution.orders(run_id="live-1") if one.request.side is Side.SELL]
    assert [one.request.quantity for one in sold] == [3]


def test_ke_01_a_sale_by_hand_is_told_before_it_is_sent(at: At, order: Any) -> None:
    """The preview of a ticket, and the plan of an exit of all."""
    by_hand = RunRef(account_id=at.account, run_id="", venue="broker")
    bought_here = at.execution.place(by_hand, order(quantity=10), key="key-00001").document
    name = bought_here["order_id"]
    until(lambda: at.execution.orders_by_id([name])[name].filled_quantity == 10)
    at.convert(7, Product.CNC, Product.MIS)
    assert at.look() == [("CNC", 10, 3)]

    def warned(quantity: int) -> list[str]:
        wanted = order(quantity=quantity, transaction_type="SELL")
        found = at.execution.preview(by_hand, wanted)["order"]["warnings"]
        return [one["message"] for one in found if one["code"] == "not_at_broker"]

    assert warned(3) == []
    [words] = warned(4)
    assert words.startswith("Your broker has 3 of NSE:INFY (CNC) to sell, and the order asks for 4")
    plan = at.execution.exit_run(by_hand, dry_run=True).document
    assert [one["quantity"] for one in plan["close"]] == [3]
    assert plan["not_at_broker"] == [{"instrument": INFY, "product": "CNC", "quantity": 7}]
