"""Candles, v2 and v3, newest first. The vendor's client sends no token with these calls."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from tradertape_core.kernel.clock import IST
from tradertape_core.market.candle import Candle, Interval
from tradertape_sandbox.wire.upstox.door import Call, Endpoint
from tradertape_sandbox.wire.upstox.envelope import UpstoxError, invalid

_V2 = {"1minute": Interval.MINUTE, "30minute": Interval.MINUTE_30, "day": Interval.DAY}
_V3 = {
    **{
        ("minutes", f"{one.length // timedelta(minutes=1)}"): one
        for one in Interval
        if one is not Interval.DAY
    },
    ("hours", "1"): Interval.MINUTE_60,
    ("days", "1"): Interval.DAY,
}
_MONTH, _QUARTER, _DECADE = timedelta(days=31), timedelta(days=92), timedelta(days=3653)


def candles(call: Call) -> dict[str, Any]:
    """Candles of past days; without `from` those of the last day asked for."""
    interval = _interval(call)
    last = _day(call.path["to_date"])
    first = _day(call.path["from_date"]) if "from_date" in call.path else last
    if first > last:
        raise invalid("from_date must not be after to_date", "from_date", str(first))
    most = _most(interval)
    if last - first > most:
        words = f"The range must not be longer than {most.days} days for this interval"
        raise invalid(words, "from_date", str(first))
    start = datetime.combine(first, time.min, tzinfo=IST)
    end = datetime.combine(last, time.max, tzinfo=IST)
    return _rows(call, interval, start, end)


def intraday(call: Call) -> dict[str, Any]:
    """Candles of the present day."""
    start = datetime.combine(call.exchange.today, time.min, tzinfo=IST)
    return _rows(call, _interval(call), start, start + timedelta(days=1))


def _rows(call: Call, interval: Interval, start: datetime, end: datetime) -> dict[str, Any]:
    instrument = call.door.instrument(call.path["key"])
    found = call.exchange.candles(instrument.id, interval, start, end)
    return {"candles": [_row(candle) for candle in reversed(found)]}


def _row(candle: Candle) -> list[object]:
    prices = (candle.open, candle.high, candle.low, candle.close)
    at = candle.start.astimezone(IST).isoformat(timespec="seconds")
    return [at, *(float(price) for price in prices), candle.volume, candle.oi or 0]


def _interval(call: Call) -> Interval:
    text = call.path["interval"]
    unit = call.path.get("unit")
    found = _V2.get(text) if unit is None else _V3.get((unit, text))
    if found is None:
        known = _V2 if unit is None else [" ".join(one) for one in _V3]
        raise invalid(f"The sandbox has the intervals {', '.join(known)}", "interval", text)
    return found


def _most(interval: Interval) -> timedelta:
    if interval is Interval.DAY:
        return _DECADE
    return _MONTH if interval.length <= timedelta(minutes=15) else _QUARTER


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UpstoxError("UDAPI1088", "Invalid date: it must be YYYY-MM-DD") from None


_V2_PATH, _V3_PATH = "/v2/historical-candle", "/v3/historical-candle"

ENDPOINTS = (
    Endpoint("GET", f"{_V2_PATH}/intraday/{{key}}/{{interval}}", intraday, is_open=True),
    Endpoint("GET", f"{_V3_PATH}/intraday/{{key}}/{{unit}}/{{interval}}", intraday, is_open=True),
    Endpoint("GET", f"{_V2_PATH}/{{key}}/{{interval}}/{{to_date}}", candles, is_open=True),
    Endpoint(
        "GET", f"{_V2_PATH}/{{key}}/{{interval}}/{{to_date}}/{{from_date}}", candles, is_open=True
    ),
    Endpoint("GET", f"{_V3_PATH}/{{key}}/{{unit}}/{{interval}}/{{to_date}}", candles, is_open=True),
    Endpoint(
        "GET",
        f"{_V3_PATH}/{{key}}/{{unit}}/{{interval}}/{{to_date}}/{{from_date}}",
        candles,
        is_open=True,
    ),
)
