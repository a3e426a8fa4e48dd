"""The indicators that work without numpy, pandas or tradertape-indicators.

Four averages in plain Python, over any iterables: lists with None in the warm-up. Everything else
raises ModuleNotFoundError that says what to install.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Optional

from kite_algo_worker._optional import INDICATORS, installed, missing

__all__ = [
    "BaseIndicator",
    "IndicatorInput",
    "IndicatorValue",
    "LiveIndicatorEngine",
    "TechnicalAnalysis",
    "format_output",
    "normalize_input",
]

Line = list[Optional[float]]


def _refused() -> ModuleNotFoundError:
    absent = [name for name in INDICATORS if not installed(name)]
    return missing(" and ".join(absent), extra="indicators", purpose="indicators")


def normalize_input(*_args: Any, **_kwargs: Any) -> Any:
    """Raise ModuleNotFoundError: this needs numpy and pandas."""
    raise _refused()


def format_output(*_args: Any, **_kwargs: Any) -> Any:
    """Raise ModuleNotFoundError: this needs numpy and pandas."""
    raise _refused()


class IndicatorInput:
    """A placeholder: the real one needs numpy and pandas."""


class IndicatorValue:
    """A placeholder: the real one needs numpy and pandas."""


class LiveIndicatorEngine:
    """A placeholder: the real one needs numpy and pandas."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        raise _refused()

    @classmethod
    def from_history(cls, *_args: Any, **_kwargs: Any) -> Any:
        """Raise ModuleNotFoundError: this needs numpy and pandas."""
        raise _refused()


class BaseIndicator:
    """A placeholder: the real one needs numpy and pandas."""

    @staticmethod
    def validate_input(*_args: Any, **_kwargs: Any) -> Any:
        """Raise ModuleNotFoundError: this needs numpy and pandas."""
        raise _refused()

    @staticmethod
    def format_output(*_args: Any, **_kwargs: Any) -> Any:
        """Raise ModuleNotFoundError: this needs numpy and pandas."""
        raise _refused()


class TechnicalAnalysis(BaseIndicator):
    """Four averages in plain Python; a period below 1 counts as 1."""

    def sma(self, values: Any, period: int) -> Line:
        """Return the simple average of the last `period` values."""
        series, length = _floats(values), _length(period)
        return [
            sum(series[last - length : last]) / length if last >= length else None
            for last in range(1, len(series) + 1)
        ]

    def ema(self, values: Any, period: int) -> Line:
        """Return the exponential average, seeded with the first simple one."""
        length = _length(period)
        weight = 2.0 / (length + 1.0)
        return _averaged(_floats(values), length, lambda old, new: (new - old) * weight + old)

    def rsi(self, values: Any, period: int = 14) -> Line:
        """Return Wilder's relative strength index; 100 where nothing fell, even if nothing rose."""
        series, length = _floats(values), _length(period)
        moves = [new - old for old, new in zip(series, series[1:])]
        gains = _wilder([max(move, 0.0) for move in moves], length)
        losses = _wilder([max(-move, 0.0) for move in moves], length)
        first: Line = [None] if series else []
        return first + [_strength(gain, loss) for gain, loss in zip(gains, losses)]

    def atr(self, high: Any, low: Any, close: Any, period: int = 14) -> Line:
        """Return Wilder's average true range; the first bar's is high - low."""
        spans: list[float] = []
        last: float | None = None
        for top, bottom, end in zip(_floats(high), _floats(low), _floats(close)):
            span = top - bottom
            if last is not None:
                span = max(span, abs(top - last), abs(bottom - last))
            spans.append(span)
            last = end
        return _wilder(spans, _length(period))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return normalize_input


def _floats(values: Iterable[Any] | None) -> list[float]:
    return [] if values is None else [float(value) for value in values]


def _length(period: int) -> int:
    return max(int(period), 1)


def _wilder(values: list[float], length: int) -> Line:
    return _averaged(values, length, lambda old, new: (old * (length - 1) + new) / length)


def _averaged(values: list[float], length: int, moved: Callable[[float, float], float]) -> Line:
    """Return the recursion seeded with the mean of the first values."""
    line: Line = [None] * min(length - 1, len(values))
    if len(values) < length:
        return line
    level = sum(values[:length]) / length
    line.append(level)
    for value in values[length:]:
        level = moved(level, value)
        line.append(level)
    return line


def _strength(gain: float | None, loss: float | None) -> float | None:
    if gain is None or loss is None:
        return None
    return 100.0 if loss == 0 else 100.0 - 100.0 / (1.0 + gain / loss)
