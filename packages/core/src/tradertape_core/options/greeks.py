"""Prices of European options and how they move, for a whole chain in one call.

Arguments broadcast against each other as numpy arrays do. Prices, strikes and levels are rupees,
times years of 365 days, volatilities and rates yearly fractions (0.12 is 12 %), `is_call` booleans.
An option without time or volatility left is worth its intrinsic value.

Units of the Greeks, those of vollib and of most Indian terminals:

delta  rupees for one rupee of the underlying
gamma  delta for one rupee of the underlying
theta  rupees for one calendar day that passes
vega   rupees for one point of volatility (0.01)
rho    rupees for one point of the interest rate (0.01)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradertape_core.options.normal import Floats, cumulative, density

Mask = NDArray[np.bool_]

DAYS_A_YEAR = 365.0
POINT = 0.01
_NO_LIFE = 1e-9  # a deviation below this moves no price
# What money earns where the chain's own futures do not say so: about the yield of short Government
# of India paper. An assumption, flat over all expiries, never fetched.
RISK_FREE_RATE = 0.06


@dataclass(frozen=True, slots=True)
class Greeks:
    """Prices and sensitivities, all of the shape the arguments broadcast to; units above."""

    price: Floats
    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats
    rho: Floats


@dataclass(frozen=True, slots=True)
class _Terms:
    """What price and Greeks have in common; `sign` is +1 for calls and -1 for puts."""

    sign: Floats
    discount: Floats
    root: Floats  # of the time, 1 where there is none
    deviation: Floats  # 1 where there is none
    d1: Floats
    d2: Floats
    has_life: Mask


def black76_price(
    forward: ArrayLike, strike: ArrayLike, years: ArrayLike, volatility: ArrayLike,
    rate: ArrayLike, is_call: ArrayLike,
) -> Floats:  # fmt: skip
    """Return the price of options on a future.

    Source: F. Black, "The pricing of commodity contracts", 1976.
    """
    forward, strike = _float(forward), _float(strike)
    terms = _terms(forward, strike, _float(years), _float(volatility), _float(rate), is_call)
    return _price(forward, strike, terms)


def black_scholes_price(
    spot: ArrayLike, strike: ArrayLike, years: ArrayLike, volatility: ArrayLike,
    rate: ArrayLike, is_call: ArrayLike,
) -> Floats:  # fmt: skip
    """Return the price of options on a share or index without dividends.

    Source: F. Black and M. Scholes, "The pricing of options and corporate liabilities", 1973.
    """
    forward = forward_price(spot, years, rate)
    return black76_price(forward, strike, years, volatility, rate, is_call)


def forward_price(spot: ArrayLike, years: ArrayLike, rate: ArrayLike) -> Floats:
    """What a future is worth that costs the interest on the spot to carry."""
    return _float(spot) * np.exp(_float(rate) * np.maximum(_float(years), 0.0))


def black76_greeks(
    forward: ArrayLike, strike: ArrayLike, years: ArrayLike, volatility: ArrayLike,
    rate: ArrayLike, is_call: ArrayLike,
) -> Greeks:  # fmt: skip
    """Return prices and Greeks of options on a future; delta and gamma are against the future.

    Rho leaves the future where it is: only the discount moves.
    """
    forward, strike, years = _float(forward), _float(strike), _float(years)
    volatility, rate = _float(volatility), _float(rate)
    terms = _terms(forward, strike, years, volatility, rate, is_call)
    price = _price(forward, strike, terms)
    dense = terms.discount * density(terms.d1)
    gamma = _alive(terms, dense / (forward * terms.deviation))
    decay = _alive(terms, -forward * dense * volatility / (2.0 * terms.root))
    left: Floats = np.maximum(years, 0.0)
    return _greeks(
        price=price,
        delta=terms.sign * terms.discount * cumulative(terms.sign * terms.d1),
        gamma=gamma,
        theta=_alive(terms, decay + rate * price) / DAYS_A_YEAR,
        vega=_alive(terms, forward * dense * terms.root) * POINT,
        rho=-left * price * POINT,
    )


def black_scholes_greeks(
    spot: ArrayLike, strike: ArrayLike, years: ArrayLike, volatility: ArrayLike,
    rate: ArrayLike, is_call: ArrayLike,
) -> Greeks:  # fmt: skip
    """Return prices and Greeks of options on a share or index without dividends."""
    spot, strike, years = _float(spot), _float(strike), _float(years)
    volatility, rate = _float(volatility), _float(rate)
    forward = forward_price(spot, years, rate)
    terms = _terms(forward, strike, years, volatility, rate, is_call)
    dense = density(terms.d1)
    paid: Floats = strike * terms.discount * cumulative(terms.sign * terms.d2)
    decay = _alive(terms, -spot * dense * volatility / (2.0 * terms.root))
    left: Floats = np.maximum(years, 0.0)
    return _greeks(
        price=_price(forward, strike, terms),
        delta=terms.sign * cumulative(terms.sign * terms.d1),
        gamma=_alive(terms, dense / (spot * terms.deviation)),
        theta=_alive(terms, decay - terms.sign * rate * paid) / DAYS_A_YEAR,
        vega=_alive(terms, spot * dense * terms.root) * POINT,
        rho=terms.sign * left * paid * POINT,
    )


def _terms(
    forward: Floats, strike: Floats, years: Floats, volatility: Floats, rate: Floats,
    is_call: ArrayLike,
) -> _Terms:  # fmt: skip
    left: Floats = np.maximum(years, 0.0)
    root: Floats = np.sqrt(left)
    deviation: Floats = volatility * root
    has_life: Mask = deviation >= _NO_LIFE
    distance: Floats = np.log(forward / strike)
    # Without life the option is surely exercised or surely not; at the very strike it is not.
    certain: Floats = np.where(distance > 0.0, np.inf, -np.inf)
    deviation = np.where(deviation < _NO_LIFE, 1.0, deviation)
    scaled: Floats = distance / deviation
    # A deviation that is NaN is no option without life: its price is not known.
    known: Floats = np.where(np.isnan(deviation), np.nan, certain)
    return _Terms(
        sign=np.where(np.asarray(is_call, dtype=np.bool_), 1.0, -1.0),
        discount=np.exp(-rate * left),
        root=np.where(left > 0.0, root, 1.0),
        deviation=deviation,
        d1=np.where(has_life, scaled + 0.5 * deviation, known),
        d2=np.where(has_life, scaled - 0.5 * deviation, known),
        has_life=has_life | np.isnan(deviation),
    )


def _price(forward: Floats, strike: Floats, terms: _Terms) -> Floats:
    sign = terms.sign
    asset: Floats = forward * cumulative(sign * terms.d1)
    cash: Floats = strike * cumulative(sign * terms.d2)
    return terms.discount * np.maximum(sign * (asset - cash), 0.0)


def _alive(terms: _Terms, value: Floats) -> Floats:
    return np.where(terms.has_life, value, 0.0)


def _greeks(
    *, price: Floats, delta: Floats, gamma: Floats, theta: Floats, vega: Floats, rho: Floats
) -> Greeks:
    shaped = np.broadcast_arrays(price, delta, gamma, theta, vega, rho)
    return Greeks(*(np.array(part, dtype=np.float64) for part in shaped))


def _float(value: ArrayLike) -> Floats:
    return np.asarray(value, dtype=np.float64)
