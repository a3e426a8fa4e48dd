"""The life of a signal: what the user decided (`status`), what the venue did (`gtt_status`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.kernel.python310 import StrEnum


class Status(StrEnum):
    """The user's workflow."""

    PENDING = "pending_approval"
    IN_CART = "in_cart"
    APPROVED = "approved"
    EXECUTED = "executed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"


class GttStatus(StrEnum):
    """What became of the order at its venue."""

    QUEUED = "queued"
    PLACING = "placing"
    ACTIVE = "active"
    TRIGGERED = "triggered"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    DISABLED = "disabled"
    DELETED = "deleted"
    UNKNOWN = "unknown"


class Event(StrEnum):
    """What can happen to a signal."""

    APPROVE = "approve"
    REJECT = "reject"
    EXPIRE = "expire"
    PLACE = "place"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    LOST = "lost"
    TRIGGER = "trigger"
    PARTIAL_FILL = "partial_fill"
    FILL = "fill"
    ORDER_REJECTED = "order_rejected"
    UNFILLED = "unfilled"
    VALIDITY_OVER = "validity_over"
    DISABLED = "disabled"
    WITHDRAWN = "withdrawn"
    DELETED = "deleted"
    CANCEL = "cancel"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class State:
    """Where a signal is."""

    status: Status
    gtt: GttStatus | None = None

    @property
    def stage(self) -> str:
        """The one word a page shows."""
        if self.status is Status.EXECUTED:
            return "filled"
        if self.status is Status.APPROVED:
            is_filling = self.gtt in (GttStatus.TRIGGERED, GttStatus.PARTIALLY_FILLED)
            return "triggered" if is_filling else "placed"
        return self.status.value

    @property
    def is_over(self) -> bool:
        """Whether nothing more can happen to it; a failed one may be tried again."""
        return self.status in TERMINAL


PENDING, IN_CART = State(Status.PENDING), State(Status.IN_CART)
PLACING = State(Status.APPROVED, GttStatus.PLACING)
ACTIVE = State(Status.APPROVED, GttStatus.ACTIVE)
UNKNOWN = State(Status.APPROVED, GttStatus.UNKNOWN)
TRIGGERED = State(Status.APPROVED, GttStatus.TRIGGERED)
PARTIAL = State(Status.APPROVED, GttStatus.PARTIALLY_FILLED)
EXECUTED = State(Status.EXECUTED, GttStatus.FILLED)
REJECTED, EXPIRED = State(Status.REJECTED), State(Status.EXPIRED)
LAPSED = State(Status.EXPIRED, GttStatus.EXPIRED)
FAILED = State(Status.FAILED, GttStatus.REJECTED)

TERMINAL: Final = frozenset(
    {Status.EXECUTED, Status.REJECTED, Status.EXPIRED, Status.CANCELLED, Status.FAILED}
)
MOST_ATTEMPTS: Final = 3

NEXT: Final[dict[State, dict[Event, State]]] = {
    PENDING: {Event.APPROVE: IN_CART, Event.REJECT: REJECTED, Event.EXPIRE: EXPIRED},
    IN_CART: {Event.PLACE: PLACING, Event.REJECT: REJECTED, Event.EXPIRE: EXPIRED},
    PLACING: {Event.ACCEPTED: ACTIVE, Event.REFUSED: FAILED, Event.LOST: UNKNOWN},
    # The answer was lost: the order is looked for, never sent again.
    UNKNOWN: {Event.ACCEPTED: ACTIVE, Event.REFUSED: FAILED},
    ACTIVE: {
        Event.TRIGGER: TRIGGERED,
        Event.VALIDITY_OVER: LAPSED,
        Event.DISABLED: State(Status.CANCELLED, GttStatus.DISABLED),
        Event.WITHDRAWN: State(Status.CANCELLED, GttStatus.CANCELLED),
        Event.DELETED: State(Status.CANCELLED, GttStatus.DELETED),
        Event.CANCEL: State(Status.CANCELLED, GttStatus.CANCELLED),
    },
    TRIGGERED: {
        Event.PARTIAL_FILL: PARTIAL,
        Event.FILL: EXECUTED,
        Event.ORDER_REJECTED: FAILED,
        Event.UNFILLED: FAILED,
    },
    PARTIAL: {Event.PARTIAL_FILL: PARTIAL, Event.FILL: EXECUTED, Event.UNFILLED: EXECUTED},
    FAILED: {Event.RETRY: IN_CART},
}

_DONE = {
    Event.APPROVE: "approved",
    Event.REJECT: "rejected",
    Event.EXPIRE: "expired",
    Event.PLACE: "placed",
    Event.CANCEL: "cancelled",
    Event.RETRY: "tried again",
}


class NotPossible(InvalidInput):
    """The signal is not in a state in which this can happen."""


def after(state: State, event: Event, *, signal_id: int, attempts: int = 0) -> State:
    """The state after an event. attempts: placements so far, for a retry.

    Raises NotPossible, which says what the signal is.
    """
    found = NEXT.get(state, {}).get(event)
    if found is None:
        asked = _DONE.get(event, event.value.replace("_", " "))
        is_what = state.status.value.replace("_", " ")
        raise NotPossible(f"Signal {signal_id} is {is_what} and cannot be {asked}")
    if event is Event.RETRY and attempts >= MOST_ATTEMPTS:
        raise NotPossible(f"Signal {signal_id} was tried {attempts} times, the most there are")
    return found


def placement_key(signal_id: int, attempt: int) -> str:
    """The idempotency key of a placement, written before a venue is called."""
    return f"sig:{signal_id}:a{attempt}"
