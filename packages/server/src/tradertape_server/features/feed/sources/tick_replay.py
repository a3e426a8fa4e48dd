"""Replay of recorded ticks as a tick source, in real time or faster."""

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
from tradertape_server.features.feed.sources.tick_source import Subscription

COLUMNS = ("at", "instrument", "last_price", "volume")
_SECOND = timedelta(seconds=1)
_TINY = timedelta(microseconds=1)
_FRESH = timedelta(seconds=5)
_OPTIONAL = ("bid", "ask", "bid_quantity", "ask_quantity", "oi", "close")


@dataclass(frozen=True, slots=True)
class Recording:
    """Recorded ticks by instrument id, each list sorted by time."""

    ticks: dict[str, list[Tick]]
    first: datetime
    last: datetime


def read_recording(lines: Iterable[str]) -> Recording:
    """Read CSV lines: at (ISO 8601 with offset), instrument, last_price, volume, optional columns.

    Raises InvalidInput with the line number of a row that cannot be read.
    """
    reader = csv.DictReader(lines)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise InvalidInput(f"this is not a recording of ticks: no column {', '.join(missing)}")
    found: dict[str, list[Tick]] = {}
    for seq, row in enumerate(reader, start=1):
        try:
            tick = _tick(row, seq)
        except (ValueError, ArithmeticError, TypeError) as error:
            raise InvalidInput(f"line {seq + 1} of the recording cannot be read") from error
        found.setdefault(tick.instrument_id, []).append(tick)
    if not found:
        raise InvalidInput("the recording has no ticks")
    for name, ticks in found.items():
        ordered = sorted(ticks, key=lambda tick: (tick.at, tick.seq))
        # Lines may be in any order; sequence numbers must rise with time.
        found[name] = [replace(t, seq=s.seq) for t, s in zip(ordered, ticks, strict=True)]
    every = [tick.at for ticks in found.values() for tick in ticks]
    return Recording(found, min(every), max(every))


class ReplaySource:
    """Plays a recording from its first tick on, at `speed` times real time, in steps of `rate_hz`.

    Between two steps the market's time does not advance. With `loop` the recording starts again at
    its end, on the first day after those already played.
    """

    name = "replay"
    is_simulated = True

    def __init__(
        self, recording: Recording, calendar: Calendar, *, started: datetime, speed: float = 1.0,
        rate_hz: float = 1.0, loop: bool = False,
    ) -> None:  # fmt: skip
        self._recording = recording
        self.calendar = calendar
        self._started = started
        self._speed = speed
        self._rate_hz = rate_hz
        self._length = recording.last - recording.first + _SECOND
        days = recording.last.astimezone(IST).date() - recording.first.astimezone(IST).date()
        self._later = days + timedelta(days=1)  # from one round to the next
        self._loops = loop
        self._count = sum(map(len, recording.ticks.values()))
        self._sent: dict[int, int] = {}

    @classmethod
    def open(
        cls, path: Path, calendar: Calendar, *, started: datetime, speed: float = 1.0,
        rate_hz: float = 1.0, loop: bool = False,
    ) -> ReplaySource:  # fmt: skip
        """Read a file; raises InvalidInput when it is not a recording."""
        try:
            lines = path.read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{path} cannot be read: {error}") from error
        recording = read_recording(lines)
        return cls(recording, calendar, started=started, speed=speed, rate_hz=rate_hz, loop=loop)

    def market_time(self, now: datetime) -> datetime:
        """The recording's time at the last step; without a loop it stops at the end."""
        steps = int(max(0.0, (now - self._started).total_seconds()) * self._rate_hz)
        played = timedelta(seconds=steps / self._rate_hz * self._speed)
        if not self._loops:
            return self._recording.first + min(played, self._length)
        round_, into = divmod(played, self._length)
        return self._recording.first + into + round_ * self._later

    def poll(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """Every recorded tick since the last call, in the recording's order.

        Without a new one the last is repeated until it is five real seconds old.
        """
        until, made = self.market_time(now), list[Tick]()
        for one in wanted:
            ticks = self._recording.ticks.get(one.instrument.id, [])
            end = self._played_by(ticks, until)
            start = self._sent.get(one.instrument.instrument_token, max(0, end - 1))
            self._sent[one.instrument.instrument_token] = max(start, end)
            first = max(start, end - len(ticks))  # rounds missed entirely are skipped
            found = [self._numbered(ticks, k, one.instrument, until) for k in range(first, end)]
            made += found or self._repeated(ticks, end, one.instrument, until)
        return sorted(made, key=lambda tick: tick.seq)

    def quote(self, wanted: Sequence[Subscription], now: datetime) -> list[Tick]:
        """The last recorded tick of each instrument."""
        until, made = self.market_time(now), list[Tick]()
        for one in wanted:
            ticks = self._recording.ticks.get(one.instrument.id, [])
            if end := self._played_by(ticks, until):
                made.append(self._numbered(ticks, end - 1, one.instrument, until))
        return made

    def hours(self, moment: datetime, segment: Segment = Segment.CASH) -> TradingHours | None:
        """The exchange's session at a moment; the whole day if the exchange was closed."""
        if not self._loops and moment > self._recording.last:
            return None
        found = hours_at(self.calendar, moment, segment)
        if found is not None:
            return found
        midnight = moment.astimezone(IST).replace(hour=0, minute=0, second=0, microsecond=0)
        return TradingHours(midnight.date(), ((midnight, midnight + timedelta(days=1)),), 1)

    def phase(self, moment: datetime, segment: Segment) -> Phase | None:
        """Continuous trading throughout the session."""
        return trading_phase(self.hours(moment, segment), moment)

    def session_candles(
        self, instrument: Instrument, interval: Interval, moment: datetime
    ) -> list[Candle]:
        """Candles of the recording's session up to a moment."""
        hours_of = partial(self.hours, segment=segment_of(instrument))
        hours = hours_of(moment)
        day = moment.astimezone(IST).date() if hours is None else hours.day
        midnight = datetime.combine(day, datetime.min.time(), tzinfo=IST)
        start = midnight if hours is None else hours.start
        return self._built(instrument, interval, start, moment)

    def past_candles(
        self, instrument: Instrument, interval: Interval, start: date, end: date
    ) -> list[Candle]:
        """Candles of the recording's former sessions."""
        midnight = datetime.combine(start, datetime.min.time(), tzinfo=IST)
        until = datetime.combine(end, datetime.max.time(), tzinfo=IST)
        return self._built(instrument, interval, midnight, until)

    # --- inside -------------------------------------------------------------------------------

    def _built(
        self, instrument: Instrument, interval: Interval, start: datetime, until: datetime
    ) -> list[Candle]:
        hours_of = partial(self.hours, segment=segment_of(instrument))
        builder = CandleBuilder(interval, hours_of, late=timedelta(0))
        ticks = self._recording.ticks.get(instrument.id, [])
        made: list[Candle] = []
        for k in range(self._played_by(ticks, start - _TINY), self._played_by(ticks, until)):
            made += builder.add(self._numbered(ticks, k, instrument, until))
        return [*made, *builder.unfinished]

    def _played_by(self, ticks: Sequence[Tick], until: datetime) -> int:
        """How many ticks of an instrument were played by a market time, in all rounds."""
        round_ = self._round_of(until)
        within = until - round_ * self._later
        return round_ * len(ticks) + bisect_right(ticks, within, key=lambda tick: tick.at)

    def _round_of(self, moment: datetime) -> int:
        if not self._loops:
            return 0
        return max(0, (moment - self._recording.first) // self._later)

    def _numbered(
        self, ticks: Sequence[Tick], k: int, instrument: Instrument, until: datetime
    ) -> Tick:
        """The k-th tick of an instrument, counted over all rounds."""
        round_, place = divmod(k, len(ticks))
        tick = ticks[place]
        return replace(
            tick, instrument_token=instrument.instrument_token, at=until,
            exchange_at=tick.at + round_ * self._later, seq=tick.seq + round_ * self._count,
        )  # fmt: skip

    def _repeated(
        self, ticks: Sequence[Tick], end: int, instrument: Instrument, until: datetime
    ) -> list[Tick]:
        if not end:
            return []
        last = self._numbered(ticks, end - 1, instrument, until)
        age = until - (last.exchange_at or until)
        return [last] if age <= _FRESH * self._speed and self.hours(until) is not None else []


def _tick(row: dict[str, str], seq: int) -> Tick:
    at = datetime.fromisoformat(row["at"])
    if at.tzinfo is None:
        raise ValueError("a time without an offset")
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
