"""Section 6 of docs/fills.md: how many shares a day's candle takes."""

from __future__ import annotations

import math
from statistics import median

from tradertape_core.backtest.config import BacktestConfig, SkipReason
from tradertape_core.backtest.reference.market import DayTable, Quote
from tradertape_core.market.panel import Panel

CANDLES_OF_THE_MEDIAN = 20
BANDS = (5.0, 10.0, 20.0)
POINTS = 0.3


class Liquidity:
    """What is left to trade of each symbol on each day."""

    def __init__(self, panel: Panel, table: DayTable, config: BacktestConfig) -> None:
        self.table, self.config = table, config
        self.volumes: list[list[float]] = panel.volume.T.tolist()
        self.bands = None if panel.bands is None else panel.bands.T.tolist()
        self.traded: dict[tuple[int, int], int] = {}

    def refusal(self, day: int, symbol: int) -> SkipReason | None:
        """Why nothing can be bought, whatever the quantity."""
        if self._volume(day, symbol) == 0.0:
            return SkipReason.NO_VOLUME
        if self.config.circuit_limits and self._stands_at_band(day, symbol, upper=True):
            return SkipReason.CIRCUIT
        return None

    def to_buy(self, day: int, symbol: int) -> int:
        """How many shares may still be bought."""
        return self._left(day, symbol)

    def to_sell(self, day: int, symbol: int) -> int:
        """How many shares may still be sold."""
        if self.config.circuit_limits and self._stands_at_band(day, symbol, upper=False):
            return 0
        return self._left(day, symbol)

    def trade(self, day: int, symbol: int, quantity: int) -> None:
        """Count what was bought or sold against the day's allowance."""
        self.traded[day, symbol] = self.traded.get((day, symbol), 0) + quantity

    def _volume(self, day: int, symbol: int) -> float | None:
        """The volume as the limit sees it; None where nothing is limited."""
        if self.config.participation_pct == 0:
            return None
        known = self.volumes[symbol]
        if all(math.isnan(volume) for volume in known[: day + 1]):
            return None
        return self._counted(day, symbol)

    def _counted(self, day: int, symbol: int) -> float:
        volume = self.volumes[symbol][day]
        return 0.0 if math.isnan(volume) else volume

    def _left(self, day: int, symbol: int) -> int:
        volume = self._volume(day, symbol)
        if volume is None:
            return 10**12
        days = [past for past in range(day) if self.table.quote(past, symbol) is not None]
        usual = [self._counted(past, symbol) for past in days[-CANDLES_OF_THE_MEDIAN:]]
        base = min([volume, median(usual)] if usual else [volume])
        allowance = math.floor(base * self.config.participation_pct / 100.0)
        return allowance - self.traded.get((day, symbol), 0)

    def _stands_at_band(self, day: int, symbol: int, *, upper: bool) -> bool:
        """Whether a candle is locked at its upper, or its lower, circuit limit."""
        quote, before = self.table.candle(day, symbol), self._candle_before(day, symbol)
        if before is None:
            return False
        price = quote.low if upper else quote.high
        gain = (price / before.close - 1.0) * 100.0
        gain = gain if upper else -gain
        band = math.nan if self.bands is None else self.bands[symbol][day]
        if not math.isnan(band):
            return band != 0.0 and gain >= band - POINTS
        has_range = len({quote.open, quote.high, quote.low, quote.close}) > 1
        return not has_range and any(abs(gain - each) <= POINTS for each in BANDS)

    def _candle_before(self, day: int, symbol: int) -> Quote | None:
        for past in range(day - 1, -1, -1):
            quote = self.table.quote(past, symbol)
            if quote is not None:
                return quote
        return None
