"""A broker's feed as a tick source: its ticks, and its quotes and candles on request."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Final

from tradertape_brokers.errors import BrokerError, Refused
from tradertape_brokers.feed import FeedCondition, FeedGap, FeedPort, FeedState, TickMode
from tradertape_brokers.marketdata import QuotesPort
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
_MODES: Final = {Mode.LTP: TickMode.LTP, Mode.QUOTE: TickMode.QUOTE, Mode.FULL: TickMode.FULL}
_USABLE: Final = frozenset({FeedCondition.LIVE, FeedCondition.IDLE})
_CLIENT: Final = "server"


class BrokerSource:
    """One account's feed, delivered on a thread of its own and read by polling.

    Ticks carry the tokens of the server's instruments, whatever the broker's are, and numbers of
    this source. While the connection is lost a poll raises OSError with the reason, so that the
    prices are stale and candles over the gap are marked; so does the first poll after a gap that
    began and ended between two polls.
    """

    is_simulated = False

    def __init__(
        self, name: str, feed: FeedPort, quotes: QuotesPort | None, row_of: RowOf,
        calendar: Calendar,
    ) -> None:  # fmt: skip
        self.name = name
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
        self._seq = 0
        self._missed: FeedGap | None = None
        self._failure = ""
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def market_time(self, now: datetime) -> datetime:
        """The clock's time."""
        return now

    def poll(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """The ticks since the last call; raises OSError while the broker's feed is not live."""
        self._subscribe(wanted)
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

    def quote(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:  # noqa: ARG002
        """The present tick of each instrument; raises OSError when the broker cannot be asked."""
        if self._quotes is None:
            return []
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
                self.lost_ticks += len(self._buffer) == MOST_BUFFERED
                self._buffer.append(self._numbered(tick, ours))

    def on_order(self, order: VenueOrder) -> None:
        """Orders are read by who has placed them."""

    def on_gap(self, gap: FeedGap) -> None:
        """Let the next poll tell it."""
        with self._lock:
            self._missed = gap

    def on_state(self, state: FeedState) -> None:
        """Log the change: polls read the state by themselves."""
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
        self._modes = modes

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
        self._seq += 1
        if tick.exchange_at is not None:
            self._exchange_times[ours.instrument_token] = tick.exchange_at
        return replace(
            tick, instrument_token=ours.instrument_token, instrument_id=ours.id, seq=self._seq
        )

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
