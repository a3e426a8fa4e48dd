"""Open interest and volume of the simulated market's options: made up, but shaped like real ones.

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
_OUT = 0.6  # deviations out of the money at which interest peaks
_WIDTH = 0.9
_IN_THE_MONEY = 0.15
_TURNOVER = 6.0  # times a day the interest changes hands in the nearest contract
_FAR_DECAY_YEARS = 0.06
_NUDGE = np.uint64(0x9E3779B97F4A7C15)


def open_interest(
    *, spot: float, years: float, level: float, strike: ArrayLike, is_call: ArrayLike,
    step: float, lot_size: int, salt: int = 0,
) -> Counts:  # fmt: skip
    """Return units, not lots, that are open in each contract; whole lots.

    level: yearly volatility, 0.15 for a VIX of 15. step: between strikes. salt: a number of the
    underlying and expiry, so that two of them do not look alike.
    """
    strikes, calls = np.broadcast_arrays(
        np.asarray(strike, dtype=np.float64), np.asarray(is_call, dtype=np.bool_)
    )
    deviation = max(level * math.sqrt(max(years, 1.0 / 365.0)), 1e-4)
    out: Floats = np.where(calls, 1.0, -1.0) * np.log(strikes / spot) / deviation
    shape: Floats = np.exp(-0.5 * ((out - _OUT) / _WIDTH) ** 2)
    shape = np.where(out < 0.0, shape * _IN_THE_MONEY, shape)
    distance = math.exp(-max(years - 7.0 / 365.0, 0.0) / _FAR_DECAY_YEARS)
    spread: Floats = 0.6 + 0.8 * _draw(strikes, calls, salt)
    lots: Floats = _PEAK_LOTS * distance * shape * _roundness(strikes, step) * spread
    return np.rint(lots).astype(np.int64) * lot_size


def day_volume(interest: Counts, *, years: float, elapsed: float, lot_size: int) -> Counts:
    """Return units traded so far today. elapsed: part of the day's trading that is over, 0..1."""
    pace = _TURNOVER * math.exp(-max(years, 0.0) / _FAR_DECAY_YEARS) * min(max(elapsed, 0.0), 1.0)
    lots: Floats = interest / lot_size * pace
    return np.rint(lots).astype(np.int64) * lot_size


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
