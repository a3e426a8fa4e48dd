"""Open futures of paper accounts are paid daily, once (docs/margins.md, docs/paper-venue.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import nse_calendar
from tradertape_server.features.execution.scheduled import mark_to_market
from tradertape_server.features.execution.scheduled.corporate_actions import CorporateActions
from tradertape_server.features.execution.scheduled.expiry_settlement import ExpirySettlement
from tradertape_server.features.execution.scheduled.mark_to_market import MarkToMarket
from tradertape_server.features.execution.scheduled.session_clock import ExecutionJobs
from tradertape_server.features.execution.service import RunRef
from tradertape_server.features.execution.store.models import PositionRow, PostingRow
from tradertape_server.features.market.corporate_facts import Rescaling

MONDAY = date(2026, 1, 5)  # where the frozen clock starts
FUTURE, NAME = "NIFTY26JANFUT", "NFO:NIFTY26JANFUT"


@pytest.fixture
def market(market):
    """With a future that expires at the end of the month."""
    listed = market.instruments["NFO:NIFTY26106FUT"]
    market.instruments[NAME] = replace(
        listed, tradingsymbol=FUTURE, expiry=date(2026, 1, 27), instrument_token=77
    )
    market.trade(NAME, "24000.00")
    return market


def jobs_of(service, clock):
    chores = [MarkToMarket(service, nse_calendar()), ExpirySettlement(service)]
    return ExecutionJobs(service, nse_calendar(), clock, chores=chores)


@pytest.fixture
def jobs(execution, clock):
    return jobs_of(execution, clock)


@pytest.fixture
def at(clock, market):
    def at(day: int, hour: int, minute: int) -> None:
        wanted = datetime(2026, 1, day, hour, minute, tzinfo=IST)
        clock.advance(seconds=(wanted - clock.now()).total_seconds())
        market.refresh()

    return at


@pytest.fixture
def settles(market):
    def settles(price: str, *, day: int = 5, name: str = NAME) -> None:
        market.settlements[name, MONDAY.replace(day=day)] = price

    return settles


@pytest.fixture
def trade(execution, order, run):
    """Trade the future with NRML: bought at the ask, a tick of 5 paise above the price."""

    def trade(
        side: str = "BUY",
        where: RunRef = run,
        *,
        symbol: str = FUTURE,
        service=execution,
        **changes,
    ):
        command = order(
            exchange="NFO", tradingsymbol=symbol, transaction_type=side, product="NRML",
            quantity=65, **changes,
        )  # fmt: skip
        trade.count += 1
        return service.place(where, command, key=f"key-{trade.count:04d}").document

    trade.count = 0
    return trade


def told(execution, run_id="run-1"):
    return [e for e in execution.events(run_id=run_id) if e.event_type == "position_marked"]


def held(execution, run_id="run-1"):
    [position] = execution.positions(run_id=run_id, open_only=True)
    return position


def test_a_future_is_paid_after_the_session_and_not_before(
    execution, run, trade, jobs, at, settles, market
):
    trade()
    settles("24100")
    before, position = execution.funds(run.account_id), held(execution)
    at(5, 15, 29)
    jobs.run_once()
    assert execution.funds(run.account_id).cash_paise == before.cash_paise
    at(5, 15, 31)
    jobs.run_once()
    funds, pnl = execution.funds(run.account_id), execution.pnl(run).totals
    paid = 65 * 9995  # bought at 24,000.05
    assert funds.cash_paise - before.cash_paise == funds.mtm_paise == paid
    assert (funds.realised_paise, funds.unrealised_paise) == (0, before.unrealised_paise)
    assert (pnl.realised_paise, pnl.unrealised_paise) == (0, -5 * 65)
    after = held(execution)
    assert (after.average_price, after.cost_paise) == (position.average_price, position.cost_paise)
    [event] = told(execution)
    assert event.summary == (
        "Daily mark-to-market of 5 January: 65 NFO:NIFTY26JANFUT at 24,100.00, "
        "₹6,496.75 paid into cash"
    )
    assert (event.payload["paid_paise"], event.payload["quantity"]) == (paid, 65)


def test_a_loss_that_was_taken_from_cash_is_not_held_back_as_well(
    execution, run, trade, jobs, at, settles, market
):
    trade()
    market.trade(NAME, "23900.00")
    before = execution.funds(run.account_id)
    assert before.held_loss_paise == 65 * 10005
    settles("23900")
    at(5, 15, 31)
    jobs.run_once()
    after = execution.funds(run.account_id)
    assert (after.held_loss_paise, after.mtm_paise) == (0, -65 * 10005)
    assert after.available_paise == before.available_paise
    assert told(execution)[0].summary.endswith("₹6,503.25 taken from cash")
    market.trade(NAME, "23950.00")  # a part comes back: it is there once it is paid
    assert execution.funds(run.account_id).held_loss_paise == 0
    market.trade(NAME, "23890.00")
    assert execution.funds(run.account_id).held_loss_paise == 65 * 1000


def test_a_gain_that_was_paid_is_held_back_as_it_is_lost_again(
    execution, run, trade, jobs, at, settles, market
):
    trade("SELL")
    settles("23900")
    at(5, 15, 31)
    jobs.run_once()
    market.trade(NAME, "23950.00")
    funds = execution.funds(run.account_id)
    assert (funds.held_loss_paise, funds.unrealised_paise) == (65 * 5000, 65 * 5000)


def test_closing_pays_what_is_left_and_the_whole_is_the_trades_profit(
    execution, run, trade, jobs, at, settles, market
):
    opening = execution.funds(run.account_id).cash_paise
    trade()
    for day, price in ((5, "24100"), (6, "23900")):
        settles(price, day=day)
        at(day, 15, 31)
        jobs.run_once()
    at(7, 10, 0)
    market.trade(NAME, "24050.00")
    trade("SELL")
    funds, pnl = execution.funds(run.account_id), execution.pnl(run).totals
    assert pnl.realised_paise == 65 * 4995
    assert funds.mtm_paise == funds.blocked_paise == 0
    assert funds.cash_paise - opening == pnl.net_paise
    assert [one.payload["paid_paise"] for one in told(execution)] == [65 * 9995, -65 * 20000]


def test_an_account_says_how_much_of_its_cash_was_paid_for_open_futures(
    execution, user_id, run, order, trade, jobs, at, settles
):
    execution.place(run, order(product="CNC"), key="key-0100")
    trade()
    settles("24100")
    [before] = execution.account_figures(user_id)
    at(5, 15, 31)
    jobs.run_once()
    [after] = execution.account_figures(user_id)
    assert (before.mtm_paise, after.mtm_paise) == (0, 65 * 9995)
    assert after.cash_paise - before.cash_paise == after.mtm_paise


def test_it_happens_once_whatever_is_restarted_and_asked_again(
    execution, start, database, clock, run, trade, at, settles
):
    trade()
    trade("SELL", RunRef(account_id=run.account_id, run_id="run-2"))
    settles("24100")
    at(5, 15, 31)
    jobs_of(execution, clock).run_once()
    cash = execution.funds(run.account_id).cash_paise
    settles("24500")  # a correction of the price is not paid a second time
    execution.trader.stop()
    again = start()
    for _ in range(3):
        clock.advance(seconds=400)
        jobs_of(again, clock).run_once()
    assert again.funds(run.account_id).cash_paise == cash
    assert len(told(again)) == len(told(again, "run-2")) == 1
    with database.read() as session:
        entries = session.execute(
            select(PostingRow.run_id, func.count(PostingRow.entry.distinct()))
            .where(PostingRow.entry.startswith("mark_to_market:2026-01-05:"))
            .group_by(PostingRow.run_id)
        ).all()
        assert sorted(entries) == [("run-1", 1), ("run-2", 1)]


def test_the_runs_of_a_contract_are_paid_each_for_its_own(execution, run, trade, jobs, at, settles):
    other = RunRef(account_id=run.account_id, run_id="run-2")
    trade()
    trade("SELL", other)
    trade("SELL", other)
    settles("24100")
    cash = execution.funds(run.account_id).cash_paise
    at(5, 15, 31)
    jobs.run_once()
    assert held(execution).mtm_paise == 65 * 9995
    assert held(execution, "run-2").mtm_paise == -130 * 10000
    assert execution.funds(run.account_id).cash_paise - cash == 65 * 9995 - 130 * 10000


def test_without_a_price_it_waits_and_the_next_day_makes_up_for_it(
    execution, run, trade, jobs, at, settles, clock
):
    trade()
    cash = execution.funds(run.account_id).cash_paise
    at(5, 15, 31)
    jobs.run_once()
    assert told(execution) == []
    settles("24100")
    at(5, 15, 37)
    jobs.run_once()
    assert len(told(execution)) == 1
    at(6, 15, 31)
    jobs.run_once()  # no price on Tuesday, all day
    settles("24300", day=7)
    at(7, 15, 31)
    jobs.run_once()
    assert [one.payload["mark"]["day"] for one in told(execution)] == ["2026-01-05", "2026-01-07"]
    assert execution.funds(run.account_id).cash_paise - cash == 65 * 29995


def test_a_server_that_was_down_makes_up_for_it_when_it_is_back(
    execution, run, trade, jobs, at, settles
):
    trade()
    cash = execution.funds(run.account_id).cash_paise
    for day, price in ((5, "24100"), (6, "24200"), (7, "24300")):
        settles(price, day=day)
    at(8, 10, 0)
    trade()  # of the day that has not ended: it is not marked to the day before
    charged = cash - execution.funds(run.account_id).cash_paise
    jobs.run_once()
    [event] = told(execution)
    assert event.payload["mark"]["day"] == "2026-01-07"
    paid = execution.funds(run.account_id).cash_paise - cash + charged
    assert paid == held(execution).mtm_paise == 65 * 29995


def test_a_contract_on_its_last_day_is_settled_for_good_instead(
    execution, run, trade, jobs, at, settles, market
):
    last = "NIFTY26106FUT"
    market.trade(f"NFO:{last}", "24000.00")
    trade(symbol=last)
    cash = execution.funds(run.account_id).cash_paise
    settles("24100", name=f"NFO:{last}")
    at(5, 15, 31)
    jobs.run_once()
    assert execution.funds(run.account_id).cash_paise - cash == 65 * 9995
    settles("24900", day=6, name=f"NFO:{last}")
    market.closes["NIFTY"] = "24150"
    at(6, 15, 31)
    jobs.run_once()
    assert len(told(execution)) == 1
    funds = execution.funds(run.account_id)
    assert (funds.cash_paise - cash, funds.mtm_paise) == (65 * 14995, 0)
    assert funds.realised_paise == 65 * 14995


def test_options_and_shares_are_not_marked(execution, order, run, jobs, at, settles, market):
    call = "NFO:NIFTY2610624000CE"
    market.trade(call, "100.00")
    bought = order(exchange="NFO", tradingsymbol=call[4:], product="NRML", quantity=65)
    execution.place(run, bought, key="key-0001")
    execution.place(run, order(product="CNC"), key="key-0002")
    for name in (call, "NSE:INFY"):
        settles("150", name=name)
    at(5, 15, 31)
    cash = execution.funds(run.account_id).cash_paise
    jobs.run_once()
    assert execution.funds(run.account_id).cash_paise == cash


def test_a_trade_that_is_voided_takes_what_was_paid_for_it_back(
    execution, run, trade, jobs, at, settles
):
    first = trade()["order_id"]
    trade()
    settles("24100")
    at(5, 15, 31)
    jobs.run_once()
    execution.void(first, f"{first}-1")
    assert (held(execution).quantity, held(execution).mtm_paise) == (65, 65 * 9995)
    assert execution.funds(run.account_id).mtm_paise == 65 * 9995


def test_a_price_on_the_basis_before_a_split_is_not_used_after_it(
    execution, run, trade, at, settles, clock
):
    class Facts:
        version = "1"

        def rescalings(self, _symbols, _until):
            return [Rescaling("split:NIFTY", "NIFTY", date(2026, 1, 6), "split", 2, 1)]

        def payments(self, _symbols, _until):
            return []

    marks = MarkToMarket(execution, nse_calendar())
    chores = [marks, CorporateActions(execution, Facts())]
    jobs = ExecutionJobs(execution, nse_calendar(), clock, chores=chores)
    trade()
    at(6, 9, 0)
    jobs.run_once()  # no price of Monday yet; the split is applied
    assert held(execution).quantity == 130
    settles("24100")
    at(6, 9, 10)
    jobs.run_once()
    assert told(execution) == []
    settles("12100", day=6)
    cash = execution.funds(run.account_id).cash_paise
    at(6, 15, 31)
    jobs.run_once()
    assert execution.funds(run.account_id).cash_paise - cash == 130 * 1210000 - 65 * 2400005


def test_an_account_that_cannot_be_marked_keeps_no_other(
    execution, user_id, run, trade, jobs, at, settles, monkeypatch
):
    other = execution.open_paper_account(user_id, "kite:paper-b", None)
    well = RunRef(account_id=other.id, run_id="well")
    trade()
    trade(where=well)
    settles("24100")
    real = mark_to_market._mark

    def mark(uow, before, *rest):
        if before.key.run_id == "run-1":
            raise ZeroDivisionError("a defect")
        real(uow, before, *rest)

    monkeypatch.setattr(mark_to_market, "_mark", mark)
    at(5, 15, 31)
    jobs.run_once()
    assert (len(told(execution)), len(told(execution, "well"))) == (0, 1)
    monkeypatch.undo()
    at(5, 15, 40)
    jobs.run_once()
    assert (len(told(execution)), len(told(execution, "well"))) == (1, 1)


def test_a_position_stored_before_marks_were_kept_is_read_and_marked(
    execution, start, database, run, trade, at, settles, clock
):
    trade()
    execution.trader.stop()
    with database.write() as session:
        [row] = session.scalars(select(PositionRow)).all()
        lots = [{k: v for k, v in lot.items() if k != "mtm"} for lot in row.document["lots"]]
        row.document = {**row.document, "lots": lots}
    again = start()
    settles("24100")
    at(5, 15, 31)
    jobs_of(again, clock).run_once()
    assert held(again).mtm_paise == 65 * 9995
    assert held(again).average_price == Decimal("24000.05")
