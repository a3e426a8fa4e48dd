"""A broker's candles on disk: asked for once a day, since splits change those of former days."""

from __future__ import annotations

import gzip
import json
import threading
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.instrument import Instrument
from tradertape_server.features.market.data_sets.store import write_atomically

# Returns candles that begin within [start, end]; None when no broker can be asked.
Fetch = Callable[[Instrument, Interval, datetime, datetime], Sequence[Candle] | None]
SESSION_FOR_S = 15.0  # today's are asked for again after that
_MOST_SESSIONS = 2_000


@dataclass(frozen=True, slots=True)
class _Kept:
    """Candles of whole days, first to last, as they were asked for on a day."""

    asked_on: date
    first: date
    last: date
    candles: list[Candle]

    def covers(self, start: date, end: date) -> bool:
        """Whether a range is within them."""
        return self.first <= start and end <= self.last


class KeptCandles:
    """Files `<folder>/<id>.<interval>.json.gz`; any thread may call any method."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[tuple[str, Interval, date], tuple[float, list[Candle]]] = {}

    def past(
        self, instrument: Instrument, interval: Interval, start: date, end: date, fetch: Fetch
    ) -> list[Candle]:
        """Candles from `start` to `end`: today's, if they are wanted, fresh from the broker."""
        now = self._clock.now()
        today = now.astimezone(IST).date()
        last = min(end, today - timedelta(days=1))
        found = self._days(instrument, interval, start, last, fetch) if start <= last else []
        if start <= today <= end:
            found = [*found, *self.session(instrument, interval, today, now, fetch)]
        return found

    def session(
        self, instrument: Instrument, interval: Interval, day: date, until: datetime, fetch: Fetch
    ) -> list[Candle]:
        """Candles of a day up to a moment; the last good ones when no broker can be asked."""
        key, now_s = (instrument.id, interval, day), self._clock.monotonic()
        with self._lock:
            at_s, known = self._sessions.get(key, (float("-inf"), []))
        if now_s - at_s > SESSION_FOR_S:
            given = fetch(instrument, interval, _midnight(day), _end_of(day))
            if given is not None:
                known = list(given)
                with self._lock:
                    if len(self._sessions) >= _MOST_SESSIONS:
                        self._sessions.clear()
                    self._sessions[key] = now_s, known
        return [one for one in known if one.start <= until]

    def _days(
        self, instrument: Instrument, interval: Interval, start: date, end: date, fetch: Fetch
    ) -> list[Candle]:
        path = (
            self._folder
            / f"{instrument.id.replace(':', '_').replace('/', '_')}.{interval.value}.json.gz"
        )
        today = self._clock.now().astimezone(IST).date()
        kept = _read(path)
        if kept is None or kept.asked_on != today or not kept.covers(start, end):
            first, last = start, end
            if kept is not None and kept.asked_on == today:
                first, last = min(start, kept.first), max(end, kept.last)
            given = fetch(instrument, interval, _midnight(first), _end_of(last))
            if given is not None:
                kept = _Kept(today, first, last, list(given))
                _write(path, kept)
        found = [] if kept is None else kept.candles
        return [one for one in found if start <= one.start.astimezone(IST).date() <= end]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=IST)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(23, 59), tzinfo=IST)


def _write(path: Path, kept: _Kept) -> None:
    rows = [
        [o.start.isoformat(), *map(str, (o.open, o.high, o.low, o.close)), o.volume, o.oi]
        for o in kept.candles
    ]
    days = {"asked_on": kept.asked_on, "first": kept.first, "last": kept.last}
    content = {**{name: day.isoformat() for name, day in days.items()}, "rows": rows}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, gzip.compress(json.dumps(content).encode(), compresslevel=5))


def _read(path: Path) -> _Kept | None:
    """The file's content; None when there is none, or when it is damaged."""
    try:
        content: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
        days = (date.fromisoformat(content[name]) for name in ("asked_on", "first", "last"))
        return _Kept(*days, candles=[_candle(row) for row in content["rows"]])
    except (OSError, EOFError, ValueError, TypeError, KeyError, InvalidOperation, zlib.error):
        return None


def _candle(row: list[Any]) -> Candle:
    opening, high, low, close = map(Decimal, row[1:5])
    return Candle(
        datetime.fromisoformat(row[0]), opening, high, low, close, int(row[5]), oi=int(row[6])
    )
