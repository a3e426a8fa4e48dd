"""Cancellations at venues outside that a book's reading calls for."""

from __future__ import annotations

from tradertape_core.execution import engine
from tradertape_core.orders.commands import CancelOrder
from tradertape_core.orders.order import Order
from tradertape_server.features.execution.orders.facts import closes
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork


def take_back(uow: UnitOfWork, order: Order) -> None:
    """Cancel an order that the venue's book shows open, where that was asked for: by a cancellation
    that a stop interrupted, or by a kill switch that takes entries back."""
    if not order.is_open or order.in_doubt or order.slices or order.is_external:
        return
    account_id, ask = int(order.account), order.cancel_ask
    if ask is not None:
        if (order.order_id, "withdraw", ask) in uow.interrupted.get(account_id, ()):
            uow.cancel_again(order, ask)
        return
    if uow.halts.cancels(uow.account(account_id).user_id) and not closes(uow, order, order.request):
        uow.record(engine.cancel(CancelOrder(order_id=order.order_id), order, uow.now))
