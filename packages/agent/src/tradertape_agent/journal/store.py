"""The journal's file: opened, upgraded, and written in transactions that are on disk when they end.

Any thread and any process may write: `approve` and the local UI do, beside the loop.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tradertape_agent.errors import AgentError

_PATIENCE_S: Final = 30.0
INSTANCE: Final = "instance"  # the name, in `meta`, of this agent's part of its name for leases

# Each entry upgrades by one version; none is ever edited.
_VERSIONS: Final[tuple[str, ...]] = (
    """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE signals (
        key TEXT PRIMARY KEY, signal_id TEXT NOT NULL, version INTEGER NOT NULL,
        body TEXT NOT NULL, state TEXT NOT NULL, decision TEXT, reason TEXT NOT NULL DEFAULT '',
        received_at TEXT NOT NULL, updated_at TEXT NOT NULL
    );
    CREATE INDEX signals_by_id ON signals (signal_id);
    CREATE INDEX signals_by_state ON signals (state);
    CREATE TABLE intents (
        key TEXT PRIMARY KEY, signal_key TEXT NOT NULL REFERENCES signals (key),
        kind TEXT NOT NULL, request TEXT NOT NULL, tag TEXT NOT NULL, state TEXT NOT NULL,
        asked_at TEXT NOT NULL, known_before TEXT NOT NULL DEFAULT '[]',
        venue_id TEXT, order_id TEXT, filled INTEGER NOT NULL DEFAULT 0,
        average TEXT NOT NULL DEFAULT '0', looks INTEGER NOT NULL DEFAULT 0,
        first_look_at TEXT, message TEXT NOT NULL DEFAULT '', updated_at TEXT NOT NULL
    );
    CREATE INDEX intents_by_state ON intents (state);
    CREATE INDEX intents_by_signal ON intents (signal_key);
    CREATE TABLE reports (
        number INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL, body TEXT NOT NULL,
        made_at TEXT NOT NULL, sent_at TEXT, tries INTEGER NOT NULL DEFAULT 0,
        problem TEXT NOT NULL DEFAULT ''
    );
    CREATE TABLE outgoing (
        number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, method TEXT NOT NULL,
        path TEXT NOT NULL, body BLOB NOT NULL, outcome TEXT NOT NULL DEFAULT ''
    );
    """,
    """
    CREATE TABLE drift (
        symbol TEXT PRIMARY KEY, difference INTEGER NOT NULL, cycles INTEGER NOT NULL,
        first_seen TEXT NOT NULL
    );
    CREATE TABLE ignores (symbol TEXT PRIMARY KEY, difference INTEGER, until TEXT);
    CREATE TABLE devices (
        token_hash TEXT PRIMARY KEY, name TEXT NOT NULL, paired_at TEXT NOT NULL,
        seen_at TEXT NOT NULL
    );
    """,
    # Corrective orders belong to no signal: intents need none any more.
    """
    CREATE TABLE corrections (
        number INTEGER PRIMARY KEY AUTOINCREMENT, symbol TEXT NOT NULL, action TEXT NOT NULL,
        units INTEGER NOT NULL, cause TEXT NOT NULL, note TEXT NOT NULL DEFAULT '',
        made_at TEXT NOT NULL, undone_at TEXT
    );
    CREATE TABLE all_intents (
        key TEXT PRIMARY KEY, signal_key TEXT NOT NULL,
        kind TEXT NOT NULL, request TEXT NOT NULL, tag TEXT NOT NULL, state TEXT NOT NULL,
        asked_at TEXT NOT NULL, known_before TEXT NOT NULL DEFAULT '[]',
        venue_id TEXT, order_id TEXT, filled INTEGER NOT NULL DEFAULT 0,
        average TEXT NOT NULL DEFAULT '0', looks INTEGER NOT NULL DEFAULT 0,
        first_look_at TEXT, message TEXT NOT NULL DEFAULT '', updated_at TEXT NOT NULL
    );
    INSERT INTO all_intents SELECT * FROM intents;
    DROP TABLE intents;
    ALTER TABLE all_intents RENAME TO intents;
    CREATE INDEX intents_by_state ON intents (state);
    CREATE INDEX intents_by_signal ON intents (signal_key);
    """,
)


class Store:
    """The open journal of one agent."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self.path = path
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(
                path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
            )
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA journal_mode=WAL")
            # A commit is on the disk when it returns: what is sent after it is never unknown.
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.execute("PRAGMA foreign_keys=ON")
            self._upgrade()
        except sqlite3.DatabaseError as error:
            raise AgentError(
                f"the journal {path} cannot be used ({error}): restore it with "
                "`tradertape-agent restore FILE`, or move it away and compare the broker's orders "
                "by hand before you trade again"
            ) from None

    def _upgrade(self) -> None:
        with self.transaction():
            version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
            if version > len(_VERSIONS):
                raise AgentError(
                    f"the journal {self.path} was written by a newer agent: "
                    "run `pip install --upgrade tradertape-agent`"
                )
            for script in _VERSIONS[version:]:
                for statement in script.split(";"):
                    self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {len(_VERSIONS)}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and on disk at the end; inside another one it is a part of that."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def write(self, statement: str, *values: Any) -> int:
        """Execute a statement; returns the number of the row that it inserted, else 0."""
        with self.transaction():
            return self._connection.execute(statement, values).lastrowid or 0

    def rows(self, query: str, *values: Any) -> Sequence[sqlite3.Row]:
        """Read rows."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def row(self, query: str, *values: Any) -> sqlite3.Row | None:
        """Read the first row, if there is one."""
        found = self.rows(query, *values)
        return found[0] if found else None

    def meta(self, name: str, default: str = "") -> str:
        """Read a single value."""
        found = self.row("SELECT value FROM meta WHERE name = ?", name)
        return default if found is None else str(found["value"])

    def set_meta(self, name: str, value: str) -> None:
        """Write a single value."""
        self.write(
            "INSERT INTO meta (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            name, value,
        )  # fmt: skip

    def copy_to(self, path: Path) -> None:
        """Write a consistent copy, while others write."""
        with self._lock:
            target = sqlite3.connect(path)
            try:
                self._connection.backup(target)
            finally:
                target.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
