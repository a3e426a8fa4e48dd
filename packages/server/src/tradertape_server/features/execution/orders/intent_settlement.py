"""When the reply of an intent is final: once its venue has answered, and what broke is reversed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tradertape_core.orders.order import Order
from tradertape_server.features.execution.errors import InProgress
from tradertape_server.features.execution.orders import replies, unwinding
from tradertape_server.features.execution.orders.replies import Outcome, Reply
from tradertape_server.features.execution.state.command import (
    AWAITING_VENUE,
    MORE_TO_SEND,
    NotSettled,
    Subject,
    VenueCommand,
)
from tradertape_server.features.execution.state.unit_of_work import Read, UnitOfWork
from tradertape_server.features.execution.venues.gateway import AWAITED

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reserved:
    """The key is taken; its reply follows when the venue has answered.

    row: the intent; None for a repeated command, which shares the first one's reply.
    """

    row: Json | None = None


class IntentCommand(VenueCommand[Outcome]):
    """A command with a key; `decide` sets what is decided: a reply, or that it follows."""

    __slots__ = ("_decided", "_intent_key")

    def __init__(self, run_id: str, key: str, *, read: Read | None = None) -> None:
        super().__init__(key=(run_id, key), read=read)
        self._intent_key = run_id, key
        self._decided: Outcome | Reserved | None = None

    @property
    def is_new(self) -> bool:
        """Whether its key was new, and it was done."""
        return isinstance(self._decided, Reserved) and self._decided.row is not None

    def settle(self, uow: UnitOfWork) -> Outcome | NotSettled:
        decided, (_, key) = self._decided, self._intent_key
        if not isinstance(decided, Reserved):
            return decided or InProgress(key)
        if decided.row is not None:
            return settle_intent(uow, decided.row) or InProgress(key)
        row = uow.intent(*self._intent_key)
        reply = None if row is None else replies.kept(row, is_replay=True)
        if reply is None and row is not None and awaits_venue(uow, row):
            return AWAITING_VENUE
        return reply or InProgress(key)

    def overdue(self, uow: UnitOfWork) -> Outcome:
        row = uow.intent(*self._intent_key)
        reply = None if row is None else replies.current_reply(uow, row)
        return reply or InProgress(self._intent_key[1])


class SettleIntent(VenueCommand[Reply | None]):
    """Store the reply of an intent that has none after a stop."""

    __slots__ = ("_intent",)

    def __init__(self, run_id: str, key: str) -> None:
        super().__init__()
        self._intent = run_id, key

    @property
    def subject(self) -> Subject:
        run_id, key = self._intent
        return Subject("intent", f"{run_id}:{key}", run_id=run_id)

    def settle(self, uow: UnitOfWork) -> Reply | NotSettled | None:
        row = uow.intent(*self._intent)
        return None if row is None else settle_intent(uow, row)

    def overdue(self, uow: UnitOfWork) -> Reply | None:  # noqa: ARG002 - it has no caller
        return None


def settle_intent(uow: UnitOfWork, row: Json) -> Reply | NotSettled | None:
    """Take an intent's next step and store its reply when it is final.

    None for an intent that is not an order's (an exit): its reply is made elsewhere.
    """
    if unwinding.advance(uow, row):
        return MORE_TO_SEND
    if awaits_venue(uow, row):
        return AWAITING_VENUE
    return replies.store_reply(uow, row)


def awaits_venue(uow: UnitOfWork, row: Json) -> bool:
    """Whether a venue outside has still to answer about an order of the intent."""
    if row["venue"] not in AWAITED:
        return False
    if row["kind"] in (replies.CANCEL_ORDER, replies.MODIFY_ORDER):
        return is_asked(uow.order(row["details"]["order_id"]))
    names = [leg["order_id"] for leg in row["details"].get("legs", ()) if leg["order_id"]]
    is_unwinding = row["details"].get("reversals") is not None
    names += [name for name in (row["details"].get("reversals") or {}).values() if name]
    orders = [order for name in names for order in _parts(uow, name)]
    return any(one.is_open if is_unwinding else is_unanswered(one) for one in orders)


def is_asked(order: Order | None) -> bool:
    """Whether a venue outside has still to say what became of a change or a cancellation."""
    if order is None or order.venue not in AWAITED:
        return False
    return bool(order.cancel_ask or order.modify_ask)


def is_unanswered(order: Order) -> bool:
    """Whether nothing is known yet of what the venue made of a new order."""
    if not order.is_open or order.venue not in AWAITED:
        return False
    return order.in_doubt or (order.status_sequence == 0 and not order.has_fills)


def _parts(uow: UnitOfWork, order_id: str) -> list[Order]:
    order = uow.order(order_id)
    if order is None:
        return []
    return uow.family(order_id) if order.slices else [order]
