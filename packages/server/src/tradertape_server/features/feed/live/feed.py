"""The feed: polls its source, validates and stores ticks, distributes them, and detects silence.

No database is on this path. Ticks arrive on the feed's own thread; `on_ticks` listeners run there
and must be quick; streams receive ticks over the bus.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.ledger.marks import FRESH_FOR
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.hours import TradingHours
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import Segment
from tradertape_core.market.tick import Tick
from tradertape_core.market.tick_checks import BadTick, fault_of
from tradertape_server.features.feed.live.feed_status import FeedStatus, source_label
from tradertape_server.features.feed.live.frames import TickFrame
from tradertape_server.features.feed.live.recent_candles import CandleCache, CandleUpdate
from tradertape_server.features.feed.live.subscriptions import Subscriptions
from tradertape_server.features.feed.sources.source_details import NoDetails, SourceDetails
from tradertape_server.features.feed.sources.tick_source import Mode, Subscription, TickSource
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.streaming.bus import Bus

TICKS = "ticks"
CANDLES = "candles"
STALE_AFTER_S = 8.0
RETRY_AFTER_S = (1.0, 2.0, 5.0, 10.0)

TickListener = Callable[[Sequence[Tick]], None]

logger = get_logger(__name__)


class CandleFrame:
    """The newest state of the candles that changed."""

    def __init__(self, updates: Mapping[tuple[int, Interval], tuple[Candle, ...]]) -> None:
        self.updates = updates

    def over(self, older: CandleFrame) -> CandleFrame:
        """Merge: keep all completed candles, and of an unfinished one only the newest state."""
        joined = dict(older.updates)
        for key, candles in self.updates.items():
            before = tuple(c for c in joined.get(key, ()) if c.is_complete)
            joined[key] = (*before, *candles)
        return CandleFrame(joined)


class Feed:
    """Live prices for the rest of the server."""

    def __init__(
        self, source: TickSource, clock: Clock, bus: Bus, *, rate_hz: float = 1.0,
        details: SourceDetails | None = None,
    ) -> None:  # fmt: skip
        self.source = source
        self.details: SourceDetails = details or NoDetails()
        self.bus = bus
        self.subscriptions = Subscriptions()
        self.candle_cache = CandleCache(source)
        self.refused: Counter[str] = Counter()
        self.ticks_received = 0
        self.step_s = 0.0
        self._clock = clock
        self._rate_hz = rate_hz
        self._latest: dict[int, Tick] = {}
        self._received_s: dict[int, float] = {}
        self._suspect: set[int] = set()
        self._listeners: list[TickListener] = []
        self._last_s: float | None = None
        self._last_tick_at: datetime | None = None
        self._waiting_since_s: float | None = None
        self._disconnected_at: datetime | None = None
        self._away_since_s: float | None = None
        self._began_s = clock.monotonic()
        self._reason = ""
        self._step_lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start polling; a second call does nothing."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop polling."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def on_ticks(self, listener: TickListener) -> None:
        """Call `listener` in every step, on the feed's thread, with the valid ticks."""
        self._listeners.append(listener)

    def subscribe(
        self, owner: Hashable, instruments: Iterable[Instrument], mode: Mode = Mode.QUOTE
    ) -> None:
        """Subscribe an owner to ticks; owners do not affect each other's subscriptions."""
        self.subscriptions.add(owner, instruments, mode)

    def unsubscribe(self, owner: Hashable, tokens: Iterable[int] | None = None) -> None:
        """End subscriptions of an owner; all of them without a list."""
        self.subscriptions.remove(owner, None if tokens is None else list(tokens))

    def subscribe_exactly(self, owner: Hashable, instruments: Iterable[Instrument]) -> None:
        """Replace an owner's subscriptions by these, in full mode."""
        self.subscriptions.replace(owner, instruments, Mode.FULL)

    def latest(self, token: int) -> Tick | None:
        """The last valid tick, however old."""
        return self._latest.get(token)

    def age_s(self, token: int) -> float | None:
        """Seconds since an instrument's last tick was received; None without one."""
        received_s = self._received_s.get(token)
        return None if received_s is None else self._clock.monotonic() - received_s

    def is_stale(self, token: int) -> bool:
        """Whether an instrument's price must not be traded on: old, missing, or doubtful."""
        age_s = self.age_s(token)
        if age_s is None or token in self._suspect:
            return True
        # A broker sends what changes: of a feed that lives, an old price is the present one.
        return age_s > STALE_AFTER_S and (bool(self._reason) or not self.details.is_streamed(token))

    def quotes(self, instruments: Iterable[Instrument], mode: Mode = Mode.FULL) -> dict[int, Tick]:
        """Present ticks by token: cached ones that are fresh, else requested from the source.

        If the source has none now, an instrument's last tick is returned, if there was one.
        """
        wanted = {one.instrument_token: one for one in instruments}
        missing = [one for token, one in wanted.items() if not self._is_cached(token, mode)]
        if missing:
            self._request_quotes([Subscription(one, mode) for one in missing])
        return {t: tick for t in wanted if (tick := self._latest.get(t)) is not None}

    @property
    def now(self) -> datetime:
        """The market's time: the clock's, or that of a replay."""
        return self.source.market_time(self._clock.now())

    @property
    def clock_now(self) -> datetime:
        """The clock's time."""
        return self._clock.now()

    @property
    def offset(self) -> timedelta:
        """The market's time minus the clock's: zero except in a replay."""
        now = self._clock.now()
        return self.source.market_time(now) - now

    def hours(self, segment: Segment = Segment.CASH) -> TradingHours | None:
        """The present session; None while the segment is closed."""
        return self.source.hours(self.now, segment)

    def candles(
        self, instrument: Instrument, interval: Interval, *, count: int = 50
    ) -> list[Candle]:
        """The last candles, oldest first; the last one may be unfinished.

        A series is kept while the instrument's ticks are subscribed to: it knows gaps of the feed,
        and candles that the source has no record of.
        """
        if self.subscriptions.mode(instrument.instrument_token) is not None:
            self.candle_cache.track(instrument, interval, self.now)
        return self.candle_cache.recent(instrument, interval, self.now, count=count)

    def subscribe_candles(
        self, owner: Hashable, instrument: Instrument, interval: Interval
    ) -> None:
        """Keep a candle series and publish its changes."""
        self.candle_cache.track(instrument, interval, self.now)
        self.subscribe(owner, [instrument], Mode.QUOTE)

    def status(self) -> FeedStatus:
        """The present state of the feed."""
        hours = self.hours()
        told = self.details.away()
        # Where nothing is wanted nothing is polled: what the last poll found is long ago.
        away = (self._reason if self._waiting_since_s is not None else "") or told
        is_stale = self._is_silent() or (bool(told) and self._is_older(self._began_s))
        reason = away or ("no ticks received" if is_stale else "")
        if hours is None:
            reason = reason or "the market is closed"
        feeds = tuple(self.details.feeds())
        return FeedStatus(
            label=source_label(self.source.name, feeds),
            feeds=feeds,
            connected=not away,
            source=self.source.name,
            is_simulated=self.source.is_simulated,
            is_demo=hours is not None and hours.is_demo,
            stale=is_stale,
            last_tick_at=self._last_tick_at,
            reason=reason,
        )

    @property
    def is_down(self) -> bool:
        """Whether no prices come in: the source is away, or silent while its market is open."""
        if self._reason:
            return True
        since_s = self._waiting_since_s
        if since_s is None or not self._has_been_silent(since_s):
            return False
        return self.hours() is not None

    def step(self) -> int:
        """Poll the source once and process the ticks. Returns how many were valid."""
        with self._step_lock:
            started_s = self._clock.monotonic()
            wanted, now = self.subscriptions.active, self._clock.now()
            self._drop_unwanted(wanted)
            if not wanted:
                self._waiting_since_s = None
                return 0
            if self._waiting_since_s is None:
                self._waiting_since_s = started_s
            ticks = self._polled(wanted, now)
            good = self._receive(
                ticks, {w.instrument.instrument_token: w.instrument for w in wanted}
            )
            self.step_s = self._clock.monotonic() - started_s
            return good

    def reset(self) -> None:
        """Discard all ticks: those of another process have sequence numbers of their own."""
        with self._step_lock:
            self._latest.clear()
            self._received_s.clear()
            self._suspect.clear()

    def receive(self, ticks: Sequence[Tick], instruments: Iterable[Instrument]) -> int:
        """Process ticks that a source pushes; returns how many were valid."""
        known = {one.instrument_token: one for one in instruments}
        with self._step_lock:
            return self._receive(ticks, known)

    def _receive(self, ticks: Sequence[Tick], known: Mapping[int, Instrument]) -> int:
        good = self._good(ticks, known)
        if not good:
            return 0
        stored = self._store(good)
        self._last_s, self._last_tick_at = self._clock.monotonic(), good[-1].at
        self.ticks_received += len(good)
        # Late ticks are added to their candles, but are not distributed as prices.
        updates = self.candle_cache.add(good)
        if stored:
            for listener in self._listeners:
                self._notify(listener, stored)
            self.bus.publish_frame(TICKS, TickFrame({one.instrument_token: one for one in stored}))
        if updates:
            self.bus.publish_frame(CANDLES, _candle_frame(updates))
        return len(good)

    def _good(self, ticks: Iterable[Tick], known: Mapping[int, Instrument]) -> list[Tick]:
        """The valid ticks; invalid ones are counted, and their instruments marked as suspect."""
        latest, suspect, good = self._latest, self._suspect, list[Tick]()
        for tick in ticks:
            token = tick.instrument_token
            instrument, last = known.get(token), latest.get(token)
            if instrument is None:
                self.refused["unknown"] += 1
                continue
            fault = fault_of(tick, last=last)
            if fault is None or (fault is BadTick.JUMP and _may_jump(tick, last, instrument)):
                suspect.discard(token)
                good.append(tick)
            else:
                self.refused[fault.value] += 1
                suspect.add(token)
        return good

    def _store(self, ticks: Sequence[Tick]) -> list[Tick]:
        """Store ticks unless a newer one is known, by sequence number and not by time. Returns
        those stored."""
        latest, kept = self._latest, list[Tick]()
        for tick in ticks:
            before = latest.get(tick.instrument_token)
            if before is None or before.seq <= tick.seq:
                latest[tick.instrument_token] = tick
                kept.append(tick)
            else:
                self.refused["out_of_order"] += 1
        # Set afterwards, so that an old price never appears to be new.
        tokens = [tick.instrument_token for tick in kept]
        self._received_s.update(dict.fromkeys(tokens, self._clock.monotonic()))
        return kept

    def _polled(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        try:
            ticks = self.source.poll(wanted, now)
        except OSError as error:
            if not self._reason:
                logger.warning(
                    "the feed is disconnected", source=self.source.name, reason=str(error)
                )
                self._disconnected_at = now
            self._reason = str(error) or type(error).__name__
            if self._away_since_s is None:
                self._away_since_s = self._clock.monotonic()
            return []
        if self._reason and self._disconnected_at is not None:
            self.candle_cache.mark_gap(*map(self.source.market_time, (self._disconnected_at, now)))
            logger.info("the feed is connected again", source=self.source.name)
        self._reason, self._disconnected_at, self._away_since_s = "", None, None
        return ticks

    def _request_quotes(self, wanted: Sequence[Subscription]) -> None:
        try:
            ticks = self.source.quote(wanted, self._clock.now())
        except OSError:
            return
        known = {w.instrument.instrument_token: w.instrument for w in wanted}
        self._store(self._good(ticks, known))

    def _is_cached(self, token: int, mode: Mode) -> bool:
        """Whether the cached tick is fresh, and has depth if depth is required."""
        age_s, tick = self.age_s(token), self.latest(token)
        if age_s is None or tick is None or age_s >= 1 / self._rate_hz:
            return False
        # A replay may advance by minutes in every step.
        is_of_now = timedelta(0) <= self.now - tick.at <= FRESH_FOR
        is_quoted_only = tick.depth is None and tick.bid is not None
        return is_of_now and not (mode is Mode.FULL and is_quoted_only)

    def _is_silent(self) -> bool:
        since_s = self._waiting_since_s
        if since_s is None:
            return False
        return self._has_been_away() if self.hours() is None else self._has_been_silent(since_s)

    def _has_been_away(self) -> bool:
        # A broker's feed takes a moment to connect.
        return self._away_since_s is not None and self._is_older(self._away_since_s)

    def _is_older(self, moment_s: float) -> bool:
        return self._clock.monotonic() - moment_s > STALE_AFTER_S

    def _has_been_silent(self, since_s: float) -> bool:
        last_s = since_s if self._last_s is None else max(since_s, self._last_s)
        if not self._is_older(last_s):
            return False
        # Of few quiet instruments a broker may have nothing to tell: its watchdog knows better.
        feeds = self.details.feeds()
        return bool(self._reason) or not any(one.is_live and one.instruments for one in feeds)

    def _drop_unwanted(self, wanted: Sequence[Subscription]) -> None:
        if len(self._latest) <= 4 * len(wanted) + 2_000:
            return
        kept = {w.instrument.instrument_token for w in wanted}
        gone = [token for token in self._latest if token not in kept]
        for token in gone:
            self._latest.pop(token, None)
            self._received_s.pop(token, None)
        self.candle_cache.forget(gone)

    def _notify(self, listener: TickListener, ticks: Sequence[Tick]) -> None:
        try:
            listener(ticks)
        except Exception:
            logger.exception("a tick listener failed")

    def _run(self) -> None:
        interval_s, failures = 1 / self._rate_hz, 0
        due_s = self._clock.monotonic()
        while not self._stopping.is_set():
            try:
                self.step()
                failures = 0 if not self._reason else failures + 1
            except Exception:
                logger.exception("a step of the feed failed")
                failures += 1
            wait_s = RETRY_AFTER_S[min(failures, len(RETRY_AFTER_S)) - 1] if failures else 0.0
            due_s = max(due_s + interval_s, self._clock.monotonic())
            self._stopping.wait(max(wait_s, min(interval_s, due_s - self._clock.monotonic())))


def _may_jump(tick: Tick, last: Tick | None, instrument: Instrument) -> bool:
    """Whether a large price change is valid: of a derivative near its expiry, or of a share split
    overnight, whose previous close is adjusted to today's price."""
    if instrument.is_derivative:
        return True
    return last is not None and _day(last) != _day(tick) and fault_of(tick) is None


def _day(tick: Tick) -> date:
    return tick.at.astimezone(IST).date()


def _candle_frame(updates: Sequence[CandleUpdate]) -> CandleFrame:
    joined: dict[tuple[int, Interval], tuple[Candle, ...]] = {}
    for one in updates:
        key = (one.token, one.interval)
        joined[key] = (*(c for c in joined.get(key, ()) if c.is_complete), one.candle)
    return CandleFrame(joined)
