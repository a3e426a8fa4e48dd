"""Holidays, hours, and whether the market is open."""

from __future__ import annotations

from datetime import datetime, time

import pytest
from packages.sandbox.tests.upstox.served_upstox import ServedUpstox, served_upstox

from tradertape_core.kernel.clock import IST


@pytest.fixture
def by_hours() -> ServedUpstox:
    """A sandbox that keeps the exchange's hours."""
    return served_upstox(always_open=False)


def test_holidays_are_those_of_the_calendar(by_hours: ServedUpstox) -> None:
    rows = {row["date"]: row for row in by_hours.data("GET", "/v2/market/holidays")}
    assert rows["2026-01-26"]["holiday_type"] == "TRADING_HOLIDAY"
    assert "NSE" in rows["2026-01-26"]["closed_exchanges"]
    assert rows["2026-02-01"]["holiday_type"] == "SPECIAL_TIMING"
    assert "NSE" in {one["exchange"] for one in rows["2026-02-01"]["open_exchanges"]}
    assert "2026-01-24" not in rows  # a plain Saturday
    [one] = by_hours.data("GET", "/v2/market/holidays/2026-01-26")
    assert one == rows["2026-01-26"]
    assert by_hours.data("GET", "/v2/market/holidays/2026-01-27") == []


def test_hours_are_those_of_each_segment(by_hours: ServedUpstox) -> None:
    rows = by_hours.data("GET", "/v2/market/timings/2026-11-23")
    hours = {
        row["exchange"]: [
            datetime.fromtimestamp(row[name] / 1000, IST).time()
            for name in ("start_time", "end_time")
        ]
        for row in rows
    }
    assert hours["NSE"][0] == time(9, 15)
    assert hours["NFO"] == [time(9, 15), time(15, 40)]
    assert "MCX" not in hours
    assert by_hours.data("GET", "/v2/market/timings/2026-01-26") == []
    assert by_hours.error("GET", "/v2/market/timings/today") == (400, "UDAPI1088")


@pytest.mark.parametrize(
    ("clock", "word"),
    [
        (time(8, 0), "NORMAL_CLOSE"),
        (time(9, 1), "PRE_OPEN_START"),
        (time(9, 13), "PRE_OPEN_END"),
        (time(9, 16), "NORMAL_OPEN"),
        (time(20, 0), "NORMAL_CLOSE"),
    ],
)
def test_the_status_follows_the_phases(by_hours: ServedUpstox, clock: time, word: str) -> None:
    day = by_hours.clock.at.astimezone(IST)
    by_hours.clock.at = datetime.combine(day.date(), clock, tzinfo=IST)
    shown = by_hours.data("GET", "/v2/market/status/NSE")
    assert (shown["exchange"], shown["status"]) == ("NSE", word)
    assert shown["last_updated"] <= by_hours.clock.at.timestamp() * 1000
    assert by_hours.data("GET", "/v2/market/status/MCX")["status"] == "NORMAL_CLOSE"


def test_an_unknown_exchange_has_no_status(by_hours: ServedUpstox) -> None:
    assert by_hours.error("GET", "/v2/market/status/LSE") == (400, "UDAPI100036")


def test_an_always_open_market_is_open_at_night(upstox: ServedUpstox) -> None:
    night = datetime.combine(upstox.clock.at.date(), time(2, 0), tzinfo=IST)
    upstox.clock.at = night
    assert upstox.data("GET", "/v2/market/status/NSE_EQ")["status"] == "NORMAL_OPEN"
