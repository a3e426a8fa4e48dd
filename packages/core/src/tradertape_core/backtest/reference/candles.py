"""What the reference simulator knows of the market: candles, signals, delistings, dividends."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np

from tradertape_core.market.panel import Matrix, Panel
from tradertape_core.strategy.evaluation.entries import Entries


class Candle(NamedTuple):
    """One candle of a symbol. atr: of 14 days as of its close, None while it is not known."""

    day: int
    open: float
    high: float
    low: float
    close: float
    atr: float | None
    volume: float | None


class Signal(NamedTuple):
    """An entry that the rules ask for at a close. rank: among those of its day, 0 is first."""

    day: int
    rank: int
    symbol: int
    conviction: float


class Market:
    """Candles by symbol and day. Days are rows of the panel, warm-up included."""

    def __init__(self, panel: Panel, atr: Matrix) -> None:
        self.dates: list[date] = panel.dates.astype("datetime64[D]").astype(object).tolist()
        self.first = panel.first
        self.sectors = panel.sectors
        self._candles = [_candles(panel, atr, symbol) for symbol in range(len(panel.symbols))]
        self._last = [self._last_day(day) for day in panel.last_trading_days()]

    def candle(self, day: int, symbol: int) -> Candle | None:
        """The candle of the day; None without one."""
        return self._candles[symbol][day]

    def before(self, day: int, symbol: int, most: int = 1) -> list[Candle]:
        """The last candles before a day, the newest first, as many as there are up to `most`."""
        found: list[Candle] = []
        for earlier in range(day - 1, -1, -1):
            candle = self._candles[symbol][earlier]
            if candle is not None:
                found.append(candle)
                if len(found) == most:
                    break
        return found

    def last_close(self, day: int, symbol: int) -> float:
        """The last known close, that of the day included, of a symbol that has traded."""
        return self.before(day + 1, symbol)[0].close

    def first_volume(self, symbol: int) -> int:
        """The day of the first volume that is known; after the last day without any."""
        days = (c.day for c in self._candles[symbol] if c is not None and c.volume is not None)
        return next(days, len(self.dates))

    def days_since_delisting(self, day: int, symbol: int) -> int:
        """How many days have passed since the last candle of all; 0 or less before it."""
        return day - self._last[symbol]

    def _last_day(self, last: np.datetime64) -> int:
        """The row of the last candle of all; after the panel's end where it still trades."""
        if np.isnat(last):
            return len(self.dates)
        day: date = last.astype("datetime64[D]").astype(object)
        if day > self.dates[-1]:
            return len(self.dates)
        return max(row for row, each in enumerate(self.dates) if each <= day)


def signals_by_day(entries: Entries, days: int) -> list[list[Signal]]:
    """The signals of each day: best conviction first, then higher turnover, then symbol."""
    found: list[list[Signal]] = [[] for _ in range(days)]
    for day, symbol in np.argwhere(entries.signal).tolist():
        conviction = float(entries.conviction[day, symbol])
        found[day].append(Signal(day, 0, symbol, conviction))
    for day, signals in enumerate(found):
        turnover = entries.turnover[day]

        def place(signal: Signal, turnover: np.ndarray = turnover) -> tuple[float, float, int]:
            value = known(float(turnover[signal.symbol]))
            unknown_last = float("inf") if value is None else -value
            return -signal.conviction, unknown_last, signal.symbol

        ordered = sorted(signals, key=place)
        found[day] = [signal._replace(rank=rank) for rank, signal in enumerate(ordered)]
    return found


def known(value: float) -> float | None:
    """None for a value that is not known."""
    return None if np.isnan(value) else value


def _candles(panel: Panel, atr: Matrix, symbol: int) -> list[Candle | None]:
    found: list[Candle | None] = []
    for day in range(panel.shape[0]):
        prices = (panel.open, panel.high, panel.low, panel.close)
        open_, high, low, close = (float(each[day, symbol]) for each in prices)
        if np.isnan(close):
            found.append(None)
            continue
        average, volume = known(float(atr[day, symbol])), known(float(panel.volume[day, symbol]))
        found.append(Candle(day, open_, high, low, close, average, volume))
    return found
