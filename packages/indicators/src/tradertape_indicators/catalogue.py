"""Every indicator with its inputs, parameters, outputs, unit, formula and warm-up."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tradertape_indicators import momentum, price, statistics, trend, volatility
from tradertape_indicators.specs import IndicatorSpec, Input, Params, ParamSpec, ShortName

LONGEST_PERIOD = 1_000  # bars; four years of days
WILDER = "J. W. Wilder, New Concepts in Technical Trading Systems, 1978"


def _period(default: int, name: str = "period", *, least: int = 1) -> ParamSpec:
    return ParamSpec(name, "int", default, least, LONGEST_PERIOD)


def _n(params: Params, name: str = "period") -> int:
    return int(params[name])


def _bare(name: Input, title: str, unit: str) -> IndicatorSpec:
    return IndicatorSpec(
        name=name,
        title=title,
        family="price",
        inputs=(name,),
        params=(),
        outputs=(name,),
        unit=unit,
        source=f"{name} of the bar",
        first_bars=lambda _: (0,),
        function=price.same,
    )


_PRICES = (
    _bare("open", "Open", "rupees"),
    _bare("high", "High", "rupees"),
    _bare("low", "Low", "rupees"),
    _bare("close", "Close", "rupees"),
    _bare("volume", "Volume", "shares"),
)

_TREND = (
    IndicatorSpec(
        name="sma",
        title="Simple moving average",
        family="trend",
        inputs=("source",),
        params=(_period(20),),
        outputs=("sma",),
        unit="source",
        source="mean of the last n values",
        first_bars=lambda p: (_n(p) - 1,),
        function=trend.sma,
    ),
    IndicatorSpec(
        name="ema",
        title="Exponential moving average",
        family="trend",
        inputs=("source",),
        params=(_period(20),),
        outputs=("ema",),
        unit="source",
        source="e + 2/(n+1) × (x − e), seeded with the mean of the first n values",
        first_bars=lambda p: (_n(p) - 1,),
        function=trend.ema,
        recursive=True,
    ),
    IndicatorSpec(
        name="wma",
        title="Weighted moving average",
        family="trend",
        inputs=("source",),
        params=(_period(20),),
        outputs=("wma",),
        unit="source",
        source="mean of the last n values, weights 1 (oldest) to n (newest)",
        first_bars=lambda p: (_n(p) - 1,),
        function=trend.wma,
    ),
    IndicatorSpec(
        name="vwma",
        title="Volume-weighted moving average",
        family="trend",
        inputs=("source", "volume"),
        params=(_period(14),),
        outputs=("vwma",),
        unit="source",
        source="Σ(x × volume) / Σ volume over n bars; undefined where no volume",
        first_bars=lambda p: (_n(p) - 1,),
        function=trend.vwma,
    ),
)

_MOMENTUM = (
    IndicatorSpec(
        name="rsi",
        title="Relative strength index",
        family="momentum",
        inputs=("source",),
        params=(_period(14),),
        outputs=("rsi",),
        unit="0 to 100",
        source=f"100 × G / (G + L), Wilder averages of gains and losses; 50 where both 0. {WILDER}",
        first_bars=lambda p: (_n(p),),
        function=momentum.rsi,
        recursive=True,
    ),
)

_VOLATILITY = (
    IndicatorSpec(
        name="atr",
        title="Average true range",
        family="volatility",
        inputs=("high", "low", "close"),
        params=(_period(14),),
        outputs=("atr",),
        unit="rupees",
        source=f"Wilder average of the true range, first range high − low. {WILDER}",
        first_bars=lambda p: (_n(p) - 1,),
        function=volatility.atr,
        recursive=True,
    ),
    IndicatorSpec(
        name="stdev",
        title="Standard deviation",
        family="volatility",
        inputs=("source",),
        params=(_period(20),),
        outputs=("stdev",),
        unit="source",
        source="√(mean squared distance from the mean of the last n values), population (ddof 0)",
        first_bars=lambda p: (_n(p) - 1,),
        function=volatility.stdev,
    ),
)

_STATISTICS = (
    IndicatorSpec(
        name="highest",
        title="Highest",
        family="statistics",
        inputs=("source",),
        params=(_period(20),),
        outputs=("highest",),
        unit="source",
        source="highest of the last n values, this bar included",
        first_bars=lambda p: (_n(p) - 1,),
        function=statistics.highest,
    ),
    IndicatorSpec(
        name="lowest",
        title="Lowest",
        family="statistics",
        inputs=("source",),
        params=(_period(20),),
        outputs=("lowest",),
        unit="source",
        source="lowest of the last n values, this bar included",
        first_bars=lambda p: (_n(p) - 1,),
        function=statistics.lowest,
    ),
)

CATALOGUE: Mapping[str, IndicatorSpec] = MappingProxyType(
    {spec.name: spec for spec in (*_PRICES, *_TREND, *_MOMENTUM, *_VOLATILITY, *_STATISTICS)}
)


def _short(fn: str, source: str = "close", output: str = "", **params: float) -> ShortName:
    return ShortName(fn, MappingProxyType(params), output or CATALOGUE[fn].outputs[0], source)


SHORT_NAMES: Mapping[str, ShortName] = MappingProxyType(
    {name: _short(name) for name in ("close", "open", "high", "low", "volume")}
    | {f"sma{n}": _short("sma", period=n) for n in (20, 50, 200)}
    | {f"ema{n}": _short("ema", period=n) for n in (9, 21)}
    | {f"rsi{n}": _short("rsi", period=n) for n in (14, 2)}
    | {
        "atr14": _short("atr", period=14),
        "high_20d": _short("highest", "high", period=20),
        "low_20d": _short("lowest", "low", period=20),
        "high_52w": _short("highest", "high", period=252),
    }
)
