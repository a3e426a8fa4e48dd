"""What a strategy of options and futures pays: curve, breakevens, extremes, chance of a profit.

All amounts are rupees for the whole strategy, before charges. The horizon is the earliest expiry of
the legs; legs that live longer are valued there by Black 1976 with their volatility as it is now.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.options.greeks import RISK_FREE_RATE, black76_price, forward_price
from tradertape_core.options.normal import Floats, cumulative

_POINTS = 161
_SHOWN_DEVIATIONS = 3.0
_LEAST_SHOWN = 0.04  # of the spot, to either side
_FLAT = 1e-9
_DENSE = 2_001  # points of the search where the payoff is a curve rather than straight lines


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoffLeg:
    """One leg. quantity: units, negative when sold; price: rupees paid or received for one.

    years: to its own expiry. volatility: yearly, required for a leg valued before its expiry.
    """

    kind: Literal["CE", "PE", "FUT"]
    quantity: int
    price: float
    years: float
    strike: float = 0.0
    volatility: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payoff:
    """What a strategy pays.

    levels: (n,) prices of the underlying, rising. at_expiry: (n,) profit at the horizon. now: (n,)
    profit if the underlying were there at once. max_profit, max_loss: None for one without limit; a
    loss is negative. net_premium: positive when received. is_exact: all legs end at the horizon.
    """

    levels: Floats
    at_expiry: Floats
    now: Floats
    breakevens: tuple[float, ...]
    max_profit: float | None
    max_loss: float | None
    net_premium: float
    probability_of_profit: float | None
    horizon_years: float
    is_exact: bool


def payoff(
    legs: Sequence[PayoffLeg], *, spot: float, volatility: float | None,
    rate: float = RISK_FREE_RATE,
) -> Payoff:  # fmt: skip
    """Work out a strategy's payoff.

    volatility: yearly, at the money, for the chance of a profit and the width of the curve; None
    when it is not known. Raises InvalidInput without legs or for a leg of quantity 0.
    """
    _check(legs, spot)
    horizon = min(leg.years for leg in legs)
    is_exact = all(leg.years == horizon for leg in legs)
    levels = _shown(legs, spot, volatility, horizon)
    grid = _searched(legs, levels, is_exact=is_exact)
    profit = profit_at(legs, grid, years_passed=horizon, rate=rate)
    slope = _slope_above(legs, horizon, rate)
    breakevens = _breakevens(grid, profit, slope)
    return Payoff(
        levels=levels,
        at_expiry=profit_at(legs, levels, years_passed=horizon, rate=rate),
        now=profit_at(legs, levels, years_passed=0.0, rate=rate),
        breakevens=breakevens,
        max_profit=None if slope > _FLAT else float(profit.max()),
        max_loss=None if slope < -_FLAT else float(profit.min()),
        net_premium=-sum(leg.quantity * leg.price for leg in legs if leg.kind != "FUT"),
        probability_of_profit=_chance(
            legs, breakevens, spot=spot, volatility=volatility, years=horizon, rate=rate
        ),
        horizon_years=horizon,
        is_exact=is_exact,
    )


def profit_at(
    legs: Sequence[PayoffLeg], levels: ArrayLike, *, years_passed: float,
    rate: float = RISK_FREE_RATE,
) -> Floats:  # fmt: skip
    """Return the profit, (n,), with the underlying at `levels` after some time.

    A leg whose volatility is not known is worth its intrinsic value.
    """
    spots: Floats = np.asarray(levels, dtype=np.float64)
    total: Floats = np.zeros_like(spots)
    for leg in legs:
        total = total + leg.quantity * (_worth(leg, spots, years_passed, rate) - leg.price)
    return total


def _worth(leg: PayoffLeg, spots: Floats, years_passed: float, rate: float) -> Floats:
    left = max(leg.years - years_passed, 0.0)
    forward = forward_price(spots, left, rate)
    if leg.kind == "FUT":
        return forward
    is_call = leg.kind == "CE"
    if left == 0.0 or leg.volatility is None:
        return np.maximum(spots - leg.strike if is_call else leg.strike - spots, 0.0)
    positive: Floats = np.maximum(forward, 1e-9)
    return black76_price(positive, leg.strike, left, leg.volatility, rate, is_call)


def _check(legs: Sequence[PayoffLeg], spot: float) -> None:
    if not legs:
        raise InvalidInput("a strategy needs at least one leg", pointer="/legs")
    if not (math.isfinite(spot) and spot > 0.0):
        raise InvalidInput(f"the underlying's price must be above 0, was {spot}")
    for number, leg in enumerate(legs):
        if leg.quantity == 0:
            raise InvalidInput("quantity must not be 0", pointer=f"/legs/{number}/quantity")
        if leg.kind != "FUT" and leg.strike <= 0.0:
            raise InvalidInput("strike must be above 0", pointer=f"/legs/{number}/strike")


def _shown(
    legs: Sequence[PayoffLeg], spot: float, volatility: float | None, years: float
) -> Floats:
    """Levels of the curve to draw: three deviations to either side, all strikes, and the spot."""
    width = max(_SHOWN_DEVIATIONS * (volatility or 0.0) * math.sqrt(years), _LEAST_SHOWN)
    low, high = spot * math.exp(-width), spot * math.exp(width)
    strikes = [leg.strike for leg in legs if leg.kind != "FUT"]
    if strikes:
        low, high = min(low, 0.99 * min(strikes)), max(high, 1.01 * max(strikes))
    return np.unique([*np.linspace(low, high, _POINTS), *strikes, spot])


def _searched(legs: Sequence[PayoffLeg], levels: Floats, *, is_exact: bool) -> Floats:
    """Levels that hold every extreme and crossing: 0, the kinks, and for a curve many between."""
    strikes = [leg.strike for leg in legs if leg.kind != "FUT"]
    if is_exact:
        # Straight lines between the strikes and 0; beyond the last strike the slope says the rest.
        return np.unique([0.0, *strikes, *([] if strikes else [float(levels[-1])])])
    top = 4.0 * float(levels[-1])
    dense = np.linspace(0.5 * float(levels[0]), 2.0 * float(levels[-1]), _DENSE)
    return np.unique([0.0, *strikes, *dense, top])


def _slope_above(legs: Sequence[PayoffLeg], horizon: float, rate: float) -> float:
    """Rupees for one rupee of the underlying, far above every strike."""
    slope = 0.0
    for leg in legs:
        if leg.kind == "FUT":
            slope += leg.quantity * math.exp(rate * max(leg.years - horizon, 0.0))
        elif leg.kind == "CE":
            slope += leg.quantity
    return slope


def _breakevens(grid: Floats, profit: Floats, slope: float) -> tuple[float, ...]:
    found = [float(x) for x, y in zip(grid, profit, strict=True) if abs(y) <= _FLAT and x > 0.0]
    crosses = np.flatnonzero(profit[:-1] * profit[1:] < -_FLAT)
    for at in crosses:
        rise = profit[at + 1] - profit[at]
        found.append(float(grid[at] - profit[at] * (grid[at + 1] - grid[at]) / rise))
    if profit[-1] * slope < -_FLAT:
        found.append(float(grid[-1] - profit[-1] / slope))
    return tuple(sorted(set(found)))


def _chance(
    legs: Sequence[PayoffLeg], breakevens: tuple[float, ...], *, spot: float,
    volatility: float | None, years: float, rate: float,
) -> float | None:  # fmt: skip
    """How likely the strategy pays at the horizon if the underlying moves as the options expect."""
    if volatility is None or volatility <= 0.0 or years <= 0.0:
        return None
    forward = float(forward_price(spot, years, rate))
    deviation = volatility * math.sqrt(years)
    edges = [0.0, *breakevens, math.inf]
    chance = 0.0
    for low, high in pairwise(edges):
        inside = 0.5 * (low + high) if math.isfinite(high) else max(2.0 * low, 2.0 * spot)
        profit = profit_at(legs, np.array([inside]), years_passed=years, rate=rate)
        if float(profit[0]) > 0.0:
            chance += _below(high, forward, deviation) - _below(low, forward, deviation)
    return chance


def _below(level: float, forward: float, deviation: float) -> float:
    """The chance that the underlying ends below a level."""
    if level <= 0.0 or not math.isfinite(level):
        return 0.0 if level <= 0.0 else 1.0
    return float(cumulative(math.log(level / forward) / deviation + 0.5 * deviation))
