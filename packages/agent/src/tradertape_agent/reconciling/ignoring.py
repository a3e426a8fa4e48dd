"""Symbols that the user does not want to be told about, up to a difference and a date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tradertape_agent.journal.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """One symbol. difference: the drift that is known; None covers any. until: None for ever."""

    symbol: str
    difference: int | None = None
    until: datetime | None = None


class Ignores:
    """The table of ignores."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, one: Ignore) -> None:
        """Ignore a symbol, in the place of what was said of it before."""
        until = one.until.isoformat() if one.until else None
        self._store.write(
            "INSERT INTO ignores (symbol, difference, until) VALUES (?, ?, ?) "
            "ON CONFLICT (symbol) DO UPDATE SET difference = excluded.difference, "
            "until = excluded.until",
            one.symbol, one.difference, until,
        )  # fmt: skip

    def remove(self, symbol: str) -> None:
        """Tell of a symbol again."""
        self._store.write("DELETE FROM ignores WHERE symbol = ?", symbol)

    def listed(self) -> Sequence[Ignore]:
        """Return all."""
        rows = self._store.rows("SELECT * FROM ignores ORDER BY symbol")
        return [
            Ignore(
                symbol=row["symbol"],
                difference=row["difference"],
                until=datetime.fromisoformat(row["until"]) if row["until"] else None,
            )
            for row in rows
        ]

    def covers(self, symbol: str, difference: int, now: datetime) -> bool:
        """Whether this drift is ignored: a new one of an ignored symbol still shows."""
        for one in self.listed():
            if one.symbol == symbol:
                is_on = one.until is None or now < one.until
                return is_on and one.difference in (None, difference)
        return False
