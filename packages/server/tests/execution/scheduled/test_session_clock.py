"""What the clock does: the day's end, intraday squared off, orders and triggers that expire."""

from __future__ import annotations

from datetime import datetime

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import nse_calendar
from tradertape_server.features.execution.errors import OrderDenied, TradingPaused
from tradertape_server.features.execution.scheduled.session_clock import ExecutionJobs

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
