"""A recording as a source: ticks of a file, at their own pace or several times as fast."""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import Calendar
from tradertape_core.market.candle import Candle, CandleBuilder, Interval
from tradertape_core.market.hours import TradingHours, hours_at, segment_of, trading_phase
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import Phase, Segment
from tradertape_core.market.tick import Tick
from tradertape_server.features.feed.source import Wanted

COLUMNS = ("at", "instrument", "last_price", "volume")
_OPTIONAL = ("bid", "ask", "bid_quantity", "ask_quantity", "oi", "close")


@dataclass(frozen=True, slots=True)
class Recording:
    """Ticks by instrument id, each list by time."""

    ticks: dict[str, list[Tick]]
    first: datetime
    last: datetime


def read_recording(lines: Iterable[str]) -> Recording:
    """Read CSV lines: at (ISO 8601 with offset), instrument, last_price, volume; more if known.

    Raises InvalidInput with the line's number where a row cannot be read.
    """
    reader = csv.DictReader(lines)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise InvalidInput(f"this is no recording of ticks: no column {', '.join(missing)}")
    found: dict[str, list[Tick]] = {}
    for seq, row in enumerate(reader, start=1):
        try:
            tick = _tick(row, seq)
        except (ValueError, ArithmeticError, TypeError) as error:
            raise InvalidInput(f"line {seq + 1} of the recording cannot be read") from error
        found.setdefault(tick.instrument_id, []).append(tick)
    if not found:
        raise InvalidInput("the recording has no ticks")
    for ticks in found.values():
        ticks.sort(key=lambda tick: (tick.at, tick.seq))
    every = [tick.at for ticks in found.values() for tick in ticks]
    return Recording(found, min(every), max(every))


class ReplaySource:
    """Plays a recording from its first tick on, `speed` times as fast as it was."""

    name = "replay"
    is_simulated = True

    def __init__(
        self, recording: Recording, calendar: Calendar, *, started: datetime, speed: float = 1.0
    ) -> None:
        self._recording = recording
        self._calendar = calendar
        self._started = started
        self._speed = speed
        self._sent: dict[int, int] = {}

    @classmethod
    def open(
        cls, path: Path, calendar: Calendar, *, started: datetime, speed: float = 1.0
    ) -> ReplaySource:
        """Read a file; raises InvalidInput when it is no recording."""
        try:
            lines = path.read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{path} cannot be read: {error}") from error
        return cls(read_recording(lines), calendar, started=started, speed=speed)

    def market_time(self, now: datetime) -> datetime:
        """The recording's time; it stands still at the last tick."""
        played = max(timedelta(0), now - self._started) * self._speed
        return min(self._recording.first + played, self._recording.last)

    def poll(self, wanted: Sequence[Wanted], now: datetime) -> list[Tick]:
        """Every recorded tick since the last call, in the recording's order."""
        until, made = self.market_time(now), list[Tick]()
        for one in wanted:
            ticks = self._recording.ticks.get(one.instrument.id, [])
            end = bisect_right(ticks, until, key=lambda tick: tick.at)
            start = self._sent.get(one.instrument.instrument_token, max(0, end - 1))
            self._sent[one.instrument.instrument_token] = max(start, end)
            made += [self._as_of(tick, one.instrument, now) for tick in ticks[start:end]]
        return sorted(made, key=lambda tick: tick.seq)

    def quote(self, wanted: Sequence[Wanted], now: datetime) -> list[Tick]:
        """The last recorded tick of each."""
        until, made = self.market_time(now), list[Tick]()
        for one in wanted:
            ticks = self._recording.ticks.get(one.instrument.id, [])
            end = bisect_right(ticks, until, key=lambda tick: tick.at)
            if end:
                made.append(self._as_of(ticks[end - 1], one.instrument, now))
        return made

    def hours(self, moment: datetime, segment: Segment = Segment.CASH) -> TradingHours | None:
        """The session the recording was made in; the whole day where the exchange was closed."""
        found = hours_at(self._calendar, moment, segment)
        if found is not None:
            return found
        midnight = moment.astimezone(IST).replace(hour=0, minute=0, second=0, microsecond=0)
        return TradingHours(midnight.date(), ((midnight, midnight + timedelta(days=1)),), 1)

    def phase(self, moment: datetime, segment: Segment) -> Phase | None:
        """A recording is traded all the time."""
        return trading_phase(self.hours(moment, segment), moment)

    def session_candles(
        self, instrument: Instrument, interval: Interval, moment: datetime
    ) -> list[Candle]:
        """Candles of the recording's session up to a moment."""
        hours_of = partial(self.hours, segment=segment_of(instrument))
        hours = hours_of(moment)
        ticks = self._recording.ticks.get(instrument.id, [])
        builder = CandleBuilder(interval, hours_of, late=timedelta(0))
        made: list[Candle] = []
        for tick in ticks[: bisect_right(ticks, moment, key=lambda tick: tick.at)]:
            if hours is not None and tick.at >= hours.start:
                made += builder.add(replace(tick, exchange_at=tick.at))
        return [*made, *builder.unfinished]

    def past_candles(
        self, instrument: Instrument, interval: Interval, start: date, end: date
    ) -> list[Candle]:
        """Candles of the recording's former sessions."""
        hours_of = partial(self.hours, segment=segment_of(instrument))
        builder = CandleBuilder(interval, hours_of, late=timedelta(0))
        made: list[Candle] = []
        for tick in self._recording.ticks.get(instrument.id, []):
            if start <= tick.at.astimezone(IST).date() <= end:
                made += builder.add(tick)
        return [*made, *builder.unfinished]

    def _as_of(self, tick: Tick, instrument: Instrument, now: datetime) -> Tick:
        # The file's line number is its order; it rises with time within an instrument.
        return replace(
            tick, instrument_token=instrument.instrument_token, at=now, exchange_at=tick.at
        )


def _tick(row: dict[str, str], seq: int) -> Tick:
    at = datetime.fromisoformat(row["at"])
    if at.tzinfo is None:
        raise ValueError("a time without its offset")
    more = {name: row[name] for name in _OPTIONAL if row.get(name)}
    prices = {name: Decimal(more[name]) for name in ("bid", "ask", "close") if name in more}
    counts = {
        name: int(more[name]) for name in ("bid_quantity", "ask_quantity", "oi") if name in more
    }
    return Tick(
        instrument_token=0, instrument_id=row["instrument"].strip().upper(),
        last_price=Decimal(row["last_price"]), volume=int(row["volume"] or 0), at=at,
        seq=seq, bid=prices.get("bid"), ask=prices.get("ask"), close=prices.get("close"),
        bid_quantity=counts.get("bid_quantity", 0), ask_quantity=counts.get("ask_quantity", 0),
        oi=counts.get("oi", 0),
    )  # fmt: skip
