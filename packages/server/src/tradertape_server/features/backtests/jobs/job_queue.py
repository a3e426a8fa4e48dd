"""The job queues of runs and studies: which job is next, and how the job threads work on it."""

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
from tradertape_core.kernel.errors import InvalidInput, StoredDataDamaged
from tradertape_server.features.backtests.models import BacktestRun, BacktestStudy
from tradertape_server.features.backtests.queries import RUNS, STUDIES
from tradertape_server.features.backtests.runs import repository
from tradertape_server.features.backtests.runs.service import BacktestService
from tradertape_server.features.backtests.studies import repository as study_repository
from tradertape_server.features.backtests.studies.plans import Plan, Step
from tradertape_server.features.backtests.studies.service import PreparedStudy, StudyService, packed
from tradertape_server.platform.compute.job_leases import JobLeases
from tradertape_server.platform.compute.job_threads import next_fair_job
from tradertape_server.platform.compute.service import Compute
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError

_STORE_EVERY_S = 0.5
Json = dict[str, Any]
Pairs = list[tuple[int, int]]
Claimed = TypeVar("Claimed")


class Attempt(NamedTuple):
    """A study and how many times it has been started."""

    study: int
    attempt: int


@dataclass(slots=True)
class RoundRobin:
    """Chooses the next job so that every user with queued jobs gets an equal share."""

    last_served: dict[int, int] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def next(self, queued: Pairs, running: Pairs) -> int | None:
        """The job to take, of (job, user) pairs; call `served` once it is claimed."""
        return next_fair_job(queued, Counter(user for _, user in running), self.last_served)

    def served(self, queued: Pairs, job: int) -> None:
        """Record that the job's user has been served."""
        self.last_served[dict(queued)[job]] = next(self._numbers)


@dataclass(slots=True)
class RunJobs:
    """Asynchronous backtests; see `job_threads.JobSource`."""

    database: Database
    service: BacktestService
    leases: JobLeases
    order: RoundRobin = field(default_factory=RoundRobin)

    def recover(self) -> None:
        """Queue again the runs that a stop interrupted."""
        _recover(self.database, self.leases, RUNS, repository.in_state, repository.requeue)

    def take(self) -> int | None:
        """Claim the next run."""

        def claim(session: Session, run: int) -> int | None:
            return run if repository.claim(session, run) else None

        return _claim_next(self.database, self.order, self.leases, RUNS, repository.in_state, claim)

    def work(self, job: int, stopping: threading.Event) -> None:  # noqa: ARG002 - too short to stop
        """Run it and store the report."""
        with self.database.read() as session:
            row = session.get_one(BacktestRun, job)
            prepared = self.service.restore(row)
        report = self.service.simulate_timed(prepared)
        with self.database.write() as session:
            if self.leases.release(session, RUNS, job):
                self.service.finish(session, job, report)
        self.leases.stop_renewing(RUNS, job)

    def failed(self, job: int, error: Exception) -> None:
        """Store the reason of the failure."""
        self.leases.stop_renewing(RUNS, job)
        with self.database.write() as session:
            if self.leases.release(session, RUNS, job):
                self.service.fail(session, job, reason(error))


@dataclass(slots=True)
class StudyJobs:
    """Robustness studies; see `job_threads.JobSource`."""

    database: Database
    service: StudyService
    compute: Compute
    clock: Clock
    leases: JobLeases
    order: RoundRobin = field(default_factory=RoundRobin)

    def recover(self) -> None:
        """Queue again the studies that a stop interrupted."""
        _recover(
            self.database, self.leases, STUDIES, study_repository.in_state, study_repository.requeue
        )

    def take(self) -> Attempt | None:
        """Claim the next study."""

        def claim(session: Session, study: int) -> Attempt | None:
            attempt = study_repository.claim(session, study, self.clock.now())
            return None if attempt is None else Attempt(study, attempt)

        return _claim_next(
            self.database, self.order, self.leases, STUDIES, study_repository.in_state, claim
        )

    def work(self, job: Attempt, stopping: threading.Event) -> None:
        """Compute the missing pieces and store them as they finish."""
        study, rows = self._start(job)
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
        self._release(job)

    def failed(self, job: Attempt, error: Exception) -> None:
        """Store the reason of the failure; the rows stay, so that the study can be resumed."""
        self._end(job, status="failed", error=reason(error))
        self._release(job)

    def _release(self, job: Attempt) -> None:
        """End the lease, so that another process can continue an unfinished study at once."""
        with self.database.write() as session:
            held = study_repository.lock(session, job.study)
            if held is None or held[1] == job.attempt:  # else it was resumed meanwhile
                self.leases.stop_renewing(STUDIES, job.study)
                self.leases.release(session, STUDIES, job.study)

    def _start(self, job: Attempt) -> tuple[PreparedStudy, dict[int, Json]]:
        with self.database.write() as session:
            row = session.get_one(BacktestStudy, job.study)
            study = self.service.restore(session, row)
            if row.data_version != study.work.data_version:
                # Rows computed on other prices cannot be combined with new ones.
                study_repository.drop_rows(session, job.study)
                row.data_version = study.work.data_version
            row.done, row.total = 0, study.plan.total
            rows = study_repository.rows(session, job.study)
            row.done = study.plan.done(rows)
        return study, rows

    def _end(self, job: Attempt, **values: Any) -> None:
        with self.database.write() as session:
            if study_repository.lock(session, job.study) == ("running", job.attempt):
                study_repository.change(
                    session, job.study, eta_s=None, finished_at=self.clock.now(), **values
                )


class _Recorder:
    """Stores finished pieces twice a second, and notices then that the study was cancelled."""

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
        self._started_at = self._stored_at = monotonic()
        self._before = plan.done(rows)
        self._done = self._before
        self.rows = dict(rows)
        self.is_stopped = False

    @property
    def is_whole(self) -> bool:
        """Whether every piece is finished and stored."""
        return not self.is_stopped and self._plan.done(self.rows) >= self._plan.total

    def add(self, step: Step) -> None:
        """Add finished pieces."""
        self.rows.update(step.rows)
        self._fresh += step.rows
        self._done += step.units
        if monotonic() - self._stored_at >= _STORE_EVERY_S:
            self.store()

    def store(self) -> None:
        """Write the pieces that are not stored yet."""
        now = monotonic()
        with self._database.write() as session:
            held = study_repository.lock(session, self._job.study)
            is_running = held == ("running", self._job.attempt)
            # Pieces finished before a cancellation are kept for when the study is resumed.
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
        return round((now - self._started_at) / done * (self._plan.total - self._done), 1)


def _recover(
    database: Database,
    leases: JobLeases,
    queue: str,
    in_state: Callable[[Session, str], Pairs],
    requeue: Callable[[Session, Collection[int]], None],
) -> None:
    """Queue again the running jobs whose lease is over."""

    def abandoned(session: Session) -> set[int]:
        running = {job for job, _ in in_state(session, "running")}
        return running - set(leases.active_jobs(session, queue)) if running else running

    with database.read() as session:
        if not abandoned(session):
            return  # without taking the lock that all writers share
    with database.write() as session:
        database.advisory_lock(session, f"jobs:{queue}")
        requeue(session, abandoned(session))


def _claim_next(
    database: Database,
    order: RoundRobin,
    leases: JobLeases,
    queue: str,
    in_state: Callable[[Session, str], Pairs],
    claim: Callable[[Session, int], Claimed | None],
) -> Claimed | None:
    """Claim the next job that no other process is claiming; None: there is none."""
    with database.read() as session:
        if not in_state(session, "queued"):
            return None
    job = claimed = None
    with database.write() as session:
        queued, running = in_state(session, "queued"), in_state(session, "running")
        while claimed is None and (job := order.next(queued, running)) is not None:
            claimed = claim(session, job)
            if claimed is None:
                queued = [one for one in queued if one[0] != job]
            else:
                leases.take(session, queue, job)
    if job is not None and claimed is not None:
        leases.start_renewing(queue, job)
        order.served(queued, job)
    return claimed


def reason(error: Exception) -> str:
    """Why a job failed, as its user reads it."""
    if isinstance(error, InvalidInput | StoredDataDamaged | ApiError):
        return str(error)
    # Anything else is a defect of the server: the log has its message and the traceback.
    return f"Internal error ({type(error).__name__}); the server's log has the details."
