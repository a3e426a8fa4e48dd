"""Why a database stores nothing, where its operator has to do something about it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from time import monotonic

from sqlalchemy.exc import DBAPIError

REMEMBERED_S = 60.0


@dataclass(frozen=True, slots=True)
class DiskError:
    """What is wrong, as half a sentence, and what mends it."""

    code: str
    what: str
    remedy: str


FULL = DiskError(
    "database_full", "the disk of the database is full", "Make room: nothing has to be restarted."
)
RESERVED = DiskError(
    FULL.code,
    "the disk of the database is full, and what is left is kept for exits, cancellations and the "
    "kill switch",
    FULL.remedy,
)
READ_ONLY = DiskError(
    "database_read_only",
    "the database cannot be written to",
    "Look at the rights of its file and folder, and how its disk is mounted; on a server, whether "
    "it is a standby.",
)
BROKEN = DiskError(
    "database_broken",
    "the disk or the file of the database is damaged",
    "Look at the machine's log, then `tradertape db restore`.",
)

# SQLite's primary result codes, and PostgreSQL's SQLSTATEs.
_BY_CODE: dict[object, DiskError] = {
    13: FULL, 8: READ_ONLY, 10: BROKEN, 11: BROKEN, 26: BROKEN,
    "53100": FULL, "25006": READ_ONLY, "58030": BROKEN, "XX001": BROKEN, "XX002": BROKEN,
}  # fmt: skip


def disk_error_of(error: BaseException | None) -> DiskError | None:
    """What a database said is wrong with its storage; None for any other error."""
    if not isinstance(error, DBAPIError):
        return None
    code = getattr(error.orig, "sqlstate", None)
    if code is None and (number := getattr(error.orig, "sqlite_errorcode", None)) is not None:
        code = number & 0xFF  # the rest says which operation it was
    return _BY_CODE.get(code)


class DiskErrorMonitor:
    """What a database said of its storage lately; used from any thread."""

    def __init__(self) -> None:
        self._last: tuple[DiskError, float] | None = None

    @property
    def current(self) -> DiskError | None:
        """What was wrong within the last minute: whatever trades tries again more often."""
        last = self._last
        return last[0] if last and monotonic() - last[1] < REMEMBERED_S else None

    def record(self, error: BaseException | None) -> None:
        """Take an error of the database in."""
        trouble = disk_error_of(error)
        if trouble is not None:
            self._last = trouble, monotonic()

    def clear_full(self) -> None:
        """There is room on the disk: that it was full is over."""
        if self.current is FULL:
            self._last = None


def disk_full_error() -> sqlite3.OperationalError:
    """What SQLite says when the disk is full."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error
