"""A server that was down for days sells at the broker what its exit rules asked for (PO-02)."""

from __future__ import annotations

import pytest
from packages.server.tests.portfolios.live.test_late_exits import exit_rule, held_for

from .conftest import BrokerDesk
from .test_exits import bought, fill_sales, sold


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("stops_at", ["server", "broker"])
def test_po_02_an_exit_of_days_without_a_server_is_sold_once(
    desk: BrokerDesk, stops_at: str
) -> None:
    """The scan at the start finds it, another restart comes before the open, and it is sold."""
    rules = [exit_rule("second_day", held_for(1))]
    portfolio, signal, held = bought(
        desk, strategy_id=desk.strategy(exit_rules=rules), stops_at=stops_at
    )
    at = len(desk.days) - 6
    desk.down()
    desk.market.open = False
    desk.evening_of(desk.days[at + 4])
    desk.up()
    found = desk.scan(portfolio, desk.days[at + 4])
    assert found["exits"] == 1
    desk.down()
    desk.up()
    desk.settle()
    assert not desk.orders("SELL")
    desk.at(desk.days[at + 5])
    desk.market.open = True
    desk.trade(signal["symbol"], signal["average_price"])
    desk.settle()
    assert desk.open_sales() == held["open_quantity"]
    fill_sales(desk, signal["average_price"])
    desk.down()
    desk.up()
    desk.settle()
    closed = desk.position(portfolio)
    assert (closed["status"], closed["open_quantity"]) == ("closed", 0)
    assert closed["exit_reason"].startswith("exit_rule")
    assert sold(desk) == held["open_quantity"]
    assert desk.open_sales() == 0
    (sale,) = [one for one in desk.signals(portfolio) if one["side"] == "SELL"]
    assert (sale["is_late"], sale["status"]) == (True, "executed")
