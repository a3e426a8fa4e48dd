"""What a candle can take: docs/fills.md, section 6."""

from __future__ import annotations

import math
from statistics import median

from tradertape_core.backtest.config import BacktestConfig, SkipReason
from tradertape_core.backtest.reference.candles import Candle, Market
from tradertape_core.market.panel import Panel

_CANDLES = 20
_TOLERANCE = 0.3  # percentage points
_BANDS = (5.0, 10.0, 20.0)


class Liquidity:
    """How much may still be bought and sold of a symbol on a day."""

    def __init__(self, panel: Panel, market: Market, config: BacktestConfig) -> None:
        self._market = market
        self._bands = panel.bands
        self._pct = config.participation_pct
        self._has_circuits = config.circuit_limits
        self._traded: dict[tuple[int, int], int] = {}

    def why_not_bought(self, candle: Candle, symbol: int) -> SkipReason | None:
        """Why nothing can be bought on the candle; None where something can."""
        if self._is_limited(candle, symbol) and not candle.volume:
            return SkipReason.NO_VOLUME
        if self._is_locked(candle, symbol, upper=True):
            return SkipReason.CIRCUIT
        return None

    def bought(self, candle: Candle, symbol: int, wanted: int) -> int:
        """How many of the shares wanted are bought; they are taken from the allowance."""
        if self.why_not_bought(candle, symbol) is not None:
            return 0
        return self._taken(candle, symbol, wanted)

    def sold(self, candle: Candle, symbol: int, wanted: int) -> int:
        """How many of the shares wanted are sold; they are taken from the allowance."""
        if self._is_limited(candle, symbol) and not candle.volume:
            return 0
        if self._is_locked(candle, symbol, upper=False):
            return 0
        return self._taken(candle, symbol, wanted)

    def _taken(self, candle: Candle, symbol: int, wanted: int) -> int:
        if not self._is_limited(candle, symbol):
            return wanted
        key = candle.day, symbol
        before = self._traded.get(key, 0)
        taken = min(wanted, max(0, self._allowance(candle, symbol) - before))
        self._traded[key] = before + taken
        return taken

    def _is_limited(self, candle: Candle, symbol: int) -> bool:
        return self._pct > 0 and candle.day >= self._market.first_volume(symbol)

    def _allowance(self, candle: Candle, symbol: int) -> int:
        base = candle.volume or 0.0
        earlier = [each.volume or 0.0 for each in self._market.before(candle.day, symbol, _CANDLES)]
        if earlier:
            base = min(base, median(earlier))
        return math.floor(base * self._pct / 100)

    def _is_locked(self, candle: Candle, symbol: int, *, upper: bool) -> bool:
        before = self._market.before(candle.day, symbol)
        if not self._has_circuits or not before:
            return False
        close = before[0].close
        band = math.nan if self._bands is None else float(self._bands[candle.day, symbol])
        if not math.isnan(band):
            extreme = candle.low if upper else candle.high
            change = (extreme / close - 1) * 100
            return band > 0 and (change if upper else -change) >= band - _TOLERANCE
        if not candle.open == candle.high == candle.low == candle.close:
            return False
        change = (candle.close / close - 1) * 100
        return any(abs((change if upper else -change) - each) <= _TOLERANCE for each in _BANDS)
