"""What the cloud is to be told: kept until it has answered, and sent in order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tradertape_agent.journal.store import Store


@dataclass(frozen=True, slots=True)
class Report:
    """One report that the cloud has not taken yet."""

    number: int
    path: str
    body: Mapping[str, Any]
    tries: int


class Reports:
    """The table of reports."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, path: str, body: Mapping[str, Any], now: datetime) -> None:
        """Queue a report; in the transaction of what it reports."""
        self._store.write(
            "INSERT INTO reports (path, body, made_at) VALUES (?, ?, ?)",
            path, json.dumps(body, default=str), now.isoformat(),
        )  # fmt: skip

    def waiting(self, most: int = 200) -> Sequence[Report]:
        """Return those that are not taken, in the order in which they were made."""
        rows = self._store.rows(
            "SELECT * FROM reports WHERE sent_at IS NULL ORDER BY number LIMIT ?", most
        )
        return [
            Report(
                row["number"],
                row["path"],
                json.loads(row["body"], parse_float=Decimal),
                row["tries"],
            )
            for row in rows
        ]

    def count(self) -> int:
        """Return how many are not taken."""
        found = self._store.row("SELECT count(*) AS n FROM reports WHERE sent_at IS NULL")
        return 0 if found is None else int(found["n"])

    def taken(self, number: int, now: datetime, problem: str = "") -> None:
        """The cloud has it, or has refused it for good with a problem."""
        self._store.write(
            "UPDATE reports SET sent_at = ?, problem = ?, tries = tries + 1 WHERE number = ?",
            now.isoformat(), problem, number,
        )  # fmt: skip

    def failed(self, number: int, problem: str) -> None:
        """It did not get through: it stays the first to be sent."""
        self._store.write(
            "UPDATE reports SET tries = tries + 1, problem = ? WHERE number = ?", problem, number
        )

    def refused(self, most: int = 50) -> Sequence[tuple[str, str]]:
        """Return the body and the problem of the newest that the cloud refused."""
        rows = self._store.rows(
            "SELECT body, problem FROM reports WHERE sent_at IS NOT NULL AND problem != '' "
            "ORDER BY number DESC LIMIT ?",
            most,
        )
        return [(row["body"], row["problem"]) for row in rows]
