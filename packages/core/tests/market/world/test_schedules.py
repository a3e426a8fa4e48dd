from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from tradertape_core.market.universe_facts import FACTS, NIFTY_100
from tradertape_core.market.world.names import STARTS
from tradertape_core.market.world.schedules import (
    SPLITS_UNTIL,
    ActionKind,
    rows_of,
    schedule_of,
)

SCHEDULES = [(start, schedule_of(start, 9)) for start in STARTS]


def test_every_company_of_the_nifty_100_starts_somewhere() -> None:
    symbols = [start.symbol for start in STARTS]
    assert len(set(symbols)) == len(symbols)
    assert {fact.symbol for fact in NIFTY_100} <= set(symbols) <= set(FACTS)
    assert all(1 < s.price < 1e5 and 1 < s.cap < 1000 for s in STARTS)
    assert sum(s.listed is None for s in STARTS) >= 100  # enough for an index of a hundred


def test_a_listing_is_a_session_and_comes_before_a_delisting() -> None:
    from tradertape_core.market.calendar import nse_calendar

    for start in STARTS:
        assert start.listed is None or nse_calendar().is_session(start.listed), start.symbol
        assert start.delisted is None or nse_calendar().is_session(start.delisted), start.symbol


def test_splits_end_on_a_fixed_day_and_make_up_the_adjustment() -> None:
    factors = []
    for _, schedule in SCHEDULES:
        splits = [a for a in schedule.actions if a.kind is not ActionKind.DIVIDEND]
        assert all(a.ex_date <= SPLITS_UNTIL and a.factor > 1 and a.part == 0 for a in splits)
        assert schedule.split_factor == pytest.approx(np.prod([a.factor for a in splits]))
        factors.append(schedule.split_factor)
    assert 30 < sum(f > 1 for f in factors) < 110
    assert max(factors) <= 200


def test_results_come_once_a_quarter_within_seven_weeks() -> None:
    for _, schedule in SCHEDULES:
        for day in schedule.results:
            quarter = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
            assert timedelta(days=8) <= day - quarter <= timedelta(days=46)
        assert len({(d.year, (d.month - 1) // 3) for d in schedule.results}) == len(
            schedule.results
        )


def test_dividends_are_small_and_within_the_company_s_life() -> None:
    for start, schedule in SCHEDULES:
        for action in schedule.actions:
            assert (start.listed or date(2015, 1, 1)) < action.ex_date
            assert start.delisted is None or action.ex_date < start.delisted
            assert 0 <= action.part < 0.1


def test_an_event_happens_on_the_next_session_or_not_yet() -> None:
    days = np.array(["2015-01-01", "2015-01-02", "2015-01-05"], dtype="datetime64[D]")
    dates = [date(2014, 12, 31), date(2015, 1, 2), date(2015, 1, 3), date(2015, 1, 6)]
    assert rows_of(days, dates).tolist() == [1, 2]
    assert rows_of(days, []).tolist() == []
