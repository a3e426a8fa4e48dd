"""Units that the user adopts or writes off: entries beside the cloud's books, which can be undone.

A correction moves what counts as ours in the comparison, and no order, position or money.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tradertape_agent.errors import AgentError
from tradertape_agent.journal.store import Store
from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.python310 import StrEnum


class Correction(StrEnum):
    """What is done about a difference."""

    ADOPT = "adopt"  # the broker has more: it counts as ours from now on
    WRITE_OFF = "write_off"  # the broker has less: what is missing no longer counts


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRow:
    """One correction. units: added to ours, below 0 taken away."""

    number: int
    symbol: str
    action: Correction
    units: int
    cause: str
    note: str
    made_at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Counted:
    """What the corrections of an instrument amount to. revision: rises with each change."""

    units: int = 0
    revision: int = 0


class Corrections:
    """The table of corrections. None is ever deleted: what was undone stays to be read."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def add(
        self, symbol: str, action: Correction, units: int, *, cause: str, note: str, revision: int
    ) -> CorrectionRow:
        """Record one. revision: what the difference was compared with.

        Raises AgentError where the instrument was corrected since then.
        """
        with self._store.transaction():
            if self.counted().get(symbol, Counted()).revision != revision:
                raise AgentError(f"{symbol} was corrected a moment ago: compare again first")
            number = self._store.write(
                "INSERT INTO corrections (symbol, action, units, cause, note, made_at) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                symbol, action.value, units, cause, note, self._clock.now().isoformat(),
            )  # fmt: skip
            return self._needed(number)

    def undo(self, number: int) -> CorrectionRow:
        """Take one back: the difference shows again. Raises AgentError where it cannot be."""
        with self._store.transaction():
            row = self._needed(number)
            if row.undone_at is not None:
                raise AgentError(f"correction {number} is undone already")
            self._store.write(
                "UPDATE corrections SET undone_at = ? WHERE number = ?",
                self._clock.now().isoformat(), number,
            )  # fmt: skip
            return self._needed(number)

    def listed(self, most: int = 200) -> Sequence[CorrectionRow]:
        """Return the newest first, undone ones too."""
        rows = self._store.rows("SELECT * FROM corrections ORDER BY number DESC LIMIT ?", most)
        return [_row(one) for one in rows]

    def counted(self) -> dict[str, Counted]:
        """Return what counts now, by instrument."""
        rows = self._store.rows(
            "SELECT symbol, sum(CASE WHEN undone_at IS NULL THEN units ELSE 0 END) AS units, "
            "count(*) + count(undone_at) AS revision FROM corrections GROUP BY symbol"
        )
        return {row["symbol"]: Counted(row["units"], row["revision"]) for row in rows}

    def _needed(self, number: int) -> CorrectionRow:
        found = self._store.row("SELECT * FROM corrections WHERE number = ?", number)
        if found is None:
            raise AgentError(f"there is no correction {number}")
        return _row(found)


def _row(row: sqlite3.Row) -> CorrectionRow:
    undone = row["undone_at"]
    return CorrectionRow(
        number=row["number"], symbol=row["symbol"], action=Correction(row["action"]),
        units=row["units"], cause=row["cause"], note=row["note"],
        made_at=datetime.fromisoformat(row["made_at"]),
        undone_at=datetime.fromisoformat(undone) if undone else None,
    )  # fmt: skip
