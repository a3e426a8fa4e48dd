"""What a person can do with robustness studies.

A study is checked whole before it is queued: what can be wrong with it is said at once. The job
threads do it (`study_jobs.py`); each piece is stored when it is finished, so that a study that was
stopped, cancelled or interrupted goes on where it was.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.orm import Session

from tradertape_core.backtest.robustness.studies import (
    Dimension,
    apply_parameters,
    grid,
    search_space,
    walk_forward_windows,
)
from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.strategy.language.walk import warm_up_bars
from tradertape_core.strategy.parse.document import parse_strategy
from tradertape_server.features.backtests.models import BacktestStudy
from tradertape_server.features.backtests.runs import repository
from tradertape_server.features.backtests.runs.schemas import BacktestRequest
from tradertape_server.features.backtests.runs.service import Asked, BacktestService, unpacked
from tradertape_server.features.backtests.studies import plans
from tradertape_server.features.backtests.studies import repository as study_repository
from tradertape_server.features.backtests.studies.plans import Goal, Plan
from tradertape_server.features.backtests.studies.schemas import StudyRequest
from tradertape_server.features.backtests.studies.variant_work import VariantWork
from tradertape_server.platform.errors import Conflict, NotFound

Json = dict[str, Any]

MAX_STUDIES = 2_000
MAX_UNFINISHED = 20
MAX_WALK_FORWARD = 20_000
_SETTLED_BARS = 300  # what the recursive analysis takes for all the history there is, at least


@dataclass(frozen=True, slots=True)
class AskedStudy:
    """A study made ready: what of, and the plan of it. run_id: the finished run it begins from."""

    request: StudyRequest
    asked: Asked
    run_id: str | None
    work: VariantWork
    plan: Plan


@dataclass(frozen=True, slots=True)
class StudyService:
    """Use cases of studies; methods with a session run in the caller's transaction."""

    clock: Clock
    backtests: BacktestService

    def ask(self, session: Session, user_id: int, request: StudyRequest) -> AskedStudy:
        """Check a request and find what it names. Raises InvalidInput, NotFound, Conflict."""
        if request.run_id is not None:
            asked = self._asked_by(session, user_id, request.run_id)
        elif request.backtest is not None:
            asked = self.backtests.ask(session, user_id, request.backtest)
        else:  # the schema lets nothing through without either
            raise InvalidInput("give run_id or backtest")
        return self.ready(session, user_id, request, asked)

    def ready(
        self, session: Session, user_id: int, request: StudyRequest, asked: Asked
    ) -> AskedStudy:
        """The plan of a study of this backtest."""
        work = self._work(request, asked)
        plan = self._plan(session, user_id, request, asked, work)
        return AskedStudy(request, asked, request.run_id, work, plan)

    def start(self, session: Session, user_id: int, study: AskedStudy) -> BacktestStudy:
        """Queue a study. Raises Conflict where the account has too many."""
        self._demand_room(session, user_id)
        asked, request = study.asked, study.request
        panel = study.work.load()  # fails now rather than in a thread
        row = BacktestStudy(
            public_id=f"st_{secrets.token_hex(12)}",
            user_id=user_id,
            kind=request.kind,
            status="queued",
            name=request.name,
            run_id=study.run_id,
            strategy_id=asked.strategy_id,
            strategy_name=asked.document["name"],
            strategy_version=asked.strategy_version,
            universe=asked.config.universe,
            data_set=asked.data_set,
            data_version=panel.data_version,
            is_simulated=panel.simulated,
            start_date=asked.config.start_date,
            end_date=asked.config.end_date,
            metric=request.metric,
            request=_stored(request, asked),
            total=study.plan.total,
            created_at=self.clock.now(),
        )
        session.add(row)
        session.flush()
        return row

    def restore(self, session: Session, row: BacktestStudy) -> AskedStudy:
        """The study a row describes, as it was asked for."""
        kept = dict(row.request)
        document = kept.pop("strategy_document")
        backtest = BacktestRequest.model_validate(kept.pop("backtest_request"))
        request = StudyRequest.model_validate(kept)
        asked = Asked(
            backtest,
            backtest.config(),
            document,
            row.strategy_id,
            row.strategy_version,
            row.data_set,
        )
        return self.ready(session, row.user_id, request, asked)

    def find(
        self,
        session: Session,
        user_id: int,
        *,
        kind: str | None,
        status: str | None,
        run_id: str | None,
        limit: int,
        offset: int,
    ) -> tuple[Sequence[BacktestStudy], int]:
        """One page of the user's studies, newest first, and the whole number."""
        return study_repository.find(
            session,
            user_id,
            kind=kind,
            status=status,
            run_id=run_id,
            limit=limit,
            offset=offset,
        )

    def get(self, session: Session, user_id: int, study_id: str) -> BacktestStudy:
        """One of the user's studies. Raises NotFound."""
        row = study_repository.own(session, user_id, study_id)
        if row is None:
            raise NotFound("Study")
        return row

    def cancel(self, session: Session, user_id: int, study_id: str) -> BacktestStudy:
        """Stop a study; what it has found is kept. Raises Conflict once it is finished."""
        row = self.get(session, user_id, study_id)
        if row.status not in repository.UNFINISHED:
            raise Conflict(f"The study is {row.status} and cannot be cancelled.")
        row.status, row.finished_at, row.eta_s = "cancelled", self.clock.now(), None
        return row

    def resume(self, session: Session, user_id: int, study_id: str) -> BacktestStudy:
        """Go on with a study that was cancelled or failed. Raises Conflict otherwise."""
        row = self.get(session, user_id, study_id)
        if row.status not in {"cancelled", "failed"}:
            raise Conflict(f"The study is {row.status}: there is nothing to resume.")
        self._demand_room(session, user_id)
        row.status, row.finished_at, row.error = "queued", None, ""
        return row

    def delete(self, session: Session, user_id: int, study_id: str) -> None:
        """Delete a study and its rows. Raises NotFound; Conflict while it is under way."""
        row = self.get(session, user_id, study_id)
        if row.status == "running":
            raise Conflict("The study is under way; cancel it first.")
        session.delete(row)

    def _asked_by(self, session: Session, user_id: int, run_id: str) -> Asked:
        row = self.backtests.get(session, user_id, run_id)
        return self.backtests.asked_by(row)

    def _work(self, request: StudyRequest, asked: Asked) -> VariantWork:
        warm_up = _longest_warm_up(request, asked.document)
        market = self.backtests.market
        return VariantWork(
            home=str(market.home),
            data_set=asked.data_set,
            data_version=market.data_version(asked.data_set),
            document=asked.document,
            config=asked.config,
            warm_up=warm_up,
        )

    def _plan(
        self,
        session: Session,
        user_id: int,
        request: StudyRequest,
        asked: Asked,
        work: VariantWork,
    ) -> Plan:
        goal = Goal(request.metric, request.min_trades)
        match request.kind:
            case "sweep":
                return plans.Sweep(work, _points(request, work), goal)
            case "search":
                space = search_space(request.ranges)
                return plans.Searching(work, space, request.trials, request.seed, goal)
            case "walk_forward":
                return _walk_forward(request, work, goal)
            case "monte_carlo":
                report = self._report(session, user_id, request, asked)
                return plans.drawing(report, _draws(request))
            case "lookahead":
                return plans.looking_ahead(work, samples=request.samples, seed=request.seed)
            case "recursive":
                return plans.starting_up(work, bars=request.start_up_bars)

    def _report(self, session: Session, user_id: int, request: StudyRequest, asked: Asked) -> Json:
        if request.run_id is not None:
            return self.backtests.report(session, user_id, request.run_id)
        return self.backtests.simulate(asked)

    def _demand_room(self, session: Session, user_id: int) -> None:
        waiting = study_repository.unfinished_of(session, user_id)
        if waiting >= MAX_UNFINISHED:
            raise Conflict(f"{waiting} of your studies are not finished yet: wait, or cancel some.")
        kept = study_repository.kept_of(session, user_id)
        if kept > MAX_STUDIES:
            raise Conflict(f"You keep {kept:,} studies, the most one account can: delete some.")


def _points(request: StudyRequest, work: VariantWork) -> list[Json]:
    points = grid(request.ranges)
    # A name that does not exist is wrong in every combination: say so now.
    apply_parameters(work.document, points[0])
    return points


def _walk_forward(request: StudyRequest, work: VariantWork, goal: Goal) -> Plan:
    config = work.config
    windows = walk_forward_windows(
        config.start_date,
        config.end_date,
        train_months=request.train_months,
        test_months=request.test_months,
        anchored=request.anchored,
    )
    plan = plans.WalkForward(work, windows, _points(request, work), goal)
    if plan.total > MAX_WALK_FORWARD:
        raise InvalidInput(
            f"{len(windows)} windows of {len(plan.points):,} combinations are {plan.total:,} "
            f"backtests; at most {MAX_WALK_FORWARD:,}: widen the steps or the windows",
            pointer="/parameters",
        )
    return plan


def _draws(request: StudyRequest) -> Json:
    return {
        "method": request.method,
        "runs": request.runs,
        "seed": request.seed,
        "ruin_pct": request.ruin_pct,
    }


def _longest_warm_up(request: StudyRequest, document: Json) -> int:
    """The most history any variant may read: that of the corners of the ranges."""
    longest = warm_up_bars(parse_strategy(document))
    if request.kind == "recursive":
        return max(longest, *request.start_up_bars, _SETTLED_BARS)
    if not request.parameters:
        return longest
    space = search_space(request.ranges)
    for highest in (False, True):
        corner = {axis.name: _end(axis, highest=highest) for axis in space}
        try:
            variant = parse_strategy(apply_parameters(document, corner))
        except InvalidInput:
            continue  # such a variant cannot be run at all
        longest = max(longest, warm_up_bars(variant))
    return longest


def _end(axis: Dimension, *, highest: bool) -> Any:
    """The lowest or highest value of an axis; any of a choice that has no order."""
    if axis.kind != "choice":
        bound = axis.high if highest else axis.low
        return int(bound) if axis.kind == "int" else bound
    numbers = [value for value in axis.choices if isinstance(value, int | float)]
    if len(numbers) < len(axis.choices):
        return axis.choices[0]
    return max(numbers) if highest else min(numbers)


def _stored(request: StudyRequest, asked: Asked) -> Json:
    return {
        **request.model_dump(mode="json", exclude={"backtest"} if request.run_id else None),
        "backtest_request": asked.request.model_dump(mode="json", by_alias=True),
        "strategy_document": asked.document,
    }


def packed(result: Json) -> bytes:
    """A result as it is stored."""
    return zlib.compress(orjson.dumps(result), 1)


def result_of(row: BacktestStudy) -> Json | None:
    """The stored result; None before it is there."""
    return None if row.result is None else unpacked(row.result)
