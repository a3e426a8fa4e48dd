"""Taking orders back, and changing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradertape_core.execution import cover, engine
from tradertape_core.execution.decision import Decision
from tradertape_core.market.tick import Tick
from tradertape_core.orders.commands import CancelOrder, ModifyOrder
from tradertape_core.orders.denials import DenialReason
from tradertape_core.orders.fields import read_change
from tradertape_core.orders.order import Order
from tradertape_core.orders.reports import CancelReason, ExecutionReport
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.orders.facts import change_facts
from tradertape_server.features.execution.orders.risk_facts import NO_RISK, Risk
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.platform.errors import Conflict, NotFound

# Refusals for where the order stands, not for what was asked of it.
_OF_ITS_STATE = frozenset(
    {
        DenialReason.ORDER_CLOSED,
        DenialReason.ORDER_IN_DOUBT,
        DenialReason.CANCEL_PENDING,
        DenialReason.MODIFY_PENDING,
        DenialReason.MODIFICATION_CAP,
        DenialReason.SLICED_PARENT,
    }
)


def cancel_command(run_id: str, order_id: str) -> Command:
    """Take an order of a run back; its parts too when it was sliced."""

    def decide(uow: UnitOfWork) -> str:
        order = own_order(uow, run_id, order_id)
        children = uow.family(order_id) if order.slices else ()
        command = CancelOrder(order_id=order_id)
        uow.record(_allowed(engine.cancel(command, order, uow.now, children=children)))
        return order_id

    return Command(decide, _as_it_stands)


def modify_command(
    run_id: str, order_id: str, patch: Mapping[str, Any], risk: Risk = NO_RISK
) -> Command:
    """Change an open order of a run. Raises InvalidDocument when the patch breaks a rule."""

    def decide(uow: UnitOfWork) -> str:
        order = own_order(uow, run_id, order_id)
        command = ModifyOrder(order_id=order_id, change=read_change(order, patch))
        facts = change_facts(uow, order, command, risk)
        uow.record(_allowed(engine.modify(command, order, facts, uow.now)))
        return order_id

    return Command(decide, _as_it_stands)


def day_over_command(order_id: str) -> Command:
    """End a day order; one that is over already is left alone."""

    def decide(uow: UnitOfWork) -> None:
        order = uow.order(order_id)
        if order is not None and order.is_open and not order.slices:
            command = CancelOrder(order_id=order_id, reason=CancelReason.DAY)
            uow.record(engine.cancel(command, order, uow.now))

    return Command(decide, lambda _uow, _carry: None)


def void_command(order_id: str, trade_id: str) -> Command:
    """Take a broker's word that a trade does not count; a second time changes nothing.

    Raises NotFound when the order has no such trade.
    """

    def decide(uow: UnitOfWork) -> str:
        order = uow.order(order_id)
        known = () if order is None else (*order.fills, *order.voided)
        if order is None or all(fill.trade_id != trade_id for fill in known):
            raise NotFound("Trade")
        uow.apply(
            ExecutionReport(
                order_id=order_id, at=uow.now, sequence=order.status_sequence, voided=(trade_id,)
            )
        )
        return order_id

    return Command(decide, _as_it_stands)


def trail_commands(uow: UnitOfWork, ticks: Sequence[Tick]) -> list[Command]:
    """Move the stops of cover orders that follow the price of these ticks."""
    due = uow.trailing.due(ticks, uow.known)
    return [_trail_command(order_id, price) for order_id, price in due.items()]


def own_order(uow: UnitOfWork, run_id: str, order_id: str) -> Order:
    """An order of the run. Raises NotFound, for another run's too."""
    order = uow.order(order_id)
    if order is None or order.run_id != run_id:
        raise NotFound("Order")
    return order


def _trail_command(order_id: str, last_price: Decimal) -> Command:
    def decide(uow: UnitOfWork) -> None:
        stop = uow.order(order_id)
        entry = None if stop is None else uow.order(stop.parent_order_id or "")
        fill = cover.protected_fill(stop, entry) if stop and entry else None
        if stop is None or fill is None:
            return
        uow.trailing.entered_at(order_id, fill.price)
        tick_size = uow.known(stop.request.instrument).tick_size
        uow.record(cover.trail(stop, fill, last_price, tick_size, uow.now))

    return Command(decide, lambda _uow, _carry: None)


def _allowed(decision: Decision) -> Decision:
    if not decision.is_denied:
        return decision
    first = decision.denials[0]
    if first.reason in _OF_ITS_STATE:
        raise Conflict(first.message, code=first.reason.value)
    raise OrderDenied(decision.denials)


def _as_it_stands(uow: UnitOfWork, order_id: str) -> Order | None:
    return uow.order(order_id)
