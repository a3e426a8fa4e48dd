"""Which missing candles count, at the end of the published holidays."""

from __future__ import annotations

from datetime import date

import numpy as np

from tradertape_core.market.calendar import nse_calendar
from tradertape_server.features.market.data_sets.gaps import find_gaps


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def test_only_published_sessions_can_be_missing() -> None:
    # The 30th is a published session; of January only the rule says that the 4th trades.
    dates = days("2026-12-29", "2026-12-31", "2027-01-01", "2027-01-05")
    prices = np.ones((4, 1))
    found = find_gaps(dates, ("INFY",), prices, prices, nse_calendar())
    assert found.total == 1
    assert found.by_day == ((date(2026, 12, 30), 1),)


def test_a_session_that_the_rule_does_not_know_is_not_odd() -> None:
    # A Saturday in each year: the exchange may still announce the one of 2027.
    dates = days("2026-12-26", "2026-12-31", "2027-01-09")
    prices = np.ones((3, 1))
    found = find_gaps(dates, ("INFY",), prices, prices, nse_calendar())
    assert found.odd_days == (date(2026, 12, 26),)
