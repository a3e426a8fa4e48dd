"""The stored document of an option run: its legs with their contracts, its rules, its entry.

Plain values, stored as JSON with the run: `orders.codec` writes and reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.orders.codec import from_document, to_document
from tradertape_core.orders.order import OrderStatus, Product, Side
from tradertape_core.risk.option_protection import (
    EnteredLeg,
    OptionProtection,
    read_option_protection,
)
from tradertape_server.features.workers.models import TradingRun, WorkerRun

Json = dict[str, Any]


class EntryStatus(StrEnum):
    """How far the entry has come."""

    CREATED = "created"  # not entered yet
    ENTERING = "entering"  # an order of a leg is open
    ENTERED = "entered"  # every leg filled
    PARTIAL = "partial"  # a leg did not fill, others did
    UNWOUND = "unwound"  # a leg was refused, the others were reversed
    REJECTED = "rejected"  # no leg filled
    DRY_RUN = "dry_run"  # recorded, never sent


# With these the run has no positions and can be entered.
OPEN_TO_ENTRY = frozenset({EntryStatus.CREATED, EntryStatus.UNWOUND, EntryStatus.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionLeg:
    """A leg with its contract. `instrument` is the id, `NFO:NIFTY26MAY25000CE`."""

    leg_id: str
    instrument: str
    instrument_token: int
    underlying: str
    expiry: date
    strike: Decimal | None
    option_type: str | None
    lot_size: int
    freeze_quantity: int | None
    side: Side
    quantity: int
    product: Product
    order_type: str = "MARKET"
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    market_protection: Decimal | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def order(self) -> Json:
        """The order that enters the leg, as order routes read it."""
        exchange, _, symbol = self.instrument.partition(":")
        order: Json = {
            "exchange": exchange,
            "tradingsymbol": symbol,
            "transaction_type": self.side.value,
            "product": self.product.value,
            "order_type": self.order_type,
            "quantity": self.quantity,
        }
        for name in ("price", "trigger_price", "market_protection"):
            value = getattr(self, name)
            if value is not None:
                order[name] = value
        if self.freeze_quantity is not None and self.quantity > self.freeze_quantity:
            order["autoslice"] = True
        return order


@dataclass(frozen=True, slots=True, kw_only=True)
class LegEntry:
    """The order of a leg and its fills. price: rupees a unit, None before a fill."""

    leg_id: str
    order_id: str | None
    status: str
    quantity: int = 0
    price: Decimal | None = None
    detail: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether its order may still fill."""
        return self.order_id is not None and not OrderStatus(self.status).is_terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The entry of a run. key: the idempotency key of its basket."""

    key: str
    at: datetime
    status: EntryStatus = EntryStatus.ENTERING
    legs: tuple[LegEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionRun:
    """What makes a run an option run. defaulted: the fields that the worker left to the server."""

    strategy_name: str
    product: Product
    underlying: str
    expiry: date
    legs: tuple[OptionLeg, ...]
    protection: dict[str, Any] | None = None
    defaulted: tuple[str, ...] = ()
    entry: Entry | None = None

    @property
    def status(self) -> EntryStatus:
        """How far the entry has come."""
        return EntryStatus.CREATED if self.entry is None else self.entry.status

    @property
    def orders(self) -> list[Json]:
        """The orders that enter it, in the legs' order."""
        return [leg.order for leg in self.legs]

    @property
    def leg_ids(self) -> list[str]:
        return [leg.leg_id for leg in self.legs]

    @property
    def rules(self) -> OptionProtection | None:
        """Its protection as requested."""
        if self.protection is None:
            return None
        return read_option_protection(self.protection, self.leg_ids)

    @property
    def waits_for_entry(self) -> bool:
        """Whether the entry will arm a protection."""
        return self.protection is not None and self.status in OPEN_TO_ENTRY

    @property
    def entered_legs(self) -> list[EnteredLeg]:
        """The legs that filled and were not reversed, with their prices."""
        if self.entry is None or self.status in OPEN_TO_ENTRY:
            return []
        found = {one.leg_id: one for one in self.entry.legs}
        legs: list[EnteredLeg] = []
        for leg in self.legs:
            made = found.get(leg.leg_id)
            if made is not None and made.quantity and made.price is not None:
                legs.append(entered(leg, made.quantity, made.price))
        return legs

    def with_entry(self, entry: Entry) -> OptionRun:
        """A copy with another state of the entry."""
        return replace(self, entry=entry)


def entered(leg: OptionLeg, quantity: int, price: Decimal) -> EnteredLeg:
    """A leg as if it had filled at a price."""
    return EnteredLeg(
        leg_id=leg.leg_id,
        instrument=leg.instrument,
        product=leg.product,
        side=leg.side,
        quantity=quantity,
        entry_price=price,
    )


def option_run_of(run: WorkerRun | TradingRun) -> OptionRun:
    """The option document of a run. Raises InvariantBroken for a run without one."""
    if run.option_run is None:
        raise InvariantBroken(f"{run.strategy_run_id} is not an option run")
    return from_document(OptionRun, run.option_run)


def is_awaiting_entry(run: WorkerRun | TradingRun) -> bool:
    """Whether a run is an option run whose entry will arm its protection."""
    return bool(run.option_run) and option_run_of(run).waits_for_entry


def stored_option_run(option_run: OptionRun) -> Mapping[str, Any]:
    """The document as JSON, for the run's column."""
    return to_document(option_run)
