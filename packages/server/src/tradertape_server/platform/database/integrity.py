"""Integrity of the database file: intact, complete, and not missing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tradertape_server.platform.errors import Unavailable

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def require_intact(file: Path, *, backups: Path) -> None:
    """Check the file before it is opened, as opening a missing one would create a new database.

    Raises Unavailable, with the remedy, if the file is damaged, or if it or its write-ahead log is
    missing while other files of the database exist.
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
    verdict = _verdict(file)
    if verdict is not None:
        raise Unavailable(f"The database {file} is damaged ({verdict}). {_remedy(backups)}")


def is_corruption(error: BaseException | None) -> bool:
    """Whether an error of SQLite means that the file is corrupt."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _verdict(file: Path) -> str | None:
    """Describe the damage; None for an intact file, and for one that cannot be checked now."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        return str(error) if is_corruption(error) else None
    return None if found == "ok" else " ".join(found.split())


def _remedy(backups: Path) -> str:
    known = sorted(backups.glob("*.db"), key=lambda one: one.stat().st_mtime)
    return f"Restore a backup: `tradertape db restore {known[-1] if known else 'FILE'}`."
