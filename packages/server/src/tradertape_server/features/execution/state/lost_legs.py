"""A leg that is lost after its basket was answered: said in the run's timeline, nothing is undone.

What to do about it is for its owner to decide; what filled, and what still rests, is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tradertape_core.orders import events as ev
from tradertape_core.orders.order import Order
from tradertape_core.orders.reports import CancelReason
from tradertape_server.features.execution.store import repository, timeline_text

if TYPE_CHECKING:
    from tradertape_server.features.execution.state.unit_of_work import UnitOfWork

BROKEN = "basket_broken"
_ASKED_FOR = frozenset({CancelReason.REQUESTED, CancelReason.EXIT, CancelReason.SIBLING})


def tell_lost_leg(uow: UnitOfWork, order: Order, events: Sequence[ev.OrderEvent]) -> None:
    """Tell of an order that these events ended, where it was a leg and others of it stand."""
    lost = next((event for event in events if _is_loss(event)), None)
    if order.run_id is None or lost is None:
        return
    leg = uow.order(order.parent_order_id) if order.parent_order_id else order
    if leg is None or leg.is_open or leg.filled_quantity == leg.request.quantity:
        return
    for row in repository.answered_baskets(uow.session, order.run_id, leg.placed_at):
        names = {one["order_id"]: one["index"] for one in row.details["legs"] if one["order_id"]}
        if leg.order_id in names:
            found = (uow.order(name) for name in names if name != leg.order_id)
            others = [one for one in found if one is not None]
            # At the day's end they lapse one after the other: what rests does not stand.
            is_days_end = getattr(lost, "reason", None) is CancelReason.DAY
            if any(one.filled_quantity or (one.is_open and not is_days_end) for one in others):
                _tell(uow, row.key, names[leg.order_id], leg, others)


def _is_loss(event: ev.OrderEvent) -> bool:
    if isinstance(event, ev.OrderCancelled):
        return event.reason not in _ASKED_FOR
    return isinstance(event, ev.OrderRejected)


def _tell(uow: UnitOfWork, key: str, index: int, leg: Order, others: Sequence[Order]) -> None:
    filled = [one.order_id for one in others if one.filled_quantity]
    resting = [one.order_id for one in others if one.is_open]
    uow.note(
        account_id=int(leg.account),
        run_id=leg.run_id,
        kind="execution",
        event_type=BROKEN,
        source="execution",
        summary=(
            f"Leg {index} of the basket {key} came to {leg.status.value} after its answer: "
            f"{timeline_text.command(leg.request)}. Of the others {len(filled)} filled and "
            f"{len(resting)} waiting: nothing is reversed by itself"
        ),
        payload={"key": key, "leg": index, "filled": filled, "resting": resting},
        resource=("order", leg.order_id),
    )
