"""A sale that an exit rule asks for is one of units that the broker has (PO-02, SG-09)."""

from __future__ import annotations

import pytest
from packages.server.tests.portfolios.conftest import ALWAYS, Json
from packages.server.tests.portfolios.live.test_late_exits import exit_rule

from tradertape_core.ledger.drift import place_name
from tradertape_core.orders.order import Product

from .conftest import BrokerDesk
from .test_exits import bought, fill_sales, sold

BOTH = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


def asked(desk: BrokerDesk, missing: int | None) -> tuple[Json, Json]:
    """A position whose exit rule holds, and of which the broker lacks some, or all, units."""
    rules = [exit_rule("always", ALWAYS)]
    portfolio, signal, held = bought(desk, strategy_id=desk.strategy(exit_rules=rules))
    lacking = held["open_quantity"] if missing is None else missing
    known = {place_name((f"NSE:{signal['symbol']}", Product.CNC)): -lacking}
    desk.container.execution.bound_by(lambda _account: known, lambda *_: None)
    at = len(desk.days) - 6
    desk.market.open = False
    desk.evening_of(desk.days[at + 1])
    desk.scan(portfolio, desk.days[at + 1])
    desk.market.open = True
    desk.at(desk.days[at + 2])
    desk.trade(signal["symbol"], signal["average_price"])
    desk.settle()
    return portfolio, held


@BOTH
def test_po_02_a_rule_sells_what_the_broker_has(desk: BrokerDesk) -> None:
    portfolio, held = asked(desk, 4)
    there = held["open_quantity"] - 4
    assert desk.open_sales() == there
    fill_sales(desk, held["average_price"])
    left = desk.position(portfolio)
    assert (left["status"], left["open_quantity"]) == ("open", 4)
    assert sold(desk) == there
    (sale,) = [one for one in desk.signals(portfolio) if one["side"] == "SELL"]
    assert (sale["status"], sale["quantity"]) == ("executed", there)
    assert f"The broker has {there} of {held['open_quantity']}" in sale["reason"]


@BOTH
def test_sg_09_a_rule_sends_nothing_of_which_the_broker_has_none(desk: BrokerDesk) -> None:
    portfolio, held = asked(desk, None)
    assert not desk.orders("SELL")
    (sale,) = [one for one in desk.signals(portfolio) if one["side"] == "SELL"]
    assert (sale["status"], sale["gtt_status"]) == ("failed", "rejected")
    assert sale["failure_reason"].startswith("The broker has none of ")
    assert desk.position(portfolio)["open_quantity"] == held["open_quantity"]
