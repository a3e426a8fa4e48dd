"""What a restart must not forget: what decides the price and the day of an order that rests."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import nse_calendar
from tradertape_server.features.execution.scheduled.session_clock import ExecutionJobs
from tradertape_server.features.execution.state import order_ids

DAY = datetime(2026, 1, 5, tzinfo=IST)  # a Monday; the frozen clock starts at 10:00 that day


@pytest.fixture
def at(clock):
    def at(hour: int, minute: int, *, days: int = 0) -> None:
        wanted = DAY.replace(hour=hour, minute=minute)
        clock.advance(seconds=(wanted - clock.now()).total_seconds(), days=days)

    return at


@pytest.fixture
def restarted(execution, start):
    def restarted():
        execution.trader.stop()
        return start()

    return restarted


def fills(service, order_id):
    return [(one.quantity, one.price) for one in service.order("run-1", order_id).fills]


@pytest.mark.parametrize("terms", [{"order_type": "LIMIT", "price": 1560}, {}])
def test_an_after_market_order_pays_the_ask_of_its_open(
    execution, restarted, run, order, at, clock, market, terms
):
    at(16, 0)
    placed = execution.place(run, order(variety="amo", **terms), key="key-0001").document
    again = restarted()
    at(9, 15, days=1)
    market.trade("NSE:INFY", "1500.00")
    ExecutionJobs(again, nse_calendar(), clock).run_once()
    assert fills(again, placed["order_id"]) == [(10, Decimal("1500.05"))]


def test_a_converted_market_order_pays_the_first_ask(
    execution, restarted, run, order, clock, market, settle
):
    """It came without a fresh price, so it has not met the market yet."""
    clock.advance(seconds=20)
    placed = execution.place(run, order(), key="key-0001").document
    assert placed["status"] == "OPEN"
    again = restarted()
    market.trade("NSE:INFY", "1499.00")
    settle(again)
    assert fills(again, placed["order_id"]) == [(10, Decimal("1499.05"))]


def test_the_legs_of_an_iceberg_pay_what_is_offered(
    execution, restarted, run, order, market, settle
):
    iceberg = order(variety="iceberg", order_type="LIMIT", price=1530, quantity=200, iceberg_legs=2)
    placed = execution.place(run, iceberg, key="key-0001").document["order_id"]
    again = restarted()
    market.trade("NSE:INFY", "1501.00")
    settle(again)
    assert fills(again, placed) == [(100, Decimal("1500.05")), (100, Decimal("1501.05"))]


def test_a_time_to_live_that_was_changed_ends_at_its_minute(
    execution, restarted, run, order, at, clock, market
):
    at(10, 30)
    market.trade("NSE:INFY", "1500.00")
    waits = order(order_type="LIMIT", price=1490)
    placed = execution.place(run, waits, key="key-0001").document["order_id"]
    at(10, 50)
    market.trade("NSE:INFY", "1500.00")
    execution.modify("run-1", placed, {"validity": "TTL", "validity_ttl": 10})
    again = restarted()
    jobs = ExecutionJobs(again, nse_calendar(), clock)
    at(10, 59)
    jobs.run_once()
    assert again.order("run-1", placed).status == "OPEN"
    at(11, 0)
    jobs.run_once()
    assert again.order("run-1", placed).status == "CANCELLED"


def test_a_trade_that_is_first_seen_with_another_order_triggers_a_stop(
    execution, run, order, market
):
    execution.place(run, order(), key="key-0001")
    stop = order(transaction_type="SELL", order_type="SL-M", trigger_price=1499)
    placed = execution.place(run, stop, key="key-0002").document["order_id"]
    market.trade("NSE:INFY", "1498.00", tell=False)
    execution.place(run, order(quantity=1), key="key-0003")
    assert fills(execution, placed) == [(10, Decimal(1498))]


def test_every_tick_is_met_once_by_each_order_that_rests(
    execution, start, run, order, market, settle
):
    """A leg of an iceberg is filled by each tick that offers it, and by no tick twice."""
    iceberg = order(
        variety="iceberg", order_type="LIMIT", price=1490, quantity=200, iceberg_legs=10
    )
    names = [
        execution.place(run, iceberg, key=f"key-000{number}").document["order_id"]
        for number in range(2)
    ]
    service, prices = execution, ["1489.00", "1488.00", "1487.00", "1486.00", "1485.00"]
    for number, price in enumerate(prices):
        tell = number % 2 == 0
        tick = market.trade("NSE:INFY", price, tell=tell)
        if not tell:  # first seen with another order, then told
            service.place(run, order(quantity=1), key=f"key-100{number}")
            market.tell(tick)
        settle(service)
        market.tell(tick)  # again, as after a start
        settle(service)
        service.trader.stop()
        service = start()
    # The first leg rested, so it is met at its limit; those that follow pay the offer.
    later = [(20, Decimal(price) + Decimal("0.05")) for price in prices[1:]]
    expected = [(20, Decimal(1490)), *later]
    assert [fills(service, name) for name in names] == [expected, expected]


@pytest.mark.parametrize("minutes_back", [0, 30])
def test_a_start_makes_no_id_again_whatever_the_clock_says(
    execution, restarted, run, order, clock, market, monkeypatch, minutes_back
):
    """A process that draws the number of the one before it, in its millisecond or on a clock that
    was set back, still makes other ids."""
    monkeypatch.setattr(order_ids.secrets, "randbelow", lambda most: most - 1)
    execution = restarted()
    first = [execution.place(run, order(), key=f"before-{n:03d}").document for n in range(3)]
    clock.advance(seconds=-60 * minutes_back)
    again = restarted()
    market.trade("NSE:INFY", "1500.00")
    second = [again.place(run, order(), key=f"after-{n:04d}").document for n in range(3)]
    ids = [one["order_id"] for one in (*first, *second)]
    assert ids == sorted(set(ids))
