"""Replay of recorded candles as a tick source: each candle is played tick by tick, day by day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import Protocol

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.market.calendar import Calendar
from tradertape_core.market.candle import Candle, CandleBuilder, Interval, bucket_at
from tradertape_core.market.candle_path import LEGS, path_of
from tradertape_core.market.hours import TradingHours, hours_at, segment_of, trading_phase
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import Phase, Segment
from tradertape_core.market.tick import Tick
from tradertape_server.features.feed.sources.replay_schedule import ReplaySchedule, looped
from tradertape_server.features.feed.sources.tick_source import Subscription, TickSource

_MAX_STEPS = 60  # ticks per leg of a candle's path
_STEP_S = 10  # minimum time between two ticks
_FAST = 60.0  # from this speed on only the corners of a candle are played
_KEPT_DAYS = 3


class RecordedCandles(Protocol):
    """The recorded candles to replay."""

    interval: Interval
    days: Sequence[date]

    def candles(self, instrument: Instrument) -> Sequence[Candle]:
        """All candles of an instrument in the replay, oldest first; none for an unknown one."""
        ...


class MarketClock:
    """The market's time as a clock: execution uses it during a replay."""

    def __init__(self, source: TickSource, clock: Clock) -> None:
        self._source = source
        self._clock = clock

    def now(self) -> datetime:
        """The replay's time."""
        return self._source.market_time(self._clock.now())

    def monotonic(self) -> float:
        """Real seconds, for waiting."""
        return self._clock.monotonic()


class CandleReplaySource:
    """Plays candles at `speed` times real time, in steps of `rate_hz`.

    Between two steps the market's time does not advance, so that prices are equally fresh at any
    speed. With `loop` the recorded days are repeated on the days that follow them, for years.
    """

    name = "replay"
    is_simulated = True

    def __init__(
        self, book: RecordedCandles, calendar: Calendar, *, started: datetime, speed: float,
        rate_hz: float = 1.0, loop: bool = False,
    ) -> None:  # fmt: skip
        self._book = book
        played = looped(book.days, calendar) if loop else None
        self.calendar = played.calendar if played else calendar
        self._recorded = played.recorded if played else {day: day for day in book.days}
        self._started = started
        self._speed = speed
        self._rate_hz = rate_hz
        self._schedule = ReplaySchedule(self._recorded, self.calendar, speed)
        self._candles: dict[str, dict[date, list[Candle]]] = {}
        self._tapes: dict[tuple[str, date], list[Tick]] = {}
        self._sent: dict[int, datetime] = {}
        self._latest = self._schedule.at(0)
        self._seq = 0

    def market_time(self, now: datetime) -> datetime:
        """The replay's time at the last step; it stops after the last day."""
        steps = int(max(0.0, (now - self._started).total_seconds()) * self._rate_hz)
        found = self._schedule.at(steps / self._rate_hz)
        self._latest = max(self._latest, found)
        return found

    def poll(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """The ticks since the last call; without a new one the last tick, as of now."""
        until, made = self.market_time(now), list[Tick]()
        closed = [w for w in wanted if self.hours(until, segment_of(w.instrument)) is None]
        made += self._last_of_session(closed, until)
        for one in wanted if not closed else [w for w in wanted if w not in closed]:
            token = one.instrument.instrument_token
            since = self._sent.get(token)
            self._sent[token] = until
            made += self._since(one.instrument, since, until)
        return made

    def quote(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """The last tick of each instrument, as of now."""
        until = self.market_time(now)
        return [tick for one in wanted for tick in self._since(one.instrument, until, until)]

    def hours(self, moment: datetime, segment: Segment = Segment.CASH) -> TradingHours | None:
        """The trading session at a moment, None while closed."""
        return hours_at(self.calendar, moment, segment)

    def phase(self, moment: datetime, segment: Segment) -> Phase | None:
        """The phase at a moment. A replay has no auctions, as candles do not contain them."""
        return trading_phase(self.hours(moment, segment), moment)

    def session_candles(
        self, instrument: Instrument, interval: Interval, moment: datetime
    ) -> list[Candle]:
        """Candles of a moment's session up to it, never beyond what was played already."""
        day = moment.astimezone(IST).date()
        return self._built(instrument, interval, [day], min(moment, self._latest))

    def past_candles(
        self, instrument: Instrument, interval: Interval, start: date, end: date
    ) -> list[Candle]:
        """Candles of the days from `start` to `end` that were played already."""
        days = [day for day in self._schedule.sessions if start <= day <= end]
        return self._built(instrument, interval, days, self._latest)

    # --- inside -------------------------------------------------------------------------------

    def _built(
        self, instrument: Instrument, interval: Interval, days: Sequence[date], until: datetime
    ) -> list[Candle]:
        hours_of = partial(self.hours, segment=segment_of(instrument))
        builder = CandleBuilder(interval, hours_of, late=timedelta(0))
        made: list[Candle] = []
        for day in days:
            for tick in self._tape(instrument, day):
                if tick.at <= until:
                    made += builder.add(tick)
        made += builder.advance(until)
        return [*made, *builder.unfinished]

    def _last_of_session(self, wanted: Sequence[Subscription], until: datetime) -> list[Tick]:
        """The ticks between the last step and the close, once."""
        made: list[Tick] = []
        for one in wanted:
            since = self._sent.get(one.instrument.instrument_token)
            if since is not None and since < until:
                self._sent[one.instrument.instrument_token] = until
                made += self._since(one.instrument, since, until)
        return made

    def _since(self, instrument: Instrument, since: datetime | None, until: datetime) -> list[Tick]:
        """Ticks after `since`; without any, the last one again, dated `until`."""
        since = until if since is None else since
        days = [d for d in self._schedule.sessions if since.date() <= d <= until.date()]
        found, last = list[Tick](), list[Tick]()
        for day in days:
            tape = self._tape(instrument, day)
            first = bisect_right(tape, since, key=lambda tick: tick.at)
            end = bisect_right(tape, until, key=lambda tick: tick.at)
            found += tape[first:end]
            last = tape[max(0, end - 1) : end]
        return [self._as_received(tick, until) for tick in found or last]

    def _as_received(self, tick: Tick, until: datetime) -> Tick:
        self._seq += 1
        return replace(tick, at=until, exchange_at=tick.at, seq=self._seq)

    def _tape(self, instrument: Instrument, day: date) -> list[Tick]:
        """The ticks of an instrument on a day, by time; cached."""
        key = (instrument.id, day)
        found = self._tapes.get(key)
        if found is None:
            if len(self._tapes) > _KEPT_DAYS * max(len(self._sent), 50):
                self._tapes.clear()
            found = self._tapes[key] = self._play(instrument, day)
        return found

    def _play(self, instrument: Instrument, day: date) -> list[Tick]:
        hours = self._schedule.hours(day, segment_of(instrument))
        by_day = self._by_day(instrument)
        recorded = self._recorded.get(day)
        if hours is None or recorded is None or recorded not in by_day:
            return []
        # In a later round of a loop, the last recorded day precedes the first.
        before = [one for one in by_day if one < recorded] or [d for d in by_day if recorded < day]
        close = by_day[max(before)][-1].close if before else None
        made: list[Tick] = []
        for candle in by_day[recorded]:
            moved = replace(candle, start=candle.start + (day - recorded))
            made += self._ticks(instrument, moved, hours, close, made[-1] if made else None)
        return made

    def _ticks(
        self, instrument: Instrument, candle: Candle, hours: TradingHours, close: Decimal | None,
        last: Tick | None,
    ) -> list[Tick]:  # fmt: skip
        is_day = self._book.interval is Interval.DAY
        moment = hours.start if is_day else candle.start
        bucket = bucket_at(self._book.interval, moment, hours)
        if bucket is None:  # outside the session, such as an auction's candle
            return []
        seconds = int((bucket.end - bucket.start).total_seconds())
        steps = 1 if self._speed > _FAST and not is_day else _MAX_STEPS
        steps = max(1, min(steps, seconds // (LEGS * _STEP_S)))
        before, made = 0 if last is None else last.volume, list[Tick]()
        for point in path_of(candle, seconds, instrument.tick_size, steps=steps):
            at = bucket.start + timedelta(seconds=point.second)
            last = _after(last, instrument, point.price, before + point.volume, at, close)
            made.append(last)
        return made

    def _by_day(self, instrument: Instrument) -> dict[date, list[Candle]]:
        found = self._candles.get(instrument.id)
        if found is None:
            candles = self._book.candles(instrument)
            grouped = groupby(candles, key=lambda one: one.start.astimezone(IST).date())
            found = self._candles[instrument.id] = {day: list(part) for day, part in grouped}
        return found


def _after(
    last: Tick | None, instrument: Instrument, price: Decimal, volume: int, at: datetime,
    close: Decimal | None,
) -> Tick:  # fmt: skip
    """Build the next tick of a day. close: of the day before."""
    opening, high, low = (price, price, price)
    if last is not None and last.open is not None:
        opening = last.open
        high, low = max(price, last.high or price), min(price, last.low or price)
    return Tick(
        instrument_token=instrument.instrument_token, instrument_id=instrument.id,
        last_price=price, at=at, last_quantity=volume - (last.volume if last else 0),
        volume=volume, open=opening, high=high, low=low, close=close,
    )  # fmt: skip
