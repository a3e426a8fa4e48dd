"""Daily candles of named companies from a connected broker, as files for an import."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

from tradertape_brokers.errors import BrokerError
from tradertape_brokers.registry import broker, names
from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.candle import Candle, Interval
from tradertape_server.features.brokerage.accounts import Connected
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.instruments.broker_masters import BrokerMasters
from tradertape_server.features.market.data_sets.store import write_atomically
from tradertape_server.features.market.fetching.request import FetchReport
from tradertape_server.features.market.progress import Progress, no_progress

COLUMNS = ("date", "symbol", "open", "high", "low", "close", "volume")


def is_broker(source: str) -> bool:
    """Whether a source of a fetch is a broker."""
    return source in names()


def connection_of(connections: Connections, source: str) -> Connected:
    """An account that is signed in at the broker. Raises InvalidInput."""
    found = next((one for one in connections.all() if one.account.broker == source), None)
    if found is None or found.ports.quotes is None or found.ports.instruments is None:
        title = broker(source).title
        raise InvalidInput(f"nobody is signed in at {title}: do so in Settings → Brokers first")
    return found


def download_daily(
    connected: Connected,
    masters: BrokerMasters,
    symbols: Sequence[str],
    report: FetchReport,
    folder: Path,
    progress: Progress = no_progress,
) -> list[Path]:
    """Download a CSV of each NSE symbol into `folder`, except those there. Returns all files.

    What the broker does not list is told as absent, what it refuses now as failed.
    """
    quotes, where = connected.ports.quotes, folder / f"{report.start}_{report.end}"
    files: list[Path] = []
    for done, symbol in enumerate(symbols):
        progress(f"{connected.broker.title} {symbol}", done, len(symbols))
        target = where / f"{symbol}.csv"
        if target.is_file():
            report.kept += 1
            files.append(target)
            continue
        row = masters.listed(connected.account.broker, f"NSE:{symbol}")
        if row is None or quotes is None:
            report.absent.append(symbol)
            continue
        start = datetime.combine(report.start, time(), tzinfo=IST)
        end = datetime.combine(report.end, time(23, 59), tzinfo=IST)
        try:
            candles = quotes.candles(row, Interval.DAY, start, end)
        except BrokerError as error:
            report.failed.append(f"{symbol}: {error}")
            continue
        write_atomically(target, _as_csv(symbol, candles))
        report.downloaded += 1
        files.append(target)
    return files


def _as_csv(symbol: str, candles: Sequence[Candle]) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for one in candles:
        day: date = one.start.astimezone(IST).date()
        rows.writerow((day.isoformat(), symbol, one.open, one.high, one.low, one.close, one.volume))
    return text.getvalue().encode()
