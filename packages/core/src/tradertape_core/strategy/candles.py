"""Steps along each symbol's own candles, whatever days it missed."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tradertape_core.market.panel import Mask, Panel

Cell = TypeVar("Cell", np.float64, np.bool_)


class OwnCandles:
    """Which cells of a panel hold a candle, and the same panel with the days between removed.

    A column that starts late or ends early is left as it is: its candles follow each other anyway.
    Only columns with missing days inside are packed (their candles moved to the top, in order),
    worked on, and put back. Most panels have few of those, many none.
    """

    def __init__(self, panel: Panel) -> None:
        self.present: Mask = np.isfinite(panel.close)
        self.is_full = bool(self.present.all())
        self._columns = np.empty(0, dtype=np.intp) if self.is_full else _gappy(self.present)
        if self._columns.size:
            absent = ~self.present[:, self._columns]
            self._absent = absent
            self._order = np.argsort(absent, axis=0, kind="stable")

    @property
    def has_gaps(self) -> bool:
        return bool(self._columns.size)

    def pack(self, values: NDArray[Cell]) -> NDArray[Cell]:
        """(T, N) with the candles of columns with gaps moved to the top; others unchanged."""
        if not self.has_gaps:
            return values
        packed = values.copy()
        packed[:, self._columns] = np.take_along_axis(values[:, self._columns], self._order, axis=0)
        return packed

    def unpack(self, packed: NDArray[Cell], absent: float) -> NDArray[Cell]:
        """The reverse of `pack`; cells without a candle become `absent`."""
        if not self.has_gaps:
            return packed
        values = packed.copy()
        columns = np.empty_like(packed[:, self._columns])
        np.put_along_axis(columns, self._order, packed[:, self._columns], axis=0)
        columns[self._absent] = absent
        values[:, self._columns] = columns
        return values

    def earlier(self, values: NDArray[Cell], bars: int, absent: float) -> NDArray[Cell]:
        """Each symbol's value `bars` of its own candles before; `absent` where there is none.

        values: (T, N); (T, 1) too, a series that all symbols read on their own days.
        """
        if bars == 0:
            return values
        if self.is_full:
            return _shifted(values, bars, absent)
        shifted = _shifted(self.pack(self._own(values, absent)), bars, absent)
        return self._own(self.unpack(shifted, absent), absent)

    def throughout(self, mask: Mask, bars: int, *, before: bool) -> Mask:
        """True where the mask held on this candle and the `bars - 1` of the symbol before it.

        before: what counts for candles before the symbol's first.
        """
        held = mask if self.is_full else self.pack(self._own(mask, before))
        covered = 1
        while covered < bars:  # each round doubles the stretch that is known to hold
            step = min(covered, bars - covered)
            held = held & _shifted(held, step, before)
            covered += step
        return held if self.is_full else self._own(self.unpack(held, before), before)

    def _own(self, values: NDArray[Cell], absent: float) -> NDArray[Cell]:
        """(T, N) with `absent` on every day without a candle: what later days bring must not tell.

        Without it a day missing at the end of a column would show the day before, and a day missing
        inside would not; and a market value would count before a symbol was listed.
        """
        return np.where(self.present, values, np.asarray(absent, dtype=values.dtype))

    def history(self) -> NDArray[np.int64]:
        """How many candles each symbol has up to and including each date. (T, N)"""
        return np.cumsum(self.present, axis=0, dtype=np.int64)


def _gappy(present: Mask) -> NDArray[np.intp]:
    """Columns with a missing day between their first and last candle."""
    count = present.sum(axis=0)
    first = present.argmax(axis=0)
    last = present.shape[0] - 1 - present[::-1].argmax(axis=0)
    return np.flatnonzero((count > 0) & (count < last - first + 1))


def _shifted(values: NDArray[Cell], bars: int, absent: float) -> NDArray[Cell]:
    shifted: NDArray[Cell] = np.empty(values.shape, dtype=values.dtype)
    shifted[:bars] = absent
    shifted[bars:] = values[:-bars] if bars < values.shape[0] else values[:0]
    return shifted
