"""The vocabulary of expiries (D18)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.options.expiry import live_expiries, resolve_expiry, years_left

# Tuesdays, and Monday 2026-03-30 because the 31st was a holiday.
LISTED = [
    date(2026, 3, 10), date(2026, 3, 17), date(2026, 3, 24), date(2026, 3, 30),
    date(2026, 4, 7), date(2026, 4, 28), date(2026, 5, 26),
]  # fmt: skip
NOW = datetime(2026, 3, 9, 5, 0, tzinfo=UTC)


def at(day: date, hour: int = 5, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "day", "expected"),
    [
        ("nearest", date(2026, 3, 9), date(2026, 3, 10)),
        ("current_week", date(2026, 3, 11), date(2026, 3, 17)),
        ("next_week", date(2026, 3, 11), date(2026, 3, 24)),
        ("current_month", date(2026, 3, 11), date(2026, 3, 30)),
        ("next_month", date(2026, 3, 11), date(2026, 4, 28)),
        ("current_week", date(2026, 3, 25), date(2026, 3, 30)),
        ("next_week", date(2026, 3, 25), date(2026, 4, 7)),
        ("current_month", date(2026, 3, 31), date(2026, 4, 28)),
        (" Nearest ", date(2026, 3, 9), date(2026, 3, 10)),
        ("2026-04-07", date(2026, 3, 9), date(2026, 4, 7)),
    ],
)
def test_each_word_means_one_listed_day(word: str, day: date, expected: date) -> None:
    assert resolve_expiry(word, LISTED, at(day), exchange="NFO") == expected


def test_an_expiry_lives_until_half_past_three() -> None:
    """10:00 UTC is 15:30 in Kolkata."""
    day = LISTED[0]
    assert resolve_expiry("nearest", LISTED, at(day, 9, 59), exchange="NFO") == day
    assert resolve_expiry("nearest", LISTED, at(day, 10, 0), exchange="NFO") == LISTED[1]
    assert live_expiries([*LISTED, day], at(day, 9, 59))[0] == day
    assert years_left(day, at(day, 9, 0)) == pytest.approx(1 / 24 / 365)
    assert years_left(day, at(day, 12, 0)) == 0.0


def test_an_underlying_with_monthly_expiries_only_has_no_week() -> None:
    monthly = [date(2026, 3, 30), date(2026, 4, 28), date(2026, 5, 26)]
    assert resolve_expiry("nearest", monthly, NOW, exchange="NFO") == monthly[0]
    with pytest.raises(InvalidInput, match=r"no weekly expiries.*current_month.*2026-03-30"):
        resolve_expiry("current_week", monthly, NOW, exchange="NFO")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-03-12", "no expiry on 2026-03-12; listed: 2026-03-10"),
        ("2026-02-24", "no expiry on 2026-02-24"),
        ("soon", r"nearest, current_week, .* or YYYY-MM-DD, was 'soon'"),
        ("", "YYYY-MM-DD"),
    ],
)
def test_what_is_not_listed_is_refused_with_what_is(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        resolve_expiry(text, LISTED, NOW, exchange="NFO")
    assert refused.value.pointer == "/expiry"


def test_a_month_that_is_not_listed_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no expiry is listed for next_month"):
        resolve_expiry("next_month", LISTED[:4], NOW, exchange="NFO")
    with pytest.raises(InvalidInput, match="not passed"):
        resolve_expiry("nearest", LISTED, at(date(2026, 6, 1)), exchange="NFO")
