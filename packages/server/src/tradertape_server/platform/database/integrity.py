"""Integrity of the database file: intact, complete, and not missing."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from tradertape_server.platform.database.disk_errors import DiskErrorMonitor
from tradertape_server.platform.errors import Unavailable
from tradertape_server.platform.logging import get_logger

# A file of this size is read whole in a second even from a slow disk; a larger one would delay the
# start, and with it exits and protection, by minutes.
CHECKED_AT_START_BYTES = 32 * 1024**2
CHECKED_AFTER_S = 30.0
logger = get_logger(__name__)

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def require_intact(file: Path, *, backups: Path) -> None:
    """Check the file before it is opened, as opening a missing one would create a new database.

    Of a large file only the header, the schema and the length are checked here: `FileCheck` reads
    the rest once the server is up. Raises Unavailable, with the remedy, if the file is damaged, or
    if it or its write-ahead log is missing while other files of the database exist.
    """
    log, shared = (file.with_name(file.name + suffix) for suffix in ("-wal", "-shm"))
    left = [one for one in (log, file.with_name(f"{file.name}.reserve")) if one.exists()]
    if not file.exists():
        if left:
            problem = f"The database {file} is missing, but its {left[0].name} still exists."
            raise Unavailable(
                f"{problem} {_remedy(backups)} To start with an empty database delete "
                f"{left[0].name} too."
            )
        return
    if shared.exists() and not log.exists():
        problem = f"{log} is missing, and with it the newest changes of the database."
        raise Unavailable(
            f"{problem} {_remedy(backups)} To continue without them delete {shared.name}."
        )
    verdict = _verdict(file, whole=is_checked_at_start(file))
    if verdict is not None:
        raise Unavailable(f"The database {file} is damaged ({verdict}). {_remedy(backups)}")


def is_corruption(error: BaseException | None) -> bool:
    """Whether an error of SQLite means that the file is corrupt."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


class FileCheck:
    """Reads a large database file whole, in the background, and reports damage to the monitor.

    While it reads, the write-ahead log cannot be emptied and grows with what is written.
    """

    def __init__(self, file: Path, errors: DiskErrorMonitor) -> None:
        self._file = file
        self._errors = errors

    def start(self, after_s: float = CHECKED_AFTER_S) -> threading.Thread:
        """Check the file in a thread of its own, once the start with its own reads is over."""
        thread = threading.Thread(
            target=self._run, args=(after_s,), name="database-check", daemon=True
        )
        thread.start()
        return thread

    def _run(self, after_s: float) -> None:
        threading.Event().wait(after_s)
        verdict = _verdict(self._file, whole=True)
        if verdict is None:
            logger.info("the database file was read whole and is intact")
            return
        self._errors.report_damage()
        logger.error("the database file is damaged: restore a backup", found=verdict)


def is_checked_at_start(file: Path) -> bool:
    """Whether `require_intact` reads the whole file."""
    return file.stat().st_size <= CHECKED_AT_START_BYTES


def _verdict(file: Path, *, whole: bool) -> str | None:
    """Describe the damage; None for an intact file, and for one that cannot be checked now.

    Reading the schema finds a damaged header, and a file that is shorter than its header says.
    """
    try:
        with closing(sqlite3.connect(file)) as connection:
            if not whole:
                connection.execute("SELECT count(sql) FROM sqlite_master").fetchone()
                return None
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        return str(error) if is_corruption(error) else None
    return None if found == "ok" else " ".join(found.split())


def _remedy(backups: Path) -> str:
    known = sorted(backups.glob("*.db"), key=lambda one: one.stat().st_mtime)
    return f"Restore a backup: `tradertape db restore {known[-1] if known else 'FILE'}`."
