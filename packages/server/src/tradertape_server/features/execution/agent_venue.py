"""What a person's agent is asked to do, as the outbox has it, and its reports."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from tradertape_core.execution.decision import Submit, Withdraw
from tradertape_core.orders import broker_gtts as core
from tradertape_core.orders.gtt import Gtt, GttAsk
from tradertape_core.orders.order import Order
from tradertape_server.features.execution.loop.agent_reports import (
    AT_BROKER,
    AgentReport,
    Verdict,
    What,
    take_in,
)
from tradertape_server.features.execution.loop.venue_events import take_in as take_in_event
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.store import agent_queries
from tradertape_server.features.execution.venues.gateway import Answered, GttAnswered, Outcome
from tradertape_server.features.execution.venues.outside import subject_of

__all__ = ["AT_BROKER", "AgentReport", "AgentVenue", "Asked", "Verdict", "What"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing that is asked and has no report yet. gtt or order: what it is about.

    is_cancel: what was placed is to be cancelled. is_recalled: it is not to be placed any more.
    in_doubt: the agent has reported that it lost the broker's answer.
    """

    account_id: int
    run_id: str
    gtt: Gtt | None = None
    order: Order | None = None
    is_cancel: bool = False
    is_recalled: bool = False
    in_doubt: bool = False
    since: datetime


@dataclass(frozen=True, slots=True)
class AgentVenue:
    """Used by the process that trades."""

    execution: ExecutionService

    def asked(self, account_ids: Collection[int]) -> list[Asked]:
        """What is asked of these accounts' agent, oldest first."""
        with self.execution.database.read() as session:
            gtts = agent_queries.asked_gtts(session, account_ids)
            orders = agent_queries.asked_orders(session, account_ids)
        found = [_of_gtt(one) for one in gtts]
        by_order: dict[str, list[tuple[Order, str]]] = {}
        for order, action in orders:
            by_order.setdefault(order.order_id, []).append((order, action))
        found += [_of_order(some) for some in by_order.values()]
        return sorted(found, key=lambda one: one.since)

    def report(self, report: AgentReport) -> Verdict:
        """Record a report. Raises InvalidInput, TradingPaused."""
        return self.execution.trader.execute(Command(lambda uow: take_in(uow, report)))

    def recall(self, asked: Asked, reason: str) -> None:
        """Take back what no agent was handed: it surely never left."""
        self.execution.trader.execute(Command(lambda uow: _recall(uow, asked, reason)))


def _of_gtt(gtt: Gtt) -> Asked:
    at = core.state_of(gtt)
    return Asked(
        account_id=int(gtt.account), run_id=gtt.run_id or "", gtt=gtt,
        is_cancel=at.ask is GttAsk.CANCEL,
        is_recalled=at.ask is GttAsk.PLACE and at.ends,
        in_doubt=at.in_doubt, since=at.asked_at or gtt.created_at,
    )  # fmt: skip


def _of_order(some: list[tuple[Order, str]]) -> Asked:
    order, actions = some[0][0], {action for _, action in some}
    return Asked(
        account_id=int(order.account), run_id=order.run_id or "", order=order,
        is_cancel="submit" not in actions and "withdraw" in actions,
        is_recalled={"submit", "withdraw"} <= actions,
        in_doubt=order.in_doubt, since=order.placed_at,
    )  # fmt: skip


def _recall(uow: UnitOfWork, asked: Asked, reason: str) -> None:
    if asked.gtt is not None:
        at = core.state_of(asked.gtt)
        event = GttAnswered(
            account_id=asked.account_id, trigger_id=asked.gtt.trigger_id, number=at.number,
            key=(subject_of(asked.gtt.trigger_id), "recall", at.number),
            outcome=Outcome.WITHDRAWN if at.ends else Outcome.NOT_SENT, reason=reason,
        )  # fmt: skip
        take_in_event(uow, event)
        return
    order = None if asked.order is None else uow.order(asked.order.order_id)
    if order is None or not order.is_open:
        return
    outcome = Outcome.NOT_SENT if order.cancel_ask is None else Outcome.WITHDRAWN
    submit = Answered(
        account_id=asked.account_id, request=Submit(order.order_id), outcome=outcome, reason=reason
    )
    take_in_event(uow, submit)
    if order.cancel_ask is not None:
        withdraw = Withdraw(order.order_id, order.cancel_ask)
        take_in_event(
            uow,
            Answered(account_id=asked.account_id, request=withdraw, outcome=Outcome.WITHDRAWN),
        )
