"""Trigger orders at Kite: the port of `gtts.GttPort`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from tradertape_brokers.errors import OutcomeUnknown, Refused
from tradertape_brokers.gtts import VenueGtt
from tradertape_brokers.kite.orders_mapping import UnknownRow, product_of, time_of
from tradertape_brokers.kite.reading import amount, reading, rows_of
from tradertape_brokers.kite.rest import Rest
from tradertape_brokers.limiter import Urgency
from tradertape_core.orders.gtt import GttRequest, GttResult, GttStatus, GttType
from tradertape_core.orders.order import OrderRequest, OrderType, Side

Row = Mapping[str, Any]
_NOTHING: Row = {}


class KiteGtts:
    """Triggers of one account."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def place(self, request: GttRequest) -> str:
        """Create a trigger, once; returns its id."""
        form = gtt_form(request)
        answer = self._rest.write(lambda kite: kite.place_gtt(**form), Urgency.ENTRY)
        return _id_of(answer)

    def modify(self, trigger_id: str, request: GttRequest) -> None:
        """Replace what a trigger waits for and places."""
        form, number = gtt_form(request), _number(trigger_id)
        # As urgent as an exit: it may be what moves a stop.
        _id_of(self._rest.write(lambda kite: kite.modify_gtt(number, **form), Urgency.EXIT))

    def cancel(self, trigger_id: str) -> None:
        """Delete a trigger."""
        number = _number(trigger_id)
        _id_of(self._rest.write(lambda kite: kite.delete_gtt(number), Urgency.EXIT))

    def list(self) -> Sequence[VenueGtt]:
        """Read the active triggers, and those that ended within the last seven days."""
        answer = self._rest.read(lambda kite: kite.get_gtts(), urgency=Urgency.ENTRY)
        with reading("triggers"):
            return [gtt_of(row) for row in rows_of(answer)]


def gtt_form(request: GttRequest) -> dict[str, Any]:
    """The parameters of a trigger."""
    return {
        "trigger_type": request.type.value,
        "tradingsymbol": request.tradingsymbol,
        "exchange": request.exchange,
        "trigger_values": [float(value) for value in request.trigger_values],
        "last_price": float(request.last_price),
        "orders": [
            {
                "transaction_type": order.side.value,
                "quantity": order.quantity,
                "order_type": order.order_type.value,
                "product": order.product.value,
                "price": float(order.price),
            }
            for order in request.orders
        ],
    }


def gtt_of(row: Row) -> VenueGtt:
    """A trigger of the list. Raises UnknownRow, KeyError, TypeError or ValueError."""
    condition: Row = row["condition"]
    orders = rows_of(row["orders"])
    request = GttRequest(
        type=GttType(row["type"]),
        exchange=str(condition["exchange"]),
        tradingsymbol=str(condition["tradingsymbol"]),
        trigger_values=tuple(
            amount({"trigger_value": value}, "trigger_value")
            for value in condition["trigger_values"]
        ),
        last_price=amount(condition, "last_price"),
        orders=tuple(_order(order) for order in orders),
    )
    results = (_result(leg, order.get("result")) for leg, order in enumerate(orders))
    return VenueGtt(
        trigger_id=str(row["id"]),
        request=request,
        status=GttStatus(row["status"]),
        created_at=_moment(row, "created_at"),
        updated_at=_moment(row, "updated_at"),
        expires_at=time_of(row, "expires_at"),
        results=tuple(one for one in results if one is not None),
    )


def _order(row: Row) -> OrderRequest:
    return OrderRequest(
        exchange=str(row["exchange"]),
        tradingsymbol=str(row["tradingsymbol"]),
        side=Side(row["transaction_type"]),
        product=product_of(row),
        order_type=OrderType(row["order_type"]),
        quantity=int(row["quantity"]),
        price=amount(row, "price"),
    )


def _result(leg: int, row: Row | None) -> GttResult | None:
    if not row:
        return None
    outcome: Row = row.get("order_result") or {}
    return GttResult(
        leg=leg,
        at=_moment(row, "timestamp"),
        order_id=str(outcome.get("order_id") or "") or None,
        reason=str(outcome.get("rejection_reason") or "") or None,
    )


def _moment(row: Row, name: str) -> datetime:
    found = time_of(row, name)
    if found is None:
        raise UnknownRow(f"{name} is missing")
    return found


def _number(trigger_id: str) -> int:
    if not trigger_id.isdecimal():
        raise Refused(f"Kite has no trigger {trigger_id!r}: its ids are numbers")
    return int(trigger_id)


def _id_of(answer: Any) -> str:
    row: Row = cast("Row", answer) if isinstance(answer, dict) else _NOTHING
    if not row.get("trigger_id"):
        raise OutcomeUnknown("Kite's answer has no trigger id")
    return str(row["trigger_id"])
