"""The weekdays on which contracts end, through the years, and holidays."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.expiry_days import expiry_in_week, expiry_weekday, is_monthly


@pytest.mark.parametrize(
    ("exchange", "on", "weekday"),
    [
        ("NFO", date(2025, 8, 28), 3), ("NFO", date(2025, 9, 2), 1),
        ("BFO", date(2024, 12, 27), 4), ("BFO", date(2025, 1, 7), 1),
        ("BFO", date(2025, 9, 4), 3),
    ],
)  # fmt: skip
def test_the_weekday_is_that_of_its_time(exchange: str, on: date, weekday: int) -> None:
    assert expiry_weekday(exchange, on) == weekday


def test_an_exchange_without_index_options_is_refused() -> None:
    with pytest.raises(InvalidInput, match="MCX lists no index options; NFO and BFO do"):
        expiry_weekday("MCX", date(2026, 1, 1))
    with pytest.raises(InvalidInput, match="had no index options on 2020-01-01"):
        expiry_weekday("BFO", date(2020, 1, 1))


def test_a_holiday_brings_the_expiry_forward() -> None:
    """NSE 2026-03-31 -> 03-30, BSE 2026-03-26 -> 03-25."""
    assert expiry_in_week("NFO", date(2026, 4, 1), nse_calendar()) == date(2026, 3, 30)
    assert expiry_in_week("BFO", date(2026, 3, 23), nse_calendar()) == date(2026, 3, 25)
    assert expiry_in_week("NFO", date(2026, 3, 22), nse_calendar()) == date(2026, 3, 17)


def test_a_year_has_twelve_monthly_expiries_wherever_holidays_fall() -> None:
    sessions, first = nse_calendar(), date(2026, 1, 5)
    days = [expiry_in_week("NFO", first + timedelta(weeks=week), sessions) for week in range(52)]
    assert [day.month for day in days if is_monthly("NFO", day)] == list(range(1, 13))
