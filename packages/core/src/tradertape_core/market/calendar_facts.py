"""When the National Stock Exchange of India trades, typed as facts, and the rule for later years.

Weekday holidays up to PUBLISHED_UNTIL are those of the yearly circulars; a test holds the list
equal to the BSE calendar of exchange_calendars 4.13 (both exchanges keep the same days).
Sessions that break the pattern (Muhurat, weekend budgets, disaster-recovery drills) are ours: no
package has them. Numbers and dates of circulars before 2026 are from memory; the days themselves
were checked against published prices.

The list of 2027 is not published yet, hence not typed: the days from then to LAST_DAY follow the
rule (weekends, national holidays, Good Friday), which knows no lunar holidays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from tradertape_core.kernel.python310 import StrEnum

FIRST_DAY = date(2015, 1, 1)
# The last day whose holidays the exchange has published and this module has typed.
PUBLISHED_UNTIL = date(2026, 12, 31)
# The last day for which the rule below gives an answer.
LAST_DAY = date(2036, 12, 31)

# Month-day of each weekday on which the equity segment keeps its holiday; a Muhurat session may
# still be held in the evening (see SPECIAL_SESSIONS).
_HOLIDAYS: Mapping[int, str] = {
    2015: "0126 0217 0306 0402 0403 0414 0501 0917 0925 1002 1022 1111 1112 1125 1225",
    2016: "0126 0307 0324 0325 0414 0415 0419 0706 0815 0905 0913 1011 1012 1031 1114",
    2017: "0126 0224 0313 0404 0414 0501 0626 0815 0825 1002 1019 1020 1225",
    2018: "0126 0213 0302 0329 0330 0501 0815 0822 0913 0920 1002 1018 1107 1108 1123 1225",
    2019: "0304 0321 0417 0419 0429 0501 0605 0812 0815 0902 0910 1002 1008 1021 1028 1112 1225",
    2020: "0221 0310 0402 0406 0410 0414 0501 0525 1002 1116 1130 1225",
    2021: "0126 0311 0329 0402 0414 0421 0513 0721 0819 0910 1015 1104 1105 1119",
    2022: "0126 0301 0318 0414 0415 0503 0809 0815 0831 1005 1024 1026 1108",
    2023: "0126 0307 0330 0404 0407 0414 0501 0629 0815 0919 1002 1024 1114 1127 1225",
    2024: "0122 0126 0308 0325 0329 0411 0417 0501 0520 0617 0717 0815 1002 1101 1115 1120 1225",
    2025: "0226 0314 0331 0410 0414 0418 0501 0815 0827 1002 1021 1022 1105 1225",
    2026: "0115 0126 0303 0326 0331 0403 0414 0501 0528 0626 0914 1002 1020 1110 1124 1225",
}

HOLIDAYS: frozenset[date] = frozenset(
    date(year, int(day[:2]), int(day[2:]))
    for year, days in _HOLIDAYS.items()
    for day in days.split()
)

# Holidays of every year on one date, as month and day: Republic Day, Ambedkar Jayanti, Maharashtra
# Day, Independence Day, Gandhi Jayanti, Christmas. A test compares them with the years typed above.
FIXED_HOLIDAYS: tuple[tuple[int, int], ...] = (
    (1, 26),
    (4, 14),
    (5, 1),
    (8, 15),
    (10, 2),
    (12, 25),
)


@dataclass(frozen=True, slots=True)
class LateHoliday:
    """A closure announced after the yearly circular: an older base calendar may still trade."""

    day: date
    reason: str
    source: str


LATE_HOLIDAYS: tuple[LateHoliday, ...] = (
    LateHoliday(date(2023, 6, 29), "Bakri Id, moved from 28 June", "NSE circular of June 2023"),
    LateHoliday(date(2024, 1, 22), "Ram Mandir consecration", "NSE circular of 2024-01-19"),
    LateHoliday(date(2024, 5, 20), "general election in Mumbai", "NSE circular of 2024-04-08"),
    LateHoliday(date(2024, 11, 20), "Maharashtra election", "NSE circular of 2024-11-08"),
    LateHoliday(date(2026, 1, 15), "municipal elections", "NSE circular of 2026-01-12"),
)


class SpecialKind(StrEnum):
    """Why a session breaks the pattern of the week."""

    MUHURAT = "muhurat"
    BUDGET = "budget"
    WEEKEND = "weekend"
    DISASTER_RECOVERY = "disaster_recovery"
    OUTAGE = "outage"


@dataclass(frozen=True, slots=True)
class SpecialSession:
    """A session on a day, or at hours, that the ordinary week does not have.

    windows: continuous trading in IST, start and end; None for the ordinary hours of that date,
    empty where the hours are not confirmed (then nothing automatic may trade).
    """

    day: date
    kind: SpecialKind
    windows: tuple[tuple[time, time], ...] | None
    source: str

    @property
    def is_extra(self) -> bool:
        """True where the plain week has no session: a weekend or a holiday."""
        return self.day.weekday() >= 5 or self.day in HOLIDAYS


def _muhurat(year: int, month: int, day: int, start: str, end: str) -> SpecialSession:
    window = (time.fromisoformat(start), time.fromisoformat(end))
    source = f"NSE Muhurat trading circular of {year}"
    return SpecialSession(date(year, month, day), SpecialKind.MUHURAT, (window,), source)


def _full_day(year: int, month: int, day: int, kind: SpecialKind, source: str) -> SpecialSession:
    return SpecialSession(date(year, month, day), kind, None, source)


_DRILL = ((time(9, 15), time(10, 0)), (time(11, 30), time(12, 30)))

SPECIAL_SESSIONS: tuple[SpecialSession, ...] = (
    _full_day(2015, 2, 28, SpecialKind.BUDGET, "NSE circular for Budget Saturday, February 2015"),
    _muhurat(2015, 11, 11, "17:45", "18:45"),
    _muhurat(2016, 10, 30, "18:30", "19:30"),
    _muhurat(2017, 10, 19, "18:30", "19:30"),
    _muhurat(2018, 11, 7, "17:30", "18:30"),
    _muhurat(2019, 10, 27, "18:15", "19:15"),
    _full_day(2020, 2, 1, SpecialKind.BUDGET, "NSE circular for Budget Saturday, January 2020"),
    _muhurat(2020, 11, 14, "18:15", "19:15"),
    SpecialSession(
        date(2021, 2, 24),
        SpecialKind.OUTAGE,
        ((time(9, 15), time(11, 40)), (time(15, 45), time(17, 0))),
        "NSE press releases of 2021-02-24: network failure, hours extended",
    ),
    _muhurat(2021, 11, 4, "18:15", "19:15"),
    _muhurat(2022, 10, 24, "18:15", "19:15"),
    _muhurat(2023, 11, 12, "18:15", "19:15"),
    _full_day(
        2024, 1, 20, SpecialKind.WEEKEND, "NSE circular of 2024-01-19: full Saturday session"
    ),
    SpecialSession(
        date(2024, 3, 2), SpecialKind.DISASTER_RECOVERY, _DRILL, "NSE circular of 2024-02-14"
    ),
    SpecialSession(
        date(2024, 5, 18), SpecialKind.DISASTER_RECOVERY, _DRILL, "NSE circular of 2024-05-07"
    ),
    _muhurat(2024, 11, 1, "18:00", "19:00"),
    _full_day(2025, 2, 1, SpecialKind.BUDGET, "NSE circular of 2024-12-23 for Budget Saturday"),
    _muhurat(2025, 10, 21, "13:45", "14:45"),
    _full_day(2026, 2, 1, SpecialKind.BUDGET, "NSE circular of January 2026 for Budget Sunday"),
    SpecialSession(
        date(2026, 11, 8),
        SpecialKind.MUHURAT,
        (),
        "NSE holiday circular for 2026: a Sunday; its hours are not confirmed here",
    ),
)
