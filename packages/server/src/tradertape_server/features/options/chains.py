"""Option chains of the live market: the listed contracts and their quotes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import numpy as np

from tradertape_core.market.contracts import INDEX_CONTRACTS
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.options.chain import OPTION_TYPES, Chain, ChainQuotes, build_chain
from tradertape_core.options.expiry import live_expiries, resolve_expiry, years_left
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.sources.tick_source import Mode
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.platform.errors import ApiError, Unavailable

_ALIASES: Mapping[str, str] = {
    contract.index: underlying for underlying, contract in INDEX_CONTRACTS.items()
}
_EXCHANGES = ("NFO", "BFO")


class UnknownUnderlying(ApiError):
    """No options are listed on an underlying; the message lists those that have options."""

    status = 404

    def __init__(self, name: str, known: Sequence[str]) -> None:
        there = f"there are options on {', '.join(known)}" if known else "no options are listed"
        super().__init__(f"No options on {name}; {there}.", code="unknown_underlying")


@dataclass(frozen=True, slots=True, kw_only=True)
class Underlying:
    """An underlying. exchange: of its options; expiries: those that still trade."""

    name: str
    exchange: str
    spot: Instrument
    expiries: tuple[date, ...]
    options: Sequence[Instrument]

    @property
    def lot_size(self) -> int:
        """Units in a lot of the contract that expires next."""
        return self.options[0].lot_size

    @property
    def strike_step(self) -> float:
        """The median distance between strikes of the nearest expiry."""
        first = self.expiries[0]
        strikes = sorted({float(o.strike or 0) for o in self.options if o.expiry == first})
        return float(np.median(np.diff(strikes))) if len(strikes) > 1 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveChain:
    """A chain with its contracts. contracts: (strikes, 2), None where none is listed."""

    underlying: Underlying
    expiry: date
    chain: Chain
    contracts: tuple[tuple[Instrument | None, Instrument | None], ...]
    ticks: Mapping[int, Tick]
    spot: Tick
    at: datetime
    is_stale: bool

    def contract(self, row: int, column: int) -> Instrument | None:
        """The contract in a row and column (call, put) of the chain."""
        return self.contracts[row][column]

    def place(self, instrument: Instrument) -> tuple[int, int] | None:
        """Row and column of an option in this chain; None: it is not in it."""
        for row, pair in enumerate(self.contracts):
            for column, one in enumerate(pair):
                if one is not None and one.instrument_token == instrument.instrument_token:
                    return row, column
        return None


class ChainReader:
    """Builds chains from instruments and the feed's quotes."""

    def __init__(self, instruments: InstrumentService, feed: Feed) -> None:
        self._instruments = instruments
        self._feed = feed

    @property
    def now(self) -> datetime:
        """The market's time."""
        return self._feed.now

    def names(self) -> list[str]:
        """Underlyings that have options which still trade."""
        master = self._instruments.master
        return [n for n in master.underlyings() if live_expiries(master.expiries(n), self.now)]

    def underlying(self, text: str) -> Underlying:
        """By `NIFTY`, or by its index `NIFTY 50`; raises UnknownUnderlying."""
        plain = text.strip().upper().rpartition(":")[2]
        name = _ALIASES.get(plain, plain)
        options = self._instruments.master.options(name)
        expiries = live_expiries([o.expiry for o in options if o.expiry], self.now)
        if not expiries:
            raise UnknownUnderlying(text, self.names())
        live = [one for one in options if one.expiry in set(expiries)]
        return Underlying(
            name=name,
            exchange=live[0].exchange,
            spot=self._instruments.spot_of(live[0]),
            expiries=tuple(expiries),
            options=live,
        )

    def expiry(self, underlying: Underlying, text: str | None, *, pointer: str = "/expiry") -> date:
        """The listed expiry that a word or date names; default: the nearest."""
        return resolve_expiry(
            text or "nearest", underlying.expiries, self.now,
            exchange=underlying.exchange, pointer=pointer,
        )  # fmt: skip

    def spot(self, underlying: Underlying) -> Tick:
        """The underlying's price; raises Unavailable while none is known."""
        token = underlying.spot.instrument_token
        tick = self._feed.quotes([underlying.spot], Mode.LTP).get(token)
        if tick is None:
            raise Unavailable(f"No price of {underlying.spot.id} is known yet.", code="no_price")
        return tick

    def chain(self, underlying: Underlying, expiry: date) -> LiveChain:
        """All strikes of an expiry with quotes, implied volatilities and Greeks."""
        spot, now = self.spot(underlying), self.now
        options = [one for one in underlying.options if one.expiry == expiry]
        future = self._future(underlying.name, expiry)
        wanted = [*options, future] if future is not None else options
        ticks = self._feed.quotes(wanted, Mode.FULL)
        strikes, contracts = _grid(options)
        carried = None if future is None else ticks.get(future.instrument_token)
        figures = _chain_quotes(
            strikes, contracts, ticks, spot=float(spot.last_price),
            future=None if carried is None else float(carried.last_price),
        )  # fmt: skip
        return LiveChain(
            underlying=underlying,
            expiry=expiry,
            chain=build_chain(figures, years=years_left(expiry, now)),
            contracts=contracts,
            ticks=ticks,
            spot=spot,
            at=now,
            is_stale=self._feed.is_stale(underlying.spot.instrument_token),
        )

    def tick(self, instrument: Instrument) -> Tick | None:
        """The latest quote of one contract."""
        return self._feed.quotes([instrument], Mode.FULL).get(instrument.instrument_token)

    def find(self, *, exchange: str, tradingsymbol: str, token: int | None) -> Instrument:
        """A contract by token or symbol; raises UnknownInstrument.

        The published client sends NFO for every option, so BFO is searched too.
        """
        if token is not None:
            return self._instruments.get(token)
        master = self._instruments.master
        for one in dict.fromkeys((exchange.upper() or "NFO", *_EXCHANGES)):
            if found := master.by_id(f"{one}:{tradingsymbol}"):
                return found
        return self._instruments.get(f"{exchange or 'NFO'}:{tradingsymbol}")

    def _future(self, name: str, expiry: date) -> Instrument | None:
        futures = self._instruments.master.futures(name)
        return next((one for one in futures if one.expiry == expiry), None)


Contracts = tuple[tuple[Instrument | None, Instrument | None], ...]


def _grid(options: Iterable[Instrument]) -> tuple[list[Decimal], Contracts]:
    found: dict[Decimal, dict[str, Instrument]] = {}
    for one in options:
        if one.strike is not None and one.option_type is not None:
            found.setdefault(one.strike, {})[one.option_type] = one
    strikes = sorted(found)
    call, put = OPTION_TYPES
    return strikes, tuple((found[k].get(call), found[k].get(put)) for k in strikes)


def _chain_quotes(
    strikes: Sequence[Decimal], contracts: Contracts, ticks: Mapping[int, Tick], *, spot: float,
    future: float | None,
) -> ChainQuotes:  # fmt: skip
    shape = (len(strikes), 2)
    last, bid, ask = (np.full(shape, np.nan) for _ in range(3))
    volume, oi = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for row, pair in enumerate(contracts):
        for column, one in enumerate(pair):
            tick = None if one is None else ticks.get(one.instrument_token)
            if tick is None:
                continue
            last[row, column] = tick.last_price
            bid[row, column] = np.nan if tick.bid is None else tick.bid
            ask[row, column] = np.nan if tick.ask is None else tick.ask
            volume[row, column], oi[row, column] = tick.volume, tick.oi
    return ChainQuotes(
        spot=spot, strikes=np.array([float(k) for k in strikes]), last=last, bid=bid, ask=ask,
        volume=volume, oi=oi, future=future,
    )  # fmt: skip
