"""Holidays, trading hours, and the state of the market."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar_facts import SPECIAL_SESSIONS
from tradertape_core.market.hours import TradingHours, last_session_hours, session_hours
from tradertape_core.market.session_times import (
    CLOSING_AUCTION,
    PRE_OPEN,
    PRE_OPEN_OVER,
    PhaseKind,
    Segment,
)
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.wire.upstox.door import Call, Endpoint
from tradertape_sandbox.wire.upstox.envelope import UpstoxError, invalid

# Exchanges in Upstox's words; the sandbox trades those with a segment.
EXCHANGES: dict[str, Segment | None] = {
    "NSE": Segment.CASH, "BSE": Segment.CASH, "NFO": Segment.DERIVATIVES,
    "BFO": Segment.DERIVATIVES, "CDS": None, "BCD": None, "MCX": None,
}  # fmt: skip
_SEGMENTS = {
    "NSE_EQ": "NSE", "BSE_EQ": "BSE", "NSE_FO": "NFO", "BSE_FO": "BFO", "NSE_INDEX": "NSE",
    "BSE_INDEX": "BSE",
}  # fmt: skip
_SPECIAL = {one.day: one for one in SPECIAL_SESSIONS}


def holidays(call: Call) -> list[dict[str, Any]]:
    """The days of the year on which trading differs from the plain week."""
    year = call.exchange.today.year
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    return [row for day in days if day.year == year and (row := _day_row(call, day))]


def holiday(call: Call) -> list[dict[str, Any]]:
    """The same for one day; nothing for a plain one."""
    row = _day_row(call, _day(call))
    return [] if row is None else [row]


def timings(call: Call) -> list[dict[str, Any]]:
    """The hours of each exchange on a day; nothing on a day without trading."""
    return _hours(call, _day(call))


def status(call: Call) -> dict[str, Any]:
    """Whether an exchange trades, and since when."""
    name = call.path["exchange"].upper()
    exchange = _SEGMENTS.get(name, name)
    if exchange not in EXCHANGES:
        words = f"The exchange must be one of {', '.join(EXCHANGES)}"
        raise invalid(words, "exchange", name)
    word, since = status_of(call.exchange, EXCHANGES[exchange])
    return {"exchange": name, "status": word, "last_updated": int(since.timestamp() * 1000)}


def status_of(exchange: Exchange, segment: Segment | None) -> tuple[str, datetime]:
    """The status of a segment in Upstox's words, and when it began; None: it is not traded."""
    now, times = exchange.now(), exchange.times
    last = last_session_hours(times.calendar, now, segment or Segment.CASH)
    closed = "NORMAL_CLOSE", last.end if last is not None else now
    if segment is None:
        return closed
    if times.always_open:
        hours = times.hours(now)
        return closed if hours is None else ("NORMAL_OPEN", hours.start)
    for phase in times.calendar.session_times(now.astimezone(IST).date(), segment):
        if phase.start <= now < phase.end:
            return _word(phase.kind), phase.start
    return closed


def _word(kind: PhaseKind) -> str:
    if kind in PRE_OPEN_OVER:
        return "PRE_OPEN_END"
    if kind in PRE_OPEN:
        return "PRE_OPEN_START"
    if kind is PhaseKind.CONTINUOUS:
        return "NORMAL_OPEN"
    if kind in CLOSING_AUCTION and kind is not PhaseKind.CLOSING_MATCHING:
        return "CLOSING_START"
    return "CLOSING_END" if kind in CLOSING_AUCTION else "NORMAL_CLOSE"


def _day(call: Call) -> date:
    text = call.path["date"]
    try:
        return date.fromisoformat(text)
    except ValueError:
        words = "Invalid date: it must be YYYY-MM-DD"
        raise UpstoxError("UDAPI1088", words, field="date", value=text) from None


def _day_row(call: Call, day: date) -> dict[str, Any] | None:
    special, trades = _SPECIAL.get(day), call.exchange.times.calendar.is_session(day)
    if special is not None and trades:
        words, kind = special.kind.value.replace("_", " ").capitalize(), "SPECIAL_TIMING"
    elif day.weekday() < 5 and not trades:
        words, kind = "Trading holiday", "TRADING_HOLIDAY"
    else:
        return None
    open_ones = _hours(call, day)
    names = {row["exchange"] for row in open_ones}
    return {
        "date": day.isoformat(),
        "description": words,
        "holiday_type": kind,
        "closed_exchanges": [name for name in EXCHANGES if name not in names],
        "open_exchanges": open_ones,
    }


def _hours(call: Call, day: date) -> list[dict[str, Any]]:
    times = call.exchange.times
    found: list[dict[str, Any]] = []
    for name, segment in EXCHANGES.items():
        hours = None if segment is None else session_hours(times.calendar, day, segment)
        if hours is None and segment is not None and times.always_open:
            start = datetime.combine(day, time.min, tzinfo=IST)
            hours = TradingHours(day, ((start, start + timedelta(days=1)),))
        if hours is not None:
            start_ms, end_ms = (int(at.timestamp() * 1000) for at in (hours.start, hours.end))
            found.append({"exchange": name, "start_time": start_ms, "end_time": end_ms})
    return found


ENDPOINTS = (
    Endpoint("GET", "/v2/market/holidays", holidays, is_open=True),
    Endpoint("GET", "/v2/market/holidays/{date}", holiday, is_open=True),
    Endpoint("GET", "/v2/market/timings/{date}", timings, is_open=True),
    Endpoint("GET", "/v2/market/status/{exchange}", status, is_open=True),
)
