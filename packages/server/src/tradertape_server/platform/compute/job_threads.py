"""Threads that take work from a table until they are told to stop.

The table is the queue: what is waiting survives a restart, and a thread that is woken for nothing
finds nothing. Several processes may work on one queue: who took a job holds a lease on it.
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

# Work arrives with a wake-up; this is for what was left by a restart or written by a command.
_LOOK_EVERY_S = 5.0
_RECOVER_EVERY_S = 5.0


Job = TypeVar("Job")


class JobSource(Protocol[Job]):
    """Where jobs come from and what is done with one."""

    def recover(self) -> None:
        """Put back what a stop interrupted, of this process or another; called now and then."""
        ...

    def take(self) -> Job | None:
        """Claim the next job; None when nothing waits."""
        ...

    def work(self, job: Job, stopping: threading.Event) -> None:
        """Do it, and leave early where `stopping` is set. Says itself what became of it."""
        ...

    def failed(self, job: Job, error: Exception) -> None:
        """Record that `work` raised."""
        ...


class JobThreads(Generic[Job]):
    """Some threads on one source."""

    def __init__(self, name: str, source: JobSource[Job], *, threads: int) -> None:
        self._name = name
        self._source = source
        self._count = threads
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._recovered_s = 0.0
        self._bell = threading.Condition()
        self._rings = 0
        self.done = self.failures = self.busy = 0

    def start(self) -> None:
        """Recover and begin; a second call does nothing."""
        if self._threads:
            return
        self._source.recover()
        self._recovered_s = monotonic()
        for number in range(self._count):
            thread = threading.Thread(target=self._loop, name=f"{self._name}-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def wake(self) -> None:
        """Look for work now."""
        with self._bell:
            self._rings += 1
            self._bell.notify_all()

    def wake_after_commit(self, session: Session) -> None:
        """Look for work once the session has committed it."""
        event.listen(session, "after_commit", lambda _session: self.wake(), once=True)

    def stop(self, timeout_s: float = 10.0) -> None:
        """Ask the threads to stop and wait for them; a job that takes longer is started again."""
        self._stopping.set()
        self.wake()
        for thread in self._threads:
            thread.join(timeout_s)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            heard = self._rings
            if self._once():
                continue
            with self._bell:
                # A ring between our look and here must not be slept through.
                self._bell.wait_for(
                    lambda heard=heard: self._rings != heard or self._stopping.is_set(),
                    timeout=_LOOK_EVERY_S,
                )

    def _once(self) -> bool:
        """Do one job; False where there is none."""
        job = None
        try:
            self._look_for_lost()
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

    def _look_for_lost(self) -> None:
        if monotonic() - self._recovered_s >= _RECOVER_EVERY_S:
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
    """The job to do next: of the user with the fewest under way, then of the longest unserved.

    waiting: (job, user), oldest first. busy: jobs under way by user. last_served: by user, a
    number that grows with every job taken.
    """
    chosen: tuple[int, int, int] | None = None
    for job, user in waiting:
        rank = (busy.get(user, 0), last_served.get(user, 0), job)
        if chosen is None or rank < chosen:
            chosen = rank
    return None if chosen is None else chosen[2]
