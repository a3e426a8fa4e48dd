"""Series as float64 arrays, and whether several belong together."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tradertape_indicators import numba_in_use

if TYPE_CHECKING:
    from numpy.typing import NDArray

from kite_algo_worker.indicators.numba_compat import NUMBA_AVAILABLE

LONG = 100_000  # bars from which on importing numba takes less time than it saves


class _Input(Protocol):
    @property
    def values(self) -> NDArray[np.float64]: ...
    @property
    def index(self) -> Any: ...


def floats_of(items: Any) -> NDArray[np.float64]:
    """Return items as (n,) float64, NaN where not a number. Raises ValueError unless 1-d."""
    array: Any = np.asarray(items)
    if array.ndim != 1:
        raise ValueError(f"a series must have one dimension, had {array.ndim}")
    if array.dtype.kind in "fiub":
        return _long(array.astype(np.float64, copy=False))
    return _long(np.array([_float(item) for item in array.astype(object)], dtype=np.float64))


def floats_of_series(series: Any) -> NDArray[np.float64]:
    """Return a pandas Series as (n,) float64, NaN where missing or not a number."""
    if isinstance(series.dtype, np.dtype):
        return floats_of(series.to_numpy())
    if series.dtype.kind in "fiub":  # a nullable type of pandas' own
        return _long(series.to_numpy(dtype=np.float64, na_value=np.nan))
    return floats_of(series.to_numpy(dtype=object))


def check_together(first: _Input, *others: _Input) -> None:
    """Raise ValueError unless all series have one length and, where they have one, one index."""
    for other in others:
        index, against = first.index, other.index
        if index is not None and against is not None and not index.equals(against):
            raise ValueError("the series must share one index: reindex one like the other")
        if first.values.shape != other.values.shape:
            lengths = f"{len(first.values)} and {len(other.values)}"
            raise ValueError(f"the series must be of one length, were {lengths}")


def _long(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Import numba for long series: the kernels are compiled from then on, equal in results."""
    if len(values) >= LONG and NUMBA_AVAILABLE and not numba_in_use():
        importlib.import_module("numba")
    return values


def _float(item: Any) -> float:
    try:
        return float(item)
    except (TypeError, ValueError):
        return float("nan")
