"""The simulated market's option prices: one surface of volatilities that admits no arbitrage.

The surface is that of J. Gatheral and A. Jacquier, "Arbitrage-free SVI volatility surfaces" (2014):
their SSVI with the power law of exponent one half. With `curvature * (1 + |skew|) <= 2` and total
variance at the money that rises with time, it has neither butterfly nor calendar arbitrage, and
`Surface` refuses other parameters. Variance at the money reverts to its long mean, so that short
options follow the volatility index closely and long ones less.

Real surfaces bend more near expiry than this one and jump on news; docs/options.md says what else
is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.options.greeks import RISK_FREE_RATE, black76_price, forward_price
from tradertape_core.options.normal import Floats

INDEX_YEARS = 30.0 / 365.0  # what INDIA VIX looks ahead
_LEAST_OF_LEVEL = 0.3  # the shortest options' variance, at least, over that of the month
_MOST_SLACK = 2.0
_ONE_SECOND = 1.0 / (365.0 * 86_400.0)


@dataclass(frozen=True, slots=True)
class Surface:
    """Shape of the simulated surface; its height comes with each call.

    skew: correlation of spot and volatility, in (-1, 0]: how much dearer puts are. curvature: how
    fast volatility rises away from the money. long_volatility: where variance at the money reverts
    to, yearly. reversion: a year. at_the_money: volatility there over that of the index, which
    counts the wings too.

    Skew and curvature were fitted to an afternoon's chain of NIFTY options in August 2026 and then
    rounded, the skew towards what is usual in less quiet months.
    """

    skew: float = -0.30
    curvature: float = 1.30
    long_volatility: float = 0.135
    reversion: float = 4.0
    at_the_money: float = 0.83

    def __post_init__(self) -> None:
        if not -1.0 < self.skew <= 0.0 or self.curvature <= 0.0:
            raise InvalidInput("skew must lie in (-1, 0] and curvature above 0")
        if self.curvature * (1.0 - self.skew) > _MOST_SLACK:
            raise InvalidInput(
                f"curvature * (1 + |skew|) must not exceed 2, was "
                f"{self.curvature * (1.0 - self.skew):.2f}: the surface would admit arbitrage"
            )

    def volatility(
        self, forward: ArrayLike, strike: ArrayLike, years: ArrayLike, level: ArrayLike
    ) -> Floats:
        """Return yearly implied volatilities; `level` is that of the index, 0.15 for a VIX of 15.

        All are of one shape, or single numbers. Raises InvalidInput unless level and years are
        above 0.
        """
        at_money = self.variance_at_money(years, level)
        moneyness: Floats = np.log(_float(strike) / _float(forward))
        bend: Floats = self.curvature / np.sqrt(at_money * (1.0 + at_money))
        scaled: Floats = bend * moneyness
        rise: Floats = np.sqrt((scaled + self.skew) ** 2 + 1.0 - self.skew**2)
        total: Floats = 0.5 * at_money * (1.0 + self.skew * scaled + rise)
        return np.sqrt(total / _float(years))

    def variance_at_money(self, years: ArrayLike, level: ArrayLike) -> Floats:
        """Variance at the money from now to expiry, not yearly: it rises with `years`."""
        ahead, height = _float(years), _float(level)
        if not (np.isfinite(height).all() and (height > 0.0).all() and (ahead > 0.0).all()):
            raise InvalidInput(f"volatility and time must be above 0, were {level} and {years}")
        far = self.long_volatility**2
        month: Floats = (self.at_the_money * height) ** 2
        soon: Floats = far + (month - far) / self._weight(_float(INDEX_YEARS))
        now: Floats = np.maximum(soon, _LEAST_OF_LEVEL * month)
        return (far + (now - far) * self._weight(ahead)) * ahead

    def _weight(self, years: Floats) -> Floats:
        """How much of today's variance is left, averaged over a time."""
        decay: Floats = self.reversion * years
        return -np.expm1(-decay) / decay


SURFACE = Surface()


def option_prices(
    *, spot: ArrayLike, years: ArrayLike, level: ArrayLike, strike: ArrayLike, is_call: ArrayLike,
    rate: float = RISK_FREE_RATE, surface: Surface = SURFACE,
) -> Floats:  # fmt: skip
    """Return what simulated options are worth, rupees: a pure function of its arguments.

    All are of one shape, or single numbers. Not rounded to the tick. In the last second, and after
    it, the intrinsic value.
    """
    strikes, calls = np.broadcast_arrays(_float(strike), np.asarray(is_call, dtype=np.bool_))
    spots, ahead = _float(spot), _float(years)
    is_over = ahead < _ONE_SECOND
    intrinsic: Floats = np.maximum(np.where(calls, spots - strikes, strikes - spots), 0.0)
    if is_over.all():
        return intrinsic
    ahead = np.maximum(ahead, _ONE_SECOND)
    forward = forward_price(spots, ahead, rate)
    volatility = surface.volatility(forward, strikes, ahead, level)
    return np.where(
        is_over, intrinsic, black76_price(forward, strikes, ahead, volatility, rate, calls)
    )


def _float(value: ArrayLike) -> Floats:
    return np.asarray(value, dtype=np.float64)
