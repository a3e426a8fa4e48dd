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

import math
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
        self, forward: ArrayLike, strike: ArrayLike, years: float, level: float
    ) -> Floats:
        """Return yearly implied volatilities; `level` is that of the index, 0.15 for a VIX of 15.

        Raises InvalidInput unless level and years are above 0.
        """
        at_money = self.variance_at_money(years, level)
        moneyness: Floats = np.log(_float(strike) / _float(forward))
        bend = self.curvature / math.sqrt(at_money * (1.0 + at_money))
        scaled: Floats = bend * moneyness
        rise: Floats = np.sqrt((scaled + self.skew) ** 2 + 1.0 - self.skew**2)
        total: Floats = 0.5 * at_money * (1.0 + self.skew * scaled + rise)
        return np.sqrt(total / years)

    def variance_at_money(self, years: float, level: float) -> float:
        """Variance at the money from now to expiry, not yearly: it rises with `years`."""
        if not (math.isfinite(level) and level > 0.0 and years > 0.0):
            raise InvalidInput(f"volatility and time must be above 0, were {level} and {years}")
        far = self.long_volatility**2
        month = (self.at_the_money * level) ** 2
        now = max(far + (month - far) / self._weight(INDEX_YEARS), _LEAST_OF_LEVEL * month)
        return (far + (now - far) * self._weight(years)) * years

    def _weight(self, years: float) -> float:
        """How much of today's variance is left, averaged over a time."""
        return -math.expm1(-self.reversion * years) / (self.reversion * years)


SURFACE = Surface()


def option_prices(
    *, spot: float, years: float, level: float, strike: ArrayLike, is_call: ArrayLike,
    rate: float = RISK_FREE_RATE, surface: Surface = SURFACE,
) -> Floats:  # fmt: skip
    """Return what simulated options are worth, rupees: a pure function of its arguments.

    Not rounded to the tick. In the last second, and after it, the intrinsic value.
    """
    strikes, calls = np.broadcast_arrays(_float(strike), np.asarray(is_call, dtype=np.bool_))
    if years < _ONE_SECOND:
        return np.maximum(np.where(calls, spot - strikes, strikes - spot), 0.0)
    forward = float(forward_price(spot, years, rate))
    volatility = surface.volatility(forward, strikes, years, level)
    return black76_price(forward, strikes, years, volatility, rate, calls)


def _float(value: ArrayLike) -> Floats:
    return np.asarray(value, dtype=np.float64)
