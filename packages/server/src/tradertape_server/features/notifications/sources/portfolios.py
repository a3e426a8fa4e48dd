"""Signals, scans and positions of model portfolios."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.format import grouped, inr
from tradertape_core.kernel.money import rupees
from tradertape_server.features.notifications.publishing import Notice
from tradertape_server.features.notifications.sources.source import LOOK_BACK, Found, Json
from tradertape_server.features.portfolios import queries

# The status of a signal: our event and what it is called.
_EVENTS = {
    "pending_approval": ("signal.awaiting_approval", "awaits approval"),
    "approved": ("signal.placed", "placed"),
    "failed": ("signal.failed", "could not be placed"),
    "expired": ("signal.expired", "expired"),
}


@dataclass(frozen=True, slots=True)
class PortfolioSource:
    """Reads what changed lately; the key of each notice has the id and the status."""

    name: str = "portfolios"

    def read(self, session: Session, state: Json | None, now: datetime) -> Found:
        """What changed, also if it was told before; the first time only what still waits."""
        first = datetime.fromisoformat(state["first"]) if state else now
        since = max(first, now - LOOK_BACK)
        signals = [
            _of_signal(signal, portfolio)
            for signal, portfolio in queries.changed_signals(session, now - LOOK_BACK)
            if signal.status in _EVENTS
            and (signal.updated_at >= since or signal.status == "pending_approval")
        ]
        positions = [
            _of_position(position, portfolio)
            for position, portfolio in queries.changed_positions(session, since)
            if position.status == "closed"
        ]
        scans = [one for row in queries.scans_since(session, since) for one in _of_scan(row)]
        return Found([*scans, *signals, *positions], {"first": first.isoformat()})


def _of_signal(signal: queries.PortfolioSignal, portfolio: queries.Portfolio) -> Notice:
    event, words = _EVENTS[signal.status]
    price = signal.limit_price or signal.ref_price
    until = signal.expires_at.astimezone(IST)
    what, money = f"{signal.side} {grouped(signal.quantity)}", queries.money_of(portfolio)
    text = f"{what} at about {inr(price)}, in {portfolio.name}, {money}."
    if signal.status == "pending_approval":
        text += f" {signal.reason} Valid until {until:%d %b %H:%M} IST."
    if signal.failure_reason:
        text += f" {signal.failure_reason}"
    return Notice(
        portfolio.user_id, event, f"signal:{signal.id}:{signal.attempts}:{signal.status}",
        f"{signal.symbol} {words}", text, signal.updated_at,
        "/approvals" if signal.status == "pending_approval" else f"/portfolios/{portfolio.id}",
        {"signal_id": signal.id, "portfolio_id": portfolio.id, "symbol": signal.symbol,
         "label": f"{what} {signal.symbol} · {money}"},
    )  # fmt: skip


def _of_position(position: queries.PortfolioPosition, portfolio: queries.Portfolio) -> Notice:
    net = sum(
        one["gross_paise"] + one.get("dividends_paise", 0) - one["charges_paise"]
        for one in position.sales
    )
    made = f" Result {inr(rupees(net))} after charges." if position.sales else ""
    return Notice(
        portfolio.user_id, "position.closed",
        f"position:{position.id}:{portfolio.epoch}:{position.exit_date}",
        f"{position.symbol} closed",
        f"{position.exit_reason or 'closed'}, in {portfolio.name}.{made}",
        position.updated_at, f"/positions/{position.id}",
        {"position_id": position.id, "portfolio_id": portfolio.id, "symbol": position.symbol},
    )  # fmt: skip


def _of_scan(row: queries.PortfolioScan) -> list[Notice]:
    if row.error:
        return [
            Notice(row.user_id, "scan.failed", f"scan:{row.id}", "Scan failed", row.error, row.at,
                   "/portfolios", {"scan_id": row.id})
        ]  # fmt: skip
    if row.trigger != "schedule" and not row.created:
        return []  # who asked has the answer
    day = f" of {row.as_of:%d %b}" if row.as_of else ""
    text = f"{row.created} new signals and {row.exits} exits in {row.portfolios} portfolios."
    return [
        Notice(row.user_id, "scan.finished", f"scan:{row.id}", f"Scan{day}: {row.created} signals",
               text, row.at, "/portfolios", {"scan_id": row.id})
    ]  # fmt: skip
