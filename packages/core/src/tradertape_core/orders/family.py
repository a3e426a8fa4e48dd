"""Orders that belong together: the slices of one, the exits of a cover order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tradertape_core.orders.order import Order, OrderStatus, average_of

_S = OrderStatus


def child_id(parent_id: str, number: int) -> str:
    """The id of a parent's n-th child, from 1: digits stay digits."""
    return f"{parent_id}{number:02d}"


def summary(parent: Order, children: Sequence[Order]) -> Order:
    """Return the sliced parent with the figures of its children; it has no fills of its own.

    A child that was rejected counts as cancelled quantity, unless all were. A dry run's parent
    has nothing to sum up.
    """
    if parent.is_dry_run:
        return parent
    fills = tuple(fill for child in children for fill in child.fills)
    filled = sum(child.filled_quantity for child in children)
    pending = sum(child.pending_quantity for child in children)
    status = _status_of(children)
    return replace(
        parent,
        status=status,
        filled_quantity=filled,
        pending_quantity=pending,
        cancelled_quantity=(
            0 if status is _S.REJECTED else parent.request.quantity - filled - pending
        ),
        average_price=average_of(fills),
        updated_at=max((child.updated_at for child in children), default=parent.updated_at),
        status_message=next((c.status_message for c in children if c.status_message), None),
    )


def _status_of(children: Sequence[Order]) -> OrderStatus:
    states = [child.status for child in children]
    for state in (_S.IN_DOUBT, _S.OPEN, _S.TRIGGER_PENDING):
        if state in states:
            return state
    unfinished = [child.status for child in children if child.is_open]
    if unfinished:
        return unfinished[0]
    for state in (_S.COMPLETE, _S.REJECTED, _S.CANCELLED_AMO):
        if all(one is state for one in states):
            return state
    return _S.CANCELLED
