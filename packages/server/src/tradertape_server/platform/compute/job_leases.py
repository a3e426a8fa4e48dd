"""Leases on background jobs: one for each running job, renewed while its process is alive.

Several processes share a queue. When a process dies, its jobs become free once their leases have
expired; a result that a paused process delivers after that is refused. Times are the database's.
With a database file there is one process, so jobs of any other owner are free at once.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Collection
from typing import Any

from sqlalchemy import Float, String, delete, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from tradertape_server.platform.database.engine import Base, Database
from tradertape_server.platform.logging import get_logger

LIFE_S = 20.0
RENEWALS_PER_LIFE = 4

logger = get_logger(__name__)


class JobLease(Base):
    """One running job. expires_s: by the database's clock, seconds since 1970."""

    __tablename__ = "job_leases"

    queue: Mapped[str] = mapped_column(String(40), primary_key=True)
    job: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    owner: Mapped[str] = mapped_column(String(80))
    expires_s: Mapped[float] = mapped_column(Float)


class JobLeases:
    """The leases of this process, and a view of those of the others."""

    def __init__(self, database: Database, *, life_s: float = LIFE_S) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._database = database
        self._life_s = life_s
        self._held: set[tuple[str, int]] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def held(self) -> int:
        """How many jobs this process runs."""
        with self._lock:
            return len(self._held)

    def start(self) -> None:
        """Start renewing the held leases; a second call does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="job-leases", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop renewing."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def take(self, session: Session, queue: str, job: int) -> None:
        """Take the lease of a job in this transaction; `start_renewing` it after the commit."""
        session.execute(delete(JobLease).where(JobLease.queue == queue, JobLease.job == job))
        expires_s = self._now_s(session) + self._life_s
        session.add(JobLease(queue=queue, job=job, owner=self.owner, expires_s=expires_s))

    def start_renewing(self, queue: str, job: int) -> None:
        """Renew a lease from now on: the transaction that took it is committed."""
        with self._lock:
            self._held.add((queue, job))

    def stop_renewing(self, queue: str, job: int) -> None:
        """No longer renew a lease."""
        with self._lock:
            self._held.discard((queue, job))

    def release(self, session: Session, queue: str, job: int) -> bool:
        """Release a lease in the transaction of the job's result; False if another owner has it."""
        mine = select(JobLease).where(
            JobLease.queue == queue, JobLease.job == job, JobLease.owner == self.owner
        )
        row = session.scalar(mine.with_for_update())
        if row is None:
            return False
        session.delete(row)
        return True

    def active_jobs(self, session: Session, queue: str) -> Collection[int]:
        """The jobs of a queue with an unexpired lease."""
        query = select(JobLease.job).where(JobLease.queue == queue)
        if self._database.is_sqlite:
            query = query.where(JobLease.owner == self.owner)
        else:
            query = query.where(JobLease.expires_s > self._now_s(session))
        return set(session.scalars(query))

    def renew(self) -> None:
        """Extend every held lease by its whole life from now."""
        with self._lock:
            held = sorted(self._held)
        if not held or self._database.is_sqlite:
            return
        values: list[dict[str, Any]] = [
            {"queue": queue, "job": job, "owner": self.owner, "life_s": self._life_s}
            for queue, job in held
        ]
        with self._database.write() as session:
            session.connection().execute(_RENEW, values)

    def _run(self) -> None:
        while not self._stopping.wait(self._life_s / RENEWALS_PER_LIFE):
            try:
                self.renew()
            except SQLAlchemyError as error:
                logger.warning("job leases cannot be renewed", reason=type(error).__name__)

    def _now_s(self, session: Session) -> float:
        return float(session.scalar(_NOW[self._database.engine.dialect.name]) or 0)


_NOW = {
    "postgresql": text("SELECT extract(epoch from clock_timestamp())"),
    "sqlite": text("SELECT (julianday('now') - 2440587.5) * 86400.0"),
}
_RENEW = text(
    "UPDATE job_leases SET expires_s = extract(epoch from clock_timestamp()) + :life_s "
    "WHERE queue = :queue AND job = :job AND owner = :owner"
)
