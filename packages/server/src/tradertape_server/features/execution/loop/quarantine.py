"""What could not be done: put aside with its reason, so that nothing else waits for it.

A batch that fails is done again part by part, and the part that fails alone is put aside: it is
logged, stored for the health page, and told to its owner in the timeline. A trigger or a job is
tried again after seconds, then at longer and longer intervals; an order as soon as somebody cancels
or changes it; everything at the next start.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput, StoredDataDamaged
from tradertape_server.features.execution.state.command import Subject
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork, Written
from tradertape_server.features.execution.store import set_aside
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError
from tradertape_server.platform.logging import get_logger

SET_ASIDE = "set_aside"  # the type of the timeline event
KEPT_FOR = timedelta(days=30)
_PAUSES_S = {"job": (1.0, 60.0)}  # the first and the longest, by kind
_USUAL_PAUSES_S = (5.0, 600.0)
_MOST = 10_000  # failures kept in memory
_LONGEST_NAME, _LONGEST_REASON = 400, 500

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that was put aside. words: its reason for its owner; times: since the start."""

    subject: Subject
    reason: str
    words: str
    times: int
    retry_s: float
    at: datetime


class Quarantine:
    """Thread-safe; `write` is for the trader's thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[tuple[str, str], Failure] = {}
        self._unwritten: list[Failure] = []
        self.has_news = False
        self.count = 0

    def put(self, subject: Subject, error: Exception) -> None:
        """Put something aside because of an error."""
        logger.error(
            "set aside: it cannot be processed",
            kind=subject.kind,
            name=subject.name,
            account=subject.account_id,
            run=subject.run_id,
            exc_info=error,
        )
        place = subject.kind, subject.name
        with self._lock:
            before = self._failures.pop(place, None)
            times = 1 if before is None else before.times + 1
            first_s, longest_s = _PAUSES_S.get(subject.kind, _USUAL_PAUSES_S)
            pause_s = min(first_s * 2 ** min(times - 1, 10), longest_s)
            found = Failure(
                subject=replace(subject, name=subject.name[:_LONGEST_NAME]),
                reason=_reason(error),
                words=_words(error),
                times=times,
                retry_s=self._clock.monotonic() + pause_s,
                at=self._clock.now(),
            )
            self._failures[place] = found
            if len(self._failures) > _MOST:
                del self._failures[next(iter(self._failures))]
            self._unwritten = [*self._unwritten[1 - _MOST :], found]
            self.has_news = True
            self.count += 1

    def holds(self, kind: str, name: str) -> bool:
        """Whether something is not to be tried now."""
        if not self._failures:
            return False
        with self._lock:
            found = self._failures.get((kind, name))
        return found is not None and self._clock.monotonic() < found.retry_s

    def has(self, kind: str, name: str) -> bool:
        """Whether something was put aside and has not been done since."""
        return (kind, name) in self._failures

    def release(self, kind: str, name: str) -> None:
        """It is done, or about to be tried again."""
        if self._failures:
            with self._lock:
                self._failures.pop((kind, name), None)

    def clear(self) -> None:
        """Have everything tried again; what is not stored yet still is."""
        with self._lock:
            self._failures.clear()

    def write(self, database: Database, uow: UnitOfWork) -> Written:
        """Store what is new, with an event in the timelines of its owners."""
        with self._lock:
            found, self._unwritten = self._unwritten, []
            self.has_news = False
        try:
            return self._write(database, uow, found)
        except Exception as error:  # noqa: BLE001 - the account may be gone, or the database away
            uow.forget()
            logger.warning("owners cannot be notified of what was set aside", reason=_reason(error))
        try:
            with database.write(from_reserve=True, is_urgent=True) as session:
                for one in found:
                    _add(session, one)
        except Exception as error:  # noqa: BLE001 - the log has each failure; stored with the next
            logger.warning("what was set aside cannot be stored", reason=_reason(error))
            with self._lock:
                self._unwritten = [*found, *self._unwritten]
        return Written()

    def _write(self, database: Database, uow: UnitOfWork, found: list[Failure]) -> Written:
        with database.write(from_reserve=True, is_urgent=True) as session:
            uow.begin(session)
            set_aside.drop_before(session, uow.now - KEPT_FOR)
            for one in found:
                _add(session, one)
                if one.times == 1 and one.subject.account_id is not None:
                    _tell(uow, one, one.subject.account_id)
            uow.flush()
        return uow.committed()


def _add(session: Session, one: Failure) -> None:
    subject = one.subject
    set_aside.add(
        session,
        kind=subject.kind,
        name=subject.name,
        account_id=subject.account_id,
        run_id=subject.run_id,
        reason=one.reason,
        times=1,
        at=one.at,
    )


def _tell(uow: UnitOfWork, one: Failure, account_id: int) -> None:
    subject = one.subject
    uow.note(
        account_id=account_id,
        run_id=subject.run_id,
        kind="execution",
        event_type=SET_ASIDE,
        source="execution",
        summary=f"Failed and set aside: {subject.kind} {subject.name} ({one.words})",
        payload={"kind": subject.kind, "name": subject.name, "reason": one.words},
    )


def _reason(error: Exception) -> str:
    """For the operator: without the values of a row, which are a user's."""
    text = str(error.orig if isinstance(error, DBAPIError) else error)
    first = text.replace("\x00", "").partition("\n")[0]
    return f"{type(error).__name__}: {first}"[:_LONGEST_REASON]


def _words(error: Exception) -> str:
    """For the owner: what is no refusal is an error of ours, and the log has the rest."""
    if isinstance(error, ApiError | InvalidInput | StoredDataDamaged):
        return str(error)
    return f"internal error {type(error).__name__}; the server's log has the details"
