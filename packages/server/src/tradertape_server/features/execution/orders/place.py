"""Placing orders: the command of one intent, and the decision on a single order."""

from __future__ import annotations

from typing import Any

from tradertape_core.execution import engine
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.orders.order import OrderRequest
from tradertape_server.features.execution.orders import from_holdings
from tradertape_server.features.execution.orders.authorization import RunAuthorization
from tradertape_server.features.execution.orders.facts import facts_for
from tradertape_server.features.execution.orders.intent import (
    Decide,
    Intent,
    Payload,
    denied,
    order_command,
    record,
    replayed,
    reserve,
)
from tradertape_server.features.execution.orders.intent_settlement import (
    IntentCommand,
    Reserved,
)
from tradertape_server.features.execution.orders.preview import (
    preview_order,
)
from tradertape_server.features.execution.orders.replies import Outcome
from tradertape_server.features.execution.state.order_ids import OrderIds
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.store.timeline_text import order_in_words as in_words
from tradertape_server.platform.crash_points import crash_point

Json = dict[str, Any]


def order_decision(request: OrderRequest, ids: OrderIds) -> Decide:
    """Place one order."""

    def decide(uow: UnitOfWork, intent: Intent) -> Outcome | Reserved:
        known = replayed(uow, intent)
        if known is not None:
            return known
        command = order_command(intent, request, ids.next(uow.now))
        decision = engine.place(command, facts_for(uow, command, intent.risk), uow.now)
        if decision.is_denied:
            return denied(uow, intent, decision.denials, in_words(request))
        crash_point("after_validate")
        legs = [{"index": 0, "order_id": command.order_id}]
        details: Json = {"legs": legs}
        if intent.is_dry:
            details["preview"] = preview_order(uow, intent.asker, request)
        row = reserve(uow, intent, details)
        if not intent.is_dry and command.run_id is None:
            from_holdings.take_in(uow, int(command.account), request, command.order_id)
        record(uow, intent, decision)
        return Reserved(row)

    return decide


class PlaceCommand(IntentCommand):
    """Place the orders of one intent, once for its key, and reply when the venue has answered.

    decide_orders: what is placed, once it is known for whom. kind, payload: what makes two
    intents the same. strict: reply in the published client's own shape.
    """

    __slots__ = ("_authorization", "_decide_orders", "_key", "_payload")

    def __init__(
        self,
        authorization: RunAuthorization,
        key: str,
        payload: Payload,
        decide_orders: Decide,
    ) -> None:
        super().__init__(authorization.run_id, key, read=authorization.read)
        self._authorization = authorization
        self._key = key
        self._payload = payload
        self._decide_orders = decide_orders

    @property
    def run_id(self) -> str:
        """The run it is for."""
        return self._authorization.run_id

    def again(self) -> PlaceCommand:
        """The same command, to be executed once more."""
        return type(self)(self._authorization, self._key, self._payload, self._decide_orders)

    def decide(self, uow: UnitOfWork) -> None:
        run_id, key = self._authorization.run_id, self._key
        is_known = uow.intent(run_id, key) is not None
        run = self._authorization.authorize(uow, is_known_key=is_known)
        intent = self._payload.intent(run, key)
        _require_account(uow, intent)
        self._decided = self._decide_orders(uow, intent)
        if self.is_new:
            self._authorization.accepted(uow)


# --- inside ---------------------------------------------------------------------------------------


def _require_account(uow: UnitOfWork, intent: Intent) -> None:
    kind = uow.account(intent.account_id).kind
    if not intent.is_dry and intent.venue != kind:
        raise InvalidInput(f"orders of this account go to {kind}, not to {intent.venue}")
