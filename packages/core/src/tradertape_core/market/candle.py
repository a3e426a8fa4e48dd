"""Candles from ticks, for every interval Kite has; late and repeated ticks change nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.market.hours import TradingHours
from tradertape_core.market.tick import Tick

HoursOf = Callable[[datetime], TradingHours | None]

LATE = timedelta(seconds=5)


class Interval(StrEnum):
    """How long a candle lasts, in Kite's words."""

    MINUTE = "minute"
    MINUTE_3 = "3minute"
    MINUTE_5 = "5minute"
    MINUTE_10 = "10minute"
    MINUTE_15 = "15minute"
    MINUTE_30 = "30minute"
    MINUTE_60 = "60minute"
    DAY = "day"

    @property
    def length(self) -> timedelta:
        """How long; a day's is nominal, its candle ends with the session."""
        if self is Interval.DAY:
            return timedelta(days=1)
        return timedelta(minutes=int(self.value.removesuffix("minute") or 1))


def parse_interval(text: str) -> Interval:
    """Read an interval; raises InvalidInput that names those there are."""
    aliases = {"1minute": "minute", "1day": "day", "hour": "60minute"}
    try:
        return Interval(aliases.get(text, text))
    except ValueError:
        known = ", ".join(interval.value for interval in Interval)
        raise InvalidInput(
            f"unknown interval {text!r}; there are {known}", pointer="/interval"
        ) from None


@dataclass(frozen=True, slots=True)
class Candle:
    """Trading over one interval. Prices are rupees, volume units traded, start aware.

    is_complete: the interval is over and nothing will change any more. has_gap: the feed was cut
    during the candle, so that its extremes and its volume may be too small.
    """

    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int
    oi: int = 0
    is_complete: bool = True
    has_gap: bool = False


@dataclass(frozen=True, slots=True)
class Bucket:
    """The stretch of a session one candle covers; `label` is the time it carries."""

    session: tuple[date, int]
    start: datetime
    end: datetime
    label: datetime
    is_first: bool


def bucket_at(interval: Interval, moment: datetime, hours: TradingHours) -> Bucket | None:
    """The candle a moment falls into; None outside the hours. Candles count from the open."""
    window = hours.window_at(moment)
    if window is None:
        return None
    session = (hours.day, hours.number)
    if interval is Interval.DAY:
        midnight = datetime.combine(hours.day, datetime.min.time(), tzinfo=IST)
        label = hours.start if hours.is_demo else midnight
        return Bucket(session, hours.start, hours.end, label, is_first=True)
    start = window[0] + (moment - window[0]) // interval.length * interval.length
    end = min(start + interval.length, window[1])
    return Bucket(session, start, end, start, is_first=start == hours.start)


_Key = tuple[datetime, int, int, Decimal]


class _Partial:
    """A candle being made. Every field is the least, the greatest or the one at an outermost key,
    so that neither order nor repetition of the ticks matters."""

    __slots__ = (
        "base", "bucket", "close", "first", "high", "last", "low", "oi", "open", "volume",
    )  # fmt: skip

    def __init__(self, bucket: Bucket, key: _Key, tick: Tick) -> None:
        self.bucket = bucket
        self.first = self.last = key
        self.open = self.high = self.low = self.close = tick.last_price
        self.base = tick.volume - tick.last_quantity
        self.volume = tick.volume
        self.oi = tick.oi

    def add(self, key: _Key, tick: Tick) -> None:
        price = tick.last_price
        if key > self.last:
            self.last, self.close, self.oi = key, price, tick.oi
        elif key < self.first:
            self.first, self.open = key, price
            self.base = tick.volume - tick.last_quantity
        if price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.volume = max(self.volume, tick.volume)


def _resumed(bucket: Bucket, candle: Candle, volume: int) -> _Partial:
    at_start: _Key = (bucket.start, -1, 0, candle.open)  # before every tick
    partial = object.__new__(_Partial)
    partial.bucket = bucket
    partial.first = partial.last = at_start
    partial.open, partial.high = candle.open, candle.high
    partial.low, partial.close = candle.low, candle.close
    partial.base = volume - candle.volume
    partial.volume = volume
    partial.oi = candle.oi
    return partial


class CandleBuilder:
    """Makes one instrument's candles of one interval.

    A candle is complete when a tick, or `advance`, is `late` past its end: until then ticks may
    come in any order and more than once, and the candles are those of the sorted run. Ticks for a
    completed candle are dropped and counted in `late_ticks`; ticks outside the hours are dropped.
    """

    def __init__(self, interval: Interval, hours_of: HoursOf, *, late: timedelta = LATE) -> None:
        self.interval = interval
        self.late_ticks = 0
        self._hours_of = hours_of
        self._late = late
        self._partials: dict[datetime, _Partial] = {}
        self._newest: _Partial | None = None
        self._seen: datetime | None = None
        self._done: tuple[tuple[date, int], datetime, int] | None = None  # session, end, volume
        self._gaps: list[tuple[datetime, datetime]] = []

    def add(self, tick: Tick) -> tuple[Candle, ...]:
        """Take a tick in; return the candles it completes, oldest first."""
        at = tick.exchange_at or tick.at
        key = (at, tick.seq, tick.volume, tick.last_price)
        newest = self._newest
        if newest is not None and newest.bucket.start <= at < newest.bucket.end:
            newest.add(key, tick)
        else:
            self._place(at, key, tick)
        return self.advance(at)

    def advance(self, now: datetime) -> tuple[Candle, ...]:
        """Let time pass without a tick; return the candles that are complete now."""
        if self._seen is None or now > self._seen:
            self._seen = now
        mark = self._seen - self._late
        over = sorted(start for start, p in self._partials.items() if p.bucket.end <= mark)
        if not over:
            return ()
        made = tuple(self._finish(self._partials.pop(start)) for start in over)
        if self._newest is not None and self._newest.bucket.start in over:
            self._newest = None
        self._gaps = [gap for gap in self._gaps if gap[1] > mark - self.interval.length]
        return made

    def resume(self, candle: Candle, session_volume: int) -> None:
        """Continue an unfinished candle made elsewhere; ticks from now on are added to it.

        session_volume: units traded since the open when it was made.
        """
        hours = self._hours_of(candle.start)
        if self.interval is Interval.DAY and hours is None:  # labelled with midnight
            hours = self._hours_of(candle.start + timedelta(hours=12))
        bucket = None if hours is None else bucket_at(self.interval, hours.start, hours)
        if self.interval is not Interval.DAY and hours is not None:
            bucket = bucket_at(self.interval, candle.start, hours)
        if bucket is None:
            raise InvalidInput(f"no session has a candle at {candle.start}")
        self._partials[bucket.start] = self._newest = _resumed(bucket, candle, session_volume)

    def mark_gap(self, start: datetime, end: datetime) -> None:
        """Record that no tick was received from `start` to `end`; candles there are labelled."""
        self._gaps.append((start, end))

    @property
    def current(self) -> Candle | None:
        """The newest candle so far; None before the first tick and when all are complete."""
        newest = self._newest
        return None if newest is None else self._candle(newest, is_complete=False)

    @property
    def unfinished(self) -> tuple[Candle, ...]:
        """Every candle that may still change, oldest first."""
        ordered = sorted(self._partials.values(), key=lambda p: p.bucket.start)
        return tuple(self._candle(partial, is_complete=False) for partial in ordered)

    def _place(self, at: datetime, key: _Key, tick: Tick) -> None:
        hours = self._hours_of(at)
        bucket = None if hours is None else bucket_at(self.interval, at, hours)
        if bucket is None:
            return
        if self._done is not None and bucket.end <= self._done[1]:
            self.late_ticks += 1
            return
        partial = self._partials.get(bucket.start)
        if partial is None:
            partial = self._partials[bucket.start] = _Partial(bucket, key, tick)
        else:
            partial.add(key, tick)
        if self._newest is None or bucket.start > self._newest.bucket.start:
            self._newest = partial

    def _finish(self, partial: _Partial) -> Candle:
        candle = self._candle(partial, is_complete=True)
        self._done = (partial.bucket.session, partial.bucket.end, partial.volume)
        return candle

    def _candle(self, partial: _Partial, *, is_complete: bool) -> Candle:
        bucket = partial.bucket
        return Candle(
            bucket.label,
            partial.open,
            partial.high,
            partial.low,
            partial.close,
            max(0, partial.volume - self._volume_before(partial)),
            partial.oi,
            is_complete,
            any(start < bucket.end and bucket.start < end for start, end in self._gaps),
        )

    def _volume_before(self, partial: _Partial) -> int:
        """The session's volume when the candle began: ticks carry the volume since the open."""
        bucket = partial.bucket
        earlier = [
            p
            for p in self._partials.values()
            if p.bucket.session == bucket.session and p.bucket.start < bucket.start
        ]
        if earlier:
            return max(p.volume for p in earlier)
        if self._done is not None and self._done[0] == bucket.session:
            return self._done[2]
        return 0 if bucket.is_first else partial.base


def resample(
    candles: Sequence[Candle],
    interval: Interval,
    hours_of: HoursOf,
    *,
    of: Interval = Interval.MINUTE,
) -> list[Candle]:
    """Join candles of the shorter interval `of`, oldest first, into longer ones.

    The last one is complete when the candles reach its end.
    """
    made: list[Candle] = []
    last: Bucket | None = None
    for candle in candles:
        hours = hours_of(candle.start)
        bucket = None if hours is None else bucket_at(interval, candle.start, hours)
        if bucket is None:
            continue
        if last is not None and last.label == bucket.label:
            made[-1] = _joined(made[-1], candle)
        else:
            if made:
                made[-1] = replace(made[-1], is_complete=True)
            made.append(replace(candle, start=bucket.label))
        last = bucket
        reaches_end = candle.is_complete and candle.start + of.length >= bucket.end
        made[-1] = replace(made[-1], is_complete=reaches_end)
    return made


def _joined(left: Candle, right: Candle) -> Candle:
    return Candle(
        left.start,
        left.open,
        max(left.high, right.high),
        min(left.low, right.low),
        right.close,
        left.volume + right.volume,
        right.oi,
        right.is_complete,
        left.has_gap or right.has_gap,
    )
