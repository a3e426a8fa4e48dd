"""When intraday positions are closed, by segment and date (contract §5)."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.hours import intraday_due
from tradertape_core.market.session_times import Segment


@pytest.mark.parametrize(
    ("day", "segment", "due"),
    [
        (date(2026, 7, 31), Segment.CASH, (15, 20)),
        (date(2026, 7, 31), Segment.DERIVATIVES, (15, 20)),
        (date(2026, 8, 3), Segment.CASH, (15, 5)),
        (date(2026, 8, 3), Segment.CASH_WITH_DERIVATIVES, (15, 5)),
        (date(2026, 8, 3), Segment.DERIVATIVES, (15, 20)),
        (date(2025, 10, 21), Segment.CASH, (14, 35)),  # Muhurat trading, 13:45 to 14:45
    ],
)
def test_intraday_positions_are_due_ten_minutes_before_continuous_trading_ends(day, segment, due):
    hour, minute = due
    wanted = datetime(day.year, day.month, day.day, hour, minute, tzinfo=IST)
    assert intraday_due(nse_calendar(), day, segment) == wanted


def test_a_holiday_has_nothing_due():
    assert intraday_due(nse_calendar(), date(2026, 1, 26)) is None
