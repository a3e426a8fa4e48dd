"""Technical indicators over lists, arrays, Series and DataFrames, and a live engine.

```python
from kite_algo_worker import candles_to_df, ta

frame = candles_to_df(client.get_historical_candles("NSE:INFY", timeframe="day"))
frame["rsi"] = ta.rsi(frame, 14, column="close")
bands = ta.bbands(frame["close"], period=20, multiplier=2.0)  # upper, middle, lower
```

Oldest candle first. Pandas in, pandas out, on the same index; any other input gives an array, and
results of several lines are always a DataFrame. Warm-up values are NaN; a window that contains a
NaN is NaN; a recursive indicator restarts after a gap. A period below 1 raises ValueError.

The numbers come from `tradertape-indicators`, which the server's backtests and scans use too. It
needs the extra `[indicators]`; without it four averages remain, in plain Python, on lists.

Imports `marketdata` and the optional packages; never a client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kite_algo_worker._optional import INDICATORS, installed
from kite_algo_worker.indicators.numba_compat import NUMBA_AVAILABLE, njit

if TYPE_CHECKING or installed(*INDICATORS):
    from kite_algo_worker.indicators import hybrid, volatility, volume
    from kite_algo_worker.indicators.base import (
        BaseIndicator,
        IndicatorInput,
        format_output,
        normalize_input,
    )
    from kite_algo_worker.indicators.live import IndicatorValue, LiveIndicatorEngine

    class TechnicalAnalysis(
        hybrid.TechnicalAnalysis, volatility.TechnicalAnalysis, volume.TechnicalAnalysis
    ):
        """Every indicator as a method."""
else:
    from kite_algo_worker.indicators._plain import (
        BaseIndicator,
        IndicatorInput,
        IndicatorValue,
        LiveIndicatorEngine,
        TechnicalAnalysis,
        format_output,
        normalize_input,
    )

ta = TechnicalAnalysis()
adx = ta.adx
aroon = ta.aroon
atr = ta.atr
bbands = ta.bbands
cci = ta.cci
crossover = ta.crossover
crossunder = ta.crossunder
dpo = ta.dpo
ema = ta.ema
falling = ta.falling
highest = ta.highest
keltner = ta.keltner
linreg = ta.linreg
lowest = ta.lowest
macd = ta.macd
mfi = ta.mfi
obv = ta.obv
ppo = ta.ppo
rising = ta.rising
rsi = ta.rsi
sar = ta.sar
sma = ta.sma
stochastic = ta.stochastic
supertrend = ta.supertrend
vwap = ta.vwap
vwma = ta.vwma
williams_r = ta.williamsr
williamsr = ta.williamsr
wma = ta.wma

__all__ = [
    "NUMBA_AVAILABLE",
    "BaseIndicator",
    "IndicatorInput",
    "IndicatorValue",
    "LiveIndicatorEngine",
    "TechnicalAnalysis",
    "adx",
    "aroon",
    "atr",
    "bbands",
    "cci",
    "crossover",
    "crossunder",
    "dpo",
    "ema",
    "falling",
    "format_output",
    "highest",
    "keltner",
    "linreg",
    "lowest",
    "macd",
    "mfi",
    "njit",
    "normalize_input",
    "obv",
    "ppo",
    "rising",
    "rsi",
    "sar",
    "sma",
    "stochastic",
    "supertrend",
    "ta",
    "vwap",
    "vwma",
    "williams_r",
    "williamsr",
    "wma",
]
