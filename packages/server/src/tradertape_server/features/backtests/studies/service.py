"""Use cases of robustness studies: start, read, cancel, resume, delete.

A study is checked completely before it is queued, so that a mistake is reported in the reply. The
job threads compute it (`jobs/job_queue.py`) and store each finished piece, so that a study that was
stopped, cancelled or interrupted resumes where it was.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.backtests.models import BacktestStudy
from tradertape_server.features.backtests.runs import repository
from tradertape_server.features.backtests.runs.schemas import BacktestRequest
from tradertape_server.features.backtests.runs.service import (
    BacktestService,
    PreparedBacktest,
    unpacked,
)
from tradertape_server.features.backtests.studies import repository as study_repository
from tradertape_server.features.backtests.studies.planning import plan_of, work_of
from tradertape_server.features.backtests.studies.plans import Plan
from tradertape_server.features.backtests.studies.schemas import StudyRequest
from tradertape_server.features.backtests.studies.variant_work import VariantWork
from tradertape_server.platform.errors import Conflict, NotFound

Json = dict[str, Any]

MAX_STUDIES = 2_000
MAX_UNFINISHED = 20


@dataclass(frozen=True, slots=True)
class PreparedStudy:
    """A checked request with its backtest and its plan. run_id: the finished run it examines."""

    request: StudyRequest
    prepared: PreparedBacktest
    run_id: str | None
    work: VariantWork
    plan: Plan


@dataclass(frozen=True, slots=True)
class StudyService:
    """Use cases of studies; methods with a session run in the caller's transaction."""

    clock: Clock
    backtests: BacktestService

    def prepare(self, session: Session, user_id: int, request: StudyRequest) -> PreparedStudy:
        """Check a request and load the run or strategy it names.

        Raises InvalidInput, NotFound, Conflict.
        """
        if request.run_id is not None:
            prepared = self._prepared_of(session, user_id, request.run_id)
        elif request.backtest is not None:
            prepared = self.backtests.prepare(session, user_id, request.backtest)
        else:  # the schema demands one of them
            raise InvalidInput("give run_id or backtest")
        return self.plan(session, user_id, request, prepared)

    def plan(
        self, session: Session, user_id: int, request: StudyRequest, prepared: PreparedBacktest
    ) -> PreparedStudy:
        """Plan the study of a prepared backtest."""
        work = work_of(
            request,
            self.backtests.market,
            data_set=prepared.data_set,
            document=prepared.document,
            config=prepared.config,
        )
        plan = plan_of(request, work, lambda: self._report(session, user_id, request, prepared))
        return PreparedStudy(request, prepared, request.run_id, work, plan)

    def start(self, session: Session, user_id: int, study: PreparedStudy) -> BacktestStudy:
        """Queue a study. Raises Conflict where the account has too many."""
        self._demand_room(session, user_id)
        prepared, request = study.prepared, study.request
        panel = study.work.load()  # raises here rather than in a job thread
        row = BacktestStudy(
            public_id=f"st_{secrets.token_hex(12)}",
            user_id=user_id,
            kind=request.kind,
            status="queued",
            name=request.name,
            run_id=study.run_id,
            strategy_id=prepared.strategy_id,
            strategy_name=prepared.document["name"],
            strategy_version=prepared.strategy_version,
            universe=prepared.config.universe,
            data_set=prepared.data_set,
            data_version=panel.data_version,
            is_simulated=panel.simulated,
            start_date=prepared.config.start_date,
            end_date=prepared.config.end_date,
            metric=request.metric,
            request=_stored(request, prepared),
            total=study.plan.total,
            created_at=self.clock.now(),
        )
        session.add(row)
        session.flush()
        return row

    def restore(self, session: Session, row: BacktestStudy) -> PreparedStudy:
        """The prepared study of a stored row."""
        kept = dict(row.request)
        document = kept.pop("strategy_document")
        backtest = BacktestRequest.model_validate(kept.pop("backtest_request"))
        request = StudyRequest.model_validate(kept)
        prepared = PreparedBacktest(
            backtest,
            backtest.config(),
            document,
            row.strategy_id,
            row.strategy_version,
            row.data_set,
        )
        return self.plan(session, row.user_id, request, prepared)

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
        """One page of the user's studies, newest first, and how many there are in all."""
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
        """Cancel a study; its rows are kept. Raises Conflict once it is finished."""
        row = self.get(session, user_id, study_id)
        if row.status not in repository.UNFINISHED:
            raise Conflict(f"The study is {row.status} and cannot be cancelled.")
        row.status, row.finished_at, row.eta_s = "cancelled", self.clock.now(), None
        return row

    def resume(self, session: Session, user_id: int, study_id: str) -> BacktestStudy:
        """Resume a study that was cancelled or failed. Raises Conflict otherwise."""
        row = self.get(session, user_id, study_id)
        if row.status not in {"cancelled", "failed"}:
            raise Conflict(f"The study is {row.status}: there is nothing to resume.")
        self._demand_room(session, user_id)
        row.status, row.finished_at, row.error = "queued", None, ""
        return row

    def delete(self, session: Session, user_id: int, study_id: str) -> None:
        """Delete a study and its rows. Raises NotFound; Conflict while it is running."""
        row = self.get(session, user_id, study_id)
        if row.status == "running":
            raise Conflict("The study is in progress; cancel it first.")
        session.delete(row)

    def _prepared_of(self, session: Session, user_id: int, run_id: str) -> PreparedBacktest:
        row = self.backtests.get(session, user_id, run_id)
        return self.backtests.restore(row)

    def _report(
        self, session: Session, user_id: int, request: StudyRequest, prepared: PreparedBacktest
    ) -> Json:
        if request.run_id is not None:
            return self.backtests.report(session, user_id, request.run_id)
        return self.backtests.simulate(prepared)

    def _demand_room(self, session: Session, user_id: int) -> None:
        unfinished = study_repository.unfinished_of(session, user_id)
        if unfinished >= MAX_UNFINISHED:
            raise Conflict(f"You have {unfinished} unfinished studies: wait, or cancel some.")
        kept = study_repository.kept_of(session, user_id)
        if kept > MAX_STUDIES:
            raise Conflict(
                f"You have {kept:,} studies, the most one account can keep: delete some."
            )


def _stored(request: StudyRequest, prepared: PreparedBacktest) -> Json:
    return {
        **request.model_dump(mode="json", exclude={"backtest"} if request.run_id else None),
        "backtest_request": prepared.request.model_dump(mode="json", by_alias=True),
        "strategy_document": prepared.document,
    }


def packed(result: Json) -> bytes:
    """A result, compressed for storing."""
    return zlib.compress(orjson.dumps(result), 1)


def result_of(row: BacktestStudy) -> Json | None:
    """The stored result; None before the study is completed."""
    if row.result is None:
        return None
    found = unpacked(row.result)
    if found["kind"] == "monte_carlo" and "unit" not in found:  # made before blocks were drawn
        found |= {"unit": "trades", "results": found["trades"]}
        found["max_drawdown"] |= {"actual": None, "milder_pct": None}
        found["fan"] = [{"step": point.pop("trade"), **point} for point in found["fan"]]
    return found
