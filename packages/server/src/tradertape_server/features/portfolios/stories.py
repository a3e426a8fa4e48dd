"""What happened to a position, from its signal to its exit, each step with its reason."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from tradertape_core.kernel.format import inr
from tradertape_server.features.portfolios import repository, views
from tradertape_server.features.portfolios.models import (
    Portfolio,
    PortfolioPosition,
    PortfolioSignal,
)
from tradertape_server.features.portfolios.state import WRITTEN_OFF, settings_of
from tradertape_server.platform.errors import NotFound

Json = dict[str, Any]
# An event of a signal: what kind of step it is, and its title.
STEPS = {
    "raised": ("signal", "Signal"), "approve": ("decision", "Approved"),
    "reject": ("decision", "Rejected"), "expire": ("decision", "Expired"),
    "place": ("order", "Order placed"), "accepted": ("order", "Order taken"),
    "refused": ("order", "Order refused"), "lost": ("order", "Answer lost"),
    "trigger": ("order", "Triggered"), "partial_fill": ("fill", "Bought in part"),
    "fill": ("fill", "Bought"), "order_rejected": ("order", "Order rejected"),
    "unfilled": ("order", "Not filled"), "validity_over": ("order", "Order lapsed"),
    "disabled": ("order", "Order disabled"), "withdrawn": ("order", "Order withdrawn"),
    "deleted": ("order", "Order deleted"), "cancel": ("decision", "Cancelled"),
    "retry": ("order", "Tried again"),
}  # fmt: skip
STOPS = {
    "stop": "the strategy's stop", "atr_stop": "a stop at a multiple of the ATR",
    "trailing": "a stop that trails the highest price", "breakeven": "a stop at the entry price",
}  # fmt: skip


def of_position(session: Session, user_id: int, position_id: int) -> Json:
    """A position and its steps, oldest first. Raises NotFound."""
    found, _ = repository.positions(session, user_id, ids=(position_id,), limit=1)
    if not found:
        raise NotFound("Position")
    row = found[0]
    portfolio = session.get_one(Portfolio, row.portfolio_id)
    signal = session.get(PortfolioSignal, row.signal_id) if row.signal_id else None
    events = [*_of_signal(signal, portfolio, row.entry_date), *_levels(row), *_exits(row)]
    return {
        "position": views.position(row, is_scaled=portfolio.is_scaled),
        "portfolio_name": portfolio.name,
        "strategy_id": portfolio.strategy_id,
        "strategy_name": portfolio.strategy_name,
        "data_set": portfolio.data_set,
        "paper_mode": settings_of(portfolio).paper_mode,
        "is_executed": settings_of(portfolio).is_executed,
        "placed_by": settings_of(portfolio).placed_by,
        "signal_reason": signal.reason if signal else "",
        "events": events,
    }


def _step(kind: str, title: str, text: str, by: str = "", **when: Any) -> Json:
    return {"kind": kind, "title": title, "text": text, "by": by, "at": None, "day": None, **when}


def _of_signal(signal: PortfolioSignal | None, portfolio: Portfolio, entered: date) -> list[Json]:
    if signal is None:
        return []
    found: list[Json] = []
    for entry in signal.history:
        event = entry["event"]
        kind, title = STEPS.get(event, ("order", event.replace("_", " ")))
        words = _words(signal, portfolio, event, entered) or entry.get("note", "")
        if "quantity" in entry:
            words = f"{entry['quantity']} shares, fewer than were proposed. {words}".strip()
        at = datetime.fromisoformat(entry["at"])
        found.append(_step(kind, title, words, entry["by"], at=at))
    return found


def _words(signal: PortfolioSignal, portfolio: Portfolio, event: str, entered: date) -> str:
    if event == "raised":
        return signal.reason
    if event == "place":
        price = "at the market" if signal.limit_price is None else (
            f"at {inr(signal.limit_price)} or better"
        )  # fmt: skip
        trigger = f", once {inr(signal.trigger_price)} trades" if signal.trigger_price else ""
        return f"Buy {signal.quantity} {price}{trigger}."
    if event == "fill" and signal.average_price is not None:
        settings = settings_of(portfolio)
        bought = f"{signal.filled_quantity} at {inr(signal.average_price)}"
        when = "on" if settings.is_executed else "on the candle of"
        return f"{bought}, {when} {entered:%d %b %Y}. {settings.fill_words}"
    return ""


def _levels(row: PortfolioPosition) -> list[Json]:
    found: list[Json] = []
    if row.initial_stop is not None:
        words = f"Sells when {inr(row.initial_stop)} trades."
        found.append(_step("level", "Stop armed", words, day=row.entry_date))
    moved = row.stop_price is not None and row.stop_price != row.initial_stop
    if moved and row.open_quantity:
        source = STOPS.get(row.stop_source or "", "the strategy")
        words = f"Now at {inr(row.stop_price)}, by {source}."
        found.append(_step("level", "Stop moved", words, day=row.updated_at.date()))
    if row.target_price is not None:
        words = f"Sells when {inr(row.target_price)} trades."
        found.append(_step("level", "Target armed", words, day=row.entry_date))
    if row.addons:
        words = f"{row.addons} times, to an average of {inr(row.average_price)}."
        found.append(_step("fill", "Added to", words, day=row.updated_at.date()))
    return found


def _exits(row: PortfolioPosition) -> list[Json]:
    found: list[Json] = []
    for sale in row.sales:
        gross, charges = sale["gross_paise"] / 100, sale["charges_paise"] / 100
        words = (
            f"{sale['quantity']} at {inr(sale['price'])}, {inr(gross, signed=True)} before "
            f"{inr(charges)} of charges."
        )
        if sale["reason"] == WRITTEN_OFF:
            found.append(_step("exit", "Written off", _written_off(sale), day=sale["date"]))
            continue
        reason = _exit_words(sale["reason"])
        found.append(_step("exit", f"Sold: {reason}", words, day=sale["date"]))
    return found


def _written_off(sale: Json) -> str:
    gross, price = sale["gross_paise"] / 100, inr(sale["price"])
    at = (
        f"at {price}, {inr(gross, signed=True)}" if sale["gross_paise"] else f"at {price}, its cost"
    )
    return (
        f"{sale['quantity']} {at}. The broker does not have these units any more, and no order of "
        "this portfolio sold them: see Reconciliation, where it can be undone."
    )


def _exit_words(reason: str) -> str:
    rule = reason.partition(":")[2]
    return f"exit rule {rule}" if rule else reason.replace("_", " ")
