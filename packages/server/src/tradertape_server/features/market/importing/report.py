"""The report of an import, for people and for scripts."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

# A spreadsheet interprets a cell that begins like this as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

IMPORTED, UNCHANGED, REFUSED = "imported", "unchanged", "refused"


@dataclass(frozen=True, slots=True)
class Reject:
    """One rejected row. line: in the file; the header is line 1."""

    line: int
    symbol: str
    date: str
    reason: str


@dataclass(frozen=True, slots=True)
class NotAppliedAction:
    """A corporate action that neither adjusts prices nor pays. line: in the file."""

    line: int
    symbol: str
    date: str
    action: str


@dataclass(slots=True)
class FileReport:
    """The result for one file.

    outcome: imported, unchanged (imported before) or refused (nothing was imported, see `error`).
    rows: candles, or entries of a list; filtered: rows of other series or another price basis.
    """

    file: str
    kind: str = ""
    layout: str = ""
    outcome: str = REFUSED
    error: str = ""
    rows: int = 0
    filtered: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    rejects_file: str = ""
    zero_volume: int = 0
    dividends: int = 0
    renamed: dict[str, str] = field(default_factory=dict)
    not_applied: list[NotAppliedAction] = field(default_factory=list[NotAppliedAction])
    not_applied_file: str = ""


@dataclass(slots=True)
class ImportReport:
    """The result of a whole import for a data set."""

    data_set: str
    basis: str = ""
    data_version: str = ""
    activated: bool = False
    created: bool = False
    files: list[FileReport] = field(default_factory=list)
    symbols: int = 0
    candles: int = 0
    first: str = ""
    last: str = ""
    gaps: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def refused(self) -> list[FileReport]:
        return [file for file in self.files if file.outcome == REFUSED]


def counted(rejects: Iterable[Reject]) -> dict[str, int]:
    """The number of rejected rows by reason, the most frequent first."""
    return dict(Counter(reject.reason for reject in rejects).most_common())


def rejects_csv(rejects: Iterable[Reject]) -> bytes:
    """Write the rejects as CSV, with formulas escaped for spreadsheets."""
    return _csv("reason", ((one.line, one.symbol, one.date, one.reason) for one in rejects))


def not_applied_csv(actions: Iterable[NotAppliedAction]) -> bytes:
    """Write the actions that were not applied as CSV, in the same way."""
    return _csv("action", ((one.line, one.symbol, one.date, one.action) for one in actions))


def _csv(last: str, rows: Iterable[tuple[int, str, str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("line", "symbol", "date", last))
    for line, symbol, day, words in rows:
        writer.writerow((line, _escaped(symbol), day, _escaped(words)))
    return text.getvalue().encode()


def _escaped(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
