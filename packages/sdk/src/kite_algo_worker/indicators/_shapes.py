"""The forms in which several series are given, and a result of several lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kite_algo_worker._optional import pandas
from kite_algo_worker.indicators._series import check_together
from kite_algo_worker.indicators.base import IndicatorInput, is_frame, normalize_input


def candles_of(given: Sequence[Any], columns: Sequence[str]) -> list[IndicatorInput]:
    """Return the series of a candle: all given, or all columns of the first, a DataFrame.

    Raises ValueError if only some are given or they do not belong together, TypeError if the first
    stands alone and is no DataFrame, KeyError if it lacks a column.
    """
    first, others = given[0], given[1:]
    absent = sum(one is None for one in others)
    names = ", ".join(columns)
    if absent == 0:
        series = [normalize_input(one) for one in given]
    elif absent < len(others):
        raise ValueError(f"give all of {names}, or one frame with those columns")
    elif is_frame(first):
        series = [normalize_input(first, column) for column in columns]
    else:
        raise TypeError(f"give {names}, or one frame with those columns")
    check_together(*series)
    return series


def price_and_volume(
    price: Any, volume: Any, *, price_column: str | None, volume_column: str | None
) -> tuple[IndicatorInput, IndicatorInput]:
    """Return a price and its volume: both given, or columns of a DataFrame.

    Raises TypeError without a volume, ValueError if no column is named for it or the two do not
    belong together, KeyError if the frame lacks a column.
    """
    prices = normalize_input(price, price_column if is_frame(price) else None)
    if volume is not None:
        volumes = normalize_input(volume)
    elif not is_frame(price):
        raise TypeError("give a volume, or a frame that holds both")
    elif volume_column is None:
        raise ValueError("say which column is the volume with volume_column=")
    else:
        volumes = normalize_input(price, volume_column)
    check_together(prices, volumes)
    return prices, volumes


def frame_of(lines: Mapping[str, Any], template: IndicatorInput) -> Any:
    """Return several lines as a DataFrame on the input's index."""
    # Nothing else refers to the lines, so they need not be copied.
    return pandas().DataFrame(dict(lines), index=template.index, copy=False)
