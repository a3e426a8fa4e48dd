"""Whether a database file is whole, and the one that was here before."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tradertape_server.platform.errors import Unavailable

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def require_intact(file: Path, *, backups: Path) -> None:
    """Look before anything is opened, which would make a new file. Raises Unavailable, with what to
    do, where the file is damaged, or gone without what belongs to it."""
    log, shared = (file.with_name(file.name + suffix) for suffix in ("-wal", "-shm"))
    left = [one for one in (log, file.with_name(f"{file.name}.reserve")) if one.exists()]
    if not file.exists():
        if left:
            what = f"The database {file} is gone: {left[0].name} of it is still there."
            raise Unavailable(f"{what} {_remedy(backups)} To begin anew delete that too.")
        return
    if shared.exists() and not log.exists():
        what = f"{log} is gone, and with it the newest changes of the database."
        raise Unavailable(f"{what} {_remedy(backups)} To go on without them delete {shared.name}.")
    verdict = _verdict(file)
    if verdict is not None:
        raise Unavailable(f"The database {file} is damaged ({verdict}). {_remedy(backups)}")


def is_corruption(error: BaseException | None) -> bool:
    """Whether SQLite says that a file is not what it wrote."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _verdict(file: Path) -> str | None:
    """What is wrong; None for a sound file, and for one that cannot be looked at now."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        return str(error) if is_corruption(error) else None
    return None if found == "ok" else " ".join(found.split())


def _remedy(backups: Path) -> str:
    known = sorted(backups.glob("*.db"), key=lambda one: one.stat().st_mtime)
    return f"Put a copy back: `tradertape db restore {known[-1] if known else 'FILE'}`."
