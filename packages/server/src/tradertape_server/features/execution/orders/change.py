"""Cancelling orders, and changing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from tradertape_server.features.execution.orders.intent import Intent, replayed, reserve
from tradertape_server.features.execution.orders.intent_settlement import (
    IntentCommand,
    Reserved,
    is_asked,
)
from tradertape_server.features.execution.orders.replies import CANCEL_ORDER, MODIFY_ORDER
from tradertape_server.features.execution.orders.risk_facts import NO_RISK, Risk
from tradertape_server.features.execution.state.command import (
    AWAITING_VENUE,
    NotSettled,
    Subject,
    VenueCommand,
)
from tradertape_server.features.execution.state.trailing_stops import TrailFailed
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.platform.errors import Conflict, NotFound

# Refusals because of the order's state, not because of the request.
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


class _OrderCommand(VenueCommand[Order | None]):
    """Asks a venue for something about one order; the reply is the order after the answer."""

    __slots__ = ("_order_id", "_run_id")

    def __init__(self, run_id: str, order_id: str) -> None:
        super().__init__()
        self._run_id = run_id
        self._order_id = order_id

    @property
    def order_id(self) -> str:
        """Of the order."""
        return self._order_id

    @property
    def subject(self) -> Subject:
        what = type(self).__name__
        return Subject("command", f"{what} {self._order_id}", run_id=self._run_id or None)

    def settle(self, uow: UnitOfWork) -> Order | NotSettled | None:
        order = uow.order(self._order_id)
        return AWAITING_VENUE if is_asked(order) else order

    def overdue(self, uow: UnitOfWork) -> Order | None:
        return uow.order(self._order_id)


class Cancel(_OrderCommand):
    """Cancel an order of a run; its parts too when it was sliced."""

    __slots__ = ()

    def decide(self, uow: UnitOfWork) -> None:
        order = own_order(uow, self._run_id, self._order_id)
        children = uow.family(order.order_id) if order.slices else ()
        asked = CancelOrder(order_id=order.order_id)
        uow.record(_allowed(engine.cancel(asked, order, uow.now, children=children)))


class Modify(_OrderCommand):
    """Change an open order of a run. `decide` raises InvalidDocument when the patch breaks a
    rule."""

    __slots__ = ("_patch", "_risk")

    def __init__(
        self, run_id: str, order_id: str, patch: Mapping[str, Any], risk: Risk = NO_RISK
    ) -> None:
        super().__init__(run_id, order_id)
        self._patch = patch
        self._risk = risk

    def decide(self, uow: UnitOfWork) -> None:
        order = own_order(uow, self._run_id, self._order_id)
        asked = ModifyOrder(order_id=order.order_id, change=read_change(order, self._patch))
        facts = change_facts(uow, order, asked, self._risk)
        uow.record(_allowed(engine.modify(asked, order, facts, uow.now)))


class ChangeOnce(IntentCommand):
    """Cancel or change an order, once for its key; the reply is the order after it.

    change: what is done. request_hash: what makes two requests the same.
    """

    __slots__ = ("_change", "_request_hash", "_run_id")

    def __init__(self, change: Cancel | Modify, run_id: str, key: str, request_hash: str) -> None:
        super().__init__(run_id, key)
        self._change = change
        self._run_id = run_id
        self._request_hash = request_hash

    def again(self) -> ChangeOnce:
        """The same command, to be executed once more."""
        return ChangeOnce(self._change, *self._intent_key, self._request_hash)

    def decide(self, uow: UnitOfWork) -> None:
        order = own_order(uow, self._run_id, self._change.order_id)
        intent = Intent(
            account_id=int(order.account),
            run_id=self._run_id,
            venue=order.venue,
            key=self._intent_key[1],
            kind=CANCEL_ORDER if isinstance(self._change, Cancel) else MODIFY_ORDER,
            request_hash=self._request_hash,
        )
        self._decided = replayed(uow, intent)
        if self._decided is None:
            self._change.decide(uow)
            self._decided = Reserved(reserve(uow, intent, {"order_id": order.order_id}))


class EndDayOrder(VenueCommand[None]):
    """End a day order of the paper market; one that is over already is not touched."""

    __slots__ = ("_order_id",)

    def __init__(self, order_id: str) -> None:
        super().__init__()
        self._order_id = order_id

    def decide(self, uow: UnitOfWork) -> None:
        order = uow.order(self._order_id)
        if order is not None and order.is_open and not order.slices:
            asked = CancelOrder(order_id=order.order_id, reason=CancelReason.DAY)
            uow.record(engine.cancel(asked, order, uow.now))


class VoidTrade(VenueCommand[Order | None]):
    """Record a broker's word that a trade does not count; a second time changes nothing.

    `decide` raises NotFound when the order has no such trade.
    """

    __slots__ = ("_order_id", "_trade_id")

    def __init__(self, order_id: str, trade_id: str) -> None:
        super().__init__()
        self._order_id = order_id
        self._trade_id = trade_id

    def decide(self, uow: UnitOfWork) -> None:
        order = uow.order(self._order_id)
        known = () if order is None else (*order.fills, *order.voided)
        if order is None or all(fill.trade_id != self._trade_id for fill in known):
            raise NotFound("Trade")
        uow.apply(
            ExecutionReport(
                order_id=order.order_id,
                at=uow.now,
                sequence=order.status_sequence,
                voided=(self._trade_id,),
            )
        )

    def settle(self, uow: UnitOfWork) -> Order | None:
        return uow.order(self._order_id)


class SettleByHand(VenueCommand[Order | None]):
    """Record a person's word that an order in doubt was never placed.

    `decide` raises NotFound, for another run's too, and Conflict when it is not in doubt.
    """

    __slots__ = ("_order_id", "_run_id")

    def __init__(self, run_id: str, order_id: str) -> None:
        super().__init__()
        self._run_id = run_id
        self._order_id = order_id

    def decide(self, uow: UnitOfWork) -> None:
        order = own_order(uow, self._run_id, self._order_id)
        if not order.in_doubt:
            raise Conflict(f"order {order.order_id} is {order.status.value}, not in doubt")
        uow.settle_by_hand(order)

    def settle(self, uow: UnitOfWork) -> Order | None:
        return uow.order(self._order_id)


class Trail(VenueCommand[None]):
    """Move the stop of a cover order that follows the price."""

    __slots__ = ("_last_price", "_order_id")

    def __init__(self, order_id: str, last_price: Decimal) -> None:
        super().__init__()
        self._order_id = order_id
        self._last_price = last_price

    @property
    def subject(self) -> Subject:
        return Subject("trail", self._order_id)

    def decide(self, uow: UnitOfWork) -> None:
        stop = uow.order(self._order_id)
        entry = None if stop is None else uow.order(stop.parent_order_id or "")
        fill = cover.protected_fill(stop, entry) if stop and entry else None
        if stop is None or fill is None:
            return
        uow.trailing.entered_at(stop.order_id, fill.price)
        tick_size = uow.known(stop.request.instrument).tick_size
        uow.record(cover.trail(stop, fill, self._last_price, tick_size, uow.now))


def trail_commands(
    uow: UnitOfWork, ticks: Sequence[Tick], is_held: Callable[[str], bool], failed: TrailFailed
) -> list[Trail]:
    """Move the stops of cover orders that follow the price of these ticks.

    is_held: whether an order's stop is not to be moved now. failed: told of one that cannot be
    judged.
    """
    due = uow.trailing.due(ticks, uow.known, failed)
    return [Trail(order_id, price) for order_id, price in due.items() if not is_held(order_id)]


def own_order(uow: UnitOfWork, run_id: str, order_id: str) -> Order:
    """An order of the run. Raises NotFound, for another run's too, Conflict for another terminal's,
    and OtherMarket."""
    order = uow.order(order_id)
    if order is None or (order.run_id or "") != run_id:
        raise NotFound("Order")
    if order.is_external:
        raise Conflict(
            "The order was placed in another terminal, and is changed and cancelled only there.",
            code="external_order",
        )
    uow.account(int(order.account))
    return order


def _allowed(decision: Decision) -> Decision:
    if not decision.is_denied:
        return decision
    first = decision.denials[0]
    if first.reason in _OF_ITS_STATE:
        raise Conflict(first.message, code=first.reason.value)
    raise OrderDenied(decision.denials)
