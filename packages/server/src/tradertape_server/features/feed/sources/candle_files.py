"""Candles for a replay: daily ones of the active data set, or a file with any interval."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Any

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.world.quoting import rupees_of
from tradertape_server.features.market.service import MarketService

_TIMES = ("date", "datetime", "timestamp", "time", "at")
_NAMES = ("symbol", "instrument", "tradingsymbol")
_PRICES = ("open", "high", "low", "close")
_MIDNIGHT = datetime.min.time()


@dataclass(frozen=True, slots=True)
class ReplayRange:
    """Which candles to replay: the first and last day, None for no bound; no instruments: all."""

    start: date | None = None
    end: date | None = None
    instruments: Collection[str] = ()

    def has_day(self, day: date) -> bool:
        """Whether a day lies in the range."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def has(self, instrument_id: str) -> bool:
        """Whether an instrument is included; a name without an exchange is NSE's."""
        wanted = {named(one) for one in self.instruments}
        return not wanted or instrument_id in wanted


def named(text: str) -> str:
    """Normalize an instrument name: `infy` and `NSE:INFY` become `NSE:INFY`."""
    name = text.strip().upper()
    return name if ":" in name else f"NSE:{name}"


class StoredCandles:
    """The daily candles of shares and indices in the active data set."""

    interval = Interval.DAY

    def __init__(self, market: MarketService, selection: ReplayRange) -> None:
        self._market = market
        self._selection = selection
        days: list[date] = market.columns()[1].dates.tolist()
        self.days: Sequence[date] = [day for day in days if selection.has_day(day)]

    def candles(self, instrument: Instrument) -> Sequence[Candle]:
        """The candles of a share or index, oldest first; none for other instruments."""
        is_other = instrument.is_derivative or instrument.exchange not in ("NSE", "BSE")
        if is_other or not self._selection.has(instrument.id):
            return []
        try:
            series = self._market.candles(
                instrument.tradingsymbol, self._selection.start, self._selection.end
            )
        except InvalidInput:  # the data set does not have it
            return []
        made: list[Candle] = []
        for i, day in enumerate(series.dates.tolist()):
            prices = [float(f[i]) for f in (series.open, series.high, series.low, series.close)]
            if not all(map(isfinite, prices)):
                continue
            found = 0.0 if series.volume is None else float(series.volume[i])
            volume = 0 if instrument.instrument_type is InstrumentType.INDEX else found
            opening, high, low, close = (rupees_of(round(price * 100)) for price in prices)
            at = datetime.combine(day, _MIDNIGHT, tzinfo=IST)
            made.append(
                Candle(at, opening, high, low, close, int(volume) if isfinite(volume) else 0)
            )
        return made


class FileCandles:
    """The candles of a file. interval: the shortest step between two candles of an instrument."""

    def __init__(self, found: Mapping[str, Sequence[Candle]]) -> None:
        self._found = found
        starts = [[candle.start for candle in candles] for candles in found.values()]
        self.interval = _interval_of(starts)
        self.days: Sequence[date] = sorted(
            {start.astimezone(IST).date() for one in starts for start in one}
        )

    @classmethod
    def open(cls, path: Path, selection: ReplayRange) -> FileCandles:
        """Read a CSV or Parquet file; raises InvalidInput with the number of an unreadable row."""
        return cls(read_candles(_rows(path), selection))

    def candles(self, instrument: Instrument) -> Sequence[Candle]:
        """The candles of an instrument."""
        return self._found.get(instrument.id, ())


def is_candle_file(path: Path) -> bool:
    """Whether a file has the columns of candles; raises InvalidInput if it cannot be read."""
    if path.suffix.lower() == ".parquet":
        return True
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            header = {name.strip().lower() for name in next(csv.reader(lines), [])}
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}") from error
    return set(_PRICES) <= header


def read_candles(
    rows: Iterable[Mapping[str, Any]], selection: ReplayRange
) -> dict[str, list[Candle]]:
    """Read rows with a time, a symbol, open, high, low, close and volume; by instrument id.

    A time without a time zone is IST. Raises InvalidInput for an unreadable row, or if no row lies
    in the range.
    """
    found: dict[str, dict[datetime, Candle]] = {}
    columns: tuple[str, str] | None = None
    for number, raw in enumerate(rows, start=1):
        row = {str(name).strip().lower(): value for name, value in raw.items()}
        columns = columns or (_first(row, _TIMES), _first(row, _NAMES))
        try:
            name, candle = named(str(row[columns[1]])), _candle(row, columns[0])
        except (ValueError, ArithmeticError, TypeError, KeyError) as error:
            raise InvalidInput(f"row {number} of the candles cannot be read") from error
        if selection.has(name) and selection.has_day(candle.start.astimezone(IST).date()):
            found.setdefault(name, {})[candle.start] = candle
    if not found:
        raise InvalidInput("the file has no candles of these instruments and days")
    return {name: [one[at] for at in sorted(one)] for name, one in found.items()}


def _candle(row: Mapping[str, Any], time_column: str) -> Candle:
    value = row[time_column]
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    at = at if at.tzinfo is not None else at.replace(tzinfo=IST)
    opening, high, low, close = (Decimal(str(row[name])) for name in _PRICES)
    if not all(price.is_finite() and price > 0 for price in (opening, high, low, close)):
        raise ValueError("a price is not a positive number")
    volume = int(float(row.get("volume") or 0))
    return Candle(at.astimezone(IST), opening, high, low, close, max(volume, 0))


def _rows(path: Path) -> Iterable[Mapping[str, Any]]:
    try:
        if path.suffix.lower() == ".parquet":
            import pyarrow.parquet as pq  # noqa: PLC0415 - only where such a file is replayed

            return pq.read_table(path).to_pylist()
        return list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}") from error


def _first(row: Mapping[str, Any], names: Sequence[str]) -> str:
    found = next((name for name in names if name in row), None)
    if found is None:
        raise InvalidInput(f"candles need one of the columns {', '.join(names)}")
    return found


def _interval_of(starts: Sequence[Sequence[datetime]]) -> Interval:
    steps = [
        later - earlier
        for one in starts
        for earlier, later in pairwise(one)
        if earlier.date() == later.date()
    ]
    if not steps:
        return Interval.DAY
    known = [one for one in Interval if one is not Interval.DAY]
    shortest = min(steps)
    fitting = [one for one in known if one.length <= max(shortest, timedelta(minutes=1))]
    return max(fitting, key=lambda one: one.length)
