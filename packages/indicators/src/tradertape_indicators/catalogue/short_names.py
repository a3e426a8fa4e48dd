"""The strategy language's fixed names, such as rsi14: each an indicator with its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tradertape_indicators.specs import ShortName

YEAR = 252  # bars in 52 weeks


def _short(fn: str, output: str = "", source: str = "close", **params: float) -> ShortName:
    return ShortName(fn, MappingProxyType(params), output or fn, source)


SHORT_NAMES: Mapping[str, ShortName] = MappingProxyType(
    {
        "close": _short("close"),
        "open": _short("open"),
        "high": _short("high"),
        "low": _short("low"),
        "volume": _short("volume"),
        "sma20": _short("sma", period=20),
        "sma50": _short("sma", period=50),
        "sma200": _short("sma", period=200),
        "ema9": _short("ema", period=9),
        "ema21": _short("ema", period=21),
        "rsi14": _short("rsi", period=14),
        "rsi2": _short("rsi", period=2),
        "atr14": _short("atr", period=14),
        "atr_pct": _short("atr_pct", period=14),
        "adx14": _short("adx", period=14),
        "macd": _short("macd", fast_period=12, slow_period=26, signal_period=9),
        "macd_signal": _short("macd", "signal", fast_period=12, slow_period=26, signal_period=9),
        "bb_upper": _short("bbands", "upper", period=20, multiplier=2.0),
        "bb_lower": _short("bbands", "lower", period=20, multiplier=2.0),
        "high_20d": _short("highest", source="high", period=20),
        "low_20d": _short("lowest", source="low", period=20),
        "high_52w": _short("highest", source="high", period=YEAR),
        "drawdown_20d_pct": _short("drawdown_pct", period=20),
        "drawdown_52w_pct": _short("drawdown_pct", period=YEAR),
        "ret_5d": _short("return_pct", period=5),
        "ret_20d": _short("return_pct", period=20),
        "ret_60d": _short("return_pct", period=60),
        "vol_ratio_20": _short("volume_ratio", period=20),
        "turnover_20d": _short("turnover", period=20),
        "gap_pct": _short("gap_pct"),
        "rs_rank_60": _short("rs_rank", period=60),
        "vol_regime": _short("vol_regime", fast_period=20, slow_period=YEAR),
        "trend_alignment": _short("trend_alignment"),
    }
)
