"""The request of an import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from tradertape_core.kernel.errors import InvalidInput

KINDS = ("auto", "candles", "indices", "actions", "membership", "bands", "instruments")


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """Files and how to read them.

    basis: the basis the data set serves; source_basis: that of the files, if it differs.
    columns: our column names to those of the file. symbol: for files without a symbol column;
    symbol_from_name: the names of such files are the symbols.
    actions, dividends: files with corporate actions, imported first. renames: a file of symbol
    changes in addition to the known ones. symbols: a file with the valid symbols, optionally with
    ISINs. series: the NSE series to import from a bhavcopy.
    A file is refused if more than `max_rejects_pct` of its rows, and more than 10, are invalid.
    """

    paths: tuple[Path, ...]
    data_set: str = "nse"
    kind: str = "auto"
    basis: str = ""
    source_basis: str = ""
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    symbol: str = ""
    symbol_from_name: bool = False
    universe: str = ""
    valid_from: date | None = None
    actions: Path | None = None
    dividends: Path | None = None
    renames: Path | None = None
    symbols: Path | None = None
    series: tuple[str, ...] = ("EQ", "BE")
    max_rejects_pct: float = 1.0
    source: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidInput(f"--kind must be one of {', '.join(KINDS)}", pointer="/kind")
        if not 0 <= self.max_rejects_pct <= 100:
            raise InvalidInput("--max-rejects-pct must be between 0 and 100")
        if self.data_set == "simulated":
            raise InvalidInput(
                "the simulated market cannot be combined with other prices: choose another "
                "--data-set",
                pointer="/data_set",
            )


def parse_columns(pairs: list[str]) -> dict[str, str]:
    """Parse "--map date=Date,close=Close", or several such options. Raises InvalidInput."""
    found: dict[str, str] = {}
    for pair in (part for text in pairs for part in text.split(",") if part.strip()):
        ours, sign, theirs = pair.partition("=")
        if not sign or not theirs.strip():
            raise InvalidInput(f"--map takes date=Their column, not {pair!r}", pointer="/map")
        found[ours.strip()] = theirs.strip()
    return found
