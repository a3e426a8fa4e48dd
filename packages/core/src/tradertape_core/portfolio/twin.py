"""A portfolio beside its twin: the backtest of the same strategy, settings and days.

The difference of their equity is that of their trades. Trades are matched by the signal they come
from; of each the difference is given to causes whose amounts add up to it exactly. All amounts are
paise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.python310 import StrEnum

SESSION_OPEN = time(9, 15)


class Cause(StrEnum):
    """Why a portfolio's equity is another than its twin's.

    SLIPPAGE: the same trade at other prices. MISSED_TRIGGER: an order that was not filled, or later
    than the twin's. SKIPPED: a signal that was rejected, cancelled, refused or not raised.
    LATE_APPROVAL: placed after the twin had bought. SIZE: the same trade with another quantity.
    EXITS: sold on another day. ROOM: bought by one alone, because money, positions or sectors were
    taken otherwise by then. OUTSIDE: a signal that is not the strategy's. OTHER: money that belongs
    to no trade.
    """

    SLIPPAGE = "slippage"
    MISSED_TRIGGER = "missed_trigger"
    SKIPPED = "skipped"
    LATE_APPROVAL = "late_approval"
    CHARGES = "charges"
    SIZE = "size"
    EXITS = "exits"
    ROOM = "room"
    OUTSIDE = "outside"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """A position from its first purchase to a day's close; what is held then is valued there.

    bought: what was paid for the shares. gross: profit before charges and dividends. sold_on: the
    days of its sales. placed_at: when its order was placed, None of the twin's.
    """

    symbol: str
    signal_date: date
    entry_date: date
    quantity: int
    bought: int
    gross: int
    charges: int
    dividends: int = 0
    sold_on: frozenset[date] = frozenset()
    placed_at: datetime | None = None
    is_outside: bool = False

    @property
    def key(self) -> tuple[str, date]:
        """The signal that it comes from."""
        return self.symbol, self.signal_date

    @property
    def pnl(self) -> int:
        """Profit after charges, with dividends."""
        return self.gross - self.charges + self.dividends


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a signal that the twin bought and the portfolio did not."""

    cause: Cause
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalFacts:
    """A signal of the portfolio that is not, or not yet, a position."""

    status: str
    is_approved: bool
    placed_at: datetime | None
    failure_reason: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one cause made of the difference of one trade."""

    symbol: str
    signal_date: date
    cause: Cause
    amount: int
    words: str


@dataclass(frozen=True, slots=True)
class Gap:
    """equity less twin_equity is the sum of all parts."""

    equity: int
    twin_equity: int
    parts: tuple[Part, ...]

    @property
    def amount(self) -> int:
        """How much more the portfolio is worth than its twin."""
        return self.equity - self.twin_equity


FateOf = Callable[[Traded], Fate]


def compare(
    ours: Sequence[Traded],
    twins: Sequence[Traded],
    *,
    equity: int,
    twin_equity: int,
    fate_of: FateOf,
) -> Gap:
    """Give the difference of two equities to its causes. fate_of: of a trade of the twin alone."""
    own, theirs = {one.key: one for one in ours}, {one.key: one for one in twins}
    parts: list[Part] = []
    for key in sorted(own.keys() | theirs.keys(), key=lambda one: (one[1], one[0])):
        one, twin = own.get(key), theirs.get(key)
        if one is not None and twin is not None:
            parts += _both(one, twin)
        elif one is not None:
            parts.append(_ours_alone(one))
        elif twin is not None:
            fate = fate_of(twin)
            parts.append(Part(*key, fate.cause, -twin.pnl, fate.words))
    left = equity - twin_equity - sum(one.amount for one in parts)
    if left:
        day = max((one.signal_date for one in parts), default=date.min)
        parts.append(Part("", day, Cause.OTHER, left, "Money that belongs to no trade."))
    return Gap(equity, twin_equity, tuple(one for one in parts if one.amount))


def fate_of_signal(signal: SignalFacts | None, verdict: str | None, twin: Traded) -> Fate:
    """Why a signal that the twin bought is no position.

    signal: None where the portfolio raised none; verdict: what its scan said of the symbol then.
    """
    if signal is None:
        return _not_raised(verdict)
    if signal.status in ("executed", "approved") and signal.placed_at is not None:
        if _is_late(signal.placed_at, twin):
            return Fate(Cause.LATE_APPROVAL, "Placed after the backtest had bought.")
        return Fate(Cause.MISSED_TRIGGER, "Its order was not filled by then.")
    if signal.status == "rejected":
        return Fate(Cause.SKIPPED, "The signal was rejected.")
    if signal.placed_at is None:
        return _not_placed(signal)
    if _is_late(signal.placed_at, twin):
        return Fate(Cause.LATE_APPROVAL, "Placed after the backtest had bought, and not filled.")
    why = signal.failure_reason.replace("_", " ")
    if signal.status == "cancelled":
        return Fate(Cause.SKIPPED, f"Its order was cancelled{f': {why}' if why else ''}.")
    return Fate(Cause.MISSED_TRIGGER, f"Its order was not filled{f': {why}' if why else ''}.")


def _not_raised(verdict: str | None) -> Fate:
    if verdict == "signal":
        words = "No signal was raised: the portfolio was paused, or the day was scanned too late."
        return Fate(Cause.SKIPPED, words)
    why = f": {verdict.replace('_', ' ')}" if verdict else ""
    return Fate(Cause.ROOM, f"The portfolio had no room for it{why}.")


def _not_placed(signal: SignalFacts) -> Fate:
    if signal.status == "failed":
        why = signal.failure_reason or "no reason was given"
        return Fate(Cause.SKIPPED, f"Its order was refused: {why.replace('_', ' ')}.")
    if signal.status == "cancelled":
        return Fate(Cause.SKIPPED, "It was cancelled.")
    if signal.is_approved:
        return Fate(Cause.LATE_APPROVAL, "Approved, and not placed in time.")
    if signal.status == "expired":
        return Fate(Cause.SKIPPED, "Nobody approved it in time.")
    return Fate(Cause.LATE_APPROVAL, "It still waits for approval.")


def _is_late(placed_at: datetime, twin: Traded) -> bool:
    if twin.entry_date <= twin.signal_date:  # bought at the close it was made from
        return placed_at.astimezone(IST).date() > twin.entry_date
    return placed_at > datetime.combine(twin.entry_date, SESSION_OPEN, IST)


def _ours_alone(one: Traded) -> Part:
    if one.is_outside:
        return Part(*one.key, Cause.OUTSIDE, one.pnl, "The signal came from outside the strategy.")
    words = "The backtest had no room for it: its money and positions were taken otherwise."
    return Part(*one.key, Cause.ROOM, one.pnl, words)


def _both(one: Traded, twin: Traded) -> list[Part]:
    """The differences of one trade: charges, size, entry, then whatever the exit made."""
    gross, bought = _at(twin.gross, one, twin), _at(twin.bought, one, twin)
    dividends = _at(twin.dividends, one, twin)
    size = gross - twin.gross + dividends - twin.dividends
    entry = bought - one.bought
    rest = one.gross - gross - entry + one.dividends - dividends
    is_later = one.entry_date > twin.entry_date
    is_late = one.placed_at is not None and _is_late(one.placed_at, twin)
    parts = [Part(*one.key, Cause.CHARGES, twin.charges - one.charges, "Other charges.")]
    words = f"{one.quantity} shares, the backtest {twin.quantity}."
    parts.append(Part(*one.key, Cause.SIZE, size, words))
    if is_late:
        parts.append(Part(*one.key, Cause.LATE_APPROVAL, entry, _bought(one, twin)))
    else:
        cause = Cause.MISSED_TRIGGER if is_later else Cause.SLIPPAGE
        parts.append(Part(*one.key, cause, entry, _bought(one, twin)))
    if one.sold_on == twin.sold_on:
        parts.append(Part(*one.key, Cause.SLIPPAGE, rest, "Sold at another price."))
    else:
        parts.append(Part(*one.key, Cause.EXITS, rest, _sold(one, twin)))
    return parts


def _at(amount: int, one: Traded, twin: Traded) -> int:
    """An amount of the twin's, at our quantity; rounded once, the rest falls to the exit."""
    return round(amount * one.quantity / twin.quantity) if twin.quantity else amount


def _bought(one: Traded, twin: Traded) -> str:
    if one.entry_date == twin.entry_date:
        return "Bought at another price."
    return f"Bought on {one.entry_date:%d %b %Y}, the backtest on {twin.entry_date:%d %b %Y}."


def _sold(one: Traded, twin: Traded) -> str:
    return f"Sold {_days(one.sold_on)}, the backtest {_days(twin.sold_on)}."


def _days(days: frozenset[date]) -> str:
    return " and ".join(f"on {day:%d %b %Y}" for day in sorted(days)) or "not yet"
