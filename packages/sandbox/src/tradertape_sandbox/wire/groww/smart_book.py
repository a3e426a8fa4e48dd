"""The smart orders of all accounts: kept, triggered by prices, followed to their end."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import OrderRequest, OrderStatus
from tradertape_sandbox.exchange.books import BookedOrder
from tradertape_sandbox.exchange.errors import Refused, SandboxError
from tradertape_sandbox.exchange.events import AccountKey, Event, OrderChanged, Ticked
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.wire.groww.envelopes import Code, GrowwError, bad_request, not_found
from tradertape_sandbox.wire.groww.smart_orders import SmartKind, SmartOrder, SmartStatus

MOST_ACTIVE = 250  # of an account; a bound of ours, Groww names none

Make = Callable[[str], SmartOrder]


class SmartBook:
    """Keeps smart orders, and places their orders when a price is reached."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._orders: dict[AccountKey, dict[str, SmartOrder]] = {}
        self._placed: dict[str, tuple[AccountKey, str]] = {}
        exchange.listen(self._on_event)

    def create(self, key: AccountKey, kind: SmartKind, make: Make) -> SmartOrder:
        """Keep a new smart order; `make` builds it for an id. Raises GrowwError."""
        made = make(f"{kind.value.lower()}_{secrets.token_hex(6)}")
        mine = self._orders.setdefault(key, {})
        if any(one.reference == made.reference for one in mine.values()):
            raise GrowwError(Code.DUPLICATE, f"reference_id {made.reference} was used already")
        if sum(one.is_active for one in mine.values()) >= MOST_ACTIVE:
            raise bad_request(f"there are {MOST_ACTIVE} active smart orders: cancel some first")
        self._keep(key, made)
        return made

    def modify(
        self, key: AccountKey, kind: SmartKind, smart_id: str,
        change: Callable[[SmartOrder], SmartOrder],
    ) -> SmartOrder:  # fmt: skip
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
        found = self._orders.get(key, {}).get(smart_id)
        if found is None or found.kind is not kind:
            raise not_found(f"there is no {kind} order {smart_id}")
        return found

    def all(self, key: AccountKey) -> list[SmartOrder]:
        """The account's smart orders, newest first."""
        return list(reversed(self._orders.get(key, {}).values()))

    # --- following ----------------------------------------------------------------------------

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Ticked):
            self._on_ticks(event.ticks)
        elif isinstance(event, OrderChanged) and event.order.order_id in self._placed:
            key, smart_id = self._placed[event.order.order_id]
            self._follow(key, self._orders[key][smart_id], event.order)

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

    def _fire(
        self, key: AccountKey, order: SmartOrder, request: OrderRequest, now: datetime
    ) -> None:
        try:
            placed = self._exchange.place(key, request)
        except Refused as error:
            self._keep(key, order.ended(SmartStatus.FAILED, now, error.message))
            return
        except SandboxError as error:
            self._keep(key, order.ended(SmartStatus.FAILED, now, str(error)))
            return
        booked = placed.order
        self._placed[booked.order_id] = (key, order.smart_order_id)
        fired = order.triggered(booked.order_id, now)
        self._keep(key, fired)
        self._follow(key, fired, booked)

    def _follow(self, key: AccountKey, order: SmartOrder, booked: BookedOrder) -> None:
        """Take in what became of the order that a smart order placed."""
        if order.status is not SmartStatus.TRIGGERED or booked.is_open:
            return
        now = self._exchange.now()
        del self._placed[booked.order_id]
        if booked.status is not OrderStatus.COMPLETE:
            words = booked.status_message or "its order was not filled"
            self._keep(key, order.ended(SmartStatus.FAILED, now, words))
            return
        self._keep(key, order.ended(SmartStatus.COMPLETED, now, "Its order is filled"))
        if order.kind is SmartKind.GTT and order.exits is not None:
            self._keep(key, _exits_of(order, now))

    def _active(self) -> list[tuple[AccountKey, SmartOrder]]:
        return [
            (key, order)
            for key, mine in self._orders.items()
            for order in mine.values()
            if order.is_active
        ]

    def _keep(self, key: AccountKey, order: SmartOrder) -> None:
        self._orders.setdefault(key, {})[order.smart_order_id] = order
        self._exchange.watch(self, {one.instrument.id for _, one in self._active()})


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
