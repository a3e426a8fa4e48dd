"""An account's GTTs at Upstox: those of one trigger, the port of `gtts.GttPort`.

Upstox's triggers place a limit order at the trigger's own price, or one at the market. Two triggers
of which one ends the other exist only behind an entry of their own: they are refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast

from tradertape_brokers.errors import OutcomeUnknown, Refused, Unavailable
from tradertape_brokers.gtts import VenueGtt
from tradertape_brokers.limiter import Urgency
from tradertape_brokers.upstox.amounts import UNREADABLE, rupees, units
from tradertape_brokers.upstox.answers import as_object, rows_of
from tradertape_brokers.upstox.keys import KeyBook
from tradertape_brokers.upstox.orders_mapping import Body, product_of, product_word
from tradertape_brokers.upstox.portfolio import names_of
from tradertape_brokers.upstox.rest import Rest
from tradertape_core.kernel.python310 import UTC
from tradertape_core.orders.fields import AUTOMATIC_PROTECTION
from tradertape_core.orders.gtt import GttRequest, GttResult, GttStatus, GttType
from tradertape_core.orders.order import OrderRequest, OrderType, Side

_PATH: Final = "/v3/order/gtt"
_STATUSES: Final = {
    "SCHEDULED": GttStatus.ACTIVE,
    "OPEN": GttStatus.ACTIVE,
    "TRIGGERED": GttStatus.TRIGGERED,
    "COMPLETED": GttStatus.TRIGGERED,
    "FAILED": GttStatus.REJECTED,
    "CANCELLED": GttStatus.CANCELLED,
    "EXPIRED": GttStatus.EXPIRED,
}
_LATEST: Final = 4_102_444_800  # the year 2100, seconds


class UpstoxGtts:
    """Creates, changes, ends and lists triggers. Each method raises BrokerError."""

    def __init__(self, rest: Rest, keys: KeyBook) -> None:
        self._rest = rest
        self._keys = keys

    def place(self, request: GttRequest) -> str:
        """Create a trigger, once; returns its id."""
        order = request.orders[0]
        body = {
            **_terms(request),
            "product": product_word(order.product),
            "instrument_token": self._keys.key_of(request.exchange, request.tradingsymbol),
            "transaction_type": order.side.value,
        }
        return _id_of(self._rest.write("POST", f"{_PATH}/place", Urgency.EXIT, body=body))

    def modify(self, trigger_id: str, request: GttRequest) -> None:
        """Replace what a trigger waits for and places; its side and product stay."""
        body = {**_terms(request), "gtt_order_id": trigger_id}
        _id_of(self._rest.write("PUT", f"{_PATH}/modify", Urgency.EXIT, body=body))

    def cancel(self, trigger_id: str) -> None:
        """End a trigger."""
        body = {"gtt_order_id": trigger_id}
        _id_of(self._rest.write("DELETE", f"{_PATH}/cancel", Urgency.EXIT, body=body))

    def list(self) -> Sequence[VenueGtt]:
        """The triggers of one order; those with a target or a stop are left out."""
        rows = rows_of(self._rest.get(_PATH), "GTT orders")
        try:
            return [gtt_of(row, self._keys) for row in rows if row["type"] == "SINGLE"]
        except UNREADABLE as error:
            raise Unavailable(f"Upstox's GTT orders cannot be read: {error!r}") from error


def gtt_of(row: Mapping[str, Any], keys: KeyBook) -> VenueGtt:
    """A GTT of one rule. Raises ValueError and its like."""
    [rule] = rows_of(row["rules"], "rules")
    exchange, symbol = names_of(row, keys)
    trigger, created = rupees(rule["trigger_price"]), _moment(row["created_at"])
    status = _STATUSES[str(rule["status"])]
    order = OrderRequest(
        exchange=exchange,
        tradingsymbol=symbol,
        side=Side(rule["transaction_type"]),
        product=product_of(row["product"], exchange),
        order_type=OrderType.LIMIT,
        quantity=units(row["quantity"]),
        price=trigger,
    )
    order_id = rule.get("order_id")
    is_over = status is not GttStatus.ACTIVE
    result = GttResult(
        leg=0, at=created, order_id=str(order_id) if order_id else None,
        reason=str(rule.get("message") or "") or None,
    )  # fmt: skip
    request = GttRequest(
        type=GttType.SINGLE,
        exchange=exchange,
        tradingsymbol=symbol,
        trigger_values=(trigger,),
        last_price=trigger,
        orders=(order,),
    )
    return VenueGtt(
        trigger_id=str(row["gtt_order_id"]),
        request=request,
        status=status,
        created_at=created,
        updated_at=created,
        expires_at=_moment(row["expires_at"]) if row.get("expires_at") else None,
        results=(result,) if is_over and (result.order_id or result.reason) else (),
    )


def _terms(request: GttRequest) -> Body:
    if request.type is not GttType.SINGLE:
        raise Refused("Upstox has no GTT of two triggers without an entry: create two single ones")
    [order], [trigger] = request.orders, request.trigger_values
    rule: Body = {
        "strategy": "ENTRY",
        "trigger_type": "ABOVE" if trigger > request.last_price else "BELOW",
        "trigger_price": float(trigger),
    }
    if order.order_type is OrderType.MARKET:
        rule["market_protection"] = float(order.market_protection or AUTOMATIC_PROTECTION)
    elif order.order_type is not OrderType.LIMIT or order.price != trigger:
        raise Refused("Upstox's GTT places a limit at its trigger: make the price the trigger's")
    return {"type": "SINGLE", "quantity": order.quantity, "rules": [rule]}


def _id_of(data: object) -> str:
    ids: object = (as_object(data) or {}).get("gtt_order_ids")
    found = cast(list[object], ids) if isinstance(ids, list) else []
    if len(found) != 1 or not isinstance(found[0], str):
        raise OutcomeUnknown("Upstox's answer has no id of a GTT")
    return found[0]


def _moment(value: object) -> datetime:
    """A time since 1970; Upstox's texts have milliseconds in one place, microseconds in another."""
    number = Decimal(str(value))
    while number >= _LATEST:
        number /= 1000
    return datetime.fromtimestamp(float(number), UTC)
