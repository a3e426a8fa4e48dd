"""Runs and studies that wait in their tables, and what the job threads do with them."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.backtests.models import BacktestRun, BacktestStudy
from tradertape_server.features.backtests.runs import repository
from tradertape_server.features.backtests.runs.service import BacktestService
from tradertape_server.features.backtests.studies import repository as study_repository
from tradertape_server.features.backtests.studies.plans import Plan, Step
from tradertape_server.features.backtests.studies.service import AskedStudy, StudyService, packed
from tradertape_server.platform.compute.job_leases import JobLeases
from tradertape_server.platform.compute.job_threads import fairest
from tradertape_server.platform.compute.service import Compute
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError

_STORE_EVERY_S = 0.5
RUNS, STUDIES = "runs", "studies"
Json = dict[str, Any]
Pairs = list[tuple[int, int]]
Claimed = TypeVar("Claimed")


class Attempt(NamedTuple):
    """A study and how often it was begun."""

    study: int
    attempt: int


@dataclass(slots=True)
class Turns:
    """Whose turn it is: two people's queues move alike, however long one of them is."""

    last_served: dict[int, int] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def next(self, waiting: Pairs, running: Pairs) -> int | None:
        """The job to take; the caller says `served` once it is claimed."""
        return fairest(waiting, Counter(user for _, user in running), self.last_served)

    def served(self, waiting: Pairs, job: int) -> None:
        """Remember whose job it was."""
        self.last_served[dict(waiting)[job]] = next(self._numbers)


@dataclass(slots=True)
class RunJobs:
    """Asynchronous backtests; see `platform.jobs.JobSource`."""

    database: Database
    service: BacktestService
    leases: JobLeases
    turns: Turns = field(default_factory=Turns)

    def recover(self) -> None:
        """Start again what a stop interrupted."""
        _recover(self.database, self.leases, RUNS, repository.in_state, repository.requeue)

    def take(self) -> int | None:
        """Claim the run whose turn it is."""

        def claim(session: Session, run: int) -> int | None:
            return run if repository.claim(session, run) else None

        return _taken(self.database, self.turns, self.leases, RUNS, repository.in_state, claim)

    def work(self, job: int, stopping: threading.Event) -> None:  # noqa: ARG002 - too short to stop
        """Run it and store the report."""
        with self.database.read() as session:
            row = session.get_one(BacktestRun, job)
            asked = self.service.asked_by(row)
        report = self.service.timed(asked)
        with self.database.write() as session:
            if self.leases.end(session, RUNS, job):
                self.service.finish(session, job, report)
        self.leases.drop(RUNS, job)

    def failed(self, job: int, error: Exception) -> None:
        """Keep the reason."""
        self.leases.drop(RUNS, job)
        with self.database.write() as session:
            if self.leases.end(session, RUNS, job):
                self.service.fail(session, job, reason(error))


@dataclass(slots=True)
class StudyJobs:
    """Robustness studies; see `platform.jobs.JobSource`."""

    database: Database
    service: StudyService
    compute: Compute
    clock: Clock
    leases: JobLeases
    turns: Turns = field(default_factory=Turns)

    def recover(self) -> None:
        """Go on with what a stop interrupted."""
        _recover(
            self.database, self.leases, STUDIES, study_repository.in_state, study_repository.requeue
        )

    def take(self) -> Attempt | None:
        """Claim the study whose turn it is."""

        def claim(session: Session, study: int) -> Attempt | None:
            attempt = study_repository.claim(session, study, self.clock.now())
            return None if attempt is None else Attempt(study, attempt)

        return _taken(
            self.database, self.turns, self.leases, STUDIES, study_repository.in_state, claim
        )

    def work(self, job: Attempt, stopping: threading.Event) -> None:
        """Do what is missing of it, storing as it goes."""
        study, rows = self._begun(job)
        recorder = _Recorder(self.database, job, study.plan, rows)
        mapper = self.compute.mapper(
            study.work, is_cancelled=lambda: stopping.is_set() or recorder.is_stopped
        )
        try:
            for step in study.plan.steps(rows, mapper):
                recorder.add(step)
                if recorder.is_stopped or stopping.is_set():
                    break
        finally:
            recorder.store()
        if recorder.is_whole:
            result = packed(study.plan.result(recorder.rows))
            self._end(job, status="completed", result=result)
        self._let_go(job)

    def failed(self, job: Attempt, error: Exception) -> None:
        """Keep the reason; the rows stay, so that it can be resumed."""
        self._end(job, status="failed", error=reason(error))
        self._let_go(job)

    def _let_go(self, job: Attempt) -> None:
        """What is not finished, because of a stop, is free for the next process at once."""
        with self.database.write() as session:
            held = study_repository.hold(session, job.study)
            if held is None or held[1] == job.attempt:  # else it was resumed, here or elsewhere
                self.leases.drop(STUDIES, job.study)
                self.leases.end(session, STUDIES, job.study)

    def _begun(self, job: Attempt) -> tuple[AskedStudy, dict[int, Json]]:
        with self.database.write() as session:
            row = session.get_one(BacktestStudy, job.study)
            study = self.service.restore(session, row)
            if row.data_version != study.work.data_version:
                # Rows of other prices do not belong with those to come.
                study_repository.drop_rows(session, job.study)
                row.data_version = study.work.data_version
            row.done, row.total = 0, study.plan.total
            rows = study_repository.rows(session, job.study)
            row.done = study.plan.done(rows)
        return study, rows

    def _end(self, job: Attempt, **values: Any) -> None:
        with self.database.write() as session:
            if study_repository.hold(session, job.study) == ("running", job.attempt):
                study_repository.change(
                    session, job.study, eta_s=None, finished_at=self.clock.now(), **values
                )


class _Recorder:
    """Stores finished pieces twice a second, and learns there that the study was cancelled."""

    def __init__(
        self,
        database: Database,
        job: Attempt,
        plan: Plan,
        rows: dict[int, Json],
    ) -> None:
        self._database = database
        self._job = job
        self._plan = plan
        self._fresh: list[tuple[int, Json]] = []
        self._began_at = self._stored_at = monotonic()
        self._before = plan.done(rows)
        self._done = self._before
        self.rows = dict(rows)
        self.is_stopped = False

    @property
    def is_whole(self) -> bool:
        """Whether every piece is there and was stored."""
        return not self.is_stopped and self._plan.done(self.rows) >= self._plan.total

    def add(self, step: Step) -> None:
        """Take finished pieces in."""
        self.rows.update(step.rows)
        self._fresh += step.rows
        self._done += step.units
        if monotonic() - self._stored_at >= _STORE_EVERY_S:
            self.store()

    def store(self) -> None:
        """Write what is new."""
        now = monotonic()
        with self._database.write() as session:
            held = study_repository.hold(session, self._job.study)
            is_running = held == ("running", self._job.attempt)
            # What was finished when it was cancelled counts when it is resumed.
            if is_running or held == ("cancelled", self._job.attempt):
                study_repository.add_rows(session, self._job.study, self._fresh)
                eta_s = self._eta_s(now) if is_running else None
                study_repository.change(session, self._job.study, done=self._done, eta_s=eta_s)
        self.is_stopped = not is_running
        self._fresh = []
        self._stored_at = now

    def _eta_s(self, now: float) -> float | None:
        done = self._done - self._before
        if not done:
            return None
        return round((now - self._began_at) / done * (self._plan.total - self._done), 1)


def _recover(
    database: Database,
    leases: JobLeases,
    queue: str,
    in_state: Callable[[Session, str], Pairs],
    requeue: Callable[[Session, Collection[int]], None],
) -> None:
    """Put back what nobody works on any more."""

    def left(session: Session) -> set[int]:
        running = {job for job, _ in in_state(session, "running")}
        return running - set(leases.alive(session, queue)) if running else running

    with database.read() as session:
        if not left(session):
            return  # without taking the one lock that all writers share
    with database.write() as session:
        database.alone(session, f"jobs:{queue}")
        requeue(session, left(session))


def _taken(
    database: Database,
    turns: Turns,
    leases: JobLeases,
    queue: str,
    in_state: Callable[[Session, str], Pairs],
    claim: Callable[[Session, int], Claimed | None],
) -> Claimed | None:
    """The first of those waiting, in fair turns, that no other process is just taking."""
    with database.read() as session:
        if not in_state(session, "queued"):
            return None
    job = claimed = None
    with database.write() as session:
        waiting, running = in_state(session, "queued"), in_state(session, "running")
        while claimed is None and (job := turns.next(waiting, running)) is not None:
            claimed = claim(session, job)
            if claimed is None:
                waiting = [one for one in waiting if one[0] != job]
            else:
                leases.take(session, queue, job)
    if job is not None and claimed is not None:
        leases.keep(queue, job)
        turns.served(waiting, job)
    return claimed


def reason(error: Exception) -> str:
    """What went wrong, in words for the person whose job it was."""
    if isinstance(error, InvalidInput | ApiError):
        return str(error)
    # Anything else is a bug of ours: its words stand in the log, with the traceback.
    return f"Internal error ({type(error).__name__}); the server's log has the details."
