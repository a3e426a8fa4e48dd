"""The one definition of every TraderTape indicator: numpy in, numpy out.

Arrays are float64, (n,) or (n, m), oldest bar first; the m columns are independent. A value that
cannot be known yet is NaN. A window that holds a NaN gives NaN; a recursive indicator starts afresh
after a gap. No function writes to its inputs or looks at a later bar.
"""

from tradertape_indicators.accelerate import numba_in_use, use_numba
from tradertape_indicators.catalogue import CATALOGUE, SHORT_NAMES
from tradertape_indicators.computing import check_params, compute, find, resolve
from tradertape_indicators.market import (
    drawdown_pct,
    gap_pct,
    percentile_rank,
    return_pct,
    rs_rank,
    trend_alignment,
    turnover,
    vol_regime,
    volume_ratio,
)
from tradertape_indicators.momentum import dpo, macd, ppo, rsi
from tradertape_indicators.oscillators import cci, stochastic, williamsr
from tradertape_indicators.specs import IndicatorSpec, ParamSpec, ShortName
from tradertape_indicators.statistics import crossover, crossunder, falling, highest, lowest, rising
from tradertape_indicators.trend import adx, aroon, ema, linreg, sar, sma, supertrend, vwma, wma
from tradertape_indicators.volatility import atr, atr_pct, bbands, keltner, stdev, true_range
from tradertape_indicators.volume import mfi, obv, vwap, vwap_of_price

williams_r = williamsr

__all__ = [
    "CATALOGUE",
    "SHORT_NAMES",
    "IndicatorSpec",
    "ParamSpec",
    "ShortName",
    "adx",
    "aroon",
    "atr",
    "atr_pct",
    "bbands",
    "cci",
    "check_params",
    "compute",
    "crossover",
    "crossunder",
    "dpo",
    "drawdown_pct",
    "ema",
    "falling",
    "find",
    "gap_pct",
    "highest",
    "keltner",
    "linreg",
    "lowest",
    "macd",
    "mfi",
    "numba_in_use",
    "obv",
    "percentile_rank",
    "ppo",
    "resolve",
    "return_pct",
    "rising",
    "rs_rank",
    "rsi",
    "sar",
    "sma",
    "stdev",
    "stochastic",
    "supertrend",
    "trend_alignment",
    "true_range",
    "turnover",
    "use_numba",
    "vol_regime",
    "volume_ratio",
    "vwap",
    "vwap_of_price",
    "vwma",
    "williams_r",
    "williamsr",
    "wma",
]
