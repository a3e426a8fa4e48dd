"""The bare series of a candle."""

from __future__ import annotations

from numpy.typing import ArrayLike

from tradertape_indicators.arrays import Array, as_matrices


def same(values: ArrayLike) -> Array:
    """Return the values themselves as a read-only view."""
    (series,), restore = as_matrices(values)
    view = restore(series).view()
    view.flags.writeable = False
    return view
