"""The stop of a cover order follows the ticks, across restarts (docs/paper-venue.md)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import func, select

from tradertape_server.features.execution.store.models import ExecutionEvent

COVER = {"variety": "co", "product": "MIS", "stoploss": 10, "squareoff": 100}


@pytest.fixture
def entry(execution, run, order) -> str:
    """A long cover order filled at 1500.05 whose stop, at 1490.05, trails by steps of 2."""
    command = order(trailing_stoploss=2, **COVER)
    return execution.place(run, command, key="key-0001").document["order_id"]


def trigger(execution, entry):
    return execution.order("run-1", f"{entry}01").request.trigger_price


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        (["1502.00"], "1490.05"),
        (["1502.05"], "1492.05"),
        (["1509.00"], "1498.05"),
        (["1509.00", "1500.00"], "1498.05"),
        (["1503.00", "1505.00", "1506.10"], "1496.05"),
    ],
)
def test_every_whole_step_of_the_price_moves_the_stop_and_none_moves_it_back(
    execution, entry, market, settle, prices, expected
):
    for price in prices:
        market.trade("NSE:INFY", price)
        settle()
    assert trigger(execution, entry) == Decimal(expected)


def test_ticks_of_one_beat_count_with_the_best_of_them(execution, entry, market, settle, clock):
    market.trade("NSE:INFY", "1500.10")  # the first tick reads what the stop protects
    settle()
    listener = market._listener
    ticks = [market.trade("NSE:INFY", price, tell=False) for price in ("1503", "1507", "1504")]
    with execution.trader._bell:
        for tick in ticks:
            listener(tick)
    settle()
    assert trigger(execution, entry) == Decimal("1496.05")


def test_a_stop_that_followed_is_hit_where_it_stands_now(execution, entry, market, settle):
    market.trade("NSE:INFY", "1509.00")
    settle()
    market.trade("NSE:INFY", "1498.00")
    settle()
    stop = execution.order("run-1", f"{entry}01")
    assert (stop.status, stop.average_price) == ("COMPLETE", Decimal("1498.00"))
    assert execution.order("run-1", f"{entry}02").status == "CANCELLED"
    assert execution.positions(run_id="run-1", open_only=True) == []
    market.trade("NSE:INFY", "1600.00")
    settle()
    assert execution.order("run-1", f"{entry}01").request.trigger_price == Decimal("1498.05")


def test_a_restart_loses_no_step(execution, start, entry, market, settle):
    market.trade("NSE:INFY", "1503.00")
    settle()
    execution.trader.stop()
    market.trade("NSE:INFY", "1507.00")  # nobody hears it
    again = start()
    assert trigger(again, entry) == Decimal("1492.05")
    market.trade("NSE:INFY", "1506.50")
    settle(again)
    assert trigger(again, entry) == Decimal("1496.05")


def test_ticks_that_move_nothing_write_nothing(execution, database, entry, market, settle):
    def asked() -> int:
        with database.read() as session:
            kinds = select(func.count()).where(ExecutionEvent.event_type == "modify_requested")
            return session.scalar(kinds) or 0

    for price in ("1500.50", "1501.00", "1501.95", "1499.00"):
        market.trade("NSE:INFY", price)
        settle()
    assert asked() == 0
    market.trade("NSE:INFY", "1502.10")
    settle()
    assert asked() == 1


def test_a_short_entry_is_followed_downwards(execution, run, order, market, settle):
    command = order(transaction_type="SELL", trailing_stoploss=2, **COVER)
    entry = execution.place(run, command, key="key-0001").document["order_id"]
    assert trigger(execution, entry) == Decimal("1510.00")
    market.trade("NSE:INFY", "1495.00")
    settle()
    assert trigger(execution, entry) == Decimal("1506.00")
