"""GTTs: core's triggers to and from Groww's smart orders, GTT (one trigger) and OCO (two). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tradertape_brokers.errors import Refused
from tradertape_brokers.groww.names import Listed, Names
from tradertape_brokers.groww.orders_mapping import PRODUCTS, Body, Row, UnknownRow, moment
from tradertape_brokers.gtts import VenueGtt
from tradertape_core.orders.gtt import GttRequest, GttResult, GttStatus, GttType
from tradertape_core.orders.order import NIL, OrderRequest, OrderType, Product, Side

SINGLE, TWO_LEG = "GTT", "OCO"
# TRIGGERED: the order is at the exchange; COMPLETED: it is filled.
STATUSES: Final[Mapping[str, GttStatus]] = {
    "ACTIVE": GttStatus.ACTIVE,
    "TRIGGERED": GttStatus.TRIGGERED,
    "COMPLETED": GttStatus.TRIGGERED,
    "CANCELLED": GttStatus.CANCELLED,
    "EXPIRED": GttStatus.EXPIRED,
    "FAILED": GttStatus.REJECTED,
}
_PRODUCTS: Final = frozenset({Product.CNC, Product.MIS, Product.NRML, Product.MTF})
# What Groww places is a limit or a market order: a stop's trigger is reached by then.
_KINDS: Final = {
    "LIMIT": OrderType.LIMIT,
    "SL": OrderType.LIMIT,
    "MARKET": OrderType.MARKET,
    "SL_M": OrderType.MARKET,
}


@dataclass(frozen=True, slots=True)
class SmartName:
    """What names a smart order to Groww. As a text it is our id of the trigger."""

    segment: str
    kind: str
    smart_order_id: str

    def __str__(self) -> str:
        return f"{self.segment}/{self.kind}/{self.smart_order_id}"

    @classmethod
    def read(cls, trigger_id: str) -> SmartName:
        """The name again. Raises Refused for an id of somebody else."""
        parts = trigger_id.split("/")
        if len(parts) != 3 or parts[1] not in (SINGLE, TWO_LEG) or not all(parts):
            raise Refused(f"{trigger_id} is no trigger of Groww")
        return cls(*parts)


def kind_of(kind: GttType) -> str:
    """Groww's word for a type of trigger."""
    return SINGLE if kind is GttType.SINGLE else TWO_LEG


def create_body(request: GttRequest, reference: str, names: Names) -> Body:
    """The body of a new trigger. Raises Refused for what Groww does not take."""
    listed = names.theirs(request.exchange, request.tradingsymbol)
    first = request.orders[0]
    if any(order.product not in _PRODUCTS for order in request.orders):
        raise Refused("Groww does not take this product for triggers")
    return {
        "reference_id": reference,
        "smart_order_type": kind_of(request.type),
        "segment": listed.segment,
        "exchange": listed.exchange,
        "trading_symbol": listed.trading_symbol,
        "quantity": first.quantity,
        "product_type": first.product.value,
        "duration": "DAY",
        **_terms(request),
    }


def change_body(name: SmartName, was: GttRequest, request: GttRequest) -> Body:
    """The body that gives a trigger new terms. Raises Refused for those that cannot change."""
    fixed = [(o.side, o.product, o.instrument) for o in was.orders]
    if (
        request.type is not was.type
        or [(o.side, o.product, o.instrument) for o in request.orders] != fixed
    ):
        raise Refused(_ANOTHER.format("the side, the product, the instrument or the type"))
    terms = _terms(request)
    common: Body = {
        "smart_order_type": name.kind,
        "segment": name.segment,
        "quantity": request.orders[0].quantity,
    }
    if request.type is GttType.SINGLE:
        return common | terms
    if [o.price for o in request.orders] != [o.price for o in was.orders]:
        raise Refused(_ANOTHER.format("the limit prices of a two-leg trigger"))
    legs = {name: {"trigger_price": terms[name]["trigger_price"]} for name in _LEGS}
    return common | legs


def gtt_of(row: Row, names: Names) -> VenueGtt:
    """A smart order as a trigger. Raises UnknownRow."""
    try:
        listed = Listed(str(row["exchange"]), str(row["segment"]), str(row["trading_symbol"]))
        name = SmartName(listed.segment, str(row["smart_order_type"]), str(row["smart_order_id"]))
        created = moment(row, "created_at")
        updated = moment(row, "updated_at") if row.get("updated_at") else created
        status = STATUSES[str(row["status"])]
        return VenueGtt(
            trigger_id=str(name),
            request=_request(row, listed, names),
            status=status,
            created_at=created,
            updated_at=updated,
            expires_at=moment(row, "expire_at") if row.get("expire_at") else None,
            results=_results(row, status, updated),
        )
    except (KeyError, TypeError, ArithmeticError, ValueError) as error:
        raise UnknownRow(f"a smart order's row cannot be read: {error!r}") from error


def _results(row: Row, status: GttStatus, at: datetime) -> tuple[GttResult, ...]:
    """Why there is no order; Groww does not name an order that there is."""
    if status is not GttStatus.REJECTED:
        return ()
    return (GttResult(leg=0, at=at, reason=str(row.get("remark") or "Groww gave no reason")),)


_LEGS: Final = ("target", "stop_loss")
_ANOTHER: Final = "Groww does not change {}: delete the trigger and create another"


def _terms(request: GttRequest) -> Body:
    return _single(request) if request.type is GttType.SINGLE else _two_legs(request)


def _single(request: GttRequest) -> Body:
    order, trigger = request.orders[0], request.trigger_values[0]
    if order.order_type.has_trigger:
        raise Refused("the order of a trigger is LIMIT or MARKET: its trigger is the GTT's")
    return {
        "trigger_price": _price(trigger),
        "trigger_direction": "UP" if trigger > request.last_price else "DOWN",
        "order": {
            "order_type": order.order_type.value,
            "price": _price(order.price) if order.order_type.has_limit else None,
            "transaction_type": order.side.value,
        },
    }


def _two_legs(request: GttRequest) -> Body:
    """The profit of a sale is above the price, that of a purchase below it."""
    low, high = request.orders
    same = [(o.side, o.product, o.quantity) for o in (low, high)]
    if same[0] != same[1]:
        raise Refused("both legs need the same side, product and quantity at Groww")
    if any(o.order_type.has_trigger for o in (low, high)):
        raise Refused("the order of a trigger is LIMIT or MARKET: its trigger is the GTT's")
    places = (1, 0) if low.side is Side.SELL else (0, 1)
    words = ({"LIMIT": "LIMIT", "MARKET": "MARKET"}, {"LIMIT": "SL", "MARKET": "SL_M"})
    legs = {
        name: {
            "trigger_price": _price(request.trigger_values[place]),
            "order_type": kinds[request.orders[place].order_type.value],
            "price": _price(request.orders[place].price)
            if request.orders[place].order_type.has_limit
            else None,
        }
        for name, place, kinds in zip(_LEGS, places, words, strict=True)
    }
    net = low.quantity if low.side is Side.SELL else -low.quantity
    return {"transaction_type": low.side.value, "net_position_quantity": net, **legs}


def _request(row: Row, listed: Listed, names: Names) -> GttRequest:
    exchange, symbol = names.ours(listed)
    is_single = row["smart_order_type"] == SINGLE
    rows: list[tuple[Decimal, Mapping[str, Any]]]
    if is_single:
        side = Side(row["order"]["transaction_type"])
        rows = [(Decimal(str(row["trigger_price"])), row["order"])]
    else:
        side = Side(row["transaction_type"])
        rows = [(Decimal(str(row[name]["trigger_price"])), row[name]) for name in _LEGS]
    rows.sort(key=lambda one: one[0])
    orders = tuple(
        OrderRequest(
            exchange=exchange,
            tradingsymbol=symbol,
            side=side,
            product=PRODUCTS[str(row["product_type"])],
            order_type=_KINDS[str(leg["order_type"])],
            quantity=int(row["quantity"]),
            price=Decimal(str(leg["price"])) if leg.get("price") else NIL,
        )
        for _, leg in rows
    )
    last = row.get("ltp")
    return GttRequest(
        type=GttType.SINGLE if is_single else GttType.TWO_LEG,
        exchange=exchange,
        tradingsymbol=symbol,
        trigger_values=tuple(trigger for trigger, _ in rows),
        last_price=NIL if last is None else Decimal(str(last)),
        orders=orders,
    )


def _price(price: Decimal) -> str:
    return f"{price:.2f}"
