"""What a person's agent takes over: signals of portfolios that it executes, and its reports."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.portfolio.signals import Status
from tradertape_server.features.execution.agent_venue import (
    AgentReport,
    AgentVenue,
    Asked,
    Verdict,
)
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.live.facts import gather
from tradertape_server.features.portfolios.live.run_ids import named_by
from tradertape_server.features.portfolios.live.upkeep import Upkeep
from tradertape_server.features.portfolios.models import (
    Portfolio,
    PortfolioPosition,
    PortfolioSignal,
)
from tradertape_server.features.portfolios.state import settings_of
from tradertape_server.platform.database.engine import Database


@dataclass(frozen=True, slots=True)
class Handed:
    """One thing that an agent is asked, with its signal. key: the name of the attempt."""

    key: str
    signal: PortfolioSignal
    portfolio: Portfolio
    asked: Asked


@dataclass(frozen=True, slots=True)
class Waiting:
    """A signal that waits for approval."""

    signal: PortfolioSignal
    portfolio: Portfolio


@dataclass(frozen=True, slots=True)
class Holding:
    """An open position of a portfolio that an agent executes. run_id: "" of what was adopted."""

    symbol: str
    isin: str
    portfolio_id: int
    quantity: int
    run_id: str


@dataclass(frozen=True, slots=True)
class Handing:
    """Use cases of agents; each call has transactions of its own."""

    database: Database
    clock: Clock
    venue: AgentVenue
    upkeep: Upkeep

    def portfolios(self, user_id: int) -> list[Portfolio]:
        """A person's portfolios that the agent executes and that are not retired."""
        with self.database.read() as session:
            found = _agents(session, user_id)
            session.expunge_all()
        return found

    def waiting(self, user_id: int) -> list[Waiting]:
        """Signals that wait for approval and have not expired."""
        now = self.clock.now()
        with self.database.read() as session:
            own = {one.id: one for one in _agents(session, user_id)}
            rows, _ = repository.signals(session, user_id, statuses=(Status.PENDING,))
            session.expunge_all()
        return [
            Waiting(row, own[row.portfolio_id])
            for row in sorted(rows, key=lambda row: (row.signal_date, row.rank))
            if row.portfolio_id in own and (row.side == "SELL" or row.expires_at > now)
        ]

    def place_cart(self, user_id: int, *, by: str) -> dict[int, str]:
        """Have entries of the cart placed: the agent asks for them now. One that is refused stays
        in the cart, or fails with its reason, as everywhere. Returns why, of those that stay."""
        with self.database.read() as session:
            own = [one.id for one in _agents(session, user_id) if one.status == "active"]
            rows, _ = repository.signals(session, user_id, statuses=(Status.IN_CART,))
            cart = sorted((row.rank, row.portfolio_id, row.id) for row in rows if row.side == "BUY")
        stay: dict[int, str] = {}
        for portfolio_id in own:
            ids = [signal_id for _, of, signal_id in cart if of == portfolio_id]
            if ids:
                place = self.upkeep.placing.place
                found = place(portfolio_id, ids, by=by, alone=False, for_agent=True)
                stay |= {one["signal_id"]: one["detail"] for one in found
                         if one["status"] == Status.IN_CART and one["detail"]}  # fmt: skip
        return stay

    def asked(self, user_id: int) -> list[Handed]:
        """What the agent is asked, sales first. What has no signal yet follows a moment later."""
        own = {one.id: one for one in self.portfolios(user_id)}
        accounts = [one.account_id for one in own.values() if one.account_id is not None]
        if not accounts:
            return []
        found: list[Handed] = []
        for asked in self.venue.asked(accounts):
            named = named_by(asked.run_id)
            portfolio = None if named is None else own.get(named.portfolio_id)
            if portfolio is None or portfolio.account_id != asked.account_id:
                continue
            row = self._signal_of(asked)
            if row is not None:
                found.append(Handed(_key(asked, row), row, portfolio, asked))
        return sorted(found, key=lambda one: one.signal.side == "BUY")

    def report(self, report: AgentReport, *, signal_id: int, run_id: str) -> Verdict:
        """Record what the agent reports, and what follows from it for signal and position."""
        verdict = self.venue.report(report)
        with self.database.read() as session:
            row = repository.signal(session, signal_id)
            portfolio = None if row is None else session.get(Portfolio, row.portfolio_id)
            session.expunge_all()
        if portfolio is not None:
            self.upkeep.placing.settle(signal_id, portfolio)
            self.upkeep.mirror.refresh(run_id)
            self.upkeep.arming.arm_all()
        return verdict

    def recall(self, handed: Handed, reason: str) -> None:
        """Take back what no agent was handed."""
        self.venue.recall(handed.asked, reason)
        self.upkeep.placing.settle(handed.signal.id, handed.portfolio)
        self.upkeep.mirror.refresh(handed.asked.run_id)

    def outcome(
        self, user_id: int, signal_id: int
    ) -> tuple[PortfolioSignal | None, PortfolioPosition | None]:
        """A person's signal as it is now, and the position that its fills made."""
        with self.database.read() as session:
            found, _ = repository.signals(session, user_id, ids=(signal_id,), limit=1)
            row = found[0] if found else None
            position = None
            if row is not None and row.run_id is not None:
                position = repository.position_of_run(session, row.run_id)
            session.expunge_all()
        return row, position

    def holdings(self, user_id: int) -> list[Holding]:
        """What open positions of these portfolios amount to."""
        with self.database.read() as session:
            return [
                Holding(held.symbol, held.isin, one.id, held.open_quantity, held.run_id or "")
                for one in _agents(session, user_id)
                for held in repository.open_positions(session, one.id)
            ]

    def mark_scaled(
        self, session: Session, portfolio_ids: Collection[int], *, scaled: bool
    ) -> None:
        """Say of portfolios whether their figures are rupees, in the caller's transaction."""
        accounts = repository.mark_scaled(session, portfolio_ids, scaled=scaled)
        self.venue.execution.mark_scaled(session, accounts, scaled=scaled)

    def _signal_of(self, asked: Asked) -> PortfolioSignal | None:
        found = self._known_signal(asked)
        if found is None and asked.order is not None:
            self.upkeep.mirror.refresh(asked.run_id)  # protection has just asked for a sale
            found = self._known_signal(asked)
        return found

    def _known_signal(self, asked: Asked) -> PortfolioSignal | None:
        with self.database.read() as session:
            rows = list(repository.signals_of_run(session, asked.run_id))
            session.expunge_all()
        if asked.gtt is not None:
            wanted = asked.gtt.trigger_id
            return next((row for row in rows if row.gtt_id == wanted), None)
        if asked.order is None:
            return None
        with self.database.read() as session:
            facts = gather(
                session, asked.account_id, asked.run_id, gtt_ids=[row.gtt_id for row in rows]
            )
        root = facts.root_of(asked.order.order_id)
        for row in rows:
            if root in {one.order_id for one in facts.orders_of(row)}:
                return row
        return None


def is_over(portfolio: Portfolio, row: PortfolioSignal, now: datetime) -> str:
    """Why an entry that was handed out is not to be sent any more; "" where it is."""
    if row.side != "BUY":
        return "cancelled" if row.withdraw_reason else ""
    if portfolio.status != "active":
        return "paused"
    if row.expires_at <= now or (row.valid_until is not None and row.valid_until <= now):
        return "expired"
    return "cancelled" if row.withdraw_reason else ""


def _agents(session: Session, user_id: int) -> list[Portfolio]:
    own = repository.portfolios(session, user_id, ("active", "paused"))
    return [one for one in own if settings_of(one).is_placed_by_agent]


def _key(asked: Asked, row: PortfolioSignal) -> str:
    if asked.order is not None and row.side == "SELL":
        return f"ord:{asked.order.order_id}"
    return row.placement_key or f"sig:{row.id}:a{row.attempts}"
