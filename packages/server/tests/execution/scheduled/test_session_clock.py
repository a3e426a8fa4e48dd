"""What the clock does: the day's end, intraday squared off, orders and triggers that expire."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.session_times import PhaseKind
from tradertape_server.features.execution.errors import OrderDenied, TradingPaused
from tradertape_server.features.execution.orders import facts
from tradertape_server.features.execution.scheduled.session_clock import ExecutionJobs
from tradertape_server.features.execution.service import RunRef

DAY = datetime(2026, 1, 5, tzinfo=IST)  # a Monday; the frozen clock starts at 10:00 that day


def paused(*_what):
    raise TradingPaused


@pytest.fixture
def jobs(execution, clock):
    return ExecutionJobs(execution, nse_calendar(), clock)


@pytest.fixture
def at(clock, market):
    def at(hour: int, minute: int, *, days: int = 0) -> None:
        wanted = DAY.replace(hour=hour, minute=minute)
        clock.advance(seconds=(wanted - clock.now()).total_seconds(), days=days)
        market.refresh()

    return at


def test_intraday_positions_are_closed_before_the_market_and_cost_their_owner(
    execution, run, order, jobs, at
):
    execution.place(run, order(product="MIS"), key="key-0001")
    execution.place(run, order(product="CNC"), key="key-0002")
    at(15, 10)
    jobs.run_once()
    assert len(execution.positions(run_id="run-1", open_only=True)) == 2
    before = execution.funds(run.account_id).charges_paise
    at(15, 21)
    jobs.run_once()
    jobs.run_once()
    [left] = execution.positions(run_id="run-1", open_only=True)
    assert left.key.product == "CNC"
    spent = execution.funds(run.account_id).charges_paise - before
    assert spent > 5_900  # the broker's 50 rupees with tax, and the sale's own
    assert spent < 8_000
    execution.place(run, order(quantity=1), key="key-0003")  # the run goes on


def test_nothing_is_opened_intraday_once_such_positions_are_closed(execution, run, order, jobs, at):
    """It would be held overnight: the day's square-off has been."""
    execution.place(run, order(product="MIS"), key="key-0001")
    at(15, 20)
    execution.place(run, order(product="MIS", transaction_type="SELL"), key="key-0002")
    jobs.run_once()
    with pytest.raises(OrderDenied) as refused:
        execution.place(run, order(product="MIS"), key="key-0003")
    assert [one.reason for one in refused.value.denials] == ["intraday_over"]
    execution.place(run, order(product="MIS", variety="amo"), key="key-0004")
    execution.place(run, order(product="CNC"), key="key-0005")


def test_day_orders_end_with_the_session_and_after_market_ones_begin_with_the_next(
    execution, run, order, jobs, at, market, settle
):
    """KO-02, KO-04."""
    day = execution.place(run, order(order_type="LIMIT", price=1490), key="key-0001").document
    at(15, 31)
    jobs.run_once()
    ended = execution.order("run-1", day["order_id"])
    assert (ended.status, ended.status_message) == ("CANCELLED", "the session ended")
    market.open = False
    amo = execution.place(run, order(variety="amo"), key="key-0002").document
    jobs.run_once()
    assert execution.order("run-1", amo["order_id"]).status == "AMO REQ RECEIVED"
    market.open = True
    at(9, 16, days=1)
    jobs.run_once()
    market.trade("NSE:INFY", "1500.00")
    settle()
    assert execution.order("run-1", amo["order_id"]).status == "COMPLETE"


def test_what_could_not_be_done_at_the_open_is_done_a_second_later(
    execution, run, order, jobs, at, market, settle, monkeypatch
):
    """The database was away: the after-market orders of that night must not wait another day."""
    at(16, 0)
    jobs.run_once()
    market.open = False
    amo = execution.place(run, order(variety="amo"), key="key-0001").document
    market.open = True
    at(9, 16, days=1)
    with monkeypatch.context() as away:
        away.setattr(type(execution.trader), "execute", paused)
        with pytest.raises(TradingPaused):
            jobs.run_once()
    jobs.run_once()
    market.trade("NSE:INFY", "1500.00")
    settle()
    assert execution.order("run-1", amo["order_id"]).status == "COMPLETE"


def test_a_close_nobody_saw_still_ends_its_orders(execution, run, order, jobs, at):
    day = execution.place(run, order(order_type="LIMIT", price=1490), key="key-0001").document
    at(8, 0, days=1)
    jobs.run_once()
    assert execution.order("run-1", day["order_id"]).status == "CANCELLED"


def test_an_order_with_a_time_to_live_ends_on_the_minute(execution, run, order, jobs, clock):
    """KO-04."""
    command = order(order_type="LIMIT", price=1490, validity="TTL", validity_ttl=2)
    body = execution.place(run, command, key="key-0001").document
    clock.advance(seconds=119)
    jobs.run_once()
    assert execution.order("run-1", body["order_id"]).status == "OPEN"
    clock.advance(seconds=2)
    jobs.run_once()
    assert execution.order("run-1", body["order_id"]).status == "CANCELLED"


def test_a_market_that_never_closes_squares_nothing_off(
    execution, run, order, jobs, at, market, monkeypatch
):
    monkeypatch.setattr(type(market), "never_closes", True)
    execution.place(run, order(product="MIS"), key="key-0001")
    at(15, 25)
    jobs.run_once()
    assert len(execution.positions(run_id="run-1", open_only=True)) == 1
    amo = execution.place(run, order(variety="amo", quantity=1), key="key-0002").document
    jobs.run_once()
    assert execution.order("run-1", amo["order_id"]).status == "COMPLETE"
    late = execution.place(run, order(product="MIS"), key="key-0003").document
    assert late["status"] == "COMPLETE"


def test_a_trigger_ends_after_its_year(execution, account, order, jobs, clock):
    trigger = execution.create_gtt(
        account,
        {
            "type": "single",
            "condition": {
                "exchange": "NSE",
                "tradingsymbol": "INFY",
                "trigger_values": [1450.0],
                "last_price": 1500.0,
            },
            "orders": [order(order_type="LIMIT", price=1450)],
        },
    )
    jobs.run_once()
    assert execution.get_gtt(account, trigger).status == "active"
    clock.advance(days=366)
    jobs.run_once()
    assert execution.get_gtt(account, trigger).status == "expired"


def test_exits_go_on_by_themselves(execution, run, order, jobs, market, clock, settle):
    execution.place(run, order(product="MIS"), key="key-0001")
    clock.advance(seconds=20)
    assert execution.exit_run(run, key="exit-0001").status_code == 202
    market.trade("NSE:INFY", "1500.00")
    settle()
    jobs.run_once()
    assert execution.exits_under_way() == []
    assert execution.exit_run(run, key="exit-0001").document["status"] == "closed"


def test_what_a_server_that_was_down_left_open_is_closed_at_the_next_open(
    execution, run, order, jobs, at, market, settle
):
    execution.place(run, order(product="MIS"), key="key-0001")
    at(9, 14, days=1)
    jobs.run_once()
    assert len(execution.positions(run_id="run-1", open_only=True)) == 1
    at(9, 15, days=1)
    execution.place(run, order(product="CNC"), key="key-0002")
    jobs.run_once()
    [left] = execution.positions(run_id="run-1", open_only=True)
    assert left.key.product == "CNC"
    execution.place(run, order(product="MIS"), key="key-0003")  # the day's own stays
    at(10, 0, days=1)
    jobs.run_once()
    assert len(execution.positions(run_id="run-1", open_only=True)) == 2


def test_shares_are_squared_off_before_the_closing_auction_since_august_2026(
    execution, run, order, jobs, clock, market
):
    def at(hour: int, minute: int) -> None:
        wanted = DAY.replace(month=8, day=4, hour=hour, minute=minute)
        clock.advance(seconds=(wanted - clock.now()).total_seconds())
        market.refresh()

    at(10, 0)
    execution.place(run, order(product="MIS"), key="key-0001")
    at(15, 4)
    jobs.run_once()
    assert len(execution.positions(run_id="run-1", open_only=True)) == 1
    at(15, 5)
    jobs.run_once()
    assert execution.positions(run_id="run-1", open_only=True) == []


def test_an_after_market_order_of_the_session_waits_for_the_next_days_open(
    execution, start, run, order, at, clock, market, settle
):
    """Whatever opened that day, and whoever looks: nothing of it is in the memory of a process."""
    jobs = ExecutionJobs(execution, nse_calendar(), clock)
    jobs.run_once()
    amo = execution.place(run, order(variety="amo"), key="key-0001").document["order_id"]
    execution.trader.stop()
    again = start()
    jobs = ExecutionJobs(again, nse_calendar(), clock)
    jobs.run_once()
    market.trade("NSE:INFY", "1500.00")
    settle(again)
    assert again.order("run-1", amo).status == "AMO REQ RECEIVED"
    at(9, 15, days=1)
    market.trade("NSE:INFY", "1500.00")
    jobs.run_once()
    assert again.order("run-1", amo).status == "COMPLETE"


FUTURE = "NIFTY26106FUT"


@pytest.fixture
def at_since_august(clock, market):
    """The exchange's hours since August 2026: futures until 15:40, shares close in an auction."""
    market.keeps_hours = True
    contract = market.instruments[f"NFO:{FUTURE}"]
    market.instruments[contract.id] = replace(contract, expiry=date(2026, 8, 25))

    def at(hour: int, minute: int, *, days: int = 0, second: int = 0) -> None:
        wanted = DAY.replace(month=8, day=4 + days, hour=hour, minute=minute, second=second)
        clock.advance(seconds=(wanted - clock.now()).total_seconds())
        for name in ("NSE:INFY", "NSE:TCS", contract.id):
            market.trade(name, PRICES[name])

    return at


PRICES = {"NSE:INFY": "1500.00", "NSE:TCS": "3000.00", f"NFO:{FUTURE}": "24000.00"}


def test_an_intraday_after_market_order_opens_nothing_after_the_square_off(
    execution, start, account, order, at_since_august, clock
):
    """Of a run whose square-off of the day is done, at 15:35, while futures are traded."""
    run = RunRef(account_id=account, run_id="run-1")
    future = order(exchange="NFO", tradingsymbol=FUTURE, product="MIS", quantity=65)
    at_since_august(10, 0)
    jobs = ExecutionJobs(execution, nse_calendar(), clock)
    jobs.run_once()
    execution.place(run, future, key="key-0001")
    at_since_august(15, 20)
    jobs.run_once()
    assert execution.positions(run_id="run-1", open_only=True) == []
    at_since_august(15, 35)
    amo = execution.place(run, {**future, "variety": "amo"}, key="key-0002").document["order_id"]
    execution.trader.stop()
    again = start()
    jobs = ExecutionJobs(again, nse_calendar(), clock)
    for minute in (36, 39, 41):
        at_since_august(15, minute)
        jobs.run_once()
    assert again.order("run-1", amo).status == "AMO REQ RECEIVED"
    assert again.positions(run_id="run-1", open_only=True) == []
    at_since_august(9, 15, days=1)
    jobs.run_once()
    assert again.order("run-1", amo).status == "COMPLETE"
    at_since_august(15, 20, days=1)
    jobs.run_once()
    assert again.positions(run_id="run-1", open_only=True) == []


def test_an_after_market_order_for_the_next_day_outlives_the_square_off(
    execution, run, order, jobs, at_since_august
):
    at_since_august(15, 0)
    execution.place(run, order(product="MIS"), key="key-0001")
    amo = execution.place(run, order(product="MIS", variety="amo"), key="key-0002").document
    at_since_august(15, 5)
    jobs.run_once()
    assert execution.positions(run_id="run-1", open_only=True) == []
    assert execution.order("run-1", amo["order_id"]).status == "AMO REQ RECEIVED"


def test_an_intraday_order_that_rests_opens_nothing_in_the_closing_auction(
    execution, run, order, jobs, at_since_august, market
):
    """Its run holds nothing at the square-off; the auction comes after it."""
    at_since_august(10, 0)
    low = order(tradingsymbol="TCS", product="MIS", order_type="LIMIT", price=2990)
    rests = execution.place(run, low, key="key-0001").document["order_id"]
    own = execution.place(run, {**low, "product": "CNC"}, key="key-0002").document["order_id"]
    market.auctions["NSE:TCS", PhaseKind.CLOSING_MATCHING] = Decimal(2980)
    at_since_august(15, 5)
    jobs.run_once()
    assert execution.order("run-1", rests).status == "CANCELLED"
    at_since_august(15, 30)
    jobs.run_once()
    assert execution.order("run-1", own).status == "COMPLETE"
    held = execution.positions(run_id="run-1", open_only=True)
    assert [one.key.product for one in held] == ["CNC"]


def test_what_is_opened_after_a_square_off_is_closed_under_another_key_and_no_more_are_made(
    execution, run, order, jobs, at, clock, market, monkeypatch
):
    """However it came about: the day's key is used, and a second passes with nothing to close."""
    execution.place(run, order(product="MIS"), key="key-0001")
    at(15, 20)
    jobs.run_once()
    for number in range(2, 4):
        with monkeypatch.context() as late:  # as if an order of before had been filled since
            late.setattr(facts, "intraday_closes", lambda _day: {})
            execution.place(run, order(product="MIS"), key=f"key-000{number}")
        assert len(execution.positions(run_id="run-1", open_only=True)) == 1
        for _ in range(5):
            clock.advance(seconds=1)
            market.trade("NSE:INFY", "1500.00")
            jobs.run_once()
        assert execution.positions(run_id="run-1", open_only=True) == []
        exits = [one for one in execution.intents("run-1") if one.kind == "exit_run"]
        assert len(exits) == number
