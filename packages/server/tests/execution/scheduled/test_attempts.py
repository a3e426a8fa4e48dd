"""A job of one account that fails keeps no other account's, and no other job of the day."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from packages.server.tests.doubles.accounts import paper_account

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import nse_calendar
from tradertape_server.features.execution.scheduled import corporate_actions, expiry_settlement
from tradertape_server.features.execution.scheduled.attempts import Attempts, for_each_account
from tradertape_server.features.execution.scheduled.session_clock import ExecutionJobs
from tradertape_server.features.execution.service import ExecutionService, RunRef
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.venues.paper import PaperExchange

DAY = datetime(2026, 1, 5, tzinfo=IST)


@pytest.fixture
def runs(execution, user_id) -> tuple[RunRef, RunRef]:
    """Of two accounts; the first is the one whose jobs fail."""
    sick, well = (
        RunRef(account_id=paper_account(execution, user_id, scope), run_id=scope[-4:])
        for scope in ("kite:sick", "kite:well")
    )
    return sick, well


@pytest.fixture
def at(clock, market) -> Any:
    def at(hour: int, minute: int) -> None:
        wanted = DAY.replace(hour=hour, minute=minute)
        clock.advance(seconds=(wanted - clock.now()).total_seconds())
        market.refresh()

    return at


def held(execution: ExecutionService) -> list[str | None]:
    return [one.key.run_id for one in execution.positions(open_only=True)]


def test_a_square_off_that_fails_keeps_no_other(execution, runs, order, clock, at, monkeypatch):
    sick, _ = runs
    for run in runs:
        execution.place(run, order(product="MIS"), key="key-0001")
    real, tried = ExecutionService.exit_run, []

    def exit_run(self: Any, run: RunRef, **more: Any) -> Any:
        tried.append(run.run_id)
        if run == sick:
            raise ZeroDivisionError("a defect")
        return real(self, run, **more)

    monkeypatch.setattr(ExecutionService, "exit_run", exit_run)
    jobs = ExecutionJobs(execution, nse_calendar(), clock)
    at(15, 21)
    jobs.run_once()
    assert held(execution) == ["sick"]
    assert tried.count("sick") == 1
    jobs.run_once()
    assert tried.count("sick") == 1, "not every second while it fails"
    clock.advance(seconds=2)
    jobs.run_once()
    assert tried.count("sick") == 2
    monkeypatch.undo()
    clock.advance(seconds=3)
    jobs.run_once()
    assert held(execution) == []


def test_an_exit_that_cannot_be_advanced_keeps_no_other(
    execution, runs, order, clock, market, monkeypatch
):
    sick, _ = runs
    for run in runs:
        execution.place(run, order(), key="key-0001")
        market.trade("NSE:INFY", "1500.00", bid=False)
        execution.exit_run(run, key="leave-0001")
    market.trade("NSE:INFY", "1500.00")
    real = ExecutionService.advance_exit

    def advance_exit(self: Any, run_id: str, key: str) -> Any:
        if run_id == sick.run_id:
            raise ZeroDivisionError("a defect")
        return real(self, run_id, key)

    monkeypatch.setattr(ExecutionService, "advance_exit", advance_exit)
    jobs = ExecutionJobs(execution, nse_calendar(), clock)
    jobs.run_once()
    assert [run_id for run_id, _ in execution.exits_under_way()] == ["sick"]
    monkeypatch.undo()
    clock.advance(seconds=2)
    market.refresh()
    jobs.run_once()
    assert execution.exits_under_way() == []


def test_a_step_of_the_day_that_fails_keeps_no_other(
    execution, runs, order, clock, at, monkeypatch
):
    _, well = runs
    execution.place(well, order(product="MIS"), key="key-0001")

    def fail(*_what: Any) -> Any:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(PaperExchange, "open_session", fail)
    jobs = ExecutionJobs(execution, nse_calendar(), clock, chores=[fail])
    at(15, 21)
    jobs.run_once()
    assert held(execution) == []
    kinds = {one.subject.name for one in execution.trader.quarantine._failures.values()}
    assert {"open of cash", "function"} <= kinds


def settle_fails(sick: RunRef, monkeypatch: Any) -> None:
    real = expiry_settlement._close

    def close(uow: Any, before: Any, *rest: Any) -> None:
        if before.key.run_id == sick.run_id:
            raise ZeroDivisionError("a defect")
        real(uow, before, *rest)

    monkeypatch.setattr(expiry_settlement, "_close", close)


def test_an_account_that_cannot_be_settled_keeps_no_other(
    execution, runs, order, clock, market, monkeypatch
):
    contract = "NIFTY2610624000CE"
    market.trade(f"NFO:{contract}", "100.00")
    bought = order(exchange="NFO", tradingsymbol=contract, product="NRML", quantity=65)
    for run in runs:
        execution.place(run, bought, key="key-0001")
    settle_fails(runs[0], monkeypatch)
    market.closes["NIFTY"] = "24150"
    chores = [expiry_settlement.ExpirySettlement(execution)]
    jobs = ExecutionJobs(execution, nse_calendar(), clock, chores=chores)
    clock.advance(hours=30)
    jobs.run_once()
    assert held(execution) == ["sick"]
    monkeypatch.undo()
    clock.advance(seconds=30)
    jobs.run_once()
    assert held(execution) == []


def test_an_account_that_an_action_cannot_reach_keeps_no_other(
    execution, runs, order, clock, monkeypatch
):
    sick, well = runs
    for run in runs:
        execution.place(run, order(), key="key-0001")
    real = corporate_actions._adjust

    def adjust(uow: Any, before: Any, *rest: Any) -> None:
        if before.key.run_id == sick.run_id:
            raise ZeroDivisionError("a defect")
        real(uow, before, *rest)

    class Facts:
        version = "1"

        def rescalings(self, _symbols: Any, _until: Any) -> list[Any]:
            day = DAY.date().replace(day=6)
            return [corporate_actions.Rescaling("split:INFY", "INFY", day, "split", 2, 1)]

        def payments(self, _symbols: Any, _until: Any) -> list[Any]:
            return []

    monkeypatch.setattr(corporate_actions, "_adjust", adjust)
    chores = [corporate_actions.CorporateActions(execution, Facts())]
    jobs = ExecutionJobs(execution, nse_calendar(), clock, chores=chores)
    clock.advance(hours=22)
    jobs.run_once()
    quantities = {one.key.run_id: one.quantity for one in execution.positions(open_only=True)}
    assert quantities == {"sick": 10, "well": 20}
    monkeypatch.undo()
    clock.advance(seconds=60)
    jobs.run_once()
    assert {one.quantity for one in execution.positions(open_only=True)} == {20}
    assert well.run_id in held(execution)


def test_a_job_that_is_done_is_no_longer_put_aside(execution):
    attempts, results = Attempts(execution.trader.quarantine), iter([Decimal("NaN"), Decimal(1)])

    def work() -> None:
        assert next(results) == 1

    assert not attempts.attempt("a job", work)
    assert not attempts.attempt("a job", work), "its pause is not over"
    execution.trader.quarantine.clear()
    assert attempts.attempt("a job", work)
    assert not execution.trader.quarantine.has("job", "a job")


def test_what_is_done_for_everybody_takes_one_transaction(execution, runs):
    asked: list[int | None] = []

    def command(account_id: int | None) -> Command[int]:
        asked.append(account_id)
        return Command(lambda _uow: 7)

    assert for_each_account(execution, "something", "NSE:INFY", command) == (7, True)
    assert asked == [None]
