"""Sales of exit rules whose day was scanned too late are made at the next open (PO-02, SG-09)."""

from __future__ import annotations

import pytest
from packages.server.tests.portfolios.conftest import ALWAYS, Json

from .conftest import LiveDesk

pytestmark = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


def held_for(bars: int) -> Json:
    """Holds on the close of one day alone."""
    held = {"type": "position", "field": "total_bars_held"}
    return {
        "type": "compare", "left": held, "op": "==", "right": {"type": "literal", "value": bars},
    }  # fmt: skip


def exit_rule(name: str, condition: Json, **more: object) -> Json:
    return {"name": name, "priority": 0, "ignore_min_hold": True, "condition": condition, **more}


def deployed(desk: LiveDesk, *rules: Json, **settings: object) -> Json:
    strategy = desk.strategy(exit_rules=list(rules))
    return desk.deploy_live(strategy_id=strategy, **settings)


def sales(desk: LiveDesk, portfolio: Json) -> list[Json]:
    return [one for one in desk.signals(portfolio) if one["side"] == "SELL"]


def open_again(desk: LiveDesk, at: int, symbol: str, price: float) -> None:
    """The open of a day: what waits for it is placed, and the share trades."""
    desk.at(desk.days[at])
    desk.market.open = True
    desk.trade(symbol, price)
    desk.trade(symbol, price)


def test_po_02_an_exit_found_late_is_sold_at_the_next_open(desk: LiveDesk) -> None:
    """Several days were missed; the rule held on the first of them alone."""
    portfolio = deployed(desk, exit_rule("second_day", held_for(1)))
    at, signal, held = desk.bought(portfolio)
    desk.evening_of(desk.days[at + 4])
    found = desk.scan(portfolio, desk.days[at + 4])
    assert found["exits"] == 1
    (sale,) = sales(desk, portfolio)
    assert (sale["kind"], sale["is_late"], sale["status"]) == ("exit_rule", True, "in_cart")
    assert sale["signal_date"] == str(desk.days[at + 2])
    assert (sale["quantity"], sale["limit_price"]) == (held["open_quantity"], None)
    assert "found late" in sale["reason"]
    assert f"Its backtest sold on {desk.days[at + 3]} at " in sale["reason"]

    desk.market.open = False
    desk.parts.upkeep.recover()  # a start in the evening sends nothing
    (sale,) = sales(desk, portfolio)
    assert sale["status"] == "in_cart"
    assert desk.position(portfolio)["open_quantity"] == held["open_quantity"]
    open_again(desk, at + 5, signal["symbol"], signal["average_price"])
    closed = desk.position(portfolio)
    assert (closed["status"], closed["open_quantity"]) == ("closed", 0)
    assert closed["exit_reason"].startswith("exit_rule")
    (sale,) = sales(desk, portfolio)
    assert (sale["status"], sale["filled_quantity"]) == ("executed", held["quantity"])


def test_sg_09_an_exit_on_time_keeps_its_limit(desk: LiveDesk) -> None:
    portfolio = deployed(desk, exit_rule("second_day", held_for(1)))
    at, _, _ = desk.bought(portfolio)
    for day in desk.days[at + 1 : at + 3]:
        desk.evening_of(day)
        desk.scan(portfolio, day)
    (sale,) = sales(desk, portfolio)
    assert (sale["is_late"], sale["order_type"]) == (False, "limit")
    assert sale["limit_price"] > 0
    assert "late" not in sale["reason"]


def test_po_02_a_scan_that_is_repeated_raises_a_late_exit_once(desk: LiveDesk) -> None:
    """The rule holds on every day: one sale of all of it, however many days are late."""
    portfolio = deployed(desk, exit_rule("always", ALWAYS))
    at, signal, held = desk.bought(portfolio)
    desk.evening_of(desk.days[at + 4])
    dry = desk.scan(portfolio, desk.days[at + 3], dry_run=True)
    assert [one["is_late"] for one in dry["signals"] if one["side"] == "SELL"] == [True]
    assert sales(desk, portfolio) == []
    desk.scan(portfolio, desk.days[at + 3])
    desk.scan(portfolio, desk.days[at + 4])
    (sale,) = sales(desk, portfolio)
    assert (sale["is_late"], sale["quantity"]) == (True, held["open_quantity"])
    open_again(desk, at + 5, signal["symbol"], signal["average_price"])
    assert desk.position(portfolio)["open_quantity"] == 0
    assert len(sales(desk, portfolio)) == 1


def test_po_02_late_parts_are_sold_together(desk: LiveDesk) -> None:
    portfolio = deployed(
        desk,
        exit_rule("half", held_for(1), size_pct=50),
        exit_rule("rest", held_for(2)),
    )
    at, _, held = desk.bought(portfolio)
    desk.evening_of(desk.days[at + 4])
    desk.scan(portfolio, desk.days[at + 4])
    (sale,) = sales(desk, portfolio)
    assert (sale["is_late"], sale["quantity"]) == (True, held["open_quantity"])


def test_po_02_a_late_exit_that_asks_first_can_be_approved_until_it_is_sold(
    desk: LiveDesk,
) -> None:
    portfolio = deployed(desk, exit_rule("second_day", held_for(1)), exit_approval="manual")
    at, signal, _ = desk.bought(portfolio)
    desk.evening_of(desk.days[at + 4])
    desk.scan(portfolio, desk.days[at + 4])
    (sale,) = sales(desk, portfolio)
    assert (sale["status"], sale["is_late"]) == ("pending_approval", True)
    desk.at(desk.days[at + 5])
    desk.post(f"signals/{sale['id']}/approve")
    open_again(desk, at + 5, signal["symbol"], signal["average_price"])
    assert desk.position(portfolio)["open_quantity"] == 0


def test_po_02_a_limit_that_was_not_reached_has_lapsed(desk: LiveDesk) -> None:
    """As in the backtest: the next close decided anew, and its rule did not hold."""
    high = {"type": "arith", "op": "*", "left": {"type": "indicator", "name": "close"},
            "right": {"type": "literal", "value": 2}}  # fmt: skip
    portfolio = deployed(desk, exit_rule("far", held_for(1), exit_price=high))
    at, signal, held = desk.bought(portfolio)
    desk.evening_of(desk.days[at + 4])
    found = desk.scan(portfolio, desk.days[at + 4])
    assert {"symbol": signal["symbol"], "reason": "late"} in found["skipped"]
    assert sales(desk, portfolio) == []
    assert desk.position(portfolio)["open_quantity"] == held["open_quantity"]


def test_po_02_a_day_before_the_purchase_sells_nothing(desk: LiveDesk) -> None:
    """Bought from an older signal after the day that is scanned late."""
    portfolio = deployed(desk, exit_rule("always", ALWAYS))
    at, (one,) = desk.placed(portfolio)
    desk.evening_of(desk.days[at + 1])
    desk.at(desk.days[at + 3])
    desk.market.refresh()
    desk.trade(one["symbol"], one["trigger_price"])
    held = desk.position(portfolio)
    assert held["entry_date"] == str(desk.days[at + 3])
    desk.scan(portfolio, desk.days[at + 2])
    assert sales(desk, portfolio) == []
