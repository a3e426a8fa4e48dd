"""The exchange's day on paper: the pre-open, the closing auction, derivatives until 15:40."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.session_times import PhaseKind
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.scheduled.session_clock import ExecutionJobs

TUESDAY = datetime(2026, 9, 8, tzinfo=IST)
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
OPENING, CLOSING = PhaseKind.PRE_OPEN_MATCHING, PhaseKind.CLOSING_MATCHING


@pytest.fixture
def jobs(execution, clock):
    return ExecutionJobs(execution, nse_calendar(), clock)


@pytest.fixture
def at(clock, market):
    market.keeps_hours = True

    def at(text: str) -> None:
        hour, minute = map(int, text.split(":"))
        wanted = TUESDAY.replace(hour=hour, minute=minute)
        clock.advance(seconds=(wanted - clock.now()).total_seconds())
        market.refresh()

    return at


@pytest.fixture
def state(execution):
    def state(name: str) -> tuple[str, str | None]:
        order = execution.order("run-1", name)
        price = order.average_price.normalize() if order.fills else None
        return order.status, price and str(price)

    return state


def tcs(order, **more):
    return order(tradingsymbol="TCS", order_type="LIMIT", price=2990, **more)


def test_the_pre_open_is_matched_at_its_price_and_the_rest_goes_on(
    execution, run, order, jobs, at, market, state, settle
):
    market.auctions["NSE:INFY", OPENING] = Decimal("1495.5")
    at("9:01")
    taken = execution.place(run, order(), key="key-0001").document["order_id"]
    low = order(order_type="LIMIT", price=1490)
    rests = execution.place(run, low, key="key-0002").document["order_id"]
    market.trade("NSE:INFY", "1480.00")
    settle()
    jobs.run_once()
    assert (state(taken), state(rests)) == (("OPEN", None), ("OPEN", None))
    at("9:06")
    with pytest.raises(OrderDenied, match="its last minutes take LIMIT only"):
        execution.place(run, order(), key="key-0003")
    at("9:10")
    jobs.run_once()
    jobs.run_once()
    assert (state(taken), state(rests)) == (("COMPLETE", "1495.5"), ("OPEN", None))
    with pytest.raises(OrderDenied, match="being matched: place the order from 09:15 on"):
        execution.place(run, low, key="key-0004")
    at("9:15")
    jobs.run_once()
    market.trade("NSE:INFY", "1489.00")
    settle()
    assert state(rests)[0] == "COMPLETE"


def test_the_closing_auction_keeps_limits_and_fills_them_at_the_close(
    execution, run, order, jobs, at, market, state, settle
):
    market.auctions["NSE:TCS", CLOSING] = Decimal("2985.5")
    at("15:00")
    market.trade("NSE:TCS", "3000.00")
    limit = execution.place(run, tcs(order), key="key-0001").document["order_id"]
    stop = order(tradingsymbol="TCS", order_type="SL-M", trigger_price=3100)
    stop_id = execution.place(run, stop, key="key-0002").document["order_id"]
    other = order(order_type="LIMIT", price=1490)
    no_auction = execution.place(run, other, key="key-0003").document["order_id"]
    at("15:16")
    jobs.run_once()
    assert [state(one)[0] for one in (limit, stop_id, no_auction)] == ["OPEN", "CANCELLED", "OPEN"]
    with pytest.raises(OrderDenied, match="from 15:20 on"):
        execution.place(run, tcs(order), key="key-0004")
    market.trade("NSE:TCS", "2950.00")  # where the auction stands, no trade
    settle()
    assert state(limit) == ("OPEN", None)
    at("15:24")
    whole = order(tradingsymbol="TCS")
    late = execution.place(run, whole, key="key-0005").document["order_id"]
    dear = execution.place(run, tcs(order) | {"price": 2900}, key="key-0006").document["order_id"]
    at("15:30")
    jobs.run_once()
    filled = ("COMPLETE", "2985.5")
    assert [state(one) for one in (limit, late)] == [filled, filled]
    assert [state(one)[0] for one in (dear, no_auction)] == ["CANCELLED", "CANCELLED"]


def test_a_recording_has_no_auction_that_fills_at_a_price_nobody_played(
    execution, run, order, jobs, at, market, state
):
    """Its sessions end at 15:30, and so do day orders, stops among them."""
    market.auctions["NSE:TCS", CLOSING] = Decimal("2500")
    market.has_auctions = False
    at("15:00")
    market.trade("NSE:TCS", "3000.00")
    limit = execution.place(run, tcs(order), key="key-0001").document["order_id"]
    stop = order(tradingsymbol="TCS", order_type="SL-M", trigger_price=3100)
    stop_id = execution.place(run, stop, key="key-0002").document["order_id"]
    at("15:29")
    jobs.run_once()
    assert [state(one)[0] for one in (limit, stop_id)] == ["OPEN", "TRIGGER PENDING"]
    at("15:30")
    jobs.run_once()
    assert [state(one) for one in (limit, stop_id)] == [("CANCELLED", None)] * 2


def test_a_server_that_was_down_matches_the_closing_auction_when_it_is_back(
    execution, run, order, jobs, at, market, state
):
    market.auctions["NSE:TCS", CLOSING] = Decimal("2985.5")
    at("15:24")
    limit = execution.place(run, tcs(order), key="key-0001").document["order_id"]
    at("18:00")
    jobs.run_once()
    assert state(limit) == ("COMPLETE", "2985.5")


def test_derivatives_go_on_until_twenty_to_four(execution, run, order, jobs, at, state):
    future = order(
        exchange="NFO", tradingsymbol="NIFTY26106FUT", order_type="LIMIT", price=24000,
        quantity=65, product="NRML",
    )  # fmt: skip
    at("15:31")
    with pytest.raises(OrderDenied, match="the market is closed"):
        execution.place(run, order(order_type="LIMIT", price=1490), key="key-0001")
    with pytest.raises(OrderDenied) as refused:  # the stub's contract has expired: its only fault
        execution.place(run, future, key="key-0002")
    assert "market_closed_use_amo" not in str(refused.value.__dict__)
    at("15:41")
    with pytest.raises(OrderDenied) as refused:
        execution.place(run, future, key="key-0003")
    assert "market_closed_use_amo" in str(refused.value.__dict__)


def test_intraday_contracts_are_closed_beside_intraday_shares_of_the_same_run(
    execution, run, order, jobs, clock, market
):
    def at(minute: int) -> None:
        wanted = datetime(2026, 1, 5, 15, minute, tzinfo=IST)
        clock.advance(seconds=(wanted - clock.now()).total_seconds())
        market.refresh()

    def held() -> set[str]:
        opened = execution.positions(run_id="run-1", open_only=True)
        return {one.key.instrument for one in opened}

    market.trade("NFO:NIFTY26106FUT", "24000.00")
    execution.place(run, order(product="MIS"), key="key-0001")
    future = order(exchange="NFO", tradingsymbol="NIFTY26106FUT", quantity=65, product="MIS")
    execution.place(run, future, key="key-0002")
    at(19)
    jobs.run_once()
    assert held() == {"NSE:INFY", "NFO:NIFTY26106FUT"}
    at(21)
    jobs.run_once()  # one key for both would close the shares alone
    assert held() == set()
