"""A broker's feed as a tick source: its ticks, and its quotes and candles on request."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Final

from tradertape_brokers.errors import BrokerError, Refused
from tradertape_brokers.feed import FeedCondition, FeedGap, FeedPort, FeedState, TickMode
from tradertape_brokers.marketdata import QuotesPort
from tradertape_brokers.sessions import Session
from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import Calendar
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.hours import TradingHours, hours_at
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import Phase, Segment
from tradertape_core.market.tick import Tick
from tradertape_core.orders.reports import VenueOrder
from tradertape_server.features.feed.sources.tick_source import Mode, Subscription
from tradertape_server.platform.logging import get_logger

logger = get_logger(__name__)

# Returns the broker's row of an instrument; raises Refused where it has none for certain.
RowOf = Callable[[Instrument], Instrument]

MOST_BUFFERED: Final = 200_000  # ticks between two polls
MOST_SERIES: Final = 2_000  # of candles that are kept
ASKED_FOR: Final = timedelta(minutes=1)  # how long what was quoted is streamed, to be asked again
_MODES: Final = {Mode.LTP: TickMode.LTP, Mode.QUOTE: TickMode.QUOTE, Mode.FULL: TickMode.FULL}
_USABLE: Final = frozenset({FeedCondition.LIVE, FeedCondition.IDLE})
_CLIENT: Final = "server"


class BrokerSource:
    """One account's feed, delivered on a thread of its own and read by polling.

    Ticks carry the tokens of the server's instruments, whatever the broker's are, and numbers of
    this source. While the connection is lost a poll raises OSError with the reason, so that the
    prices are stale and candles over the gap are marked; so does the first poll after a gap that
    began and ended between two polls.

    What is quoted is subscribed to for a minute: a page that asks again each second then costs the
    broker no further request, and the last tick of a live feed is the present price.

    numbers: of ticks; sources that stand in for each other share them. on_order, on_gap: told on
    the feed's thread.
    """

    is_simulated = False

    def __init__(
        self, name: str, feed: FeedPort, quotes: QuotesPort | None, row_of: RowOf,
        calendar: Calendar, *, numbers: Iterator[int] | None = None,
        on_order: Callable[[VenueOrder], None] = lambda _order: None,
        on_missed: Callable[[], None] = lambda: None, most_asked: int = 1_000,
    ) -> None:  # fmt: skip
        self.name = name
        self._numbers = numbers or count(1)
        self._tell_order = on_order
        self._tell_missed = on_missed
        self._most_asked = most_asked
        self._asked: dict[int, tuple[Subscription, datetime]] = {}  # quoted, until when
        self._delivered: frozenset[int] = frozenset()  # tokens whose ticks are polled
        self._last: dict[int, Tick] = {}  # of the present connection
        self.refused: dict[str, str] = {}  # why an instrument has no ticks here, by its id
        self.lost_ticks = 0
        self._feed = feed
        self._quotes = quotes
        self._row_of = row_of
        self._calendar = calendar
        self._lock = threading.Lock()
        self._buffer: deque[Tick] = deque(maxlen=MOST_BUFFERED)
        self._ours: dict[str, Instrument] = {}  # by the broker's id
        self._rows: dict[int, Instrument] = {}  # the broker's, by our token
        self._modes: dict[int, Mode] = {}
        self._exchange_times: dict[int, datetime] = {}
        self._past: dict[tuple[str, Interval, date, date], list[Candle]] = {}
        self._missed: FeedGap | None = None
        self._failure = ""
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def market_time(self, now: datetime) -> datetime:
        """The clock's time."""
        return now

    def poll(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """The ticks since the last call; raises OSError while the broker's feed is not live."""
        with self._lock:
            self._delivered = frozenset(one.instrument.instrument_token for one in wanted)
        self._subscribe(self._with_asked(wanted, now))
        self._start()
        state = self._feed.state
        if self._failure:
            raise OSError(self._failure)
        if state.condition not in _USABLE:
            raise OSError(state.reason or f"the feed of {self.name} is {state.condition.value}")
        with self._lock:
            gap, self._missed = self._missed, None
            if gap is not None and now - gap.end < timedelta(minutes=1):
                raise OSError(f"ticks were missed from {gap.start:%H:%M:%S} to {gap.end:%H:%M:%S}")
            ticks = list(self._buffer)
            self._buffer.clear()
        return ticks

    @property
    def state(self) -> FeedState:
        """The condition of the broker's feed."""
        return self._feed.state

    @property
    def subscribed(self) -> int:
        """How many instruments the broker is asked for."""
        return len(self._modes)

    def renew(self, session: Session, quotes: QuotesPort | None) -> None:
        """Go on with another session, without a gap that is not the broker's."""
        self._quotes = quotes
        if self._loop is not None and self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._feed.renew, session)
        else:
            self._feed.renew(session)

    def is_streamed(self, token: int) -> bool:
        """Whether the last tick is the present one: the feed lives, and would send a newer one."""
        return token in self._last and self._feed.state.condition is FeedCondition.LIVE

    def quote(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """The present tick of each instrument; raises OSError when the broker cannot be asked."""
        streamed = [self._streamed(one, now) for one in wanted]
        known = [tick for tick in streamed if tick is not None]
        missing = [o for o, tick in zip(wanted, streamed, strict=True) if tick is None]
        return [*known, *self._quoted(missing, now)] if missing else known

    def _streamed(self, wanted: Subscription, now: datetime) -> Tick | None:
        token = wanted.instrument.instrument_token
        with self._lock:
            tick = self._last.get(token)
            if token in self._asked:
                self._asked[token] = wanted, now + ASKED_FOR
            is_enough = self._modes.get(token, 0) >= wanted.mode
            if tick is None or not is_enough or not self.is_streamed(token):
                return None
            if wanted.mode is Mode.FULL and tick.depth is None:
                return None
            return replace(tick, at=now, seq=next(self._numbers))

    def _quoted(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        if self._quotes is None:
            return []
        with self._lock:
            for one in wanted if len(self._asked) + len(wanted) <= self._most_asked else ():
                self._asked[one.instrument.instrument_token] = one, now + ASKED_FOR
        rows = {row.id: one.instrument for one in wanted if (row := self._row(one.instrument))}
        asked = [self._rows[one.instrument_token] for one in rows.values()]
        try:
            found = self._quotes.quotes(asked) if asked else {}
        except BrokerError as error:
            raise OSError(str(error)) from error
        with self._lock:
            # A streamed tick may have overtaken the answer.
            return [
                self._numbered(tick, rows[name])
                for name, tick in found.items()
                if name in rows and not self._is_overtaken(tick, rows[name])
            ]

    def hours(self, moment: datetime, segment: Segment = Segment.CASH) -> TradingHours | None:
        """The exchange's session."""
        return hours_at(self._calendar, moment, segment)

    def phase(self, moment: datetime, segment: Segment) -> Phase | None:
        """The exchange's phase, auctions included."""
        return self._calendar.phase_at(moment, segment)

    def session_candles(
        self, instrument: Instrument, interval: Interval, moment: datetime
    ) -> list[Candle]:
        """The broker's candles of the day, up to a moment; none when it cannot be asked."""
        midnight = datetime.combine(moment.astimezone(IST).date(), time(), tzinfo=IST)
        return self._candles(instrument, interval, midnight, moment) or []

    def past_candles(
        self, instrument: Instrument, interval: Interval, start: date, end: date
    ) -> list[Candle]:
        """The broker's candles of former days: each range is asked for once."""
        key = (instrument.id, interval, start, end)
        if (known := self._past.get(key)) is not None:
            return known
        first = datetime.combine(start, time(), tzinfo=IST)
        last = datetime.combine(end, time(23, 59), tzinfo=IST)
        found = self._candles(instrument, interval, first, last)
        if found is not None:
            if len(self._past) >= MOST_SERIES:
                self._past.clear()
            self._past[key] = found
        return found or []

    def close(self) -> None:
        """Close the connections and end the thread."""
        if self._loop is not None and self._thread is not None and self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._feed.close(), self._loop).result(10)
            self._thread.join(10)

    # --- the feed's listener, on its loop -----------------------------------------------------

    def on_ticks(self, ticks: Sequence[Tick]) -> None:
        """Keep ticks for the next poll."""
        with self._lock:
            for tick in ticks:
                ours = self._ours.get(tick.instrument_id)
                if ours is None:
                    continue
                numbered = self._last[ours.instrument_token] = self._numbered(tick, ours)
                if ours.instrument_token in self._delivered:
                    self.lost_ticks += len(self._buffer) == MOST_BUFFERED
                    self._buffer.append(numbered)

    def on_order(self, order: VenueOrder) -> None:
        """Pass it on to who has placed it."""
        self._tell_order(order)

    def on_gap(self, gap: FeedGap) -> None:
        """Let the next poll tell it; order updates were missed as well."""
        with self._lock:
            self._missed = gap
        self._tell_missed()

    def on_state(self, state: FeedState) -> None:
        """Log the change: polls read the state by themselves."""
        if state.condition not in _USABLE:
            with self._lock:
                self._last.clear()
        logger.info(
            "the broker's feed changed",
            broker=self.name, condition=state.condition.value, reason=state.reason,
        )  # fmt: skip

    # --- inside -------------------------------------------------------------------------------

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"feed-{self.name}", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        async def deliver() -> None:
            self._loop = asyncio.get_running_loop()
            await self._feed.run(self)

        try:
            asyncio.run(deliver())
            self._failure = f"the feed of {self.name} is closed"
        except Exception as error:
            logger.exception("a broker's feed failed", broker=self.name)
            self._failure = f"the feed of {self.name} failed: {type(error).__name__}"

    def _with_asked(self, wanted: Sequence[Subscription], now: datetime) -> list[Subscription]:
        """What is wanted and what was quoted a moment ago, each in its highest mode."""
        with self._lock:
            self._asked = {t: one for t, one in self._asked.items() if one[1] > now}
            asked = [one for one, _ in self._asked.values()]
        found = {one.instrument.instrument_token: one for one in wanted}
        for one in asked:
            known = found.get(one.instrument.instrument_token)
            if known is None or known.mode < one.mode:
                found[one.instrument.instrument_token] = one
        return list(found.values())

    def _subscribe(self, wanted: Sequence[Subscription]) -> None:
        """Make the feed's subscriptions those that are wanted."""
        modes = {one.instrument.instrument_token: one.mode for one in wanted}
        if modes == self._modes:
            return
        for mode in Mode:
            changed = [
                row
                for one in wanted
                if one.mode is mode
                and self._modes.get(one.instrument.instrument_token) is not mode
                and (row := self._row(one.instrument)) is not None
            ]
            for name in self._feed.subscribe(_CLIENT, changed, _MODES[mode]) if changed else ():
                self.refused[self._ours[name].id] = f"the feed of {self.name} takes no more"
        if gone := [
            self._rows[token] for token in self._modes.keys() - modes if token in self._rows
        ]:
            self._feed.unsubscribe(_CLIENT, gone)
            self.refused.clear()  # a full feed has room again
            with self._lock:
                for token in self._modes.keys() - modes:
                    self._last.pop(token, None)
        # What was refused is asked for again while it is wanted here.
        names = {one.instrument.instrument_token: one.instrument.id for one in wanted}
        self._modes = {t: mode for t, mode in modes.items() if names[t] not in self.refused}

    def _row(self, ours: Instrument) -> Instrument | None:
        """The broker's row of an instrument; None, with the reason kept, where it has none."""
        row = self._rows.get(ours.instrument_token)
        if row is None:
            try:
                row = self._row_of(ours)
            except Refused as error:
                self.refused[ours.id] = str(error)
                return None
            with self._lock:
                self._rows[ours.instrument_token], self._ours[row.id] = row, ours
        self.refused.pop(ours.id, None)
        return row

    def _numbered(self, tick: Tick, ours: Instrument) -> Tick:
        if tick.exchange_at is not None:
            self._exchange_times[ours.instrument_token] = tick.exchange_at
        return replace(
            tick, instrument_token=ours.instrument_token, instrument_id=ours.id,
            seq=next(self._numbers),
        )  # fmt: skip

    def _is_overtaken(self, tick: Tick, ours: Instrument) -> bool:
        known = self._exchange_times.get(ours.instrument_token)
        return known is not None and tick.exchange_at is not None and tick.exchange_at < known

    def _candles(
        self, instrument: Instrument, interval: Interval, start: datetime, end: datetime
    ) -> list[Candle] | None:
        row = self._row(instrument) if self._quotes is not None else None
        if row is None or self._quotes is None:
            return None
        try:
            return list(self._quotes.candles(row, interval, start, end))
        except BrokerError as error:
            logger.warning("no candles", broker=self.name, of=row.id, reason=str(error))
            return None
