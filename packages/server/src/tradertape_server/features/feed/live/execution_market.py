"""The market as order execution sees it: instruments, latest ticks, trading phases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.ledger.settlement import closing_price
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.candle import Interval
from tradertape_core.market.hours import segment_of, session_hours
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import PRE_OPEN, TAKES_ORDERS, PhaseKind, Segment
from tradertape_core.market.tick import Tick
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.sources.tick_source import Mode, Subscription
from tradertape_server.features.instruments.service import InstrumentService, UnknownInstrument
from tradertape_server.platform.logging import get_logger

OnTick = Callable[[Tick], None]

_OWNER = "execution"

logger = get_logger(__name__)


class ExecutionMarket:
    """Reads the feed; a tick that is not subscribed to is requested from the source once.

    with_depth: ticks include market depth, for a venue that fills no more than the book shows.
    """

    def __init__(
        self, feed: Feed, instruments: InstrumentService, *,
        any_hour: bool, has_auctions: bool = True, with_depth: bool = False,
        close_on: Callable[[Instrument, date], Decimal | None] = lambda _instrument, _day: None,
    ) -> None:  # fmt: skip
        self._feed = feed
        self._close_on = close_on
        self._instruments = instruments
        self._any_hour = any_hour
        self.has_auctions = has_auctions
        self._mode = Mode.FULL if with_depth else Mode.QUOTE
        self._lock = threading.Lock()
        self._watched: dict[str, Instrument] = {}
        self._listener: OnTick | None = None
        feed.on_ticks(self._receive)

    def instrument(self, instrument_id: str) -> Instrument | None:
        """The instrument with an id such as `NSE:INFY`; None if it is unknown."""
        with self._lock:
            watched = self._watched.get(instrument_id)
        return watched or self._instruments.master.by_id(instrument_id)

    def hint(self, name: str) -> str:
        """The end of a message about an unknown name: why it is unknown, and similar names."""
        try:
            found = self._instruments.get(name)
        except UnknownInstrument as error:
            return error.hint
        return f"; did you mean {found.id}?"

    def known(self, instrument_id: str) -> Instrument:
        """An instrument that was traded; raises InvariantBroken if it is no longer known."""
        found = self.instrument(instrument_id)
        if found is None:
            raise InvariantBroken(f"{instrument_id} was traded and is no longer known")
        return found

    def underlying_price(self, instrument: Instrument) -> Decimal | None:
        """The latest price of a derivative's underlying, None if there is none."""
        try:
            spot = self._instruments.spot_of(instrument)
        except UnknownInstrument:
            return None
        tick = self._tick(spot)
        return None if tick is None else tick.last_price

    def closing_price(self, contract: Instrument) -> Decimal | None:
        """The settlement price: the average of the underlying's last half hour on the expiry day.

        Without minute candles of that day, its last price; None without either.
        """
        if contract.expiry is None:
            return None
        try:
            spot = self._instruments.spot_of(contract)
        except UnknownInstrument:
            return None
        hours = session_hours(nse_calendar(), contract.expiry)
        if hours is None:
            return None
        last = hours.end - timedelta(seconds=1)
        minutes = self._feed.source.session_candles(spot, Interval.MINUTE, last)
        return closing_price(minutes) or self._close_on(spot, contract.expiry)

    def settlement_price(self, contract: Instrument, day: date) -> Decimal | None:
        """What a future closed at on a day: the average of its own last half hour.

        Without minute candles of that day, its last price; None without either.
        """
        hours = session_hours(nse_calendar(), day, Segment.DERIVATIVES)
        if hours is None:
            return None
        last = hours.end - timedelta(seconds=1)
        minutes = self._feed.source.session_candles(contract, Interval.MINUTE, last)
        return closing_price(minutes) or self._close_on(contract, day)

    def tick(self, instrument_id: str) -> Tick | None:
        """The latest tick; None without a price."""
        found = self.instrument(instrument_id)
        return None if found is None else self._tick(found)

    def segment(self, instrument: Instrument) -> Segment:
        """The segment whose hours apply; without auctions all shares trade until 15:30."""
        ends_in_auction = self.has_auctions and self._instruments.has_derivatives(instrument)
        return segment_of(instrument, has_derivatives=ends_in_auction)

    def phase(self, instrument: Instrument, now: datetime) -> PhaseKind | None:
        """The trading phase of an instrument; None while its market is closed."""
        found = self._feed.source.phase(now, self.segment(instrument))
        if found is None or (found.kind in PRE_OPEN and not self._is_in_pre_open(instrument)):
            return None
        return found.kind

    def is_open(self, now: datetime) -> bool:
        """Whether orders are accepted now in any segment."""
        phases = (self._feed.source.phase(now, segment) for segment in Segment)
        return any(found is not None and found.kind in TAKES_ORDERS for found in phases)

    def auction_price(self, instrument: Instrument, kind: PhaseKind) -> Decimal | None:
        """The price of today's pre-open or closing auction; None if it is unknown.

        May take a second: do not call it on the trader's thread.
        """
        hours = session_hours(nse_calendar(), self._feed.now.astimezone(IST).date())
        if hours is None:
            return None
        moment = hours.start if kind in PRE_OPEN else hours.end - timedelta(seconds=1)
        made = self._feed.source.quote([Subscription(instrument, Mode.QUOTE)], moment)
        return made[0].last_price if made else None

    def _is_in_pre_open(self, instrument: Instrument) -> bool:
        """Whether the pre-open auction includes it: shares, and futures of the nearest expiry."""
        if not instrument.is_derivative:
            return True
        futures = self._instruments.master.futures(instrument.underlying)
        return bool(futures) and instrument.expiry == futures[0].expiry and not instrument.is_option

    @property
    def never_closes(self) -> bool:
        """Whether the market is open at any hour."""
        return self._any_hour

    @property
    def is_stale(self) -> bool:
        """Whether the feed is stale or disconnected."""
        return self._feed.is_down

    def watch(self, instrument_ids: Collection[str], listener: OnTick) -> None:
        """Call the listener with every tick of these instruments; replaces the former list."""
        found = {one: self.instrument(one) for one in instrument_ids}
        watched = {one: instrument for one, instrument in found.items() if instrument is not None}
        with self._lock:
            self._watched, self._listener = watched, listener
        self._feed.subscribe_exactly(_OWNER, watched.values())

    def _tick(self, instrument: Instrument) -> Tick | None:
        return self._feed.quotes([instrument], self._mode).get(instrument.instrument_token)

    def _receive(self, ticks: Sequence[Tick]) -> None:
        with self._lock:
            watched, listener = self._watched, self._listener
        if listener is None:
            return
        for tick in ticks:
            if tick.instrument_id in watched:
                listener(tick)
