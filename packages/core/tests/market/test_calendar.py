from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import (
    Calendar,
    apply_special_sessions,
    is_ruled_holiday,
    nse_calendar,
    ruled_sessions,
    weekday_sessions,
)
from tradertape_core.market.calendar_facts import (
    FIRST_DAY,
    HOLIDAYS,
    LAST_DAY,
    PUBLISHED_UNTIL,
    SPECIAL_SESSIONS,
)
from tradertape_core.market.session_times import PhaseKind, Segment

DAYS = st.dates(min_value=date(2014, 6, 1), max_value=date(2037, 6, 30))


def clock_spans(day: date, segment: Segment, kind: PhaseKind | None = None) -> list[str]:
    phases = nse_calendar().session_times(day, segment)
    return [
        f"{p.kind} {p.start:%H:%M}-{p.end:%H:%M}" for p in phases if kind is None or p.kind is kind
    ]


# exchange_calendars' own use of pandas warns under pandas 3; not ours to mend.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_weekday_sessions_equal_those_of_exchange_calendars() -> None:
    import exchange_calendars

    xbom = exchange_calendars.get_calendar("XBOM", start=FIRST_DAY, end=PUBLISHED_UNTIL)
    assert weekday_sessions(FIRST_DAY, PUBLISHED_UNTIL) == tuple(x.date() for x in xbom.sessions)


def test_correcting_exchange_calendars_gives_the_calendar_made_from_facts() -> None:
    plain = weekday_sessions(FIRST_DAY, PUBLISHED_UNTIL)
    typed = nse_calendar().sessions_between(FIRST_DAY, PUBLISHED_UNTIL)
    assert apply_special_sessions(reversed(plain)) == typed
    assert len(typed) == len(plain) + sum(s.is_extra for s in SPECIAL_SESSIONS)


def test_a_late_holiday_listed_as_a_session_is_taken_out() -> None:
    listed = [date(2026, 1, 14), date(2026, 1, 15), date(2026, 1, 16)]
    assert apply_special_sessions(listed) == (date(2026, 1, 14), date(2026, 1, 16))


def test_special_sessions_are_added_only_within_the_base_range() -> None:
    assert apply_special_sessions([]) == ()
    assert apply_special_sessions([date(2025, 1, 31)]) == (date(2025, 1, 31),)
    around = apply_special_sessions([date(2025, 1, 31), date(2025, 2, 3)])
    assert around == (date(2025, 1, 31), date(2025, 2, 1), date(2025, 2, 3))


@pytest.mark.parametrize(
    ("day", "trades"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 24), False),  # Guru Nanak Gurpurb
        (date(2026, 11, 8), True),  # Muhurat on a Sunday
        (date(2024, 3, 2), True),  # disaster-recovery drill on a Saturday
        (date(2026, 1, 15), False),  # municipal elections
        (date(2014, 12, 31), False),  # not known, hence closed
        (date(2027, 1, 4), True),  # a Monday after the published years
        (date(2027, 1, 9), False),  # a Saturday
        (date(2027, 1, 26), False),  # Republic Day
        (date(2027, 3, 26), False),  # Good Friday
        (date(2028, 4, 14), False),  # Good Friday and Ambedkar Jayanti
        (date(2036, 12, 31), True),
        (date(2037, 1, 1), False),  # beyond the rule's years, hence closed
    ],
)
def test_sessions_of_known_days(day: date, trades: bool) -> None:
    assert nse_calendar().is_session(day) is trades


def test_what_the_rule_closes_was_closed_in_every_published_year() -> None:
    days = [FIRST_DAY + timedelta(days=i) for i in range((PUBLISHED_UNTIL - FIRST_DAY).days + 1)]
    ruled = [day for day in days if day.weekday() < 5 and is_ruled_holiday(day)]
    assert set(ruled) <= HOLIDAYS
    years = PUBLISHED_UNTIL.year - FIRST_DAY.year + 1
    assert len([day for day in ruled if day.weekday() == 4 and day.month in (3, 4)]) >= years
    unknown = len(HOLIDAYS) - len(ruled)
    extra = set(ruled_sessions(FIRST_DAY, PUBLISHED_UNTIL)) & HOLIDAYS
    assert len(extra) == unknown, "the lunar holidays are sessions by the rule, and nothing else"


def test_the_calendar_says_what_is_published_and_what_only_the_rule_says() -> None:
    calendar = nse_calendar()
    assert calendar.published_until == PUBLISHED_UNTIL < LAST_DAY == calendar.last_day
    assert calendar.is_published(PUBLISHED_UNTIL)
    later = PUBLISHED_UNTIL + timedelta(days=1)
    assert (calendar.knows(later), calendar.is_published(later)) == (True, False)
    assert calendar.next_session(PUBLISHED_UNTIL) == date(2027, 1, 1)
    assert clock_spans(date(2027, 1, 4), Segment.DERIVATIVES, PhaseKind.CONTINUOUS) == [
        "continuous 09:15-15:40"
    ]
    week = Calendar.from_sessions([date(2030, 1, 1), date(2030, 1, 3)])
    assert week.published_until == date(2030, 1, 3)


@given(DAYS)
def test_next_and_previous_session_undo_each_other(day: date) -> None:
    calendar = nse_calendar()
    if not calendar.is_session(day) or day in (calendar.sessions[0], calendar.sessions[-1]):
        return
    assert calendar.previous_session(calendar.next_session(day)) == day
    assert calendar.sessions_between(day, calendar.next_session(day))[0] == day
    assert len(calendar.sessions_between(day, calendar.next_session(day))) == 2


@given(DAYS, st.sampled_from(list(Segment)))
def test_phases_are_in_order_and_never_overlap(day: date, segment: Segment) -> None:
    phases = nse_calendar().session_times(day, segment)
    for before, after in pairwise(phases):
        assert before.start < before.end <= after.start < after.end
    assert all(p.start.tzinfo is IST and p.start.date() == day for p in phases)
    if phases:
        assert nse_calendar().is_session(day)


def test_asking_beyond_the_known_range_is_refused() -> None:
    calendar = nse_calendar()
    with pytest.raises(InvalidInput, match="covers 2015-01-01 to 2036-12-31"):
        calendar.next_session(date(2036, 12, 31))
    with pytest.raises(InvalidInput):
        calendar.previous_session(date(2037, 6, 1))
    with pytest.raises(InvalidInput):
        calendar.next_session(date(2010, 1, 1))
    with pytest.raises(InvalidInput):
        weekday_sessions(date(2014, 1, 1), date(2015, 2, 1))
    with pytest.raises(InvalidInput, match="known from 2015-01-01 to 2026-12-31"):
        weekday_sessions(date(2026, 1, 1), date(2027, 1, 1))


def test_a_calendar_is_made_from_any_sessions_in_any_order() -> None:
    calendar = Calendar.from_sessions([date(2030, 1, 3), date(2030, 1, 1), date(2030, 1, 3)])
    assert calendar.sessions == (date(2030, 1, 1), date(2030, 1, 3))
    assert calendar.knows(date(2030, 1, 2))
    assert not calendar.is_session(date(2030, 1, 2))
    assert calendar.days.dtype == "datetime64[D]"
    with pytest.raises(InvalidInput):
        Calendar.from_sessions([])
    with pytest.raises(InvalidInput):
        Calendar.from_sessions([date(2030, 1, 3)], last_day=date(2030, 1, 2))


def test_the_closing_auction_starts_on_3_august_2026_for_stocks_with_derivatives() -> None:
    before, after = date(2026, 7, 31), date(2026, 8, 3)
    continuous = PhaseKind.CONTINUOUS
    for segment in (Segment.CASH, Segment.CASH_WITH_DERIVATIVES, Segment.DERIVATIVES):
        assert clock_spans(before, segment, continuous) == ["continuous 09:15-15:30"]
    assert clock_spans(after, Segment.CASH, continuous) == ["continuous 09:15-15:30"]
    assert clock_spans(after, Segment.DERIVATIVES, continuous) == ["continuous 09:15-15:40"]
    assert clock_spans(after, Segment.CASH_WITH_DERIVATIVES)[3:] == [
        "continuous 09:15-15:15",
        "closing_reference 15:15-15:20",
        "closing_entry 15:20-15:25",
        "closing_limit_only 15:25-15:30",
        "closing_matching 15:30-15:35",
        "post_close 15:50-16:00",
    ]


def test_the_pre_open_gets_a_limit_only_part_on_7_september_2026() -> None:
    assert clock_spans(date(2026, 9, 4), Segment.CASH)[:3] == [
        "pre_open_entry 09:00-09:08",
        "pre_open_matching 09:08-09:12",
        "pre_open_buffer 09:12-09:15",
    ]
    assert clock_spans(date(2026, 9, 7), Segment.CASH)[:4] == [
        "pre_open_entry 09:00-09:05",
        "pre_open_limit_only 09:05-09:10",
        "pre_open_matching 09:10-09:12",
        "pre_open_buffer 09:12-09:15",
    ]


@pytest.mark.parametrize(
    ("day", "spans"),
    [
        (date(2024, 11, 1), ["continuous 18:00-19:00"]),
        (date(2024, 5, 18), ["continuous 09:15-10:00", "continuous 11:30-12:30"]),
        (date(2021, 2, 24), ["continuous 09:15-11:40", "continuous 15:45-17:00"]),
        (date(2026, 2, 1), ["continuous 09:15-15:30"]),
        (date(2026, 11, 8), []),  # hours not confirmed: closed for automation
        (date(2026, 11, 24), []),
    ],
)
def test_special_sessions_have_their_own_hours(day: date, spans: list[str]) -> None:
    assert clock_spans(day, Segment.CASH, PhaseKind.CONTINUOUS) == spans


def test_the_phase_at_a_moment_is_found_in_any_time_zone() -> None:
    calendar = nse_calendar()
    opening = datetime(2026, 11, 20, 3, 45, tzinfo=UTC)  # 09:15 IST
    phase = calendar.phase_at(opening)
    assert phase is not None
    assert phase.kind is PhaseKind.CONTINUOUS
    before = calendar.phase_at(opening - timedelta(seconds=1))
    assert before is not None
    assert before.kind is PhaseKind.PRE_OPEN_BUFFER
    assert calendar.phase_at(datetime(2026, 11, 21, 5, 0, tzinfo=UTC)) is None
    with pytest.raises(InvalidInput):
        calendar.phase_at(datetime(2026, 11, 20, 9, 15))  # noqa: DTZ001  the point of the test


@pytest.mark.parametrize(
    ("moment", "finished"),
    [
        (datetime(2026, 11, 20, 15, 29, tzinfo=IST), date(2026, 11, 19)),
        (datetime(2026, 11, 20, 15, 30, tzinfo=IST), date(2026, 11, 20)),
        (datetime(2026, 11, 21, 7, 22, tzinfo=IST), date(2026, 11, 20)),
        (datetime(2026, 11, 8, 20, 0, tzinfo=IST), date(2026, 11, 6)),  # hours not confirmed
        (datetime(2026, 11, 9, 9, 0, tzinfo=IST), date(2026, 11, 8)),
    ],
)
def test_the_last_finished_session_follows_the_close(moment: datetime, finished: date) -> None:
    assert nse_calendar().last_finished_session(moment) == finished


@pytest.mark.real_data
def test_holidays_agree_with_the_real_set(real_data_dir: Path) -> None:
    calendar = nse_calendar()
    closed, traded = set(), set()
    for row in csv.DictReader((real_data_dir / "nse_holidays.csv").read_text().splitlines()):
        day = date.fromisoformat(row["date"])
        if calendar.is_published(day):
            (traded if row["observed_in_price_data"] == "traded" else closed).add(day)
    weekdays = {
        day
        for i in range((PUBLISHED_UNTIL - FIRST_DAY).days + 1)
        if (day := FIRST_DAY + timedelta(days=i)).weekday() < 5
    }
    assert weekdays - set(calendar.sessions) == closed
    assert traded <= set(calendar.sessions)


@pytest.mark.real_data
def test_special_sessions_agree_with_the_real_set(real_data_dir: Path) -> None:
    rows = csv.DictReader((real_data_dir / "nse_special_sessions.csv").read_text().splitlines())
    seen = {day for row in rows if (day := date.fromisoformat(row["date"])) >= FIRST_DAY}
    ours = {s.day for s in SPECIAL_SESSIONS if s.is_extra}
    assert ours - seen == {date(2026, 11, 8)}  # announced, after the set's end
    assert seen <= ours


@pytest.mark.real_data
def test_prices_exist_on_every_session_but_weekends_that_yahoo_lacks(real_data_dir: Path) -> None:
    import pyarrow.parquet as pq

    days = pq.read_table(real_data_dir / "nse_daily.parquet", columns=["date"])["date"]
    traded = {date.fromisoformat(str(d)[:10]) for d in days.unique().to_pylist()}
    expected = set(nse_calendar().sessions_between(date(2015, 1, 1), date(2026, 4, 24)))
    assert traded <= expected
    assert all(day.weekday() >= 5 for day in expected - traded)
