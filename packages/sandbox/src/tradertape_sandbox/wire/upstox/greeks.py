"""Chains of options with their volatilities and Greeks, worked out at most once a second each."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np

from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.options.chain import CALL, PUT, Chain, ChainQuotes, build_chain
from tradertape_core.options.expiry import years_left
from tradertape_core.options.normal import cumulative
from tradertape_sandbox.exchange.exchange import Exchange

_COLUMNS = {"CE": CALL, "PE": PUT}


@dataclass(frozen=True, slots=True)
class OptionView:
    """What an option's price implies; 0 where it implies nothing.

    iv: a fraction a year. theta: rupees a day, vega: rupees a point of volatility. pop: the chance
    to expire in the money, in percent.
    """

    iv: float = 0.0
    delta: float = 0.0
    theta: float = 0.0
    gamma: float = 0.0
    vega: float = 0.0
    rho: float = 0.0
    pop: float = 0.0


NO_VIEW = OptionView()


@dataclass(frozen=True, slots=True)
class OptionTable:
    """The options of an underlying and an expiry: by row and column, and their chain."""

    rows: tuple[tuple[Instrument | None, Instrument | None], ...]
    chain: Chain
    spot: float

    def view(self, option: Instrument) -> OptionView:
        """One option's Greeks."""
        if option.strike is None or option.option_type is None:
            return OptionView()
        row = int(np.searchsorted(self.chain.strikes, float(option.strike)))
        column = _COLUMNS[option.option_type]
        greeks, iv = self.chain.greeks, float(self.chain.volatility[row, column])
        if not math.isfinite(iv):
            iv = float(self.chain.volatility[row, 1 - column])
        shown = (
            float(one[row, column])
            for one in (greeks.delta, greeks.theta, greeks.gamma, greeks.vega, greeks.rho)
        )
        numbers = [_finite(one) for one in (iv, *shown)]
        return OptionView(*numbers, pop=self._chance(float(option.strike), iv, column))

    def _chance(self, strike: float, iv: float, column: int) -> float:
        spread = iv * math.sqrt(self.chain.years)
        if not math.isfinite(iv) or spread <= 0.0:
            return 0.0
        distance = math.log(self.chain.forward / strike) / spread - spread / 2.0
        return float(cumulative(distance if column == CALL else -distance)) * 100.0


@dataclass(slots=True)
class OptionTables:
    """The tables of every underlying and expiry, as of the present second."""

    exchange: Exchange
    _second: datetime | None = None
    _tables: dict[tuple[str, date], OptionTable | None] = field(
        default_factory=dict[tuple[str, date], OptionTable | None]
    )

    def table(self, underlying: str, expiry: date) -> OptionTable | None:
        """The options on an underlying that end on a day; None where there are none."""
        second = self.exchange.now().replace(microsecond=0)
        if second != self._second:
            self._second = second
            self._tables.clear()
        key = (underlying, expiry)
        if key not in self._tables:
            self._tables[key] = self._made(underlying, expiry)
        return self._tables[key]

    def view(self, option: Instrument) -> OptionView:
        """One option's Greeks; nothing for what is no option."""
        if not option.is_option or option.expiry is None:
            return OptionView()
        table = self.table(option.underlying, option.expiry)
        return OptionView() if table is None else table.view(option)

    def _made(self, underlying: str, expiry: date) -> OptionTable | None:
        listing = self.exchange.instruments
        ending = [one for one in listing.derivatives(underlying) if one.expiry == expiry]
        options = [one for one in ending if one.is_option]
        spot_of = listing.spot_of(options[0]) if options else None
        spot = None if spot_of is None else self.exchange.tick(spot_of.id)
        if spot is None:
            return None
        self.exchange.market.prepare([one.id for one in ending])
        strikes = sorted({one.strike for one in options if one.strike is not None})
        place = {strike: row for row, strike in enumerate(strikes)}
        table: list[list[Instrument | None]] = [[None, None] for _ in strikes]
        for one in options:
            if one.strike is not None and one.option_type is not None:
                table[place[one.strike]][_COLUMNS[one.option_type]] = one
        future = next((one for one in ending if not one.is_option), None)
        future_tick = None if future is None else self.exchange.tick(future.id)
        quotes = _quotes(
            float(spot.last_price),
            [float(strike) for strike in strikes],
            [[None if one is None else self.exchange.tick(one.id) for one in row] for row in table],
            None if future_tick is None else float(future_tick.last_price),
        )
        chain = build_chain(quotes, years=years_left(expiry, self.exchange.now()))
        rows = tuple((call, put) for call, put in table)
        return OptionTable(rows, chain, float(spot.last_price))


def _quotes(
    spot: float, strikes: list[float], ticks: list[list[Tick | None]], future: float | None
) -> ChainQuotes:
    def prices(name: str) -> list[list[float]]:
        return [[_price(tick, name) for tick in row] for row in ticks]

    def counts(name: str) -> list[list[int]]:
        return [[0 if tick is None else getattr(tick, name) for tick in row] for row in ticks]

    return ChainQuotes(
        spot=spot,
        strikes=np.array(strikes, dtype=np.float64),
        last=np.array(prices("last_price"), dtype=np.float64),
        bid=np.array(prices("bid"), dtype=np.float64),
        ask=np.array(prices("ask"), dtype=np.float64),
        volume=np.array(counts("volume"), dtype=np.int64),
        oi=np.array(counts("oi"), dtype=np.int64),
        future=future,
    )


def _price(tick: Tick | None, name: str) -> float:
    value = None if tick is None else getattr(tick, name)
    return math.nan if value is None else float(value)


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0
