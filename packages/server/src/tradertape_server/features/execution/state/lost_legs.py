"""A leg that ends after its basket was replied to: reported in the run's timeline, or reversed.

Without `unwind: reverse` nothing is undone: what to do is for the basket's owner to decide; what
filled, and what still rests, is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tradertape_core.orders import events as ev
from tradertape_core.orders.order import Order
from tradertape_core.orders.reports import CancelReason
from tradertape_server.features.execution.state.working_state import WorkingState
from tradertape_server.features.execution.store import repository, timeline_text
from tradertape_server.features.execution.store.models import IntentRow
from tradertape_server.features.execution.venues.gateway import OUTSIDE

BROKEN = "basket_broken"
REVERSE = "reverse"
_ASKED_FOR = frozenset({CancelReason.REQUESTED, CancelReason.EXIT, CancelReason.SIBLING})
_Ended = ev.OrderCancelled | ev.OrderRejected


@dataclass(frozen=True, slots=True)
class EndedLeg:
    """A basket one of whose legs ended.

    summary, payload: of the timeline event; None where nothing was lost. is_reversed: what
    filled of the basket is to be reversed, as was asked.
    """

    run_id: str
    key: str
    leg: Order
    summary: str | None
    payload: dict[str, Any]
    is_reversed: bool


def ended_legs(
    state: WorkingState, order: Order, events: Sequence[ev.OrderEvent]
) -> list[EndedLeg]:
    """Return the replied baskets of which an order, that these events ended, was a leg."""
    end = next((event for event in events if isinstance(event, _Ended)), None)
    if order.run_id is None or end is None:
        return []
    if not _is_loss(end) and order.venue not in OUTSIDE:
        return []
    leg = state.order(order.parent_order_id) if order.parent_order_id else order
    if leg is None or leg.is_open or leg.filled_quantity == leg.request.quantity:
        return []
    rows = repository.answered_baskets(state.session, order.run_id, leg.placed_at)
    found = (_ended(state, row, order.run_id, leg, end) for row in rows)
    return [one for one in found if one is not None]


def _ended(
    state: WorkingState, row: IntentRow, run_id: str, leg: Order, end: _Ended
) -> EndedLeg | None:
    details = row.details
    names = {one["order_id"]: one["index"] for one in details["legs"] if one["order_id"]}
    if leg.order_id not in names:
        return None
    has_begun = details.get("reversals") is not None
    is_reversed = details.get("unwind") == REVERSE
    is_reversed = is_reversed and (has_begun or isinstance(end, ev.OrderRejected))
    others = [one for name in names if name != leg.order_id and (one := state.order(name))]
    filled = [one.order_id for one in others if one.filled_quantity]
    resting = [one.order_id for one in others if one.is_open]
    # At the day's end they lapse one after the other: what rests then lapses too.
    is_days_end = getattr(end, "reason", None) is CancelReason.DAY
    is_lost = _is_loss(end) and not has_begun and bool(filled or (resting and not is_days_end))
    summary = None
    if is_lost:
        index = names[leg.order_id]
        summary = (
            f"Leg {index} of the basket {row.key} ended as {leg.status.value} after the reply: "
            f"{timeline_text.order_in_words(leg.request)}. "
            f"Of the other legs, {len(filled)} filled and {len(resting)} open: "
            + ("the filled legs are reversed" if is_reversed else "none is reversed automatically")
        )
    payload = {"key": row.key, "leg": names[leg.order_id], "filled": filled, "resting": resting}
    return EndedLeg(run_id, row.key, leg, summary, payload, is_reversed)


def _is_loss(event: _Ended) -> bool:
    if isinstance(event, ev.OrderCancelled):
        return event.reason not in _ASKED_FOR
    return True
