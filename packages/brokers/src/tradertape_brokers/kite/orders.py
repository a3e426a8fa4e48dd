"""An account's orders at Kite: the port of `port.OrderPort`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradertape_brokers.errors import OutcomeUnknown, Unavailable
from tradertape_brokers.feed import TickMode
from tradertape_brokers.kite.market import CANDLE_DAYS
from tradertape_brokers.kite.orders_mapping import (
    UnknownRow,
    change_form,
    order_form,
    variety_to_change,
    venue_orders,
)
from tradertape_brokers.kite.rest import Rest
from tradertape_brokers.kite.wanted import MOST_OF_A_SOCKET, SOCKETS
from tradertape_brokers.limiter import Urgency
from tradertape_brokers.port import Capabilities
from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.order import (
    Change,
    Order,
    OrderStatus,
    OrderType,
    Product,
    Validity,
    Variety,
)
from tradertape_core.orders.reports import ExecutionReport, VenueOrder

CAPABILITIES = Capabilities(
    mutual_funds=True,
    exchanges=frozenset({"NSE", "BSE", "NFO", "BFO"}),
    products=frozenset(Product),
    order_types=frozenset(OrderType),
    varieties=frozenset(Variety),
    validities=frozenset(Validity),
    tag_length=20,
    modifications=25,
    protects_markets=True,
    slices=True,
    gtt_single=True,
    gtt_two_leg=True,
    updates_orders=True,
    candle_days=CANDLE_DAYS,
    tick_modes=frozenset(TickMode),
    feed_instruments=SOCKETS * MOST_OF_A_SOCKET,
    charges="zerodha",
    address_rule=(
        "Register it in the settings of your app on Kite's developer page. "
        "It may be shared within a family only."
    ),
)


class KiteOrders:
    """Sends, changes and cancels the orders of one account, and reads its book."""

    def __init__(self, rest: Rest, clock: Clock) -> None:
        self._rest = rest
        self._clock = clock

    def submit(self, order: Order, *, is_exit: bool = False) -> ExecutionReport | None:
        """Place the order with its tag, once. Raises BrokerError."""
        urgency = Urgency.EXIT if is_exit else Urgency.ENTRY
        form = order_form(order.request, order.tag)
        answer = self._rest.place(lambda kite: kite.place_order(**form), urgency)
        return self._report(order, _id_of(answer), status=OrderStatus.PUT_REQUESTED)

    def modify(self, order: Order, ask: int, change: Change) -> ExecutionReport | None:
        """Change an order. Raises BrokerError."""
        form = change_form(change)
        answer = self._rest.write(
            lambda kite: kite.modify_order(
                variety_to_change(order), order.venue_order_id, order.parent_order_id, **form
            ),
            Urgency.EXIT,  # it may be what moves a stop
        )
        return self._report(order, _id_of(answer), answers=ask)

    def cancel(self, order: Order, ask: int) -> ExecutionReport | None:
        """Cancel an order. Raises BrokerError."""
        answer = self._rest.write(
            lambda kite: kite.cancel_order(variety_to_change(order), order.venue_order_id),
            Urgency.EXIT,
        )
        return self._report(order, _id_of(answer), answers=ask)

    def order_book(self) -> Sequence[VenueOrder]:
        """Today's orders with their trades. Raises BrokerError.

        The orders are read before the trades: a fill between the two is among the trades, whose
        sum may be ahead of an order's filled quantity and never behind it.
        """
        orders = self._rest.read(lambda kite: kite.orders(), urgency=Urgency.ENTRY)
        trades = self._rest.read(lambda kite: kite.trades(), urgency=Urgency.ENTRY)
        try:
            return venue_orders(orders, trades)
        except (UnknownRow, KeyError, TypeError, ValueError) as error:
            raise Unavailable(f"Kite's order book cannot be read: {error}") from error

    def _report(
        self,
        order: Order,
        venue_order_id: str,
        *,
        status: OrderStatus | None = None,
        answers: int | None = None,
    ) -> ExecutionReport:
        """Kite's answer tells the id alone: the state comes from the book or an update."""
        return ExecutionReport(
            order_id=order.order_id,
            at=self._clock.now(),
            sequence=1,
            status=status,
            answers=answers,
            venue_order_id=venue_order_id,
        )


def _id_of(answer: Any) -> str:
    if not isinstance(answer, str) or not answer:
        raise OutcomeUnknown("Kite's answer has no order id")
    return answer
