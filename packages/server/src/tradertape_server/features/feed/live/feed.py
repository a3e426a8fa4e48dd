"""The feed: polls its source, checks and keeps the ticks, hands them on, and knows when it is deaf.

No database is on this path. Ticks come in on the feed's own thread; `on_ticks` listeners run there
and must be quick; streams hear of them over the bus.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.ledger.marks import FRESH_FOR
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.hours import TradingHours
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import Segment
from tradertape_core.market.tick import Tick
from tradertape_core.market.tick_checks import BadTick, fault_of
from tradertape_server.features.feed.live.frames import TickFrame
from tradertape_server.features.feed.live.recent_candles import CandleCache, CandleUpdate
from tradertape_server.features.feed.live.subscriptions import Subscriptions
from tradertape_server.features.feed.sources.tick_source import Mode, Subscription, TickSource
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.streaming.bus import Bus

TICKS = "ticks"
CANDLES = "candles"
STALE_AFTER_S = 8.0
RETRY_AFTER_S = (1.0, 2.0, 5.0, 10.0)

TickListener = Callable[[Sequence[Tick]], None]

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """How the feed is. stale: something is wanted and nothing was heard of it for seconds."""

    connected: bool
    source: str
    is_simulated: bool
    is_demo: bool
    stale: bool
    last_tick_at: datetime | None
    reason: str = ""


class CandleFrame:
    """The newest state of the candles that changed."""

    def __init__(self, updates: Mapping[tuple[int, Interval], tuple[Candle, ...]]) -> None:
        self.updates = updates

    def over(self, older: CandleFrame) -> CandleFrame:
        """Completed candles are all kept; of an unfinished one only the newest."""
        joined = dict(older.updates)
        for key, candles in self.updates.items():
            before = tuple(c for c in joined.get(key, ()) if c.is_complete)
            joined[key] = (*before, *candles)
        return CandleFrame(joined)


class Feed:
    """Live prices for the rest of the server."""

    def __init__(self, source: TickSource, clock: Clock, bus: Bus, *, rate_hz: float = 1.0) -> None:
        self.source = source
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
        self._cut_at: datetime | None = None
        self._reason = ""
        self._step_lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to poll; a second call does nothing."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Poll no more."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def on_ticks(self, listener: TickListener) -> None:
        """Call on every beat, on the feed's thread, with the ticks that passed the checks."""
        self._listeners.append(listener)

    def subscribe(
        self, owner: Hashable, instruments: Iterable[Instrument], mode: Mode = Mode.QUOTE
    ) -> None:
        """Want ticks of these; each owner's commands stand alone."""
        self.subscriptions.add(owner, instruments, mode)

    def unsubscribe(self, owner: Hashable, tokens: Iterable[int] | None = None) -> None:
        """Want them no more; all of the owner's without a list."""
        self.subscriptions.remove(owner, None if tokens is None else list(tokens))

    def subscribe_exactly(self, owner: Hashable, instruments: Iterable[Instrument]) -> None:
        """Want exactly these, in full: the instruments of positions and resting orders."""
        self.subscriptions.replace(owner, instruments, Mode.FULL)

    def latest(self, token: int) -> Tick | None:
        """The last good tick heard, however old."""
        return self._latest.get(token)

    def age_s(self, token: int) -> float | None:
        """Seconds since an instrument was heard; None when it never was."""
        heard_s = self._received_s.get(token)
        return None if heard_s is None else self._clock.monotonic() - heard_s

    def is_stale(self, token: int) -> bool:
        """Whether an instrument's price must not be traded on: old, missing, or contradicted."""
        age_s = self.age_s(token)
        return age_s is None or age_s > STALE_AFTER_S or token in self._suspect

    def quotes(self, instruments: Iterable[Instrument], mode: Mode = Mode.FULL) -> dict[int, Tick]:
        """The market now, by token: from the cache where it is fresh, else asked of the source.

        An instrument that cannot be asked now is given as it was last heard, if it ever was.
        """
        wanted = {one.instrument_token: one for one in instruments}
        missing = [one for token, one in wanted.items() if not self._is_cached(token, mode)]
        if missing:
            self._request_quotes([Subscription(one, mode) for one in missing])
        return {t: heard for t in wanted if (heard := self._latest.get(t)) is not None}

    @property
    def now(self) -> datetime:
        """The market's time: the clock's, or that of the recording."""
        return self.source.market_time(self._clock.now())

    @property
    def clock_now(self) -> datetime:
        """The clock's time."""
        return self._clock.now()

    @property
    def offset(self) -> timedelta:
        """How far the market's time is from the clock's: not at all, but for a recording."""
        now = self._clock.now()
        return self.source.market_time(now) - now

    def hours(self, segment: Segment = Segment.CASH) -> TradingHours | None:
        """The session the feed is in; None when nothing of the segment moves."""
        return self.source.hours(self.now, segment)

    def candles(
        self, instrument: Instrument, interval: Interval, *, count: int = 50
    ) -> list[Candle]:
        """The last candles, oldest first; the last one may be unfinished.

        A series is kept as long as somebody wants the instrument's ticks: it knows of cuts, and of
        what the source has no record of.
        """
        if self.subscriptions.mode(instrument.instrument_token) is not None:
            self.candle_cache.track(instrument, interval, self.now)
        return self.candle_cache.recent(instrument, interval, self.now, count=count)

    def subscribe_candles(
        self, owner: Hashable, instrument: Instrument, interval: Interval
    ) -> None:
        """Keep a series and publish its changes."""
        self.candle_cache.track(instrument, interval, self.now)
        self.subscribe(owner, [instrument], Mode.QUOTE)

    def status(self) -> FeedStatus:
        """How the feed is now."""
        hours = self.hours()
        is_stale = self._is_silent()
        reason = self._reason or ("no tick is heard" if is_stale else "")
        if hours is None:
            reason = reason or "the market is closed"
        return FeedStatus(
            connected=not self._reason,
            source=self.source.name,
            is_simulated=self.source.is_simulated,
            is_demo=hours is not None and hours.is_demo,
            stale=is_stale,
            last_tick_at=self._last_tick_at,
            reason=reason,
        )

    def step(self) -> int:
        """One beat: poll the source and take in what is new. Returns how many ticks were good."""
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
        """Forget every tick: from now on they come from elsewhere, and are numbered anew."""
        with self._step_lock:
            self._latest.clear()
            self._received_s.clear()
            self._suspect.clear()

    def receive(self, ticks: Sequence[Tick], instruments: Iterable[Instrument]) -> int:
        """Take in ticks a source pushes; returns how many were good."""
        known = {one.instrument_token: one for one in instruments}
        with self._step_lock:
            return self._receive(ticks, known)

    def _receive(self, ticks: Sequence[Tick], known: Mapping[int, Instrument]) -> int:
        good = self._good(ticks, known)
        if not good:
            return 0
        news = self._store(good)
        self._last_s, self._last_tick_at = self._clock.monotonic(), good[-1].at
        self.ticks_received += len(good)
        # Candles take late ticks in where they belong; a price that is over is nobody else's.
        updates = self.candle_cache.add(good)
        if news:
            for listener in self._listeners:
                self._notify(listener, news)
            self.bus.publish_frame(TICKS, TickFrame({one.instrument_token: one for one in news}))
        if updates:
            self.bus.publish_frame(CANDLES, _candle_frame(updates))
        return len(good)

    def _good(self, ticks: Iterable[Tick], known: Mapping[int, Instrument]) -> list[Tick]:
        """Those that may be used; the others are counted, and their instruments suspect."""
        heard, suspect, good = self._latest, self._suspect, list[Tick]()
        for tick in ticks:
            token = tick.instrument_token
            instrument, last = known.get(token), heard.get(token)
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
        """Remember ticks, but for those a newer one is known of: the feed's order counts, not the
        clock's. Returns what was remembered."""
        heard, kept = self._latest, list[Tick]()
        for tick in ticks:
            before = heard.get(tick.instrument_token)
            if before is None or before.seq <= tick.seq:
                heard[tick.instrument_token] = tick
                kept.append(tick)
            else:
                self.refused["out_of_order"] += 1
        # Afterwards: an old price must at no moment seem to be a new one.
        tokens = [tick.instrument_token for tick in kept]
        self._received_s.update(dict.fromkeys(tokens, self._clock.monotonic()))
        return kept

    def _polled(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        try:
            ticks = self.source.poll(wanted, now)
        except OSError as error:
            if not self._reason:
                logger.warning("the feed is cut", source=self.source.name, reason=str(error))
                self._cut_at = now
            self._reason = str(error) or type(error).__name__
            return []
        if self._reason and self._cut_at is not None:
            self.candle_cache.mark_gap(*map(self.source.market_time, (self._cut_at, now)))
            logger.info("the feed is back", source=self.source.name)
        self._reason, self._cut_at = "", None
        return ticks

    def _request_quotes(self, wanted: Sequence[Subscription]) -> None:
        try:
            ticks = self.source.quote(wanted, self._clock.now())
        except OSError:
            return
        known = {w.instrument.instrument_token: w.instrument for w in wanted}
        self._store(self._good(ticks, known))

    def _is_cached(self, token: int, mode: Mode) -> bool:
        """Whether the cache answers: fresh to a beat, and with depth where depth is wanted."""
        age_s, tick = self.age_s(token), self.latest(token)
        if age_s is None or tick is None or age_s >= 1 / self._rate_hz:
            return False
        # A recording may be minutes further with every beat.
        is_of_now = timedelta(0) <= self.now - tick.at <= FRESH_FOR
        is_quoted_only = tick.depth is None and tick.bid is not None
        return is_of_now and not (mode is Mode.FULL and is_quoted_only)

    def _is_silent(self) -> bool:
        since_s = self._waiting_since_s
        if since_s is None or self.hours() is None:
            return bool(self._reason)
        heard_s = since_s if self._last_s is None else max(since_s, self._last_s)
        return self._clock.monotonic() - heard_s > STALE_AFTER_S

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
            logger.exception("a listener to ticks failed")

    def _run(self) -> None:
        interval_s, failures = 1 / self._rate_hz, 0
        due_s = self._clock.monotonic()
        while not self._stopping.is_set():
            try:
                self.step()
                failures = 0 if not self._reason else failures + 1
            except Exception:
                logger.exception("a beat of the feed failed")
                failures += 1
            wait_s = RETRY_AFTER_S[min(failures, len(RETRY_AFTER_S)) - 1] if failures else 0.0
            due_s = max(due_s + interval_s, self._clock.monotonic())
            self._stopping.wait(max(wait_s, min(interval_s, due_s - self._clock.monotonic())))


def _may_jump(tick: Tick, last: Tick | None, instrument: Instrument) -> bool:
    """Options may, near their expiry; and a share may be split over night: its close, which goes
    with today's price, knows."""
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
