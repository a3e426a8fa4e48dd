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
        self.has_gaps = not self.is_full and bool(_gappy(self.present).any())
        if self.has_gaps:
            self._days, self._packed, self._behind = _moves(self.present)

    def pack(self, values: NDArray[Cell], absent: float) -> NDArray[Cell]:
        """(T, N) with the candles of columns with gaps moved to the top; others unchanged."""
        if not self.has_gaps:
            return values
        packed = values.copy()
        flat = packed.reshape(-1)
        flat[self._behind] = absent
        flat[self._packed] = values.reshape(-1)[self._days]
        return packed

    def unpack(self, packed: NDArray[Cell], absent: float) -> NDArray[Cell]:
        """The reverse of `pack`; every cell without a candle becomes `absent`."""
        if self.is_full:
            return packed
        values = self.own(packed, absent)
        if self.has_gaps:
            values.reshape(-1)[self._days] = packed.reshape(-1)[self._packed]
        return values

    def own(self, values: NDArray[Cell], absent: float) -> NDArray[Cell]:
        """(T, N), new, with `absent` on every day without a candle.

        Keeps values independent of later days: otherwise a day missing at the end of a column would
        show the value of the day before, and a day missing inside would not; and a market value
        would count before a symbol was listed.
        """
        return np.where(self.present, values, np.asarray(absent, dtype=values.dtype))

    def earlier(self, values: NDArray[Cell], bars: int, absent: float) -> NDArray[Cell]:
        """Each symbol's value `bars` of its own candles before; `absent` where there is none.

        values: (T, N); (T, 1) too, a series that all symbols read on their own days.
        """
        if bars == 0:
            return values
        if self.is_full:
            return _shifted(values, bars, absent)
        packed = self.pack(self.own(values, absent), absent)
        return self.unpack(_shifted(packed, bars, absent), absent)

    def throughout(self, mask: Mask, bars: int, *, before: bool) -> Mask:
        """True where the mask held on this candle and the `bars - 1` of the symbol before it.

        before: what counts for candles before the symbol's first.
        """
        held = mask if self.is_full else self.pack(self.own(mask, before), before)
        covered = 1
        while covered < bars:  # each round doubles the stretch that is known to hold
            step = min(covered, bars - covered)
            held = held & _shifted(held, step, before)
            covered += step
        return self.unpack(held, before)

    def history(self) -> NDArray[np.int64]:
        """How many candles each symbol has up to and including each date. (T, N)"""
        return np.cumsum(self.present, axis=0, dtype=np.int64)


def _gappy(present: Mask) -> NDArray[np.bool_]:
    """(N,) columns with a missing day between their first and last candle."""
    count = present.sum(axis=0)
    first = present.argmax(axis=0)
    last = present.shape[0] - 1 - present[::-1].argmax(axis=0)
    return (count > 0) & (count < last - first + 1)


def _moves(present: Mask) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Flat cells of columns with gaps: their candles, where those are packed, what is left."""
    width = present.shape[1]
    gappy = _gappy(present)
    days = np.flatnonzero(present & gappy)
    place = np.cumsum(present, axis=0, dtype=np.intp) - 1
    packed = place.reshape(-1)[days] * width + days % width
    rows = np.arange(present.shape[0], dtype=np.intp)
    behind: Mask = rows[:, None] >= present.sum(axis=0)
    return days, packed, np.flatnonzero(behind & gappy)


def _shifted(values: NDArray[Cell], bars: int, absent: float) -> NDArray[Cell]:
    shifted: NDArray[Cell] = np.empty(values.shape, dtype=values.dtype)
    shifted[:bars] = absent
    shifted[bars:] = values[:-bars] if bars < values.shape[0] else values[:0]
    return shifted
