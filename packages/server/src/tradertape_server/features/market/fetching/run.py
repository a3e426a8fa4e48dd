"""A fetch: downloads what is missing, then imports it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.universe import find_universe
from tradertape_server.features.market.data_sets.store import MarketStore
from tradertape_server.features.market.data_sets.universes import plain_symbol
from tradertape_server.features.market.fetching.downloads import Sleep
from tradertape_server.features.market.fetching.nse import download_bhavcopies
from tradertape_server.features.market.fetching.request import NSE, FetchReport, FetchRequest
from tradertape_server.features.market.importing.request import ImportRequest
from tradertape_server.features.market.importing.run import import_files
from tradertape_server.features.market.progress import Progress, no_progress
from tradertape_server.features.market.simulated_data_set import last_session

# Yahoo has flat candles on some days on which the exchange was closed; these are rejected.
_YAHOO_REJECTS_PCT = 5.0


def fetch(
    home: Path,
    store: MarketStore,
    clock: Clock,
    request: FetchRequest,
    progress: Progress = no_progress,
    *,
    sleep: Sleep = time.sleep,
) -> FetchReport:
    """Download a source's daily prices and import them into a data set.

    Downloaded files are kept in `<home>/downloads`, so a fetch can be interrupted at any time and
    resumed by the next one. Raises InvalidInput when the request itself is invalid.
    """
    calendar = nse_calendar()
    end = last_day(clock, request.start, request.end)
    days = list(calendar.sessions_between(request.start, end))
    report = FetchReport(request.source, request.start, end)
    folder = home / "downloads" / request.source
    files = _download(request, days, folder, report, progress, sleep)
    if files:
        report.imported = import_files(
            store, clock, _import_of(request, files), progress, calendar=calendar
        )
        refused = report.imported.refused
        report.failed += [f"{Path(one.file).name}: {one.error}" for one in refused]
    return report


def last_day(clock: Clock, start: date, end: date | None) -> date:
    """The last day of a fetch. Raises InvalidInput where the exchange was closed throughout."""
    calendar = nse_calendar()
    last = min(end or date.max, last_session(clock, calendar))
    if not list(calendar.sessions_between(start, last)):
        raise InvalidInput(f"the exchange had no session from {start} to {last}")
    return last


def _download(
    request: FetchRequest,
    days: list[date],
    folder: Path,
    report: FetchReport,
    progress: Progress,
    sleep: Sleep,
) -> list[Path]:
    if request.source == NSE:
        return download_bhavcopies(
            days,
            folder,
            report,
            progress,
            base_url=request.base_url,
            sleep=sleep,
            indices=request.indices,
        )
    # Imported only when needed: yfinance loads pandas.
    from tradertape_server.features.market.fetching.yahoo import (  # noqa: PLC0415
        INDICES,
        download_histories,
    )

    named = symbols_of(request.symbols, request.universe, request.start, report.end)
    symbols = named + (list(INDICES) if request.indices else [])
    return download_histories(
        symbols, folder, report, progress, base_url=request.base_url, sleep=sleep
    )


def symbols_of(symbols: Sequence[str], universe: str, start: date, end: date) -> list[str]:
    """The companies that a fetch names, one by one or by a universe."""
    named = {plain_symbol(symbol) for symbol in symbols}
    if universe:
        named |= set(find_universe(universe).symbols_between(start, end))
    return sorted(named)


def _import_of(request: FetchRequest, files: list[Path]) -> ImportRequest:
    is_nse = request.source == NSE
    return ImportRequest(
        paths=tuple(files),
        data_set=request.target,
        basis=request.basis or ("" if is_nse else "split"),
        actions=request.actions,
        max_rejects_pct=1.0 if is_nse else _YAHOO_REJECTS_PCT,
        source="NSE bhavcopy archives" if is_nse else "Yahoo through yfinance",
    )
