"""The volatility a price implies, for a whole chain at once."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradertape_core.options.normal import Floats, cumulative, density

Mask = NDArray[np.bool_]

_STEPS = 80  # bisection alone would be done by then; Newton is after about six
_ENOUGH = 1e-11  # of the deviation; a Newton step so small leaves an error of its square
_WIDEST = 40.0  # deviations over the option's life; the price then is its upper bound
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

    Method: Newton on the reciprocal of the logarithm of the price below the point of inflection and
    on the price above it, as P. Jaeckel proposes in "Let's be rational" (2015), within a bracket
    that is halved whenever a step would leave it.
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
    low, high = np.zeros_like(distance), np.full_like(distance, _WIDEST)
    inflection: Floats = np.sqrt(-2.0 * distance)
    below: Mask = target < _normalised(distance, inflection)
    at_money: Mask = inflection == 0.0
    # At the money there is no inflection; the price is close to deviation / root of two pi.
    at: Floats = np.where(at_money, target * math.sqrt(2.0 * math.pi), inflection)
    for _ in range(_STEPS):
        value = _normalised(distance, at)
        too_low: Mask = value < target
        low, high = np.where(too_low, at, low), np.where(too_low, high, at)
        following = at + _newton(distance, at, value, target, below)
        inside: Mask = (following > low) & (following < high)
        following = np.where(inside, following, 0.5 * (low + high))
        settled: Mask = (np.abs(following - at) <= _ENOUGH * at) | (value == target)
        at = np.where(value == target, at, following)
        if bool(settled.all()):
            break
    return at


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
