"""Candles from Upstox: read in parts that it answers, joined, oldest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, cast
from urllib.parse import quote

from tradertape_brokers.errors import Refused, Unavailable
from tradertape_brokers.limiter import Kind
from tradertape_brokers.upstox.amounts import price, units
from tradertape_brokers.upstox.answers import as_object
from tradertape_brokers.upstox.rest import Rest
from tradertape_core.kernel.clock import IST
from tradertape_core.market.candle import Candle, Interval

_MONTH, _QUARTER, _YEARS = timedelta(days=28), timedelta(days=85), timedelta(days=3600)
# Upstox's words, the first day it has, and how many days one call may ask for.
# Source: upstox.com/developer/api-documentation, "Historical candle data V3".
_MINUTES_FROM, _DAYS_FROM = date(2022, 1, 1), date(2000, 1, 1)
_INTERVALS: Final[Mapping[Interval, tuple[str, date, timedelta]]] = {
    Interval.MINUTE: ("minutes/1", _MINUTES_FROM, _MONTH),
    Interval.MINUTE_3: ("minutes/3", _MINUTES_FROM, _MONTH),
    Interval.MINUTE_5: ("minutes/5", _MINUTES_FROM, _MONTH),
    Interval.MINUTE_10: ("minutes/10", _MINUTES_FROM, _MONTH),
    Interval.MINUTE_15: ("minutes/15", _MINUTES_FROM, _MONTH),
    Interval.MINUTE_30: ("minutes/30", _MINUTES_FROM, _QUARTER),
    Interval.MINUTE_60: ("hours/1", _MINUTES_FROM, _QUARTER),
    Interval.DAY: ("days/1", _DAYS_FROM, _YEARS),
}
CANDLE_DAYS: Final = {interval: span.days for interval, (_, _, span) in _INTERVALS.items()}
_PATH: Final = "/v3/historical-candle"
_DAY = timedelta(days=1)


def candles(
    rest: Rest, key: str, interval: Interval, start: datetime, end: datetime, *, now: datetime
) -> list[Candle]:
    """Candles that begin from `start` on and before `end`; times aware.

    now: a candle that is not over then is not complete; the present day's come from another call.
    Raises BrokerError.
    """
    if start.tzinfo is None or end.tzinfo is None or start >= end:
        raise Refused("start must be before end, and both need a time zone")
    words, _, _ = _INTERVALS[interval]
    name, today = quote(key, safe=""), now.astimezone(IST).date()
    paths = [
        f"{_PATH}/{name}/{words}/{last}/{first}"
        for first, last in _parts(interval, start, end, today)
    ]
    if end.astimezone(IST) > datetime.combine(today, datetime.min.time(), tzinfo=IST):
        paths.append(f"{_PATH}/intraday/{name}/{words}")
    found: dict[datetime, Candle] = {}
    for path in paths:
        for row in _rows(rest.get(path, kind=Kind.HISTORY)):
            one = candle_of(row, interval, now)
            if start <= one.start < end:
                found[one.start] = one
    return [found[at] for at in sorted(found)]


def candle_of(row: object, interval: Interval, now: datetime) -> Candle:
    """One row: time, open, high, low, close, volume, open interest. Raises Unavailable."""
    try:
        at, open_, high, low, close, volume, oi, *_ = (*cast(list[Any], row), None)
        began = datetime.fromisoformat(str(at))
        began = began if began.tzinfo else began.replace(tzinfo=IST)
        return Candle(
            start=began,
            open=_price(open_),
            high=_price(high),
            low=_price(low),
            close=_price(close),
            volume=units(volume),
            oi=units(oi),
            is_complete=began + interval.length <= now,
        )
    except (TypeError, ValueError, ArithmeticError) as error:
        raise Unavailable(f"a candle of Upstox cannot be read: {row!r}") from error


def _parts(
    interval: Interval, start: datetime, end: datetime, today: date
) -> Iterator[tuple[date, date]]:
    """First and last days of the calls for what is over, within what each may ask for."""
    _, begun, span = _INTERVALS[interval]
    first = max(start.astimezone(IST).date(), begun)
    final = min(end.astimezone(IST).date(), today - _DAY)
    while first <= final:
        last = min(first + span, final)
        yield first, last
        first = last + _DAY


def _rows(answer: object) -> list[object]:
    rows = (as_object(answer) or {}).get("candles")
    if not isinstance(rows, list):
        raise Unavailable("Upstox's answer has no candles")
    return cast(list[object], rows)


def _price(value: object) -> Decimal:
    found = price(value)
    if found is None:
        raise ValueError("a price is no price")
    return found
