"""The one definition of every TraderTape indicator: numpy in, numpy out.

Arrays are float64, (n,) or (n, m), oldest bar first; the m columns are independent. A value that
cannot be known yet is NaN. A window that holds a NaN gives NaN; a recursive indicator starts afresh
after a gap. No function writes to its inputs or looks at a later bar.
"""

from tradertape_indicators.accelerate import numba_in_use, use_numba
from tradertape_indicators.catalogue import CATALOGUE, SHORT_NAMES
from tradertape_indicators.computing import check_params, compute, find, resolve
from tradertape_indicators.momentum import rsi
from tradertape_indicators.specs import IndicatorSpec, ParamSpec, ShortName
from tradertape_indicators.statistics import highest, lowest
from tradertape_indicators.trend import ema, sma, vwma, wma
from tradertape_indicators.volatility import atr, stdev

__all__ = [
    "CATALOGUE",
    "SHORT_NAMES",
    "IndicatorSpec",
    "ParamSpec",
    "ShortName",
    "atr",
    "check_params",
    "compute",
    "ema",
    "find",
    "highest",
    "lowest",
    "numba_in_use",
    "resolve",
    "rsi",
    "sma",
    "stdev",
    "use_numba",
    "vwma",
    "wma",
]
