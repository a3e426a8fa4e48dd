"""The smart orders of all accounts: kept, triggered by prices, followed to their end."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.ledger.corporate import CorporateAction
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import OrderRequest, OrderStatus
from tradertape_sandbox.exchange.accounts import Account
from tradertape_sandbox.exchange.books import BookedOrder, OrderRecord
from tradertape_sandbox.exchange.errors import Refused
from tradertape_sandbox.exchange.events import AccountKey, ActionTaken, Event, Ticked
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.wire.groww.envelopes import Code, GrowwError, bad_request, not_found
from tradertape_sandbox.wire.groww.smart_orders import SmartKind, SmartOrder, SmartStatus

MOST_ACTIVE = 250  # of an account; a bound of ours, Groww names none

Make = Callable[[str], SmartOrder]
Edit = Callable[[SmartOrder], SmartOrder]


@dataclass(slots=True)
class Shelf:
    """The smart orders of one account. An account that is opened anew has an empty one."""

    account: Account
    orders: dict[str, SmartOrder] = field(default_factory=dict[str, SmartOrder])


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order at the exchange that a smart order placed, and its record there."""

    key: AccountKey
    smart_order_id: str
    record: OrderRecord


class SmartBook:
    """Keeps smart orders, and places their orders when a price is reached."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._shelves: dict[AccountKey, Shelf] = {}
        self._waiting: dict[str, Waiting] = {}
        exchange.listen(self._on_event)

    def create(self, key: AccountKey, kind: SmartKind, make: Make) -> SmartOrder:
        """Keep a new smart order; `make` builds it for an id. Raises GrowwError."""
        made = make(f"{kind.value.lower()}_{secrets.token_hex(6)}")
        mine = self._mine(key)
        if any(one.reference == made.reference for one in mine.values()):
            raise GrowwError(Code.DUPLICATE, f"reference_id {made.reference} was used already")
        if sum(one.is_active for one in mine.values()) >= MOST_ACTIVE:
            raise bad_request(f"there are {MOST_ACTIVE} active smart orders: cancel some first")
        self._keep(key, made)
        return made

    def modify(self, key: AccountKey, kind: SmartKind, smart_id: str, change: Edit) -> SmartOrder:
        """Change an active smart order. Raises GrowwError."""
        order = self.get(key, kind, smart_id)
        order.must_be_active()
        changed = replace(change(order), updated_at=self._exchange.now())
        self._keep(key, changed)
        return changed

    def cancel(self, key: AccountKey, kind: SmartKind, smart_id: str) -> SmartOrder:
        """End an active smart order. Raises GrowwError."""
        order = self.get(key, kind, smart_id)
        order.must_be_active()
        ended = order.ended(SmartStatus.CANCELLED, self._exchange.now(), "Cancelled by the user")
        self._keep(key, ended)
        return ended

    def get(self, key: AccountKey, kind: SmartKind, smart_id: str) -> SmartOrder:
        """A smart order. Raises GrowwError."""
        self._follow()
        found = self._mine(key).get(smart_id)
        if found is None or found.kind is not kind:
            raise not_found(f"there is no {kind} order {smart_id}")
        return found

    def all(self, key: AccountKey) -> list[SmartOrder]:
        """The account's smart orders, newest first."""
        self._follow()
        return list(reversed(self._mine(key).values()))

    # --- following ----------------------------------------------------------------------------

    def _on_event(self, event: Event) -> None:
        self._follow()
        if isinstance(event, Ticked):
            self._on_ticks(event.ticks)
        elif isinstance(event, ActionTaken) and isinstance(event.action, CorporateAction):
            self._on_action(event.action)

    def _on_ticks(self, ticks: Iterable[Tick]) -> None:
        now = self._exchange.now()
        prices = {tick.instrument_id: tick.last_price for tick in ticks}
        for key, order in self._active():
            price = prices.get(order.instrument.id)
            leg = None if price is None else order.due(price)
            if order.expires_at <= now:
                self._keep(key, order.ended(SmartStatus.EXPIRED, now, "The year is over"))
            elif leg is not None:
                self._fire(key, order, order.request(leg), now)

    def _on_action(self, action: CorporateAction) -> None:
        """A split or a bonus ends what waits for a price from before it."""
        now = self._exchange.now()
        for key, order in self._active():
            if order.instrument.id == action.instrument:
                words = "Cancelled: the price was divided by a corporate action"
                self._keep(key, order.ended(SmartStatus.CANCELLED, now, words))

    def _fire(
        self, key: AccountKey, order: SmartOrder, request: OrderRequest, now: datetime
    ) -> None:
        try:
            placed = self._exchange.place(key, request)
        except (Refused, InvalidInput) as error:
            self._keep(key, order.ended(SmartStatus.FAILED, now, error.message))
            return
        order_id = placed.order.order_id
        record = self._exchange.account(key).orders[order_id]
        self._waiting[order_id] = Waiting(key, order.smart_order_id, record)
        self._keep(key, order.triggered(order_id, now))
        self._follow()

    def _follow(self) -> None:
        """Take in what became of the orders that smart orders placed.

        Read from the exchange's records: its events may be lost on their way to callers.
        """
        for order_id, one in tuple(self._waiting.items()):
            if not one.record.now.is_open:
                del self._waiting[order_id]
                order = self._mine(one.key).get(one.smart_order_id)
                if order is not None:
                    self._settle(one.key, order, one.record.now)

    def _settle(self, key: AccountKey, order: SmartOrder, booked: BookedOrder) -> None:
        now = self._exchange.now()
        if booked.status is not OrderStatus.COMPLETE:
            words = booked.status_message or "its order was not filled"
            self._keep(key, order.ended(SmartStatus.FAILED, now, words))
            return
        self._keep(key, order.ended(SmartStatus.COMPLETED, now, "Its order is filled"))
        if order.kind is SmartKind.GTT and order.exits is not None:
            self._keep(key, _exits_of(order, now))

    def _mine(self, key: AccountKey) -> dict[str, SmartOrder]:
        account = self._exchange.account(key)
        shelf = self._shelves.get(key)
        if shelf is None or shelf.account is not account:
            shelf = self._shelves[key] = Shelf(account)
        return shelf.orders

    def _active(self) -> list[tuple[AccountKey, SmartOrder]]:
        self._forget_closed()
        return [
            (key, order)
            for key, shelf in self._shelves.items()
            for order in shelf.orders.values()
            if order.is_active
        ]

    def _forget_closed(self) -> None:
        """Drop the smart orders of accounts that were closed, or opened anew."""
        open_now = {id(account) for account in self._exchange.accounts}
        gone = [key for key, one in self._shelves.items() if id(one.account) not in open_now]
        for key in gone:
            del self._shelves[key]
            self._waiting = {i: one for i, one in self._waiting.items() if one.key != key}

    def _keep(self, key: AccountKey, order: SmartOrder) -> None:
        self._mine(key)[order.smart_order_id] = order
        watched = {one.instrument.id for _, one in self._active()}
        waiting = {one.record.order.request.instrument for one in self._waiting.values()}
        self._exchange.watch(self, watched | waiting)


def _exits_of(order: SmartOrder, now: datetime) -> SmartOrder:
    """The OCO that follows the filled order of a GTT with child legs."""
    return SmartOrder(
        smart_order_id=f"oco_{secrets.token_hex(6)}",
        kind=SmartKind.OCO,
        reference=f"{order.reference[:18]}-1",
        instrument=order.instrument,
        side=order.side.opposite,
        product=order.product,
        quantity=order.quantity,
        duration=order.duration,
        created_at=now,
        updated_at=now,
        exits=order.exits,
        remark=f"Follows {order.smart_order_id}",
    )
