"""Yahoo's daily prices through yfinance, one company at a time, stored as CSV files.

Open to close are adjusted for splits and bonuses, `adj_close` for dividends as well; the import
derives the dividends from it.
"""

from __future__ import annotations

import logging
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yfinance
from curl_cffi import requests as curl
from yfinance.exceptions import YFException, YFRateLimitError, YFTickerMissingError

from tradertape_server.features.market.data_sets.store import write_atomically
from tradertape_server.features.market.fetching.downloads import ATTEMPTS, PAUSE_S, Sleep
from tradertape_server.features.market.fetching.request import FetchReport
from tradertape_server.features.market.progress import Progress

_COLUMNS = {
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Close": "close",
    "Adj Close": "adj_close",
    "Volume": "volume",
}
_FIRST_WAIT_S = 5.0
# yfinance fails in these ways on unexpected responses (a notice, an error page).
_BROKEN = (YFException, curl.RequestsError, ValueError, KeyError, TypeError, AttributeError)


class _Mirrored(curl.Session):
    """A session that sends yfinance's requests to another server."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._base_url = base_url.rstrip("/")

    def request(self, method: Any, url: str, *arguments: Any, **options: Any) -> Any:
        return super().request(method, self._base_url + urlsplit(url).path, *arguments, **options)


INDICES = {"NIFTY 50": "^NSEI", "NIFTY BANK": "^NSEBANK"}


def ticker_of(symbol: str) -> str:
    """Yahoo's ticker of an NSE symbol, such as INFY.NS, or of an index."""
    return INDICES.get(symbol) or f"{symbol}.NS"


def download_histories(
    symbols: list[str],
    folder: Path,
    report: FetchReport,
    progress: Progress,
    *,
    base_url: str,
    sleep: Sleep,
) -> list[Path]:
    """Download a CSV for each symbol into `folder`, except existing ones. Returns all files."""
    folder = folder / f"{report.start}_{report.end}"
    folder.mkdir(parents=True, exist_ok=True)
    logging.getLogger("yfinance").setLevel(logging.CRITICAL)  # failures are in our report
    yfinance.config.debug.hide_exceptions = False
    yfinance.set_tz_cache_location(str(folder.parent / "cache"))
    session = _Mirrored(base_url) if base_url else curl.Session(impersonate="chrome")
    files: list[Path] = []
    for done, symbol in enumerate(symbols):
        progress(f"Yahoo {symbol}", done, len(symbols))
        target = folder / f"{symbol}.csv"
        if target.is_file():
            report.kept += 1
            files.append(target)
            continue
        try:
            history = _history(symbol, report.start, report.end, session, sleep)
        except _BROKEN as error:
            if _is_absent(error):
                report.absent.append(symbol)
            else:
                report.failed.append(f"{symbol}: {error}")
            continue
        write_atomically(target, _as_csv(symbol, history))
        report.downloaded += 1
        files.append(target)
        sleep(PAUSE_S)
    return files


def _history(symbol: str, start: date, end: date, session: Any, sleep: Sleep) -> Any:
    """The candles as a pandas frame; retried after a while if Yahoo limits the rate."""
    ticker = yfinance.Ticker(ticker_of(symbol), session=session)
    for attempt in range(ATTEMPTS):
        try:
            return ticker.history(
                start=start.isoformat(),
                end=(end + timedelta(days=1)).isoformat(),  # its end is exclusive
                interval="1d",
                auto_adjust=False,
                actions=False,
            )
        except YFRateLimitError:
            if attempt + 1 == ATTEMPTS:
                raise
            sleep(_FIRST_WAIT_S * 2**attempt)
    raise AssertionError("unreachable")


def _is_absent(error: Exception) -> bool:
    """Whether Yahoo does not know the company or has no prices of it."""
    answer = getattr(error, "response", None)
    return isinstance(error, YFTickerMissingError) or getattr(answer, "status_code", 0) == 404


def _as_csv(symbol: str, history: Any) -> bytes:
    frame = history.rename(columns=_COLUMNS)[list(_COLUMNS.values())].dropna(subset=["close"])
    frame = frame.round(4)
    frame.insert(0, "index" if symbol in INDICES else "symbol", symbol)
    frame.insert(0, "date", [moment.date().isoformat() for moment in frame.index])
    return frame.to_csv(index=False).encode()
