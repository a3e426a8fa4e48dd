"""Recent candles of subscribed instruments, kept up to date by the ticks."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.candle import Candle, CandleBuilder, Interval
from tradertape_core.market.hours import segment_of
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_server.features.feed.sources.tick_source import TickSource

MAX_CANDLES = 600  # per series
_NONE_LATE = timedelta(0)  # the present sources deliver ticks in order
_DAYS_BACK = 7
_MAX_DAYS_BACK = 40


@dataclass(frozen=True, slots=True)
class CandleUpdate:
    """A candle that changed or, if complete, ended."""

    token: int
    interval: Interval
    candle: Candle


class _Series:
    """One instrument's candles of one interval in the present session."""

    def __init__(self, builder: CandleBuilder, made: Iterable[Candle]) -> None:
        self.builder = builder
        self.made = deque(made, maxlen=MAX_CANDLES)

    def add(self, tick: Tick) -> list[Candle]:
        """Add a tick; returns the candles it completed and the one it changed."""
        complete = list(self.builder.add(tick))
        self.made.extend(complete)
        current = self.builder.current
        return complete if current is None else [*complete, current]

    @property
    def all(self) -> list[Candle]:
        return [*self.made, *self.builder.unfinished]


class CandleCache:
    """Candles by instrument and interval: built from ticks since they are tracked; those of the
    session before that come from the source."""

    def __init__(self, source: TickSource) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._series: dict[int, dict[Interval, _Series]] = {}

    def track(self, instrument: Instrument, interval: Interval, now: datetime) -> None:
        """Build this series from now on."""
        with self._lock:
            found = self._series.setdefault(instrument.instrument_token, {})
            if interval not in found:
                found[interval] = self._started(instrument, interval, now)

    def forget(self, tokens: Iterable[int]) -> None:
        """Drop the series of instruments without subscriptions."""
        with self._lock:
            for token in tokens:
                self._series.pop(token, None)

    def add(self, ticks: Sequence[Tick]) -> list[CandleUpdate]:
        """Add ticks; returns the changes of candles."""
        updates: list[CandleUpdate] = []
        with self._lock:
            for tick in ticks if self._series else ():
                for interval, series in self._series.get(tick.instrument_token, {}).items():
                    updates += [
                        CandleUpdate(tick.instrument_token, interval, candle)
                        for candle in series.add(tick)
                    ]
        return updates

    def mark_gap(self, start: datetime, end: datetime) -> None:
        """Label the candles of a time in which no ticks could be received."""
        with self._lock:
            for found in self._series.values():
                for series in found.values():
                    series.builder.mark_gap(start, end)

    def session(self, instrument: Instrument, interval: Interval, now: datetime) -> list[Candle]:
        """The present session's candles, oldest first."""
        with self._lock:
            series = self._series.get(instrument.instrument_token, {}).get(interval)
            if series is not None:
                series.made.extend(series.builder.advance(now))
                return series.all
        return self._source.session_candles(instrument, interval, now)

    def recent(
        self, instrument: Instrument, interval: Interval, now: datetime, *, count: int
    ) -> list[Candle]:
        """The last `count` candles, including former sessions if the source has them."""
        made = self.session(instrument, interval, now)
        hours = self._source.hours(now, segment_of(instrument))
        until = hours.day if hours is not None else now.astimezone(IST).date()
        if hours is None or not hours.is_demo:
            until -= timedelta(days=1)
        back = _DAYS_BACK
        while len(made) < count and back <= _MAX_DAYS_BACK:
            earlier = self._past(instrument, interval, until - timedelta(days=back), until)
            joined = [*earlier, *self.session(instrument, interval, now)]
            if interval is Interval.DAY or len(joined) >= count or not earlier:
                made = joined
                break
            made, back = joined, back * 2
        return made[-count:]

    def _past(
        self, instrument: Instrument, interval: Interval, start: date, end: date
    ) -> list[Candle]:
        try:
            return self._source.past_candles(instrument, interval, start, end)
        except InvalidInput:  # the data set does not have it, such as some indices
            return []

    def _started(self, instrument: Instrument, interval: Interval, now: datetime) -> _Series:
        made = self._source.session_candles(instrument, interval, now)
        hours_of = partial(self._source.hours, segment=segment_of(instrument))
        builder = CandleBuilder(interval, hours_of, late=_NONE_LATE)
        if made and not made[-1].is_complete:
            unfinished = made.pop()
            volume = sum(candle.volume for candle in made) + unfinished.volume
            builder.resume(replace(unfinished, is_complete=False), volume)
        return _Series(builder, made)
