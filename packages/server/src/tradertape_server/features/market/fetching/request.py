"""The request of a fetch, and its report."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.market.importing.report import ImportReport

NSE, YAHOO = "nse", "yahoo"
DEFAULT_SETS = {NSE: "nse-raw", YAHOO: "yahoo"}


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """Days and symbols to download. end: None for the last session before today.

    indices: also download the indices, the benchmarks of backtests.
    symbols, universe: for Yahoo, which is queried by company; a bhavcopy has all companies.
    base_url: a server that mirrors the source, "" for the source itself.
    """

    source: str
    start: date
    end: date | None = None
    symbols: tuple[str, ...] = ()
    universe: str = ""
    data_set: str = ""
    basis: str = ""
    actions: Path | None = None
    base_url: str = ""
    indices: bool = True

    def __post_init__(self) -> None:
        if self.source not in DEFAULT_SETS:
            raise InvalidInput(
                f"--source must be one of {', '.join(DEFAULT_SETS)}", pointer="/source"
            )
        if self.end is not None and self.end < self.start:
            raise InvalidInput("--to must not be before --from", pointer="/to")
        if self.source == YAHOO and not (self.symbols or self.universe):
            raise InvalidInput("name the companies: --symbols INFY,TCS or --universe nifty_50")

    @property
    def target(self) -> str:
        return self.data_set or DEFAULT_SETS[self.source]


@dataclass(slots=True)
class FetchReport:
    """The result. absent: files that the source does not have; failed: to be retried."""

    source: str
    start: date
    end: date
    downloaded: int = 0
    kept: int = 0  # present from an earlier fetch
    absent: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    imported: ImportReport | None = None
