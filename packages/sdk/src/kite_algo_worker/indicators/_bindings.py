"""The columns of a candle that a live indicator reads, and its parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from kite_algo_worker._candles import PRICES
from kite_algo_worker.indicators import hybrid, volatility, volume
from tradertape_indicators.streaming import Stream, stream

COLUMNS = (*PRICES, "is_complete")


class _Everything(hybrid.TechnicalAnalysis, volatility.TechnicalAnalysis, volume.TechnicalAnalysis):
    """Every indicator as a method, for its signature."""


class _Frame:
    """A placeholder of the whole candle."""


class _Column(int):
    """A placeholder of one column of the candle, by its number."""


class Binding(NamedTuple):
    """A fresh streaming indicator, and the columns it is fed with."""

    columns: tuple[int, ...]
    stream: Stream


def bind(name: str, params: Mapping[str, Any]) -> Binding:
    """Return the streaming form of an indicator with its parameters, as a frame would be given.

    params: the parameters of the indicator, and `source`: the column or columns of its series;
    without it the whole candle is passed.
    Raises KeyError for an unknown indicator or column; TypeError and ValueError as the indicator.
    """
    if name not in _RULES:
        raise KeyError(f"no live indicator {name!r}; there are {', '.join(sorted(_RULES))}")
    given = dict(params)
    series = _series_of(given.pop("source", None))
    method = getattr(_Everything, "williamsr" if name == "williams_r" else name)
    bound = inspect.signature(method).bind(None, *series, **given)
    bound.apply_defaults()
    kernel, columns = _RULES[name](bound.arguments)
    numbers = {key: bound.arguments[key] for key in bound.arguments if key in _NUMBERS}
    exact = name in ("sma", "highest", "lowest", "rising", "falling")
    made = {key: value if exact else _NUMBERS[key](value) for key, value in numbers.items()}
    return Binding(columns, stream(kernel or name, made))


def _series_of(source: Any) -> list[Any]:
    if source is None:
        return [_Frame()]
    if isinstance(source, str):
        return [_number_of(source)]
    try:
        names = list(source)
    except TypeError:
        raise TypeError(f"source must be a column or several, was {source!r}") from None
    return [_number_of(name) for name in names]


def _number_of(column: Any) -> _Column:
    if column not in COLUMNS:
        raise KeyError(f"no column {column!r} in a candle; there are {', '.join(COLUMNS)}")
    return _Column(COLUMNS.index(column))


Arguments = Mapping[str, Any]
Bound = tuple[str, tuple[int, ...]]  # another kernel, if any, and the columns


def _one(arguments: Arguments) -> Bound:
    return "", (_value(arguments["data"], arguments["column"]),)


def _pair(arguments: Arguments) -> Bound:
    return "", (_value(arguments["left"], None), _value(arguments["right"], None))


def _candle(*names: str) -> Callable[[Arguments], Bound]:
    def rule(arguments: Arguments) -> Bound:
        return "", _several(
            [arguments[name] for name in names], [arguments[f"{name}_column"] for name in names]
        )

    return rule


def _priced(first: str, column: str) -> Callable[[Arguments], Bound]:
    def rule(arguments: Arguments) -> Bound:
        price, volume = arguments[first], arguments["volume"]
        if volume is not None:
            return "", (_value(price, arguments[column]), _value(volume, None))
        if not isinstance(price, _Frame):
            raise TypeError("give a volume: source=(price, volume), or the whole candle")
        if arguments["volume_column"] is None:
            raise ValueError("say which column is the volume with volume_column=")
        return "", (_value(price, arguments[column]), _value(price, arguments["volume_column"]))

    return rule


def _vwap(arguments: Arguments) -> Bound:
    high, low, close, volume = (arguments[name] for name in ("high", "low", "close", "volume"))
    if low is not None and close is None and volume is None:
        return "vwap_of_price", (_value(high, None), _value(low, None))
    return _candle("high", "low", "close", "volume")(arguments)


def _value(series: Any, column: str | None) -> int:
    if isinstance(series, _Column):
        return int(series)
    if not isinstance(series, _Frame):
        raise TypeError(f"a live indicator reads columns of the candle, not {series!r}")
    if column is None:
        raise ValueError("an indicator of one series: say which with source= or column=")
    return int(_number_of(column))


def _several(given: Sequence[Any], columns: Sequence[str]) -> tuple[int, ...]:
    absent = sum(one is None for one in given[1:])
    names = ", ".join(columns)
    if absent == 0:
        return tuple(_value(one, None) for one in given)
    if absent < len(given) - 1:
        raise ValueError(f"give all of {names}, or the whole candle")
    if not isinstance(given[0], _Frame):
        raise TypeError(f"give {names}, or the whole candle")
    return tuple(_value(given[0], column) for column in columns)


_NUMBERS: Mapping[str, Callable[[Any], float]] = {
    "period": int,
    "fast_period": int,
    "slow_period": int,
    "signal_period": int,
    "k_period": int,
    "d_period": int,
    "multiplier": float,
    "acceleration": float,
    "maximum": float,
}

_HLC = _candle("high", "low", "close")
_HL = _candle("high", "low")
_ONE = (
    "bbands",
    "dpo",
    "ema",
    "falling",
    "highest",
    "linreg",
    "lowest",
    "macd",
    "ppo",
    "rising",
    "rsi",
    "sma",
    "wma",
)

_RULES: Mapping[str, Callable[[Arguments], Bound]] = {
    **dict.fromkeys(_ONE, _one),
    **dict.fromkeys(
        ("adx", "atr", "cci", "keltner", "stochastic", "supertrend", "williamsr"), _HLC
    ),
    "aroon": _HL,
    "crossover": _pair,
    "crossunder": _pair,
    "mfi": _candle("high", "low", "close", "volume"),
    "obv": _priced("price", "price_column"),
    "sar": _HL,
    "vwap": _vwap,
    "vwma": _priced("data", "column"),
    "williams_r": lambda arguments: ("williamsr", _HLC(arguments)[1]),
}
