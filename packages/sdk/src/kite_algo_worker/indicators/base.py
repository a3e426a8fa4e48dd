"""Inputs and outputs of indicators, and the two indicators that all others extend.

Every number is computed by `tradertape-indicators`; this package gives it the shapes of pandas.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import tradertape_indicators as kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

from kite_algo_worker.indicators._series import check_together, floats_of, floats_of_series

__all__ = [
    "BaseIndicator",
    "IndicatorInput",
    "TechnicalAnalysis",
    "format_output",
    "normalize_input",
]


@dataclass(frozen=True)
class IndicatorInput:
    """A series as indicators take it.

    values: (n,) float64, oldest first, NaN where missing. index: of the pandas input, or None.
    kind: "series", "dataframe" or "array". name: of the pandas input.
    """

    values: NDArray[np.float64]
    index: Any | None
    kind: str
    name: str | None = None


def normalize_input(data: Any, column: str | None = None) -> IndicatorInput:
    """Return any series as numbers; values that are not numbers become NaN.

    data: a Series, a DataFrame of one column (or with `column`), an `IndicatorInput`, or anything
    of one dimension.
    Raises ValueError if it has more dimensions or columns, KeyError if the column is not there.
    """
    if isinstance(data, IndicatorInput):
        return data
    if is_frame(data):
        series = _column_of(data, column)
        return IndicatorInput(floats_of_series(series), series.index, "dataframe", series.name)
    if is_series(data):
        return IndicatorInput(floats_of_series(data), data.index, "series", data.name)
    return IndicatorInput(floats_of(data), None, "array")


def format_output(values: Any, template: IndicatorInput, *, name: str | None = None) -> Any:
    """Return values in the kind of the input: a Series on its index, or an array.

    The Series is called `name`, else as the input was.
    """
    array = np.asarray(values)
    if template.index is None or template.kind not in ("series", "dataframe"):
        return array
    return sys.modules["pandas"].Series(array, index=template.index, name=name or template.name)


class BaseIndicator:
    """The base of indicators of your own: reads the input, formats the output."""

    @staticmethod
    def validate_input(data: Any, column: str | None = None) -> IndicatorInput:
        """Return any series as numbers; see `normalize_input`."""
        return normalize_input(data, column=column)

    @staticmethod
    def format_output(values: Any, template: IndicatorInput, *, name: str | None = None) -> Any:
        """Return values in the kind of the input; see the function of that name."""
        return format_output(values, template, name=name)


class TechnicalAnalysis(BaseIndicator):
    """The simple moving average and the crossover."""

    def sma(self, data: Any, period: int, column: str | None = None) -> Any:
        """Return the mean of the last `period` values, in their unit; the first period - 1 are NaN.

        Raises ValueError if period < 1.
        """
        series = normalize_input(data, column)
        return line_of(kernels.sma(series.values, period), series, name="sma")

    def crossover(self, left: Any, right: Any) -> Any:
        """Return True where left is above right and was not one candle before.

        Returns booleans, False on the first bar and next to a NaN.
        Raises ValueError if index or length differ.
        """
        lefts, rights = normalize_input(left), normalize_input(right)
        check_together(lefts, rights)
        return line_of(kernels.crossover(lefts.values, rights.values), lefts, name="crossover")


def line_of(values: NDArray[Any], template: IndicatorInput, *, name: str) -> Any:
    """Return values in the kind of the input, without a copy: nothing else refers to them."""
    if template.index is None:
        return values
    return sys.modules["pandas"].Series(values, index=template.index, name=name, copy=False)


def is_frame(data: Any) -> bool:
    """Whether this is a DataFrame; does not import pandas."""
    library = sys.modules.get("pandas")
    return library is not None and isinstance(data, library.DataFrame)


def is_series(data: Any) -> bool:
    """Whether this is a Series; does not import pandas."""
    library = sys.modules.get("pandas")
    return library is not None and isinstance(data, library.Series)


def _column_of(frame: Any, column: str | None) -> Any:
    if column is not None:
        if column not in frame.columns:
            raise KeyError(f"no column {column!r}; there are {', '.join(map(str, frame.columns))}")
        return frame[column]
    if len(frame.columns) != 1:
        raise ValueError(f"a frame of {len(frame.columns)} columns: say which with column=")
    return frame.iloc[:, 0]
