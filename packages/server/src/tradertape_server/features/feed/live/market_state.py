"""The state of the market in words for people: open, in an auction, closed and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import Calendar
from tradertape_core.market.hours import session_hours
from tradertape_core.market.session_times import (
    CLOSING_AUCTION,
    PRE_OPEN,
    Phase,
    PhaseKind,
    Segment,
)
from tradertape_server.features.feed.sources.tick_source import TickSource

_LOOK_AHEAD_DAYS = 15
_WEEK_DAYS = 6


class State(StrEnum):
    """The state of the market, in one word."""

    OPEN = "open"
    DEMO = "demo"
    PRE_OPEN = "pre_open"
    CLOSING_AUCTION = "closing_auction"
    DERIVATIVES = "derivatives"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class MarketState:
    """The state of the market. text: for a label. hint: what it means for orders."""

    state: State
    text: str
    hint: str
    opens_at: datetime | None = None


def market_state(source: TickSource, calendar: Calendar, now: datetime) -> MarketState:
    """The state at a market time; that of shares has precedence over that of derivatives."""
    cash, auctioned, derivatives = (source.phase(now, segment) for segment in Segment)
    hours = source.hours(now)
    if hours is not None and hours.is_demo and not source.is_simulated:
        return MarketState(
            State.DEMO,
            "Open in the sandbox",
            "The exchange is closed now. The brokers' sandbox trades at any hour; its prices are "
            "not those of the exchange.",
            _next_open(calendar, now),
        )
    if hours is not None and hours.is_demo:
        return MarketState(
            State.DEMO,
            "Open in simulation",
            "The exchange is closed now. The simulated market runs at any hour, so that you can "
            "try things.",
            _next_open(calendar, now),
        )
    if auctioned is not None and auctioned.kind in CLOSING_AUCTION:
        return _closing(auctioned, cash)
    if cash is not None and cash.kind in PRE_OPEN:
        return _opening(cash)
    if cash is not None and cash.kind is PhaseKind.CONTINUOUS:
        return MarketState(
            State.OPEN, "Market open", f"Orders are matched until {cash.end:%H:%M} (IST)."
        )
    if derivatives is not None and derivatives.kind is PhaseKind.CONTINUOUS:
        return MarketState(
            State.DERIVATIVES,
            f"Futures and options until {derivatives.end:%H:%M}",
            "Shares are closed: place their orders with variety amo.",
        )
    return _closed(source, calendar, now)


def _opening(phase: Phase) -> MarketState:
    if phase.kind in (PhaseKind.PRE_OPEN_MATCHING, PhaseKind.PRE_OPEN_BUFFER):
        hint = "The pre-open auction is matched; orders are accepted again from 09:15."
    elif phase.kind is PhaseKind.PRE_OPEN_LIMIT_ONLY:
        hint = f"LIMIT orders for the opening auction are accepted until {phase.end:%H:%M}."
    else:
        kinds = "LIMIT and MARKET orders"
        hint = f"{kinds} for the opening auction are accepted until {phase.end:%H:%M}."
    return MarketState(State.PRE_OPEN, "Pre-open", hint)


def _closing(phase: Phase, cash: Phase | None) -> MarketState:
    words = {
        PhaseKind.CLOSING_REFERENCE: "LIMIT and MARKET orders are accepted from 15:20",
        PhaseKind.CLOSING_ENTRY: f"LIMIT and MARKET orders are accepted until {phase.end:%H:%M}",
        PhaseKind.CLOSING_LIMIT_ONLY: f"LIMIT orders are accepted until {phase.end:%H:%M}",
        PhaseKind.CLOSING_MATCHING: "the auction is matched, orders are filled at the close",
    }
    others = "" if cash is None else f" Other shares trade until {cash.end:%H:%M}."
    hint = f"Shares with derivatives: {words[phase.kind]}.{others}"
    return MarketState(State.CLOSING_AUCTION, "Closing auction", hint)


def _closed(source: TickSource, calendar: Calendar, now: datetime) -> MarketState:
    if source.name == "off":
        return MarketState(
            State.CLOSED, "No live prices", "TRADERTAPE_FEED is off: nothing is quoted or filled."
        )
    if source.name == "replay":
        return MarketState(
            State.CLOSED,
            "Replay: closed",
            "Between two days of a replay, or after its last: TRADERTAPE_FEED_REPLAY_LOOP begins "
            "it again.",
        )
    opens_at = _next_open(calendar, now)
    when = "" if opens_at is None else f", opens {_short(opens_at, now)}"
    return MarketState(
        State.CLOSED,
        f"Closed{when}",
        "Prices do not move. After-market orders (variety amo) go out at the open.",
        opens_at,
    )


def _next_open(calendar: Calendar, now: datetime) -> datetime | None:
    today = now.astimezone(IST).date()
    for ahead in range(_LOOK_AHEAD_DAYS):
        hours = session_hours(calendar, today + timedelta(days=ahead))
        if hours is not None and hours.start > now:
            return hours.start
    return None


def _short(moment: datetime, now: datetime) -> str:
    days = (moment.date() - now.astimezone(IST).date()).days
    if days == 0:
        return f"{moment:%H:%M}"
    return f"{moment:%a %H:%M}" if days <= _WEEK_DAYS else f"{moment.day} {moment:%b %H:%M}"
