"""All portfolios of a person on one page: what they are worth, and what needs a decision."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.money import rupees
from tradertape_core.portfolio.capital import Capital
from tradertape_core.portfolio.signals import Status
from tradertape_server.features.portfolios import repository, views
from tradertape_server.features.portfolios.lateness import Lateness
from tradertape_server.features.portfolios.models import (
    Portfolio,
    PortfolioDay,
    PortfolioPosition,
    PortfolioSignal,
)
from tradertape_server.features.portfolios.schedule_times import next_scan
from tradertape_server.features.portfolios.schemas import ScanRunOut
from tradertape_server.features.portfolios.state import book_of, capital_of, settings_of

Json = dict[str, Any]
KEPT = ("active", "paused")
NEAR_PCT, MOST_NEAR = 3.0, 12
SHOWN_DAYS = timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Overview:
    """Builds the page; runs in the caller's transaction."""

    clock: Clock
    lateness: Lateness

    def of(self, session: Session, user_id: int) -> Json:
        """The whole page of one person."""
        rows = repository.portfolios(session, user_id, KEPT)
        live = _live_signals(session, rows)
        capital = [capital_of(row, live[row.id]) for row in rows]
        held, _ = repository.positions(session, user_id, statuses=repository.OPEN)
        scans = repository.scans(session, user_id, 1, 0)
        last = ScanRunOut.model_validate(scans[0]) if scans else None
        now = self.clock.now()
        return {
            "as_of": now,
            "traded_until": max((row.traded_until for row in rows if row.traded_until),
                                default=None),
            "portfolios": len(rows),
            "scaled_portfolios": sum(row.is_scaled for row in rows),
            "live_portfolios": sum(not settings_of(row).paper_mode for row in rows),
            **_totals(rows, capital),
            "by_money": _by_money(session, rows, capital, held, live),
            "open_positions": len(held),
            "waiting": _waiting([one for some in live.values() for one in some]),
            "days": _days(session, rows),
            "near": _near(held, {row.id: row for row in rows}),
            "alerts": [
                *_alerts(rows, live, last),
                *_found(session, rows),
                *_late(self.lateness.of(rows)),
            ],
            "next_scan": next_scan(now),
            "last_scan": last,
        }  # fmt: skip


def _live_signals(session: Session, rows: Sequence[Portfolio]) -> dict[int, list[PortfolioSignal]]:
    found: dict[int, list[PortfolioSignal]] = {row.id: [] for row in rows}
    query = select(PortfolioSignal).where(
        PortfolioSignal.portfolio_id.in_(found), PortfolioSignal.status.in_(repository.LIVE)
    )
    for one in session.scalars(query):
        found[one.portfolio_id].append(one)
    return found


def _totals(rows: Sequence[Portfolio], capital: Sequence[Capital]) -> Json:
    books = [book_of(row) for row in rows]
    before = sum(book.equity_before for book in books)
    gained = sum(book.equity - book.equity_before for book in books)
    return {
        "equity": rupees(sum(one.current for one in capital)),
        "cash": rupees(sum(one.cash for one in capital)),
        "deployed": rupees(sum(one.deployed for one in capital)),
        "committed": rupees(sum(one.committed for one in capital)),
        "day_pnl": rupees(gained),
        "day_pnl_pct": round(gained / before * 100, 2) if before else None,
        "total_pnl": rupees(sum(one.current - one.starting for one in capital)),
    }


def _by_money(
    session: Session, rows: Sequence[Portfolio], capital: Sequence[Capital],
    held: Sequence[PortfolioPosition], signals: dict[int, list[PortfolioSignal]],
) -> list[Json]:  # fmt: skip
    """The totals of live portfolios, and of those on paper: real money is not added to paper."""
    found: list[Json] = []
    for money, is_paper in (("live", False), ("paper", True)):
        own = [
            (row, one)
            for row, one in zip(rows, capital, strict=True)
            if settings_of(row).paper_mode is is_paper
        ]
        if not own:
            continue
        those = [row for row, _ in own]
        ids = [row.id for row in those]
        found.append({
            "money": money,
            "portfolio_ids": ids,
            **_totals(those, [one for _, one in own]),
            "open_positions": sum(one.portfolio_id in ids for one in held),
            "placed": _waiting([one for row in those for one in signals[row.id]])["placed"],
            "days": _days(session, those),
        })  # fmt: skip
    return found


def _waiting(live: Sequence[PortfolioSignal]) -> Json:
    counts = Counter(one.status for one in live)
    return {
        "pending": counts[Status.PENDING],
        "in_cart": counts[Status.IN_CART],
        "placed": counts[Status.APPROVED],
    }


def _days(session: Session, rows: Sequence[Portfolio]) -> list[Json]:
    """Days of all portfolios together; one that began later counts from its first day."""
    if not rows:
        return []
    epochs = {row.id: (row.epoch, capital_of(row, ()).starting) for row in rows}
    latest = max((row.traded_until for row in rows if row.traded_until), default=date.min)
    columns = (PortfolioDay.portfolio_id, PortfolioDay.epoch, PortfolioDay.day,
               PortfolioDay.equity_paise)  # fmt: skip
    since = latest - SHOWN_DAYS if latest > date.min else latest
    query = select(*columns).where(PortfolioDay.portfolio_id.in_(epochs), PortfolioDay.day >= since)
    by_day: dict[date, dict[int, int]] = defaultdict(dict)
    for portfolio_id, epoch, day, equity in session.execute(query):
        if epoch == epochs[portfolio_id][0]:
            by_day[day][portfolio_id] = equity
    return _summed(by_day, {key: starting for key, (_, starting) in epochs.items()})


def _summed(by_day: dict[date, dict[int, int]], starting: dict[int, int]) -> list[Json]:
    known: dict[int, int] = {}
    found: list[Json] = []
    for day in sorted(by_day):
        # The first day that is shown of a portfolio has no day before it to be compared with.
        pnl = sum(now - known.get(key, now) for key, now in by_day[day].items())
        known.update(by_day[day])
        total = sum(now - starting[key] for key, now in known.items())
        found.append(
            {
                "date": day,
                "equity": rupees(sum(known.values())),
                "pnl": rupees(pnl),
                "total_pnl": rupees(total),
            }
        )
    return found


def _near(held: Sequence[PortfolioPosition], own: dict[int, Portfolio]) -> list[Json]:
    found: list[Json] = []
    for one in held:
        for level, price in (("stop", one.stop_price), ("target", one.target_price)):
            if price is None or one.last_close <= 0 or one.portfolio_id not in own:
                continue
            of = own[one.portfolio_id]
            away = one.last_close - price if level == "stop" else price - one.last_close
            distance = round(away / one.last_close * 100, 2)
            if distance <= NEAR_PCT:
                found.append(
                    {"portfolio_name": of.name, "level": level, "price": price,
                     "distance_pct": distance,
                     "position": views.position(one, is_scaled=of.is_scaled)}
                )  # fmt: skip
    return sorted(found, key=lambda one: one["distance_pct"])[:MOST_NEAR]


def _alerts(
    rows: Sequence[Portfolio], live: dict[int, list[PortfolioSignal]], last: ScanRunOut | None
) -> list[Json]:
    found: list[Json] = []
    if last is not None and last.error:
        found.append({"level": "error", "href": "/scanner",
                      "text": f"The last scan failed: {last.error}"})  # fmt: skip
    for row in rows:
        unknown = [one.symbol for one in live[row.id] if one.gtt_status == "unknown"]
        if unknown:
            found.append(
                {"level": "error", "href": f"/portfolios/{row.id}",
                 "text": f"{row.name}: it is not known whether the orders of "
                         f"{', '.join(unknown)} reached the broker."}
            )  # fmt: skip
        if row.status == "paused":
            found.append(
                {"level": "warning", "href": f"/portfolios/{row.id}",
                 "text": f"{row.name} is paused: it buys nothing, and its exits still run."}
            )  # fmt: skip
    return found


def _found(session: Session, rows: Sequence[Portfolio]) -> list[Json]:
    return [
        {
            "level": "error" if one.level == "critical" else "warning",
            "href": f"/portfolios/{row.id}",
            "text": f"{row.name}: {one.text}",
        }
        for row in rows
        for one in repository.alerts(session, row.id)
        if one.level != "info"
    ]


def _late(rows: Sequence[Portfolio]) -> list[Json]:
    return [
        {
            "level": "warning",
            "href": f"/portfolios/{row.id}",
            "text": f"{row.name} was not scanned in time: scan it now, or see the server's log.",
        }
        for row in rows
    ]
