"""The instruments of a day: shares, indices, futures and options of the simulated market."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from tradertape_core.market.calendar import Calendar
from tradertape_core.market.chains import index_chains, share_futures
from tradertape_core.market.contracts import INDEX_CONTRACTS
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.listing import ListedShare, indices, shares
from tradertape_core.market.universe_facts import NIFTY_100
from tradertape_core.market.world.day import VOLATILITY_INDEX, MarketDay
from tradertape_sandbox.exchange.further import name_and_isin

_WITH_FUTURES = frozenset(fact.symbol for fact in NIFTY_100)


class Listing:
    """A table of instruments, found by id, by token and by ISIN."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self.all: tuple[Instrument, ...] = tuple(instruments)
        self._by_id = {one.id: one for one in self.all}
        self._by_token = {one.instrument_token: one for one in self.all}
        self._by_number = {(one.exchange, one.exchange_token): one for one in self.all}
        self._by_isin = {(one.exchange, one.isin): one for one in self.all if one.isin}
        self._of: dict[str, list[Instrument]] = {}
        for one in self.all:
            if one.is_derivative:
                self._of.setdefault(one.underlying, []).append(one)

    def get(self, instrument_id: str) -> Instrument | None:
        """The instrument with an id such as `NSE:INFY`."""
        return self._by_id.get(instrument_id)

    def by_token(self, token: int) -> Instrument | None:
        """The instrument with Kite's token."""
        return self._by_token.get(token)

    def by_isin(self, exchange: str, isin: str) -> Instrument | None:
        """The share with an ISIN on an exchange."""
        return self._by_isin.get((exchange, isin))

    def by_exchange_token(self, exchange: str, token: int) -> Instrument | None:
        """The instrument with the exchange's own number."""
        return self._by_number.get((exchange, token))

    def on(self, exchange: str) -> tuple[Instrument, ...]:
        """All instruments of an exchange."""
        return tuple(one for one in self.all if one.exchange == exchange)

    def derivatives(self, underlying: str) -> Sequence[Instrument]:
        """Futures and options on an underlying."""
        return self._of.get(underlying, ())

    @property
    def underlyings(self) -> tuple[str, ...]:
        """The underlyings of all futures and options, sorted."""
        return tuple(sorted(self._of))

    def spot_of(self, derivative: Instrument) -> Instrument | None:
        """The index or the share that a future or an option is on."""
        contract = INDEX_CONTRACTS.get(derivative.underlying)
        if contract is None:
            return self.get(f"NSE:{derivative.underlying}")
        return self.get(f"{contract.index_exchange}:{contract.index}")


def listing_of(day: MarketDay, today: date, calendar: Calendar) -> Listing:
    """The instruments that are traded on `today`, at the prices of the market's latest day."""
    listed = [
        ListedShare(symbol, *known, share.previous)
        for symbol, share in day.shares.items()
        if (known := name_and_isin(symbol)) is not None
    ]
    equities = shares(listed, today)
    closes = {row.symbol: row.close for row in listed}
    levels = {name: index.previous for name, index in day.indices.items()}
    with_futures = [
        (share, closes[share.tradingsymbol])
        for share in equities
        if share.tradingsymbol in _WITH_FUTURES
    ]
    return Listing(
        [
            *equities,
            *indices({*day.indices, VOLATILITY_INDEX}),
            *index_chains(levels, today, calendar),
            *share_futures(with_futures, today, calendar),
        ]
    )
