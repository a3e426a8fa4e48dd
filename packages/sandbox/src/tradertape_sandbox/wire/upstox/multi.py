"""Several orders in one call: placed, cancelled, and the exits of positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from starlette.responses import Response

from tradertape_core.orders.fields import AUTOMATIC_PROTECTION
from tradertape_core.orders.order import OrderRequest, OrderType, Side
from tradertape_sandbox.exchange.books import BookedOrder
from tradertape_sandbox.exchange.errors import Refused
from tradertape_sandbox.exchange.portfolio import PositionRow
from tradertape_sandbox.exchange.trading import Placed
from tradertape_sandbox.wire.upstox.door import Call, Endpoint, refusal
from tradertape_sandbox.wire.upstox.envelope import UpstoxError, invalid, results
from tradertape_sandbox.wire.upstox.forms import order_of, tag_of
from tradertape_sandbox.wire.upstox.keys import key_of, segment_of
from tradertape_sandbox.wire.upstox.switches import SEGMENTS, check_segment

MOST_ORDERS = 25
LONGEST_CORRELATION = 20

Row = dict[str, Any]
Ready = tuple[str, OrderRequest, str | None, bool]


def place(call: Call) -> Response:
    """Place up to 25 orders, purchases first. One with an error in its fields is left out."""
    rows = _rows(call)
    ready: list[Ready] = []
    errors: list[Row] = []
    for row in rows:
        try:
            ready.append(_read(call, row))
        except UpstoxError as error:
            errors.append({**_error(error), "correlation_id": row.get("correlation_id")})
    wrong = len(errors)
    data: list[Row] = []
    done = 0
    for name, request, tag, sliced in sorted(ready, key=lambda one: one[1].side is Side.SELL):
        try:
            placed = call.exchange.place(call.key, request, tag=tag, autoslice=sliced)
        except Refused as refused:
            errors.append({**_error(refusal(refused)), "correlation_id": name})
            continue
        done += 1
        data += [{"correlation_id": name, "order_id": one} for one in ids_of(placed)]
    summary = {
        "total": len(rows), "success": done, "error": len(errors), "payload_error": wrong,
    }  # fmt: skip
    return results(data, errors, summary)


def cancel(call: Call) -> Response:
    """Cancel all open orders, or those of a tag or a segment."""
    tag, segment = call.query.get("tag"), _segment(call)
    found = [
        order
        for order in call.exchange.orders(call.key)
        if order.is_open
        and tag in (None, order.tag)
        and segment in (None, _segment_of(call, order.request))
    ]

    def cancelled(order: BookedOrder) -> list[str]:
        return [call.exchange.cancel(call.key, order.order_id).order_id]

    return _each(found, cancelled, lambda order: {"order_id": order.order_id})


def exit_positions(call: Call) -> Response:
    """Close all positions at the market, or those of a segment or of orders with a tag; short ones
    first."""
    tag, segment = call.query.get("tag"), _segment(call)
    tagged = {
        (order.request.instrument, order.request.product)
        for order in call.exchange.orders(call.key)
        if order.tag == tag
    }
    rows = [
        row
        for row in call.exchange.positions(call.key).net
        if row.quantity
        and segment in (None, segment_of(row.instrument))
        and (tag is None or (row.instrument.id, row.product) in tagged)
    ]
    rows.sort(key=lambda row: row.quantity > 0)

    def exited(row: PositionRow) -> list[str]:
        request = exit_of(row)
        return ids_of(call.exchange.place(call.key, request, tag=tag, autoslice=True))

    return _each(rows, exited, lambda row: {"instrument_key": key_of(row.instrument)})


def ids_of(placed: Placed) -> list[str]:
    """The ids of an order's slices, or its own."""
    children = [one for one in placed.children if isinstance(one, BookedOrder)]
    return [one.order_id for one in children] or [placed.order.order_id]


def exit_of(row: PositionRow) -> OrderRequest:
    """The order that closes a position at the market."""
    return OrderRequest(
        exchange=row.instrument.exchange,
        tradingsymbol=row.instrument.tradingsymbol,
        side=Side.SELL if row.quantity > 0 else Side.BUY,
        product=row.product,
        order_type=OrderType.MARKET,
        quantity=abs(row.quantity),
        market_protection=AUTOMATIC_PROTECTION,
    )


def _rows(call: Call) -> list[Row]:
    given = call.json
    if not isinstance(given, list) or not given:
        raise invalid("Invalid input: the body must be a list of orders")
    rows = cast(list[object], given)
    if len(rows) > MOST_ORDERS:
        raise invalid(f"At most {MOST_ORDERS} orders in one request, were {len(rows)}")
    if not all(isinstance(row, dict) for row in rows):
        raise invalid("Invalid input: each order must be a JSON object")
    orders = cast(list[Row], rows)
    names = [row.get("correlation_id") for row in orders]
    for name in names:
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_CORRELATION:
            words = f"correlation_id must be 1 to {LONGEST_CORRELATION} characters"
            raise invalid(words, "correlation_id", name)
    if len(set(names)) != len(names):
        raise invalid("correlation_id must be another for each order", "correlation_id")
    return orders


def _read(call: Call, row: Row) -> Ready:
    instrument = call.door.instrument(str(row.get("instrument_token") or ""))
    check_segment(call, instrument)
    request = order_of(row, instrument)
    return str(row["correlation_id"]), request, tag_of(row), row.get("slice") is True


def _each(
    items: Sequence[Any], act: Callable[[Any], list[str]], named: Callable[[Any], Row]
) -> Response:
    """Do the same to each item; the errors of some do not keep the others back."""
    ids: list[str] = []
    errors: list[Row] = []
    for item in items:
        try:
            ids += act(item)
        except Refused as refused:
            errors.append({**_error(refusal(refused)), **named(item)})
    total = len(items)
    summary = {"total": total, "success": total - len(errors), "error": len(errors)}
    return results({"order_ids": ids} if ids or not errors else None, errors, summary)


def _error(error: UpstoxError) -> Row:
    return {
        "error_code": error.code,
        "message": error.message,
        "property_path": error.field,
        "invalid_value": error.value,
    }


def _segment(call: Call) -> str | None:
    segment = call.query.get("segment")
    if segment is not None and segment not in SEGMENTS:
        raise invalid(f"The segment must be one of {', '.join(SEGMENTS)}", "segment", segment)
    return segment


def _segment_of(call: Call, request: OrderRequest) -> str:
    return segment_of(call.exchange.instrument(request.instrument))


ENDPOINTS = (
    Endpoint("POST", "/v2/order/multi/place", place, "multi"),
    Endpoint("DELETE", "/v2/order/multi/cancel", cancel, "multi"),
    Endpoint("POST", "/v2/order/positions/exit", exit_positions, "multi"),
)
