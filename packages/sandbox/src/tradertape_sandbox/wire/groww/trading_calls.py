"""Calls about orders and smart orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from tradertape_sandbox.exchange.books import BookedOrder
from tradertape_sandbox.wire.groww.calls import Call
from tradertape_sandbox.wire.groww.envelopes import Code, GrowwError, bad_request, not_found
from tradertape_sandbox.wire.groww.names import segment_of
from tradertape_sandbox.wire.groww.order_mapping import (
    order_id_of,
    order_reply,
    order_row,
    order_status,
    read_change,
    read_order,
    trade_row,
)
from tradertape_sandbox.wire.groww.reading import Document
from tradertape_sandbox.wire.groww.smart_orders import SmartKind, SmartOrder, SmartStatus
from tradertape_sandbox.wire.groww.smart_reading import (
    KINDS,
    Market,
    read_smart_change,
    read_smart_instrument,
    read_smart_order,
)

Row = TypeVar("Row")

_ORDERS_A_PAGE, _TRADES_A_PAGE, _SMART_A_PAGE = 100, 50, 50
_LAST_PAGE = 500
_LIST_SPAN = timedelta(days=31)
_STATUSES = {one.value: one for one in SmartStatus}


def create_order(call: Call) -> object:
    """POST /order/create."""
    new = read_order(call.document, call.groww.directory)
    # The account's own records: a book that is late must not let an order be placed twice.
    if any(one.tag == new.reference for one in call.exchange.account(call.key).orders.values()):
        raise GrowwError(
            Code.DUPLICATE, f"order_reference_id {new.reference} was used already: ask its status"
        )
    placed = call.exchange.place(call.key, new.request, tag=new.reference)
    return order_reply(placed.order)


def modify_order(call: Call) -> object:
    """POST /order/modify."""
    document = call.document
    order = _own(call, document)
    change = read_change(document, order)
    return order_reply(call.exchange.modify(call.key, order.order_id, change), remark=False)


def cancel_order(call: Call) -> object:
    """POST /order/cancel."""
    order = _own(call, call.document)
    return order_reply(call.exchange.cancel(call.key, order.order_id), remark=False)


def list_orders(call: Call) -> object:
    """GET /order/list: newest first."""
    segment = call.query.segment() if call.query.has("segment") else None
    rows = [
        order_row(order, call.exchange.instrument(order.request.instrument))
        for order in reversed(call.exchange.orders(call.key))
        if segment in (None, _segment(call, order))
    ]
    return {"order_list": _page(call.query, rows, largest=_ORDERS_A_PAGE, usual=25)}


def order_detail(call: Call) -> object:
    """GET /order/detail/{groww_order_id}."""
    order = _asked(call)
    return order_row(order, call.exchange.instrument(order.request.instrument))


def status_of_order(call: Call) -> object:
    """GET /order/status/{groww_order_id}."""
    return order_status(_asked(call))


def status_by_reference(call: Call) -> object:
    """GET /order/status/reference/{order_reference_id}."""
    reference, segment = call.path.text("reference"), call.query.segment()
    order = _by_reference(call, reference)
    if order is None or _segment(call, order) != segment:
        raise not_found(f"there is no {segment} order with reference {reference}")
    return order_status(order)


def order_trades(call: Call) -> object:
    """GET /order/trades/{groww_order_id}."""
    order = _asked(call)
    instrument = call.exchange.instrument(order.request.instrument)
    trades = call.exchange.trades(call.key, order.order_id)
    rows = [trade_row(trade, instrument) for trade in trades]
    return {"trade_list": _page(call.query, rows, largest=_TRADES_A_PAGE, usual=25)}


# --- smart orders ---------------------------------------------------------------------------------


def create_smart_order(call: Call) -> object:
    """POST /order-advance/create."""
    document, groww = call.document, call.groww
    kind = document.choice("smart_order_type", KINDS)
    instrument = read_smart_instrument(document, groww.directory)
    market = Market(instrument, groww.last_price(instrument))

    def make(smart_order_id: str) -> SmartOrder:
        now = call.exchange.now()
        return read_smart_order(document, market, smart_order_id=smart_order_id, now=now)

    return _smart_row(call, groww.smart_orders.create(call.key, kind, make))


def modify_smart_order(call: Call) -> object:
    """PUT /order-advance/modify/{smart_order_id}."""
    document, groww = call.document, call.groww
    kind, segment = document.choice("smart_order_type", KINDS), document.segment()
    smart_id = call.path.text("smart_order_id")
    _in_segment(groww.smart_orders.get(call.key, kind, smart_id), segment)

    def change(order: SmartOrder) -> SmartOrder:
        market = Market(order.instrument, groww.last_price(order.instrument))
        return read_smart_change(document, order, market)

    return _smart_row(call, groww.smart_orders.modify(call.key, kind, smart_id, change))


def cancel_smart_order(call: Call) -> object:
    """POST /order-advance/cancel/{segment}/{type}/{id}."""
    order = _asked_smart(call)
    book = call.groww.smart_orders
    return _smart_row(call, book.cancel(call.key, order.kind, order.smart_order_id))


def smart_order(call: Call) -> object:
    """GET /order-advance/status/{segment}/{type}/internal/{id}."""
    return _smart_row(call, _asked_smart(call))


def list_smart_orders(call: Call) -> object:
    """GET /order-advance/list: newest first."""
    query = call.query
    kind = query.choice("smart_order_type", KINDS, SmartKind.OCO)
    status = query.choice("status", _STATUSES, SmartStatus.ACTIVE)
    segment = query.segment() if query.has("segment") else None
    start = query.moment("start_date_time") if query.has("start_date_time") else None
    end = query.moment("end_date_time") if query.has("end_date_time") else None
    if start and end and not timedelta() <= end - start <= _LIST_SPAN:
        raise bad_request("end_date_time must be within a month after start_date_time")
    rows = [
        _smart_row(call, one)
        for one in call.groww.smart_orders.all(call.key)
        if one.kind is kind
        and one.status is status
        and segment in (None, segment_of(one.instrument))
        and (start is None or one.created_at >= start)
        and (end is None or one.created_at <= end)
    ]
    return {"orders": _page(query, rows, largest=_SMART_A_PAGE, usual=10)}


# --- what they share ------------------------------------------------------------------------------


def _asked(call: Call) -> BookedOrder:
    """The order that a path names, as the book shows it."""
    groww_id = call.path.text("groww_order_id")
    order_id = order_id_of(groww_id)
    order = call.exchange.order(call.key, order_id) if order_id else None
    return _of_segment(call, order, groww_id, call.query.segment())


def _own(call: Call, document: Document) -> BookedOrder:
    """The order that a body names, as it is: what is changed may not be in a late book yet."""
    groww_id, segment = document.text("groww_order_id"), document.segment()
    record = call.exchange.account(call.key).orders.get(order_id_of(groww_id) or "")
    return _of_segment(call, record.now if record else None, groww_id, segment)


def _of_segment(call: Call, order: BookedOrder | None, groww_id: str, segment: str) -> BookedOrder:
    if order is None or _segment(call, order) != segment:
        raise not_found(f"there is no {segment} order {groww_id}")
    return order


def _by_reference(call: Call, reference: str) -> BookedOrder | None:
    orders = reversed(call.exchange.orders(call.key))
    return next((order for order in orders if order.tag == reference), None)


def _segment(call: Call, order: BookedOrder) -> str:
    return segment_of(call.exchange.instrument(order.request.instrument))


def _asked_smart(call: Call) -> SmartOrder:
    kind, segment = call.path.choice("smart_order_type", KINDS), call.path.segment()
    smart_id = call.path.text("smart_order_id")
    return _in_segment(call.groww.smart_orders.get(call.key, kind, smart_id), segment)


def _in_segment(order: SmartOrder, segment: str) -> SmartOrder:
    if segment_of(order.instrument) != segment:
        raise not_found(f"there is no {segment} {order.kind} order {order.smart_order_id}")
    return order


def _smart_row(call: Call, order: SmartOrder) -> dict[str, object]:
    tick = call.exchange.tick(order.instrument.id)
    return order.row(tick.last_price if tick else None)


def _page(query: Document, rows: Sequence[Row], *, largest: int, usual: int) -> list[Row]:
    page = query.whole("page", 0, _LAST_PAGE, 0)
    size = query.whole("page_size", 1, largest, usual)
    return list(rows[page * size : (page + 1) * size])
