"""The volatility a price implies, for a whole chain at once."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradertape_core.options.normal import Floats, cumulative, density

Mask = NDArray[np.bool_]

_STEPS = 80  # bisection alone would be done by then; Newton is after about four
_ENOUGH = 1e-11  # of the deviation; a Newton step so small leaves an error of its square
_WIDEST = 40.0  # deviations over the option's life; the price then is its upper bound
# Bachelier's price over the distance from the money is a function of the distance in deviations
# alone; the table, turned round, gives the first guess.
_ETA: Floats = np.geomspace(1e-8, 37.0, 800)
_LOG_ETA: Floats = np.log(_ETA)
_LOG_RATIO: Floats = -np.log(density(_ETA) / _ETA - cumulative(-_ETA))
_NEAR_BOUND = 1e-13  # of the bound: closer than this a price says nothing about volatility


def implied_volatility(
    price: ArrayLike, forward: ArrayLike, strike: ArrayLike, years: ArrayLike, rate: ArrayLike,
    is_call: ArrayLike,
) -> Floats:  # fmt: skip
    """Return the yearly volatility that gives these prices by Black 1976; arguments broadcast.

    For options on a spot pass `forward_price(spot, years, rate)`. NaN where no volatility gives the
    price: at or below the intrinsic value, at or above the bound (the forward for a call, the
    strike for a put), or no time left. The price of an option in the money is first turned into
    that of its twin out of the money by put-call parity, which loses nothing where there is time
    value to speak of.

    Method: from what Bachelier's model implies, Newton on the reciprocal of the logarithm of the
    price below the point of inflection and on the price above it, as P. Jaeckel proposes in "Let's
    be rational" (2015), within a bracket that is halved whenever a step would leave it.
    """
    price, forward, strike, years, rate, calls = np.broadcast_arrays(
        _float(price), _float(forward), _float(strike), _float(years), _float(rate),
        np.asarray(is_call, dtype=np.bool_),
    )  # fmt: skip
    with np.errstate(invalid="ignore", divide="ignore", over="ignore", under="ignore"):
        sign = np.where(calls, 1.0, -1.0)
        future_value: Floats = price * np.exp(rate * years)
        time_value: Floats = future_value - np.maximum(sign * (forward - strike), 0.0)
        scaled: Floats = time_value / np.sqrt(forward * strike)
        distance: Floats = -np.abs(np.log(forward / strike))
        bound: Floats = np.exp(0.5 * distance)
        usable: Mask = (scaled > 0.0) & (scaled < bound * (1.0 - _NEAR_BOUND)) & (years > 0.0)
        usable &= scaled > np.finfo(np.float64).tiny
    found: Floats = np.full(price.shape, np.nan)
    found[usable] = _deviation(distance[usable], scaled[usable]) / np.sqrt(years[usable])
    return found


def _deviation(distance: Floats, target: Floats) -> Floats:
    """The deviation at which options out of the money are worth `target`; (n,) each.

    distance: minus the size of the log-moneyness. target: price over the root of forward x strike.
    """
    found: Floats = np.empty_like(distance)
    rows = np.arange(distance.size)
    low, high = np.zeros_like(distance), np.full_like(distance, _WIDEST)
    at = _first_guess(distance, target)
    below: Mask = target < _normalised(distance, np.sqrt(-2.0 * distance))
    for _ in range(_STEPS):
        value = _normalised(distance, at)
        too_low: Mask = value < target
        low, high = np.where(too_low, at, low), np.where(too_low, high, at)
        step = _newton(distance, at, value, target, below)
        settled: Mask = (np.abs(step) <= _ENOUGH * at) | (value == target)
        found[rows] = np.where(settled & (value != target), at + step, at)
        if bool(settled.all()):
            break
        following: Floats = at + step
        inside: Mask = (following > low) & (following < high)
        at = np.where(inside, following, 0.5 * (low + high))
        going: Mask = ~settled
        rows, at, low, high = rows[going], at[going], low[going], high[going]
        distance, target, below = distance[going], target[going], below[going]
    return found


def _first_guess(distance: Floats, target: Floats) -> Floats:
    """The deviation by Bachelier's model, off by a few percent where the distance is not large."""
    size: Floats = -distance
    with np.errstate(divide="ignore", invalid="ignore"):
        at = np.interp(np.log(size / target), _LOG_RATIO, _LOG_ETA)
    away: Floats = size / np.exp(at)
    return np.where(size > 0.0, away, target * math.sqrt(2.0 * math.pi))


def _newton(distance: Floats, at: Floats, value: Floats, target: Floats, below: Mask) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        slope = np.exp(0.5 * distance) * density(distance / at + 0.5 * at)
        logs, goal = np.log(value), np.log(target)
        steep: Floats = logs * (goal - logs) / goal * value / slope
        plain: Floats = (target - value) / slope
    return np.where(below, steep, plain)


def _normalised(distance: Floats, deviation: Floats) -> Floats:
    """Price over the root of forward x strike of a call that is out of the money."""
    with np.errstate(divide="ignore", invalid="ignore"):
        middle: Floats = distance / deviation
    middle = np.where(deviation == 0.0, np.where(distance == 0.0, 0.0, -np.inf), middle)
    half: Floats = 0.5 * deviation
    tilt: Floats = np.exp(0.5 * distance)
    return np.maximum(tilt * cumulative(middle + half) - cumulative(middle - half) / tilt, 0.0)


def _float(value: ArrayLike) -> Floats:
    return np.asarray(value, dtype=np.float64)
