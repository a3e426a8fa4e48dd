"""A chain: all strikes of one expiry with prices, volatilities and Greeks, and what they sum to.

Arrays are (K, 2): K strikes, rising; column CALL or PUT. Prices are rupees, open interest and
volume units, not lots.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.options.greeks import RISK_FREE_RATE, Greeks, black76_greeks, forward_price
from tradertape_core.options.implied import implied_volatility
from tradertape_core.options.normal import Floats

Counts = NDArray[np.int64]
ForwardSource = Literal["parity", "future", "carry"]

CALL, PUT = 0, 1
OPTION_TYPES = ("CE", "PE")
_PARITY_STRIKES = 5  # nearest to the spot that a forward is read from


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainQuotes:
    """Prices and open interest of the market: NaN for no price, 0 for no units.

    strikes: (K,) rising. last, bid, ask, volume, oi: (K, 2). future: price of the future that
    expires with the options, None if none is known.
    """

    spot: float
    strikes: Floats
    last: Floats
    bid: Floats
    ask: Floats
    volume: Counts
    oi: Counts
    future: float | None = None

    def __post_init__(self) -> None:
        if self.strikes.size == 0:
            raise InvalidInput("a chain needs at least one strike")
        if bool(np.any(np.diff(self.strikes) <= 0)):
            raise InvalidInput("strikes must rise")
        shape = (self.strikes.size, 2)
        if any(part.shape != shape for part in (self.last, self.bid, self.ask)):
            raise InvalidInput(f"prices must be shaped {shape}")

    @property
    def price(self) -> Floats:
        """What volatility is read from: the middle of bid and ask, the last price without both."""
        both = (self.bid > 0.0) & (self.ask > 0.0)
        return np.where(both, 0.5 * (self.bid + self.ask), self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Quotes with what they imply.

    volatility: (K, 2), yearly, each option's own; NaN where its price implies none. greeks: by
    Black 1976 against the forward, with the option's own volatility or, where it has none, that of
    its twin of the same strike; NaN where neither has one.
    """

    quotes: ChainQuotes
    years: float
    rate: float
    forward: float
    forward_source: ForwardSource
    volatility: Floats
    greeks: Greeks

    @property
    def strikes(self) -> Floats:
        """Strikes in rupees, ascending; float64."""
        return self.quotes.strikes

    @property
    def at_money(self) -> int:
        """Row of the strike nearest to the spot; of two equally near the lower one."""
        return int(np.argmin(np.abs(self.strikes - self.quotes.spot)))

    @property
    def volatility_at_money(self) -> float | None:
        """Mean of the volatilities at the money; None when there is neither."""
        known = self.volatility[self.at_money]
        known = known[np.isfinite(known)]
        return float(known.mean()) if known.size else None


def build_chain(quotes: ChainQuotes, *, years: float, rate: float = RISK_FREE_RATE) -> Chain:
    """Work out forward, volatilities and Greeks of a whole chain at once."""
    forward, source = implied_forward(quotes, years=years, rate=rate)
    strike, is_call = quotes.strikes[:, None], np.array([True, False])
    volatility = implied_volatility(quotes.price, forward, strike, years, rate, is_call)
    twin: Floats = np.where(np.isfinite(volatility), volatility, volatility[:, ::-1])
    return Chain(
        quotes=quotes,
        years=years,
        rate=rate,
        forward=forward,
        forward_source=source,
        volatility=volatility,
        greeks=black76_greeks(forward, strike, years, twin, rate, is_call),
    )


def implied_forward(
    quotes: ChainQuotes, *, years: float, rate: float
) -> tuple[float, ForwardSource]:
    """The forward that put-call parity gives around the spot, and where it comes from.

    The median over the strikes nearest to the spot that have both prices; without any the future,
    without that the cost to carry the spot.
    """
    price = quotes.price
    paired = np.flatnonzero(np.all(price > 0.0, axis=1))
    if paired.size and years > 0.0:
        distance = np.abs(quotes.strikes[paired] - quotes.spot)
        near = paired[np.argsort(distance, kind="stable")[:_PARITY_STRIKES]]
        difference: Floats = price[near, CALL] - price[near, PUT]
        forward: Floats = quotes.strikes[near] + difference * np.exp(rate * years)
        return float(np.median(forward)), "parity"
    if quotes.future is not None:
        return quotes.future, "future"
    return float(forward_price(quotes.spot, years, rate)), "carry"


def around_money(chain: Chain, window: int) -> Chain:
    """The chain's strikes at the money and `window` on either side, as far as there are any."""
    if window < 0:
        raise InvalidInput("window must not be below 0", pointer="/window")
    rows = slice(max(chain.at_money - window, 0), chain.at_money + window + 1)
    quotes = chain.quotes
    cut = replace(
        quotes,
        strikes=quotes.strikes[rows],
        last=quotes.last[rows],
        bid=quotes.bid[rows],
        ask=quotes.ask[rows],
        volume=quotes.volume[rows],
        oi=quotes.oi[rows],
    )
    greeks = Greeks(*(getattr(chain.greeks, part.name)[rows] for part in fields(Greeks)))
    return replace(chain, quotes=cut, volatility=chain.volatility[rows], greeks=greeks)


@dataclass(frozen=True, slots=True)
class PutCallRatio:
    """Puts over calls, by open interest and by volume; None where there are no calls."""

    by_oi: float | None
    by_volume: float | None
    call_oi: int
    put_oi: int
    call_volume: int
    put_volume: int


def put_call_ratio(quotes: ChainQuotes) -> PutCallRatio:
    """Sum a chain up; a high ratio means more puts are open than calls."""
    call_oi, put_oi = (int(total) for total in quotes.oi.sum(axis=0))
    call_volume, put_volume = (int(total) for total in quotes.volume.sum(axis=0))
    return PutCallRatio(
        by_oi=put_oi / call_oi if call_oi else None,
        by_volume=put_volume / call_volume if call_volume else None,
        call_oi=call_oi,
        put_oi=put_oi,
        call_volume=call_volume,
        put_volume=put_volume,
    )


@dataclass(frozen=True, slots=True)
class MaxPain:
    """The strike at which the holders of all open options would be paid least at expiry.

    payout: (K,) rupees paid to them if the underlying settles at each strike. strike: None when
    nothing is open.
    """

    strike: float | None
    payout: Floats


def max_pain(quotes: ChainQuotes) -> MaxPain:
    """Find it in one pass; of several equal strikes the one nearest to the spot."""
    strikes, oi = quotes.strikes, quotes.oi.astype(np.float64)
    calls, puts = oi[:, CALL], oi[:, PUT]
    # A call struck at K pays S - K for every S above it: sums from below; puts from above.
    call_payout: Floats = strikes * np.cumsum(calls) - np.cumsum(calls * strikes)
    above, worth = np.cumsum(puts[::-1])[::-1], np.cumsum((puts * strikes)[::-1])[::-1]
    payout: Floats = call_payout + worth - strikes * above
    if not oi.any():
        return MaxPain(None, payout)
    least = np.flatnonzero(payout <= payout.min())
    nearest = least[np.argmin(np.abs(strikes[least] - quotes.spot))]
    return MaxPain(float(strikes[nearest]), payout)
