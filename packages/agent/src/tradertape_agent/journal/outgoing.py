"""What left this machine for the cloud, byte for byte."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from tradertape_agent.journal.store import Store

_KEPT = 5_000


class Outgoing:
    """The table of requests; the newest are kept."""

    def __init__(self, store: Store, kept: int = _KEPT) -> None:
        self._store = store
        self._kept = kept

    def begin(self, method: str, path: str, body: bytes, now: datetime) -> int:
        """Record a request before it leaves; returns its number."""
        with self._store.transaction():
            number = self._store.write(
                "INSERT INTO outgoing (at, method, path, body) VALUES (?, ?, ?, ?)",
                now.isoformat(), method, path, body,
            )  # fmt: skip
            self._store.write("DELETE FROM outgoing WHERE number <= ?", number - self._kept)
        return number

    def end(self, number: int, outcome: str) -> None:
        """Record what came of it: the answer's status, or why there is none."""
        self._store.write("UPDATE outgoing SET outcome = ? WHERE number = ?", outcome, number)

    def newest(self, most: int = 100, before: int | None = None) -> Sequence[sqlite3.Row]:
        """Return the newest requests, newest first."""
        return self._store.rows(
            "SELECT * FROM outgoing WHERE number < ? ORDER BY number DESC LIMIT ?",
            before if before is not None else 2**62, most,
        )  # fmt: skip

    def of_path(self, path: str, most: int) -> Sequence[sqlite3.Row]:
        """Return the newest requests to a path, whatever their parameters, newest first."""
        return self._store.rows(
            "SELECT * FROM outgoing WHERE path = ? OR path LIKE ? ORDER BY number DESC LIMIT ?",
            path, f"{path}?%", most,
        )  # fmt: skip

    def last_number(self) -> int:
        """Return the number of the newest request, 0 where there is none."""
        found = self.newest(1)
        return int(found[0]["number"]) if found else 0
