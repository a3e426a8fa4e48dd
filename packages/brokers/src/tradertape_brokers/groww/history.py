"""Candles from Groww: read in parts that it answers, joined, oldest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, cast

from tradertape_brokers.errors import Refused, Unavailable
from tradertape_brokers.groww.answers import as_object
from tradertape_brokers.groww.names import Listed
from tradertape_brokers.groww.rest import Rest
from tradertape_core.kernel.clock import IST
from tradertape_core.market.candle import Candle, Interval

FIRST_YEAR: Final = 2020  # Groww has nothing older
# Groww's word, and how many days one call may ask for. Source: groww.in/trade-api/docs,
# "Backtesting"; the spans of the shorter ones are not confirmed there.
INTERVALS: Final[Mapping[Interval, tuple[str, int]]] = {
    Interval.MINUTE: ("1minute", 30),
    Interval.MINUTE_3: ("3minute", 30),
    Interval.MINUTE_5: ("5minute", 30),
    Interval.MINUTE_10: ("10minute", 90),
    Interval.MINUTE_15: ("15minute", 90),
    Interval.MINUTE_30: ("30minute", 90),
    Interval.MINUTE_60: ("1hour", 180),
    Interval.DAY: ("1day", 180),
}
_STEP: Final = Decimal("0.0001")


def candles(
    rest: Rest,
    listed: Listed,
    groww_symbol: str,
    interval: Interval,
    start: datetime,
    end: datetime,
    *,
    now: datetime,
) -> list[Candle]:
    """Candles that begin from `start` on and before `end`; times aware.

    now: a candle that is not over then is not complete. Raises BrokerError.
    """
    if start.tzinfo is None or end.tzinfo is None or start >= end:
        raise Refused("start must be before end, and both need a time zone")
    word, days = INTERVALS[interval]
    found: dict[datetime, Candle] = {}
    for since, until in _parts(start, end, timedelta(days=days)):
        params = {
            "exchange": listed.exchange,
            "segment": listed.segment,
            "groww_symbol": groww_symbol,
            "start_time": _text(since),
            "end_time": _text(until),
            "candle_interval": word,
        }
        for row in _rows(rest.get("/historical/candles", params)):
            one = candle_of(row, interval, now)
            if start <= one.start < end:
                found[one.start] = one
    return [found[at] for at in sorted(found)]


def candle_of(row: object, interval: Interval, now: datetime) -> Candle:
    """One row: time, open, high, low, close, volume, open interest. Raises Unavailable."""
    try:
        time, open_, high, low, close, volume, oi, *_ = (*cast(list[Any], row), None)
        began = _moment(time)
        return Candle(
            start=began,
            open=_price(open_),
            high=_price(high),
            low=_price(low),
            close=_price(close),
            volume=int(volume or 0),
            oi=int(oi or 0),
            is_complete=began + interval.length <= now,
        )
    except (TypeError, ValueError, ArithmeticError) as error:
        raise Unavailable(f"a candle of Groww cannot be read: {row!r}") from error


def _parts(start: datetime, end: datetime, span: timedelta) -> Iterator[tuple[datetime, datetime]]:
    since = max(start, datetime(FIRST_YEAR, 1, 1, tzinfo=IST))
    while since < end:
        until = min(since + span, end)
        yield since, until
        since = until


def _rows(answer: object) -> list[object]:
    rows = (as_object(answer) or {}).get("candles")
    if not isinstance(rows, list):
        raise Unavailable("Groww's answer has no candles")
    return cast(list[object], rows)


def _moment(value: object) -> datetime:
    if isinstance(value, int):
        return datetime.fromtimestamp(value, IST)
    found = datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=IST)


def _price(value: object) -> Decimal:
    price = Decimal(str(value))
    if not price.is_finite() or price <= 0:
        raise ValueError("a price is no price")
    return price.quantize(_STEP).normalize() + 0


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(IST):%Y-%m-%d %H:%M:%S}"
