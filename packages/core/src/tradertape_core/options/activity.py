"""Open interest of the simulated market's options: made up, but shaped like the real one.

Interest lies out of the money, near the spot and on round strikes, and dwindles with the time to
expiry; what is left is a number drawn from the contract's name. Pure: the same arguments give the
same numbers.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradertape_core.options.normal import Floats

Counts = NDArray[np.int64]

_PEAK_LOTS = 120_000.0  # of a NIFTY-like weekly contract's busiest strike
_OUT = 0.5  # deviations out of the money at which interest peaks
_WIDTHS = 0.55, 1.1  # of the peak, towards the money and away from it
_LEAST_YEARS = 10.0 / 365.0  # what is open was opened over the days before
_FAR_DECAY_YEARS = 0.06
_NUDGE = np.uint64(0x9E3779B97F4A7C15)


def open_interest(
    *, spot: float, years: float, level: float, strike: ArrayLike, is_call: ArrayLike,
    step: float, lot_size: int, salt: int = 0,
) -> Counts:  # fmt: skip
    """Return units, not lots, that are open in each contract; whole lots, one at least.

    level: yearly volatility, 0.15 for a VIX of 15. step: between strikes. salt: a number of the
    underlying and expiry, so that two of them do not look alike.
    """
    strikes, calls = np.broadcast_arrays(
        np.asarray(strike, dtype=np.float64), np.asarray(is_call, dtype=np.bool_)
    )
    deviation = level * math.sqrt(max(years, _LEAST_YEARS))
    out: Floats = np.where(calls, 1.0, -1.0) * np.log(strikes / spot) / deviation
    width: Floats = np.where(out < _OUT, *_WIDTHS)
    shape: Floats = np.exp(-0.5 * ((out - _OUT) / width) ** 2)
    distance = math.exp(-max(years - 7.0 / 365.0, 0.0) / _FAR_DECAY_YEARS)
    spread: Floats = 0.6 + 0.8 * _draw(strikes, calls, salt)
    lots: Floats = _PEAK_LOTS * distance * shape * _roundness(strikes, step) * spread
    return np.maximum(np.rint(lots), 1.0).astype(np.int64) * lot_size


def _roundness(strikes: Floats, step: float) -> Floats:
    """Traders like round strikes: every tenth most, every second more than the rest."""
    number: Floats = np.rint(strikes / step)
    return np.where(number % 10 == 0, 1.0, np.where(number % 2 == 0, 0.55, 0.22))


def _draw(strikes: Floats, calls: NDArray[np.bool_], salt: int) -> Floats:
    """A number in [0, 1) for each contract, by the finalizer of splitmix64."""
    key = np.rint(strikes * 100).astype(np.uint64) * np.uint64(2) + calls.astype(np.uint64)
    mixed = key * _NUDGE + np.uint64(salt % 2**63)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed = mixed ^ (mixed >> np.uint64(31))
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53
