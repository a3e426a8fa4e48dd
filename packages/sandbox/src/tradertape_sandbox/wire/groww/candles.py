"""Candles: intervals, how much of each one call may ask for, and the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from tradertape_core.kernel.clock import IST
from tradertape_core.market.candle import Candle, Interval
from tradertape_sandbox.wire.groww.envelopes import bad_request

FIRST_YEAR = 2020  # there is nothing older
_OPEN_MINUTE = 9 * 60 + 15
_DAY_MINUTES = 1_440


@dataclass(frozen=True, slots=True)
class Span:
    """One of Groww's intervals.

    minutes: its length. base: the candles it is made of. most_days: in one call; None: no limit.
    """

    minutes: int
    base: Interval
    most_days: int | None


def _spans(words: Mapping[str, tuple[int, Interval]]) -> dict[str, Span]:
    def days(minutes: int) -> int:
        return 30 if minutes <= 5 else 90 if minutes <= 30 else 180

    return {name: Span(n, base, days(n)) for name, (n, base) in words.items()}


SPANS: Mapping[str, Span] = _spans(
    {
        "1minute": (1, Interval.MINUTE),
        "2minute": (2, Interval.MINUTE),
        "3minute": (3, Interval.MINUTE_3),
        "5minute": (5, Interval.MINUTE_5),
        "10minute": (10, Interval.MINUTE_10),
        "15minute": (15, Interval.MINUTE_15),
        "30minute": (30, Interval.MINUTE_30),
        "1hour": (60, Interval.MINUTE_60),
        "4hour": (240, Interval.MINUTE_60),
        "1day": (_DAY_MINUTES, Interval.DAY),
        "1week": (7 * _DAY_MINUTES, Interval.DAY),
        "1month": (30 * _DAY_MINUTES, Interval.DAY),
    }
)

# The older endpoint names its intervals in minutes, with limits of its own.
RANGE_SPANS: Mapping[int, Span] = {
    1: Span(1, Interval.MINUTE, 7),
    5: Span(5, Interval.MINUTE_5, 15),
    10: Span(10, Interval.MINUTE_10, 30),
    60: Span(60, Interval.MINUTE_60, 150),
    240: Span(240, Interval.MINUTE_60, 365),
    1_440: Span(_DAY_MINUTES, Interval.DAY, 1_080),
    10_080: Span(7 * _DAY_MINUTES, Interval.DAY, None),
}


def check_period(span: Span, start: datetime, end: datetime) -> None:
    """Raise GrowwError for a period that is empty, too long or too old."""
    if start >= end:
        raise bad_request("start_time must be before end_time")
    if start.year < FIRST_YEAR:
        raise bad_request(f"there are no candles before {FIRST_YEAR}: move start_time")
    if span.most_days is not None and end - start > timedelta(days=span.most_days):
        raise bad_request(
            f"at most {span.most_days} days of this interval a call, were "
            f"{(end - start).days + 1}: ask for less at a time"
        )


def joined(candles: Sequence[Candle], span: Span) -> list[Candle]:
    """Candles of the span's length, of those of its base, oldest first."""
    if span.base.length >= timedelta(minutes=span.minutes):
        return list(candles)
    groups = groupby(candles, key=lambda one: _group(one.start, span.minutes))
    return [_together(list(group)) for _, group in groups]


def detailed_row(candle: Candle, *, has_interest: bool) -> list[object]:
    """A row of the newer endpoint: time as text; open interest of futures and options only."""
    start = f"{candle.start.astimezone(IST):%Y-%m-%d %H:%M:%S}"
    return [start, *_values(candle), candle.oi if has_interest else None]


def range_row(candle: Candle) -> list[object]:
    """A row of the older endpoint: time in seconds since 1970."""
    return [int(candle.start.timestamp()), *_values(candle)]


def _values(one: Candle) -> tuple[float, float, float, float, int]:
    return float(one.open), float(one.high), float(one.low), float(one.close), one.volume


def _group(start: datetime, minutes: int) -> tuple[int, ...]:
    local = start.astimezone(IST)
    if minutes == 30 * _DAY_MINUTES:
        return local.year, local.month
    if minutes == 7 * _DAY_MINUTES:
        return tuple(local.isocalendar()[:2])
    since_open = local.hour * 60 + local.minute - _OPEN_MINUTE
    return local.year, local.month, local.day, since_open // minutes


def _together(candles: Sequence[Candle]) -> Candle:
    first, last = candles[0], candles[-1]
    return replace(
        first,
        high=max(one.high for one in candles),
        low=min(one.low for one in candles),
        close=last.close,
        volume=sum(one.volume for one in candles),
        oi=last.oi,
        is_complete=last.is_complete,
    )
