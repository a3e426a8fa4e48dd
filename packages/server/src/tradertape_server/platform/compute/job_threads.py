"""Threads that run background jobs from a table until they are stopped.

The table is the queue: queued jobs survive a restart, and a thread that is woken without need
finds no job. Several processes may work on one queue: the one that took a job holds its lease.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from time import monotonic
from typing import Generic, Protocol, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session

from tradertape_server.platform.logging import get_logger

logger = get_logger(__name__)

# New jobs wake a thread; polling finds those left by a restart or queued by a command.
_POLL_INTERVAL_S = 5.0
_RECOVER_INTERVAL_S = 5.0


Job = TypeVar("Job")


class JobSource(Protocol[Job]):
    """A queue of jobs and the work on one of them."""

    def recover(self) -> None:
        """Requeue interrupted jobs, of this process or another; called periodically."""
        ...

    def take(self) -> Job | None:
        """Claim the next job; None when none is queued."""
        ...

    def work(self, job: Job, stopping: threading.Event) -> None:
        """Do the job and record its result; return early once `stopping` is set."""
        ...

    def failed(self, job: Job, error: Exception) -> None:
        """Record that `work` raised."""
        ...


class JobThreads(Generic[Job]):
    """A number of threads that work on one source."""

    def __init__(self, name: str, source: JobSource[Job], *, threads: int) -> None:
        self._name = name
        self._source = source
        self._count = threads
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._recovered_s = 0.0
        self._condition = threading.Condition()
        self._wake_ups = 0
        self.done = self.failures = self.busy = 0

    def start(self) -> None:
        """Recover interrupted jobs and start the threads; a second call does nothing."""
        if self._threads:
            return
        self._source.recover()
        self._recovered_s = monotonic()
        for number in range(self._count):
            thread = threading.Thread(target=self._loop, name=f"{self._name}-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def wake(self) -> None:
        """Have a thread check for jobs now."""
        with self._condition:
            self._wake_ups += 1
            self._condition.notify_all()

    def wake_after_commit(self, session: Session) -> None:
        """Check for jobs once the session has committed."""
        event.listen(session, "after_commit", lambda _session: self.wake(), once=True)

    def stop(self, timeout_s: float = 10.0) -> None:
        """Stop the threads and wait for them; a job that takes longer is started again later."""
        self._stopping.set()
        self.wake()
        for thread in self._threads:
            thread.join(timeout_s)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            seen = self._wake_ups
            if self._once():
                continue
            with self._condition:
                # A wake-up since the check above must not be missed.
                self._condition.wait_for(
                    lambda seen=seen: self._wake_ups != seen or self._stopping.is_set(),
                    timeout=_POLL_INTERVAL_S,
                )

    def _once(self) -> bool:
        """Run one job; False if there is none."""
        job = None
        try:
            self._recover_if_due()
            job = self._source.take()
            if job is not None:
                self._work(job)
        except Exception as error:
            if self._stopping.is_set():
                return False
            self.failures += 1
            logger.warning("job failed", queue=self._name, job=job, exc_info=True)
            return self._record(job, error)
        return job is not None

    def _work(self, job: Job) -> None:
        self.busy += 1
        try:
            self._source.work(job, self._stopping)
        finally:
            self.busy -= 1
        self.done += 1

    def _recover_if_due(self) -> None:
        if monotonic() - self._recovered_s >= _RECOVER_INTERVAL_S:
            self._recovered_s = monotonic()
            self._source.recover()

    def _record(self, job: Job | None, error: Exception) -> bool:
        if job is None:
            return False
        try:
            self._source.failed(job, error)
        except Exception:  # as above: the database may be away
            logger.exception("failure not recorded", queue=self._name, job=job)
            return False
        return True


def next_fair_job(
    waiting: Iterable[tuple[int, int]], busy: dict[int, int], last_served: dict[int, int]
) -> int | None:
    """Choose the next job: of the user with the fewest running, then of the longest unserved.

    waiting: queued (job, user), oldest first. busy: number of running jobs by user. last_served:
    by user, a number that grows with every job taken. Returns None if nothing is queued.
    """
    chosen: tuple[int, int, int] | None = None
    for job, user in waiting:
        rank = (busy.get(user, 0), last_served.get(user, 0), job)
        if chosen is None or rank < chosen:
            chosen = rank
    return None if chosen is None else chosen[2]
