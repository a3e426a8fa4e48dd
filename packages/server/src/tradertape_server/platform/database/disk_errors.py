"""Errors of the database's disk that its operator has to resolve: full, read-only or damaged."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from time import monotonic

from sqlalchemy.exc import DBAPIError

REMEMBERED_S = 60.0


@dataclass(frozen=True, slots=True)
class DiskError:
    """A disk error. problem: a clause without a full stop; remedy: what the operator should do."""

    code: str
    problem: str
    remedy: str


FULL = DiskError(
    "database_full",
    "the disk of the database is full",
    "Free up disk space; a restart is not needed.",
)
RESERVED = DiskError(
    FULL.code,
    "the disk of the database is full, and the remaining space is reserved for exits, "
    "cancellations and the kill switch",
    FULL.remedy,
)
READ_ONLY = DiskError(
    "database_read_only",
    "the database cannot be written to",
    "Check the permissions of its file and folder and how its disk is mounted; on a database "
    "server, whether it is a standby.",
)
BROKEN = DiskError(
    "database_broken",
    "the disk or the file of the database is damaged",
    "Check the machine's log, then run `tradertape db restore`.",
)

# SQLite's primary result codes, and PostgreSQL's SQLSTATEs.
_BY_CODE: dict[object, DiskError] = {
    13: FULL, 8: READ_ONLY, 10: BROKEN, 11: BROKEN, 26: BROKEN,
    "53100": FULL, "25006": READ_ONLY, "58030": BROKEN, "XX001": BROKEN, "XX002": BROKEN,
}  # fmt: skip


def disk_error_of(error: BaseException | None) -> DiskError | None:
    """Return the disk error behind a database error; None for any other error."""
    if not isinstance(error, DBAPIError):
        return None
    code = getattr(error.orig, "sqlstate", None)
    if code is None and (number := getattr(error.orig, "sqlite_errorcode", None)) is not None:
        code = number & 0xFF  # the higher bits are the operation
    return _BY_CODE.get(code)


class DiskErrorMonitor:
    """Remembers the latest disk error of a database; used from any thread."""

    def __init__(self) -> None:
        self._last: tuple[DiskError, float] | None = None
        self._is_damaged = False

    @property
    def current(self) -> DiskError | None:
        """The disk error of the last minute, if any: trading retries more often than that.

        Damage that a check of the file found lasts until the next start.
        """
        if self._is_damaged:
            return BROKEN
        last = self._last
        return last[0] if last and monotonic() - last[1] < REMEMBERED_S else None

    def record(self, error: BaseException | None) -> None:
        """Remember an error of the database if it is a disk error."""
        found = disk_error_of(error)
        if found is not None:
            self._last = found, monotonic()

    def report_damage(self) -> None:
        """The file is damaged: no write that succeeds elsewhere in it changes that."""
        self._is_damaged = True

    def clear_full(self) -> None:
        """Forget that the disk was full: there is space again."""
        if self.current is FULL:
            self._last = None


def disk_full_error() -> sqlite3.OperationalError:
    """Build the error that SQLite raises when the disk is full."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error
