"""An account's orders at Upstox: the port of `port.OrderPort`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from tradertape_brokers.errors import OutcomeUnknown, Unavailable
from tradertape_brokers.feed import TickMode
from tradertape_brokers.limiter import Urgency
from tradertape_brokers.port import Capabilities
from tradertape_brokers.upstox.answers import as_object, rows_of
from tradertape_brokers.upstox.feed import MOST_KEYS
from tradertape_brokers.upstox.history import CANDLE_DAYS
from tradertape_brokers.upstox.keys import KeyBook
from tradertape_brokers.upstox.orders_mapping import (
    LONGEST_TAG,
    VALIDITIES,
    VARIETIES,
    UnknownRow,
    change_body,
    order_body,
    venue_orders,
)
from tradertape_brokers.upstox.rest import Rest
from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.order import Change, Order, OrderStatus, OrderType, Product
from tradertape_core.orders.reports import ExecutionReport, VenueOrder

CAPABILITIES: Final = Capabilities(
    exchanges=frozenset({"NSE", "BSE", "NFO", "BFO"}),
    products=frozenset(Product),
    order_types=frozenset(OrderType),
    varieties=VARIETIES,
    validities=VALIDITIES,
    tag_length=LONGEST_TAG,
    modifications=25,  # Upstox names no number: the exchanges' usual one
    protects_markets=True,
    gtt_single=True,
    gtt_limit_is_trigger=True,
    updates_orders=True,
    candle_days=CANDLE_DAYS,
    tick_modes=frozenset(TickMode),
    feed_instruments=MOST_KEYS,
    charges="upstox",
    address_rule=(
        "Register it in the settings of your app at Upstox, as primary or "
        "secondary address. A change there may end the session: log in again after it."
    ),
)


class UpstoxOrders:
    """Sends, changes and cancels the orders of one account, and reads its book."""

    def __init__(self, rest: Rest, clock: Clock, keys: KeyBook) -> None:
        self._rest = rest
        self._clock = clock
        self._keys = keys

    def submit(self, order: Order, *, is_exit: bool = False) -> ExecutionReport | None:
        """Place the order with its tag, once. Raises BrokerError."""
        urgency = Urgency.EXIT if is_exit else Urgency.ENTRY
        body = order_body(order, self._keys)
        data = self._rest.write("POST", "/v3/order/place", urgency, body=body)
        ids: object = (as_object(data) or {}).get("order_ids")
        found = cast(list[object], ids) if isinstance(ids, list) else []
        if len(found) != 1:
            raise OutcomeUnknown("Upstox's answer has no order id")
        return self._report(order, found[0], status=OrderStatus.PUT_REQUESTED)

    def modify(self, order: Order, ask: int, change: Change) -> ExecutionReport | None:
        """Change an order. Raises BrokerError."""
        body = change_body(order, change)
        # As urgent as an exit: it may be what moves a stop.
        data = self._rest.write("PUT", "/v3/order/modify", Urgency.EXIT, body=body)
        return self._report(order, _id_of(data), answers=ask)

    def cancel(self, order: Order, ask: int) -> ExecutionReport | None:
        """Cancel an order. Raises BrokerError."""
        params = {"order_id": order.venue_order_id}
        data = self._rest.write("DELETE", "/v3/order/cancel", Urgency.EXIT, params=params)
        return self._report(order, _id_of(data), answers=ask)

    def order_book(self) -> Sequence[VenueOrder]:
        """Today's orders with their trades. Raises BrokerError.

        The orders are read before the trades: a fill between the two is among the trades, whose
        sum may be ahead of an order's filled quantity and never behind it.
        """
        orders = self._rest.get("/v2/order/retrieve-all", urgency=Urgency.ENTRY)
        trades = self._rest.get("/v2/order/trades/get-trades-for-day", urgency=Urgency.ENTRY)
        try:
            return venue_orders(
                rows_of(orders, "order book"), rows_of(trades, "trade book"), self._keys
            )
        except UnknownRow as error:
            raise Unavailable(f"Upstox's order book cannot be read: {error}") from error

    def _report(
        self,
        order: Order,
        venue_order_id: object,
        *,
        status: OrderStatus | None = None,
        answers: int | None = None,
    ) -> ExecutionReport:
        """Upstox's answer tells the id alone: the state comes from the book or an update."""
        if not isinstance(venue_order_id, str) or not venue_order_id:
            raise OutcomeUnknown("Upstox's answer has no order id")
        return ExecutionReport(
            order_id=order.order_id,
            at=self._clock.now(),
            sequence=1,
            status=status,
            answers=answers,
            venue_order_id=venue_order_id,
        )


def _id_of(data: Any) -> object:
    return (as_object(data) or {}).get("order_id")
