"""An account's orders at Groww: the port of `port.OrderPort`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tradertape_brokers.errors import OutcomeUnknown, Unavailable
from tradertape_brokers.feed import TickMode
from tradertape_brokers.groww.answers import as_object, rows_of
from tradertape_brokers.groww.history import INTERVALS
from tradertape_brokers.groww.names import CASH, FNO, Names, SameSymbols
from tradertape_brokers.groww.orders_mapping import (
    STATUSES,
    VALIDITIES,
    Row,
    UnknownRow,
    cancel_body,
    change_body,
    order_body,
    trade_of,
    venue_order,
)
from tradertape_brokers.groww.rest import Rest
from tradertape_brokers.groww.subjects import MOST_SUBJECTS
from tradertape_brokers.limiter import Urgency
from tradertape_brokers.port import Capabilities
from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.order import (
    Change,
    Order,
    OrderStatus,
    OrderType,
    Product,
    Variety,
)
from tradertape_core.orders.reports import ExecutionReport, Trade, VenueOrder

CAPABILITIES: Final = Capabilities(
    exchanges=frozenset({"NSE", "BSE", "NFO", "BFO"}),
    products=frozenset({Product.CNC, Product.MIS, Product.NRML}),
    order_types=frozenset(OrderType),
    varieties=frozenset({Variety.REGULAR}),
    validities=VALIDITIES,
    tag_length=20,
    modifications=25,  # Groww names no number: the exchanges' usual one
    gtt_single=True,
    gtt_two_leg=True,
    updates_orders=True,
    candle_days={interval: days for interval, (_, days) in INTERVALS.items()},
    tick_modes=frozenset(TickMode),
    feed_instruments=MOST_SUBJECTS,
    charges="groww",
    address_rule=(
        "Register it with your API key at Groww: orders from any other address are refused."
    ),
)
_A_PAGE, _SMALLEST_PAGE, _MOST_PAGES = 50, 25, 100


class GrowwOrders:
    """Sends, changes and cancels the orders of one account, and reads its book."""

    def __init__(self, rest: Rest, clock: Clock, names: Names | None = None) -> None:
        self._rest = rest
        self._clock = clock
        self._names = names or SameSymbols()
        self._trades: dict[str, tuple[Trade, ...]] = {}

    def submit(self, order: Order, *, is_exit: bool = False) -> ExecutionReport | None:
        """Place the order with its tag as the reference, once. Raises BrokerError."""
        urgency = Urgency.EXIT if is_exit else Urgency.ENTRY
        body = order_body(order, self._names)
        answer = self._answer(self._rest.write("POST", "/order/create", body, urgency))
        is_refused = STATUSES.get(str(answer.get("order_status"))) is OrderStatus.REJECTED
        return self._report(
            order,
            answer,
            status=OrderStatus.REJECTED if is_refused else OrderStatus.PUT_REQUESTED,
            message=str(answer.get("remark") or "") or None if is_refused else None,
        )

    def modify(self, order: Order, ask: int, change: Change) -> ExecutionReport | None:
        """Change an order. Raises BrokerError."""
        body = change_body(order, change, self._names)
        # As urgent as an exit: it may be what moves a stop.
        answer = self._rest.write("POST", "/order/modify", body, Urgency.EXIT)
        return self._report(order, self._answer(answer), answers=ask)

    def cancel(self, order: Order, ask: int) -> ExecutionReport | None:
        """Cancel an order. Raises BrokerError."""
        body = cancel_body(order, self._names)
        answer = self._rest.write("POST", "/order/cancel", body, Urgency.EXIT)
        return self._report(order, self._answer(answer), answers=ask)

    def order_book(self) -> Sequence[VenueOrder]:
        """Today's orders with their trades. Raises BrokerError.

        Groww has no list of trades: those of an order are read when its filled quantity is ahead
        of what is known of them.
        """
        rows = self._rows()
        kept = {name: self._trades[name] for name in rows if name in self._trades}
        self._trades = kept
        try:
            return [venue_order(row, self._names, self._trades_of(row)) for row in rows.values()]
        except UnknownRow as error:
            raise Unavailable(f"Groww's order book cannot be read: {error}") from error

    def order(self, venue_order_id: str, segment: str) -> VenueOrder:
        """One order with its trades, as the book has it now. Raises BrokerError."""
        row = self._rest.get(
            f"/order/detail/{venue_order_id}", {"segment": segment}, urgency=Urgency.ENTRY
        )
        try:
            return venue_order(row, self._names, self._trades_of(row))
        except (UnknownRow, AttributeError) as error:
            raise Unavailable(f"Groww's order cannot be read: {error}") from error

    def _rows(self) -> dict[str, Row]:
        """The book's rows by id, of every segment that orders are taken for."""
        found: dict[str, Row] = {}
        for segment in (CASH, FNO):
            found |= self._list("/order/list", "order_list", "groww_order_id", segment)
        return found

    def _trades_of(self, row: Row) -> tuple[Trade, ...]:
        name, filled = str(row["groww_order_id"]), int(row.get("filled_quantity") or 0)
        known = self._trades.get(name, ())
        if sum(one.quantity for one in known) < filled:
            path = f"/order/trades/{name}"
            rows = self._list(path, "trade_list", "groww_trade_id", str(row["segment"]))
            known = self._trades[name] = tuple(trade_of(one) for one in rows.values())
        return known

    def _list(self, path: str, name: str, key: str, segment: str) -> dict[str, Row]:
        """All pages of a list by the rows' ids. Newest first: what comes in meanwhile is read
        twice, and nothing is missed; so may be a page's size that Groww passes over."""
        found: dict[str, Row] = {}
        for page in range(_MOST_PAGES):
            params = {"segment": segment, "page": page, "page_size": _A_PAGE}
            rows = rows_of(self._rest.get(path, params, urgency=Urgency.ENTRY), name)
            known = len(found)
            found |= {str(row.get(key)): row for row in rows}
            if len(rows) < _SMALLEST_PAGE or len(found) == known:
                return found
        raise Unavailable(f"Groww's {name} has no end")

    @staticmethod
    def _answer(answer: Any) -> Mapping[str, Any]:
        found = as_object(answer)
        if found is None or not found.get("groww_order_id"):
            raise OutcomeUnknown("Groww's answer has no order id")
        return found

    def _report(
        self,
        order: Order,
        answer: Mapping[str, Any],
        *,
        status: OrderStatus | None = None,
        answers: int | None = None,
        message: str | None = None,
    ) -> ExecutionReport:
        """What an answer tells: the id, and a refusal; other states come from the book."""
        return ExecutionReport(
            order_id=order.order_id,
            at=self._clock.now(),
            sequence=1,
            status=status,
            answers=answers,
            venue_order_id=str(answer["groww_order_id"]),
            message=message,
        )
