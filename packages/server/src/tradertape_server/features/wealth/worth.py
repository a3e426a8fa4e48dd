"""What shares and funds were worth on each day of the market's data, and what moved in and out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from tradertape_core.wealth.instruments import ShareAction
from tradertape_core.wealth.lots import Book, Held
from tradertape_core.wealth.returns import twr
from tradertape_server.features.wealth.prices import MarketFacts

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Worth:
    """Daily series from the first purchase on, (n,) each, in rupees; for charts and returns."""

    dates: NDArray[np.datetime64]
    value: Floats
    invested: Floats
    paid_in: Floats
    paid_out: Floats
    benchmark: Floats | None  # its closes
    benchmark_return: float | None

    @property
    def time_weighted(self) -> float | None:
        """The return of the whole span: 0.1 is 10 %."""
        return twr(self.value.tolist(), self.paid_in.tolist(), self.paid_out.tolist())

    @property
    def last_day_profit(self) -> float | None:
        """What the last day of the data changed, purchases and sales of it apart."""
        if len(self.value) < 2:
            return None
        before, now = self.value[-2:]
        return float(now + self.paid_out[-1] - before - self.paid_in[-1])


def worth_over_time(
    market: MarketFacts,
    books: Iterable[Book],
    flows: Sequence[tuple[date, Decimal]],
    navs: Mapping[str, Sequence[tuple[date, float]]],
    income: Iterable[tuple[date, Decimal]],
) -> Worth:
    """Value every holding on every day; at cost where there is no price.

    flows: put in below zero, taken out above. What happened on a day without closes counts on the
    next one with closes.
    """
    first = min((day for day, _ in flows), default=None)
    start = len(market.dates)
    if first is not None:
        start = int(np.searchsorted(market.dates, np.datetime64(first, "D")))
    dates = market.dates[start:]
    value, invested = np.zeros(len(dates)), np.zeros(len(dates))
    paid_in, paid_out = np.zeros(len(dates)), np.zeros(len(dates))
    for book in books:
        for account, history in book.history.items():
            units, cost = _steps(history, dates)
            price = _prices(account.instrument, market, navs, dates, start)
            units = units * _basis(market, account.instrument, dates)
            value += np.where(np.isnan(price), cost, units * np.nan_to_num(price))
            invested += cost
    for day, amount in [*flows, *income]:
        place = int(np.searchsorted(dates, np.datetime64(day, "D")))
        if place < len(dates):
            (paid_in if amount < 0 else paid_out)[place] += abs(float(amount))
    benchmark = None if market.benchmark is None else market.benchmark[start:]
    gain = _benchmark_return(market.benchmark, start)
    return Worth(dates, value, invested, paid_in, paid_out, benchmark, gain)


def _steps(history: Sequence[Held], dates: NDArray[np.datetime64]) -> tuple[Floats, Floats]:
    """Units held and their cost at each day's close."""
    days = np.array([one.day for one in history], dtype="M8[D]")
    place = np.searchsorted(days, dates, side="right")
    units = np.array([0.0, *(float(one.quantity) for one in history)])
    cost = np.array([0.0, *(float(one.cost) for one in history)])
    return units[place], cost[place]


def _prices(
    instrument: str,
    market: MarketFacts,
    navs: Mapping[str, Sequence[tuple[date, float]]],
    dates: NDArray[np.datetime64],
    start: int,
) -> Floats:
    """The last known price at each day's close, NaN before the first."""
    known = navs.get(instrument)
    if known is not None:
        days = np.array([day for day, _ in known], dtype="M8[D]")
        prices = np.array([np.nan, *(price for _, price in known)])
        return prices[np.searchsorted(days, dates, side="right")]
    closes = market.closes.get(instrument)
    if closes is None:
        return np.full(len(dates), np.nan)
    seen = np.where(np.isnan(closes), -1, np.arange(len(closes)))
    last = np.maximum.accumulate(seen)
    return np.where(last < 0, np.nan, closes[last])[start:]


def _basis(market: MarketFacts, instrument: str, dates: NDArray[np.datetime64]) -> Floats:
    """Units on the basis of the prices for one unit of each day."""
    factor = np.ones(len(dates))
    actions: Sequence[ShareAction] = market.actions.get(instrument, ())
    for action in actions if market.is_adjusted else ():
        factor[dates < np.datetime64(action.ex_date, "D")] *= action.new / action.old
    return factor


def _benchmark_return(closes: Floats | None, start: int) -> float | None:
    """Over the same days, from the close before the first."""
    if closes is None or not 0 < start < len(closes):
        return None
    before, last = closes[start - 1], closes[-1]
    return float(last / before - 1.0) if before > 0 and last > 0 else None
