"""A market that says what a test tells it: three shares, their prices, and whether it is open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.hours import segment_of
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.session_times import PhaseKind, Segment
from tradertape_core.market.tick import Tick
from tradertape_server.features.execution.ports import OnTick

INSTRUMENTS = {
    one.id: one
    for one in (
        Instrument(
            exchange="NSE", tradingsymbol="INFY", instrument_token=408065, exchange_token=1594
        ),
        Instrument(
            exchange="NSE", tradingsymbol="TCS", instrument_token=2953217, exchange_token=11536
        ),
        Instrument(
            exchange="NSE",
            tradingsymbol="SLICED",
            instrument_token=11,
            exchange_token=1,
            freeze_quantity=100,
        ),
        *(
            Instrument(
                exchange="NFO",
                tradingsymbol=f"NIFTY26106{strike or ''}{kind}",
                instrument_token=20 + number,
                exchange_token=2 + number,
                lot_size=65,
                segment="NFO-OPT",
                instrument_type=InstrumentType(kind),
                expiry=date(2026, 1, 6),
                strike=None if strike is None else Decimal(strike),
                option_type=None if kind == "FUT" else kind,
                underlying="NIFTY",
            )
            for number, (strike, kind) in enumerate(((24000, "CE"), (24000, "PE"), (None, "FUT")))
        ),
    )
}


class StubMarket:
    """Prices come from `trade`; the listener of execution hears them."""

    never_closes = False
    has_auctions = True
    is_stale = False

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.instruments = dict(INSTRUMENTS)
        self.open = True
        self.keeps_hours = False  # the exchange's, with its auctions
        self.with_derivatives = {"NSE:TCS"}
        self.auctions: dict[tuple[str, PhaseKind], Decimal] = {}
        self.closes: dict[str, str] = {}  # of underlyings, on the day their contracts end
        self.settlements: dict[tuple[str, date], str] = {}  # of futures, day by day
        self.watched: frozenset[str] = frozenset()
        self.prices: dict[str, Tick] = {}
        self._listener: OnTick | None = None
        self._seq = 0

    def instrument(self, instrument_id: str) -> Instrument | None:
        return self.instruments.get(instrument_id)

    def hint(self, name: str) -> str:
        return ""

    def known(self, instrument_id: str) -> Instrument:
        if instrument_id not in self.instruments:
            raise InvariantBroken(instrument_id)
        return self.instruments[instrument_id]

    def closing_price(self, contract: Instrument) -> Decimal | None:
        close = self.closes.get(contract.underlying)
        return None if close is None else Decimal(close)

    def settlement_price(self, contract: Instrument, day: date) -> Decimal | None:
        price = self.settlements.get((contract.id, day))
        return None if price is None else Decimal(price)

    def underlying_price(self, instrument: Instrument) -> Decimal | None:
        return None

    def tick(self, instrument_id: str) -> Tick | None:
        return self.prices.get(instrument_id)

    def segment(self, instrument: Instrument) -> Segment:
        ends_in_auction = self.has_auctions and instrument.id in self.with_derivatives
        return segment_of(instrument, has_derivatives=ends_in_auction)

    def phase(self, instrument: Instrument, now: datetime) -> PhaseKind | None:
        if not self.keeps_hours:
            return PhaseKind.CONTINUOUS if self.open else None
        found = nse_calendar().phase_at(now, self.segment(instrument))
        return None if found is None else found.kind

    def auction_price(self, instrument: Instrument, kind: PhaseKind) -> Decimal | None:
        return self.auctions.get((instrument.id, kind))

    def is_open(self, now: datetime) -> bool:
        return self.open

    def watch(self, instrument_ids: Collection[str], listener: OnTick) -> None:
        self.watched = frozenset(instrument_ids)
        self._listener = listener

    def trade(self, instrument_id: str, price: str, *, tell: bool = True, bid: bool = True) -> Tick:
        """A trade at a price, a tick of 5 paise between bid and ask; or nobody bids."""
        self._seq += 1
        last = Decimal(price)
        instrument = self.known(instrument_id)
        before = self.prices.get(instrument_id)
        tick = Tick(
            instrument_token=instrument.instrument_token,
            instrument_id=instrument_id,
            last_price=last,
            at=self.clock.now(),
            seq=self._seq,
            bid=last if bid else None,
            ask=last + instrument.tick_size,
            bid_quantity=1000 if bid else 0,
            ask_quantity=1000,
            volume=(before.volume if before else 0) + 10,
        )
        if tell:
            self.tell(tick)
        else:
            self.prices[instrument_id] = tick
        return tick

    def tell(self, tick: Tick) -> None:
        """A tick as a feed brings it."""
        self.prices[tick.instrument_id] = tick
        if self._listener is not None and tick.instrument_id in self.watched:
            self._listener(tick)

    def refresh(self) -> None:
        """Make every price as fresh as the clock."""
        for name, tick in self.prices.items():
            self._seq += 1
            self.prices[name] = replace(tick, at=self.clock.now(), seq=self._seq)
