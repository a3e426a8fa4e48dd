"""Backups of the database: verified copies, and their restoration.

A backup holds only the database. The key file in `<home>/secrets`, which decrypts columns in it, is
kept apart on purpose; market data can be fetched again.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from tradertape_core.kernel.clock import Clock
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.database.integrity import is_corruption
from tradertape_server.platform.database.schema_migration import (
    current_revision,
    knows_revision,
    newest_revision,
)
from tradertape_server.platform.errors import Conflict, Unavailable
from tradertape_server.platform.secrets import private_folder
from tradertape_server.platform.server_lock import ServerLock

UPGRADE_BACKUPS_KEPT = 5
TOOL_TIMEOUT_S = 3600


class Backups:
    """Makes and restores backups in `<home>/backups`."""

    def __init__(self, database: Database, clock: Clock, *, home: Path) -> None:
        self._database = database
        self._clock = clock
        self._home = home
        self._folder = home / "backups"

    def make(self, to: Path | None = None, *, label: str = "tradertape") -> Path:
        """Write a complete, verified copy; the server may keep running. Returns its path.

        Raises Conflict when `to` exists already, Unavailable when pg_dump fails or is missing.
        """
        target = to or self._new_path(label)
        if target.exists():
            raise Conflict(f"{target} already exists.")
        private_folder(target.parent) if to is None else target.parent.mkdir(
            parents=True, exist_ok=True
        )
        unfinished = target.with_name(f".{target.name}.unfinished")
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            if self._database.sqlite_file:
                _copy_sqlite(self._database.sqlite_file, unfinished)
                check_sqlite(unfinished)
            else:
                _pg_dump(self._database.url, unfinished)
            unfinished.rename(target)
        finally:
            unfinished.unlink(missing_ok=True)
        return target

    def before_upgrade(self) -> Path | None:
        """Copy a database that is about to be upgraded; None if it is empty or up to date."""
        at = current_revision(self._database.engine)
        if at is None or at == newest_revision():
            return None
        path = self.make(label=f"before-upgrade-from-{at}")
        for old in sorted(self._folder.glob("before-upgrade-*"))[:-UPGRADE_BACKUPS_KEPT]:
            old.unlink()
        return path

    def restore(self, backup: Path) -> Path | None:
        """Replace the database by a backup. Returns the copy made of the replaced database.

        Raises Conflict while a server runs, or when this version cannot read the backup.
        """
        lock = ServerLock(self._home)
        if lock.holder() is not None or not lock.take():
            raise Conflict(f"A server is running (process {lock.holder()}); stop it first.")
        try:
            if self._database.sqlite_file:
                return self._restore_sqlite(backup, self._database.sqlite_file)
            return self._restore_postgres(backup)
        finally:
            lock.release()

    def _restore_sqlite(self, backup: Path, target: Path) -> Path | None:
        check_sqlite(backup)
        kept = self._save_current()
        self._database.close()
        unfinished = target.with_name(f".{target.name}.restoring")
        unfinished.unlink(missing_ok=True)
        _copy_sqlite(backup, unfinished)
        unfinished.chmod(0o600)
        # The write-ahead log belongs to the replaced database, whose copy includes its content.
        for suffix in ("-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        unfinished.replace(target)
        return kept

    def _restore_postgres(self, backup: Path) -> Path | None:
        _tool("pg_restore", ["--list", str(backup)], self._database.url)
        kept = self._save_current()
        self._database.close()
        options = ["--clean", "--if-exists", "--no-owner", "--single-transaction"]
        name = self._database.url.database or ""
        _tool("pg_restore", [*options, f"--dbname={name}", str(backup)], self._database.url)
        return kept

    def _save_current(self) -> Path | None:
        try:
            is_empty = current_revision(self._database.engine) is None
            return None if is_empty else self.make(label="before-restore")
        except (DBAPIError, sqlite3.DatabaseError, Conflict) as error:
            file = self._database.sqlite_file
            if file is None or not (isinstance(error, Conflict) or is_corruption(_cause(error))):
                raise
        kept = self._new_path("damaged")  # unchanged: some of its content may be recoverable
        shutil.copyfile(file, kept)
        return kept

    def _new_path(self, label: str) -> Path:
        stamp = self._clock.now().strftime("%Y%m%dT%H%M%SZ")
        suffix = ".db" if self._database.is_sqlite else ".dump"
        path = self._folder / f"{label}-{stamp}{suffix}"
        copies = (path.with_stem(f"{path.stem}-{number}") for number in range(2, 1000))
        return path if not path.exists() else next(one for one in copies if not one.exists())


def _cause(error: Exception) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error


def check_sqlite(path: Path) -> None:
    """Verify that a file is an intact TraderTape database. Raises Conflict if it is not."""
    if not path.is_file():
        raise Conflict(f"There is no file {path}.")
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as connection:
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise Conflict(f"{path} is not a backup of TraderTape ({error}).") from None
    if verdict != "ok":
        raise Conflict(f"{path} is damaged: {verdict}.")
    if row is None or not knows_revision(row[0]):
        raise Conflict(f"{path} was made by a newer version of TraderTape.")


def _copy_sqlite(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        # A single file without a write-ahead log can be moved anywhere.
        new.execute("PRAGMA journal_mode = DELETE")


def _pg_dump(url: URL, target: Path) -> None:
    options = ["--format=custom", "--no-owner", f"--file={target}", url.database or ""]
    _tool("pg_dump", options, url)


def _tool(name: str, arguments: Sequence[str], url: URL) -> None:
    program = shutil.which(name)
    if program is None:
        raise Unavailable(
            f"{name} is needed for this and is not installed; on Debian: "
            "apt install postgresql-client."
        )
    done = subprocess.run(  # noqa: S603 - no shell, and every argument is ours
        [program, *arguments],
        env={**os.environ, **_pg_environment(url)},
        capture_output=True,
        text=True,
        timeout=TOOL_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        # The last line alone may be a detail without the cause, such as two version numbers.
        reason = "; ".join(done.stderr.strip().splitlines()[-2:]) or "no reason given"
        raise Unavailable(f"{name} failed: {reason}")


def _pg_environment(url: URL) -> dict[str, str]:
    # Passed in the environment: every user of the machine can read a command line.
    host = url.host or url.query.get("host")
    given = {
        "PGHOST": host if isinstance(host, str) else None,
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    return {name: value for name, value in given.items() if value}
