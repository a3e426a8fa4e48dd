"""Settings and signal states as rows keep them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from tradertape_core.backtest.config import ExitReason, Sizing
from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.kernel.money import paise_from_rupees
from tradertape_core.portfolio.book import PaperBook, Trade, from_document
from tradertape_core.portfolio.capital import Capital
from tradertape_core.portfolio.settings import PortfolioSettings
from tradertape_core.portfolio.signals import Event, GttStatus, NotPossible, State, Status, after
from tradertape_server.features.portfolios.models import Portfolio, PortfolioSignal
from tradertape_server.platform.errors import Conflict

Json = dict[str, Any]
MANUAL = 100  # an exit reason beside those of the backtest
SCAN, PAPER = "scan", "paper market"  # who did it, where nobody asked
WRITTEN_OFF = "written_off"  # the reason of a sale that was none of ours


def settings_document(settings: PortfolioSettings) -> Json:
    """The settings as JSON."""
    return asdict(settings)


def settings_of(row: Portfolio) -> PortfolioSettings:
    """The settings of a portfolio."""
    stored = dict(row.settings)
    return PortfolioSettings(**{**stored, "sizing": Sizing(**stored["sizing"])})


def book_of(row: Portfolio) -> PaperBook:
    """What a portfolio holds."""
    return from_document(row.book)


def state_of(row: PortfolioSignal) -> State:
    """Where a signal is."""
    return State(Status(row.status), GttStatus(row.gtt_status) if row.gtt_status else None)


def demand_possible(row: PortfolioSignal, event: Event) -> None:
    """Raise Conflict where a signal is in no state for an event."""
    try:
        after(state_of(row), event, signal_id=row.id or 0, attempts=row.attempts)
    except NotPossible as error:
        raise Conflict(error.message, code="signal_state") from None


def move(
    row: PortfolioSignal, event: Event, *, by: str, now: datetime, note: str = "",
    quantity: int | None = None,
) -> None:  # fmt: skip
    """Take a signal through an event. Raises Conflict where it is in no state for it.

    quantity: of an approval of fewer shares than were proposed.
    """
    try:
        found = after(state_of(row), event, signal_id=row.id or 0, attempts=row.attempts)
    except NotPossible as error:
        raise Conflict(error.message, code="signal_state") from None
    row.status, row.gtt_status = found.status.value, found.gtt.value if found.gtt else None
    row.version, row.updated_at = (row.version or 0) + 1, now
    entry: Json = {"event": event.value, "by": by, "at": now.isoformat(), "status": row.status}
    if note:
        entry["note"] = note
    if quantity is not None:
        entry["quantity"] = quantity
    row.history = [*row.history, entry]
    if found.status not in (Status.IN_CART, Status.APPROVED):
        row.committed_paise = 0


def commitment(row: PortfolioSignal) -> int:
    """What a signal may cost, in paise; charges apart."""
    price = row.limit_price or row.ref_price
    return int(paise_from_rupees(price * row.quantity))


def approved_quantity(row: PortfolioSignal) -> int | None:
    """How many shares a person approved of those that were proposed; None: all of them."""
    for entry in reversed(row.history):
        if entry["event"] == Event.APPROVE.value:
            return entry.get("quantity")
    return None


def capital_of(row: Portfolio, live: Sequence[PortfolioSignal]) -> Capital:
    """A portfolio's capital after its last traded day."""
    book = book_of(row)
    return Capital(
        starting=int(paise_from_rupees(settings_of(row).starting_capital)),
        cash=book.cash,
        deployed=book.equity - book.cash,
        committed=sum(one.committed_paise for one in live),
    )


def exit_reason(trade: Trade, rules: Sequence[str]) -> str:
    """Why shares were sold, in the words of the API."""
    code, rule = trade.whole[k.T_REASON], trade.whole[k.T_RULE]
    if code == MANUAL:
        return "manual"
    if code == ExitReason.EXIT_RULE and 0 <= rule < len(rules):
        return f"exit_rule:{rules[rule]}"[:40]
    return ExitReason(code).name.lower()
