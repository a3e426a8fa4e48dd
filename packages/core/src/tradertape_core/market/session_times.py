"""The phases of a trading day by segment and date, in Indian Standard Time.

Changes of 2026: the closing auction for stocks with derivatives and the longer derivatives day
(NSE/CMTR/74466 and NSE/FAOP/74467 of 2026-05-29) from 3 August; the pre-open with a limit-only
part (NSE/CMTR/74969) from 7 September.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.market.calendar_facts import SpecialSession

CLOSING_AUCTION_FROM = date(2026, 8, 3)
LIMIT_ONLY_PRE_OPEN_FROM = date(2026, 9, 7)
DERIVATIVES_PRE_OPEN_FROM = date(2025, 12, 8)


class Segment(StrEnum):
    """What is traded; stocks with derivatives close in an auction since August 2026."""

    CASH = "cash"
    CASH_WITH_DERIVATIVES = "cash_with_derivatives"
    DERIVATIVES = "derivatives"


class PhaseKind(StrEnum):
    """What the exchange does with orders during a phase."""

    PRE_OPEN_ENTRY = "pre_open_entry"
    PRE_OPEN_LIMIT_ONLY = "pre_open_limit_only"
    PRE_OPEN_MATCHING = "pre_open_matching"
    PRE_OPEN_BUFFER = "pre_open_buffer"
    CONTINUOUS = "continuous"
    CLOSING_REFERENCE = "closing_reference"
    CLOSING_ENTRY = "closing_entry"
    CLOSING_LIMIT_ONLY = "closing_limit_only"
    CLOSING_MATCHING = "closing_matching"
    POST_CLOSE = "post_close"


PRE_OPEN = frozenset(
    {
        PhaseKind.PRE_OPEN_ENTRY,
        PhaseKind.PRE_OPEN_LIMIT_ONLY,
        PhaseKind.PRE_OPEN_MATCHING,
        PhaseKind.PRE_OPEN_BUFFER,
    }
)
PRE_OPEN_OVER = frozenset({PhaseKind.PRE_OPEN_MATCHING, PhaseKind.PRE_OPEN_BUFFER})
CLOSING_AUCTION = frozenset(
    {
        PhaseKind.CLOSING_REFERENCE,
        PhaseKind.CLOSING_ENTRY,
        PhaseKind.CLOSING_LIMIT_ONLY,
        PhaseKind.CLOSING_MATCHING,
    }
)
AUCTIONS = PRE_OPEN | CLOSING_AUCTION
# New orders are taken; in an auction they rest until it is matched.
TAKES_ORDERS = frozenset(
    {
        PhaseKind.CONTINUOUS,
        PhaseKind.PRE_OPEN_ENTRY,
        PhaseKind.PRE_OPEN_LIMIT_ONLY,
        PhaseKind.CLOSING_ENTRY,
        PhaseKind.CLOSING_LIMIT_ONLY,
    }
)


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a session; start belongs to it, end does not. Both aware, in IST."""

    kind: PhaseKind
    start: datetime
    end: datetime


_Span = tuple[PhaseKind, str, str]

_PRE_OPEN: tuple[_Span, ...] = (
    (PhaseKind.PRE_OPEN_ENTRY, "09:00", "09:08"),
    (PhaseKind.PRE_OPEN_MATCHING, "09:08", "09:12"),
    (PhaseKind.PRE_OPEN_BUFFER, "09:12", "09:15"),
)
_PRE_OPEN_LIMIT_ONLY: tuple[_Span, ...] = (
    (PhaseKind.PRE_OPEN_ENTRY, "09:00", "09:05"),
    (PhaseKind.PRE_OPEN_LIMIT_ONLY, "09:05", "09:10"),
    (PhaseKind.PRE_OPEN_MATCHING, "09:10", "09:12"),
    (PhaseKind.PRE_OPEN_BUFFER, "09:12", "09:15"),
)
_CASH_DAY: tuple[_Span, ...] = (
    (PhaseKind.CONTINUOUS, "09:15", "15:30"),
    (PhaseKind.POST_CLOSE, "15:40", "16:00"),
)
_CASH_DAY_SINCE_AUGUST_2026: tuple[_Span, ...] = (
    (PhaseKind.CONTINUOUS, "09:15", "15:30"),
    (PhaseKind.POST_CLOSE, "15:50", "16:00"),
)
_CLOSING_AUCTION_DAY: tuple[_Span, ...] = (
    (PhaseKind.CONTINUOUS, "09:15", "15:15"),
    (PhaseKind.CLOSING_REFERENCE, "15:15", "15:20"),
    (PhaseKind.CLOSING_ENTRY, "15:20", "15:25"),
    (PhaseKind.CLOSING_LIMIT_ONLY, "15:25", "15:30"),
    (PhaseKind.CLOSING_MATCHING, "15:30", "15:35"),
    (PhaseKind.POST_CLOSE, "15:50", "16:00"),
)


def regular_phases(day: date, segment: Segment) -> tuple[Phase, ...]:
    """Phases of an ordinary full session on `day`, in order; gaps between them have no trading."""
    return tuple(
        Phase(kind, _at(day, time.fromisoformat(start)), _at(day, time.fromisoformat(end)))
        for kind, start, end in _spans(day, segment)
    )


def special_phases(session: SpecialSession, segment: Segment) -> tuple[Phase, ...]:
    """Phases of a special session: the ordinary ones, or its continuous windows alone."""
    if session.windows is None:
        return regular_phases(session.day, segment)
    return tuple(
        Phase(PhaseKind.CONTINUOUS, _at(session.day, start), _at(session.day, end))
        for start, end in session.windows
    )


def _spans(day: date, segment: Segment) -> tuple[_Span, ...]:
    if segment is Segment.DERIVATIVES:
        close = "15:40" if day >= CLOSING_AUCTION_FROM else "15:30"
        pre_open = _PRE_OPEN if day >= DERIVATIVES_PRE_OPEN_FROM else ()
        return (*pre_open, (PhaseKind.CONTINUOUS, "09:15", close))
    pre_open = _PRE_OPEN_LIMIT_ONLY if day >= LIMIT_ONLY_PRE_OPEN_FROM else _PRE_OPEN
    if day < CLOSING_AUCTION_FROM:
        return pre_open + _CASH_DAY
    if segment is Segment.CASH_WITH_DERIVATIVES:
        return pre_open + _CLOSING_AUCTION_DAY
    return pre_open + _CASH_DAY_SINCE_AUGUST_2026


def _at(day: date, clock_time: time) -> datetime:
    return datetime.combine(day, clock_time, tzinfo=IST)
