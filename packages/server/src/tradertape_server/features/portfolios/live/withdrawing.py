"""Ending entry orders: why is stored first, then the venue is asked, then its answer counts."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from tradertape_core.kernel.clock import Clock
from tradertape_core.portfolio.orders import VALIDITY
from tradertape_core.portfolio.signals import GttStatus, Status
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.live.mirror import Mirror
from tradertape_server.features.portfolios.live.run_ids import ref_of
from tradertape_server.features.portfolios.models import Portfolio, PortfolioSignal
from tradertape_server.features.portfolios.state import settings_of
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict, NotFound

WORDS = {"paused": "the portfolio was paused", "retired": "the portfolio was retired"}


@dataclass(frozen=True, slots=True)
class Withdrawing:
    """Withdraws what is marked, and marks what is due."""

    database: Database
    clock: Clock
    execution: ExecutionService
    mirror: Mirror

    def mark_due(self) -> int:
        """Mark entries whose days are over, and those of portfolios that buy nothing."""
        now, count = self.clock.now(), 0
        with self.database.write() as session:
            due = repository.due_to_end(now)
            for row, portfolio in repository.executed_signals(session, (Status.APPROVED,), (), due):
                is_over = row.valid_until is not None and row.valid_until <= now
                reason = WORDS.get(portfolio.status) or (VALIDITY if is_over else None)
                if reason is not None:
                    row.withdraw_reason, count = reason, count + 1
        return count

    def withdraw_marked(self, portfolio_id: int | None = None) -> int:
        """Ask the venue to end the orders that are marked; how many were."""
        with self.database.read() as session:
            due = repository.marked_to_end(portfolio_id)
            marked = [
                (row, of)
                for row, of in repository.executed_signals(session, (Status.APPROVED,), (), due)
                if row.gtt_status not in repository.IN_FLIGHT or _is_agents(of)
            ]
            session.expunge_all()
        for row, portfolio in marked:
            self.withdraw(row, portfolio)
        return len(marked)

    def withdraw(self, row: PortfolioSignal, portfolio: Portfolio) -> None:
        """End a signal's trigger, or its order once it was triggered; then see what the venue says.

        One that was triggered meanwhile is no longer there to be ended: it is followed as it is.
        """
        ref = ref_of(portfolio, str(row.run_id))
        if _is_agents(portfolio) and self._is_asked(row, ref.account_id):
            return
        with contextlib.suppress(Conflict, NotFound):
            rests = row.gtt_status in (GttStatus.ACTIVE, *repository.IN_FLIGHT)
            if rests and row.gtt_id is not None:
                self.execution.delete_gtt(ref.account_id, row.gtt_id)
            elif row.order_id is not None:
                self.execution.cancel(ref.run_id, row.order_id)
        self.mirror.refresh(ref.run_id)

    def _is_asked(self, row: PortfolioSignal, account_id: int) -> bool:
        """Whether its end was asked for already: an agent does what it is asked when it polls."""
        with contextlib.suppress(NotFound):
            if row.gtt_id is not None and row.order_id is None:
                gtt = self.execution.get_gtt(account_id, row.gtt_id)
                return gtt.at_broker is not None and gtt.at_broker.ends
            order = self.execution.orders_by_id([row.order_id or ""]).get(row.order_id or "")
            return order is not None and order.cancel_ask is not None
        return False


def _is_agents(portfolio: Portfolio) -> bool:
    return settings_of(portfolio).is_placed_by_agent
