"""Smart orders: GTT, one price to wait for; OCO, a target and a stop of which one is placed.

Groww keeps them itself and places an order when a price is reached: a limit or a market order, and
for SL and SL_M, whose trigger is then reached, the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.fields import AUTOMATIC_PROTECTION
from tradertape_core.orders.order import NIL, OrderRequest, OrderType, Product, Side
from tradertape_sandbox.wire.groww.envelopes import Code, GrowwError
from tradertape_sandbox.wire.groww.names import exchange_of, segment_of, trading_symbol
from tradertape_sandbox.wire.groww.order_mapping import naive, order_type_name

LIFE = timedelta(days=365)


class SmartKind(StrEnum):
    """One trigger, or two around the price."""

    GTT = "GTT"
    OCO = "OCO"


class SmartStatus(StrEnum):
    """TRIGGERED: its order is at the exchange; COMPLETED: that order is filled."""

    ACTIVE = "ACTIVE"
    TRIGGERED = "TRIGGERED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"
    COMPLETED = "COMPLETED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A price to wait for, from below (`is_up`) or from above, and the order to place."""

    trigger_price: Decimal
    is_up: bool
    order_type: OrderType
    price: Decimal = NIL

    def is_reached(self, last_price: Decimal) -> bool:
        """Whether a traded price reaches the trigger."""
        if self.is_up:
            return last_price >= self.trigger_price
        return last_price <= self.trigger_price

    def row(self) -> dict[str, object]:
        """The leg in a reply."""
        return {
            "trigger_price": f"{self.trigger_price:.2f}",
            "order_type": order_type_name(self.order_type),
            "price": f"{self.price:.2f}" if self.order_type.has_limit else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Exits:
    """What an OCO waits for, and what a GTT may have follow its order: a target and a stop."""

    target: Leg
    stop_loss: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartOrder:
    """A smart order as it is. A GTT has an `entry`, an OCO has `exits`; a GTT may have both.

    order_id: of the order that it placed.
    """

    smart_order_id: str
    kind: SmartKind
    reference: str
    instrument: Instrument
    side: Side
    product: Product
    quantity: int
    duration: str
    created_at: datetime
    updated_at: datetime
    entry: Leg | None = None
    exits: Exits | None = None
    status: SmartStatus = SmartStatus.ACTIVE
    remark: str = ""
    order_id: str | None = None
    triggered_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether it still waits for a price."""
        return self.status is SmartStatus.ACTIVE

    @property
    def expires_at(self) -> datetime:
        """When it ends by itself: a year after it was made."""
        return self.created_at + LIFE

    def due(self, last_price: Decimal) -> Leg | None:
        """The leg that a traded price fires, if any."""
        if not self.is_active:
            return None
        legs = [self.entry] if self.kind is SmartKind.GTT else self._exit_legs()
        return next((leg for leg in legs if leg is not None and leg.is_reached(last_price)), None)

    def request(self, leg: Leg) -> OrderRequest:
        """The order of a leg whose trigger is reached."""
        kind = OrderType.LIMIT if leg.order_type.has_limit else OrderType.MARKET
        return OrderRequest(
            exchange=self.instrument.exchange,
            tradingsymbol=self.instrument.tradingsymbol,
            side=self.side,
            product=self.product,
            order_type=kind,
            quantity=self.quantity,
            price=leg.price if kind.has_limit else NIL,
            market_protection=NIL if kind.has_limit else AUTOMATIC_PROTECTION,
        )

    def ended(self, status: SmartStatus, now: datetime, remark: str) -> SmartOrder:
        """The order in another state."""
        return replace(self, status=status, updated_at=now, remark=remark)

    def triggered(self, order_id: str, now: datetime) -> SmartOrder:
        """The order whose leg is at the exchange."""
        moved = self.ended(SmartStatus.TRIGGERED, now, "The trigger was reached")
        return replace(moved, triggered_at=now, order_id=order_id)

    def must_be_active(self) -> None:
        """Raise GrowwError where it can no longer be changed or cancelled."""
        if not self.is_active:
            raise GrowwError(
                Code.CANNOT_PROCESS,
                f"smart order {self.smart_order_id} is {self.status}: only an ACTIVE one "
                "can be changed or cancelled",
            )

    def row(self, last_price: Decimal | None) -> dict[str, object]:
        """The order in a reply."""
        common: dict[str, object] = {
            "smart_order_id": self.smart_order_id,
            "smart_order_type": self.kind.value,
            "reference_id": self.reference,
            "status": self.status.value,
            "trading_symbol": trading_symbol(self.instrument),
            "exchange": exchange_of(self.instrument),
            "segment": segment_of(self.instrument),
            "quantity": self.quantity,
            "product_type": self.product.value,
            "duration": self.duration,
            "ltp": float(last_price) if last_price is not None else None,
            "remark": self.remark,
            "display_name": self.instrument.name or trading_symbol(self.instrument),
            "is_cancellation_allowed": self.is_active,
            "is_modification_allowed": self.is_active,
            "created_at": naive(self.created_at),
            "expire_at": naive(self.expires_at),
            "triggered_at": naive(self.triggered_at) if self.triggered_at else None,
            "updated_at": naive(self.updated_at),
        }
        return common | (self._gtt_part() if self.kind is SmartKind.GTT else self._oco_part())

    def _gtt_part(self) -> dict[str, object]:
        leg = self.entry
        if leg is None:
            return {}
        order = {**leg.row(), "transaction_type": self.side.value}
        del order["trigger_price"]
        return {
            "order": order,
            "trigger_direction": "UP" if leg.is_up else "DOWN",
            "trigger_price": f"{leg.trigger_price:.2f}",
            "child_legs": _exit_rows(self.exits) if self.exits else None,
        }

    def _oco_part(self) -> dict[str, object]:
        rows = _exit_rows(self.exits) if self.exits else {}
        return {"transaction_type": self.side.value, **rows}

    def _exit_legs(self) -> list[Leg]:
        return [self.exits.stop_loss, self.exits.target] if self.exits else []


def _exit_rows(exits: Exits) -> dict[str, object]:
    return {"target": exits.target.row(), "stop_loss": exits.stop_loss.row()}
