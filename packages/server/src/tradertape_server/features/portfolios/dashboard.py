"""Everything a portfolio's page shows, from what is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.kernel.format import inr
from tradertape_core.kernel.money import rupees
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.hours import next_open
from tradertape_core.market.session_times import PhaseKind
from tradertape_core.portfolio.signals import Status
from tradertape_server.features.portfolios import repository, views
from tradertape_server.features.portfolios.models import (
    Portfolio,
    PortfolioDay,
    PortfolioPosition,
    PortfolioSignal,
)
from tradertape_server.features.portfolios.readiness import warnings_of
from tradertape_server.features.portfolios.schedule_times import next_scan
from tradertape_server.features.portfolios.schemas import PositionOut
from tradertape_server.features.portfolios.state import WRITTEN_OFF, capital_of, settings_of

Json = dict[str, Any]
WORDS = {
    "raised": "proposed", "approve": "approved", "reject": "rejected", "expire": "expired",
    "place": "placed", "accepted": "order taken", "refused": "order refused",
    "lost": "answer lost", "trigger": "triggered", "partial_fill": "bought in part",
    "fill": "bought", "order_rejected": "order rejected", "unfilled": "not filled",
    "validity_over": "order lapsed", "disabled": "order disabled", "withdrawn": "order withdrawn",
    "deleted": "order deleted", "cancel": "cancelled", "retry": "tried again",
}  # fmt: skip
RECENT, CLOSED_SHOWN, ACTIVITIES = 20, 20, 30
YEAR_DAYS, ENOUGH_DAYS = 365.0, 30  # a yearly rate of fewer days says nothing


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Builds the page; runs in the caller's transaction."""

    clock: Clock

    def of(self, session: Session, row: Portfolio) -> Json:
        """The whole page of one portfolio."""
        signals, _ = repository.signals(session, row.user_id, portfolio_id=row.id)
        positions, _ = repository.positions(session, row.user_id, portfolio_id=row.id)
        days = repository.days(session, row.id, row.epoch)
        live = [one for one in signals if one.status in repository.LIVE]
        shown = [views.position(one, is_scaled=row.is_scaled) for one in positions]
        held = [one for one in shown if one.open_quantity]
        closed = [one for one in shown if not one.open_quantity]
        now = self.clock.now()
        return {
            "as_of": now,
            "market": _market(now),
            "next_scan": next_scan(now),
            "portfolio": views.portfolio(row, live, len(held), warnings_of(session, row)),
            "kpis": _kpis(row, live, days, held, closed),
            "equity_curve": _curve(days, capital_of(row, ()).starting),
            "positions": held,
            "signals": _signals(signals),
            "cart": _cart(row, live),
            "sector_allocation": _sectors(row, held),
            "monthly_returns": _months(row, days),
            "closed_trades": {"items": closed[:CLOSED_SHOWN], "total": len(closed)},
            "exit_breakdown": _exits(closed),
            "activity": _activity(signals, positions),
            "alerts": [views.alert(one) for one in repository.alerts(session, row.id)],
        }


def _market(now: datetime) -> Json:
    phase = nse_calendar().phase_at(now)
    opens = next_open(nse_calendar(), now)
    return {
        "open": phase is not None and phase.kind is PhaseKind.CONTINUOUS,
        "next_open": None if opens is None else opens,
    }


def _kpis(
    row: Portfolio,
    live: Sequence[PortfolioSignal],
    days: Sequence[PortfolioDay],
    held: Sequence[PositionOut],
    closed: Sequence[PositionOut],
) -> Json:
    capital, settings = capital_of(row, live), settings_of(row)
    curve = _curve(days, capital.starting)
    before = days[-2].equity_paise if len(days) > 1 else capital.starting
    total_pct = (capital.current / capital.starting - 1) * 100
    benchmark = _change(days[0].benchmark, days[-1].benchmark) if days else None
    wins = [one.net_pnl for one in closed if one.net_pnl > 0]
    losses = [-one.net_pnl for one in closed if one.net_pnl < 0]
    return {
        "equity": rupees(capital.current),
        "cash": rupees(capital.cash),
        "deployed": rupees(capital.deployed),
        "committed": rupees(capital.committed),
        "day_pnl": rupees(capital.current - before),
        "day_pnl_pct": round((capital.current / before - 1) * 100, 2),
        "total_pnl": rupees(capital.current - capital.starting),
        "total_return_pct": round(total_pct, 2),
        "xirr_pct": _yearly(capital.current / capital.starting, days),
        "benchmark_return_pct": benchmark,
        "alpha_pct": None if benchmark is None else round(total_pct - benchmark, 2),
        "max_drawdown_pct": min((one["drawdown_pct"] for one in curve), default=0.0),
        "win_rate_pct": round(len(wins) / len(closed) * 100, 1) if closed else None,
        "profit_factor": round(sum(wins) / sum(losses), 2) if losses else None,
        "open_positions": len(held),
        "slots_free": max(0, settings.max_positions - len(held)),
    }


def _yearly(growth: float, days: Sequence[PortfolioDay]) -> float | None:
    """The yearly rate of one payment at the start: nothing is paid in or out later."""
    span = (days[-1].day - days[0].day).days if days else 0
    if span < ENOUGH_DAYS or growth <= 0:
        return None
    return round((growth ** (YEAR_DAYS / span) - 1) * 100, 2)


def _change(first: float | None, last: float | None) -> float | None:
    if not first or last is None:
        return None
    return round((last / first - 1) * 100, 2)


def _curve(days: Sequence[PortfolioDay], starting: int) -> list[Json]:
    """The equity by day. starting: capital in paise, from which a fall counts as well."""
    base, found = next((d.benchmark for d in days if d.benchmark), None), list[Json]()
    peak = starting
    for one in days:
        peak = max(peak, one.equity_paise)
        scaled = None
        if base and one.benchmark is not None:
            scaled = round(one.benchmark / base * 100, 4)
        found.append(
            {
                "date": one.day,
                "equity": rupees(one.equity_paise),
                "cash": rupees(one.cash_paise),
                "benchmark": scaled,
                "drawdown_pct": round((one.equity_paise / peak - 1) * 100, 2) if peak else 0.0,
            }
        )
    return found


def _signals(signals: Sequence[PortfolioSignal]) -> Json:
    def with_status(*statuses: Status) -> list[Any]:
        return [views.signal(one) for one in signals if one.status in statuses]

    over = [one for one in signals if one.status not in repository.LIVE]
    return {
        "pending": with_status(Status.PENDING),
        "in_cart": with_status(Status.IN_CART),
        "live": with_status(Status.APPROVED),
        "recent": [views.signal(one) for one in over[:RECENT]],
    }


def _cart(row: Portfolio, live: Sequence[PortfolioSignal]) -> Json:
    cart = [one for one in live if one.status == Status.IN_CART]
    capital = capital_of(row, live)
    return {
        "count": len(cart),
        "notional": rupees(sum(one.committed_paise for one in cart)),
        "capital_after": rupees(capital.cash - capital.committed),
    }


def _sectors(row: Portfolio, held: Sequence[PositionOut]) -> list[Json]:
    by_sector: dict[str, list[PositionOut]] = defaultdict(list)
    for one in held:
        by_sector[one.sector or "Unknown"].append(one)
    equity = rupees(capital_of(row, ()).current)
    found = [
        {
            "sector": sector,
            "value": round(sum(one.market_value for one in some), 2),
            "pct": round(sum(one.market_value for one in some) / equity * 100, 2),
            "count": len(some),
            "cap": settings_of(row).max_per_sector,
        }
        for sector, some in by_sector.items()
    ]
    return sorted(found, key=lambda one: -one["value"])


def _months(row: Portfolio, days: Sequence[PortfolioDay]) -> list[Json]:
    last: dict[str, PortfolioDay] = {one.day.strftime("%Y-%m"): one for one in days}
    equity, index = capital_of(row, ()).starting, days[0].benchmark if days else None
    found: list[Json] = []
    for month, one in last.items():
        found.append(
            {
                "month": month,
                "return_pct": round((one.equity_paise / equity - 1) * 100, 2),
                "benchmark_pct": _change(index, one.benchmark),
            }
        )
        equity, index = one.equity_paise, one.benchmark
    return found


def _exits(closed: Sequence[PositionOut]) -> list[Json]:
    by_reason: dict[str, list[float]] = defaultdict(list)
    for one in closed:
        by_reason[one.exit_reason or "unknown"].append(one.net_pnl)
    found = [
        {"reason": reason, "count": len(pnl), "pnl": round(sum(pnl), 2)}
        for reason, pnl in by_reason.items()
    ]
    return sorted(found, key=lambda one: (-one["count"], one["reason"]))


def _activity(
    signals: Sequence[PortfolioSignal], positions: Sequence[PortfolioPosition]
) -> list[Json]:
    found: list[Json] = []
    for one in signals[: RECENT * 5]:
        for entry in one.history:
            at = datetime.fromisoformat(entry["at"])
            words = f"{one.symbol}: {WORDS[entry['event']]} by {entry['by']}"
            found.append({"ts": at, "kind": f"signal_{entry['event']}", "text": words})
    for one in positions:
        for sale in one.sales:
            price = inr(sale["price"])
            done = "written off" if sale["reason"] == WRITTEN_OFF else "sold"
            words = f"{one.symbol}: {sale['quantity']} {done} at {price}, {sale['reason']}"
            found.append({"ts": one.updated_at, "kind": "exit", "text": words})
    found.sort(key=lambda one: one["ts"], reverse=True)
    return [{**one, "ts": one["ts"].astimezone(IST)} for one in found[:ACTIVITIES]]
