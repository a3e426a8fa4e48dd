"""Reversing what filled of a basket that broke, where that was asked for: all of it, or none.

Taken a step at a time when the basket's answer is due, after a restart too: every step follows from
the orders of its moment. What rests is cancelled, then what filled is reversed, shorts first.
"""

from __future__ import annotations

from typing import Any

from tradertape_core.execution import engine
from tradertape_core.execution.basket import is_broken, unwind
from tradertape_core.execution.decision import server_key
from tradertape_core.orders.commands import CancelOrder, PlaceOrder
from tradertape_core.orders.order import Order, OrderRequest
from tradertape_core.orders.reports import CancelReason
from tradertape_server.features.execution.orders.facts import exit_facts
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork

Json = dict[str, Any]
NONE, REVERSE = "none", "reverse"
MODES = (NONE, REVERSE)


def advance(uow: UnitOfWork, row: Json) -> bool:
    """Take the next step of an intent's unwinding; returns whether it made requests."""
    if row["details"].get("unwind") != REVERSE or row["venue"] == "dry_run":
        return False
    legs = _legs(uow, row)
    if not _begun(row):
        if not is_broken(list(legs.values())):
            return False
        _begin(uow, row, legs)
    if any(order.is_open for order in legs.values()):
        return _take_back(uow, legs)
    return _reverse(uow, row, legs)


def outcome(uow: UnitOfWork, row: Json) -> Json | None:
    """What became of it, for the answer; None where nothing broke."""
    if not _begun(row):
        return None
    made = row["details"]["reversals"]
    orders = [order for name in made.values() if name and (order := uow.order(name))]
    is_whole = all(made.values()) and not any(order.is_open for order in _legs(uow, row).values())
    if is_whole and all(order.filled_quantity == order.request.quantity for order in orders):
        status = "done"
    elif any(order.is_open for order in orders):
        status = "under_way"
    else:
        status = "failed"
    return {"mode": REVERSE, "status": status, "orders": [order.order_id for order in orders]}


def _begun(row: Json) -> bool:
    return row["details"].get("reversals") is not None


def _legs(uow: UnitOfWork, row: Json) -> dict[int, Order]:
    found = ((leg["index"], leg["order_id"]) for leg in row["details"]["legs"] if leg["order_id"])
    return {index: order for index, name in found if (order := uow.order(name)) is not None}


def _begin(uow: UnitOfWork, row: Json, legs: dict[int, Order]) -> None:
    index, bad = next((i, o) for i, o in legs.items() if not o.is_open and not _is_whole(o))
    why = f" ({bad.status_message})" if bad.status_message else ""
    filled = sum(order.filled_quantity > 0 for order in legs.values())
    text = f"Leg {index} ended as {bad.status.value}{why}: {filled} filled legs are reversed"
    _note(uow, row, "basket_unwinding", text, [bad.order_id])
    _keep(uow, row, {})


def _is_whole(order: Order) -> bool:
    return order.filled_quantity == order.request.quantity


def _take_back(uow: UnitOfWork, legs: dict[int, Order]) -> bool:
    """Ask once for every order that rests."""
    is_told = False
    for leg in legs.values():
        for order in uow.family(leg.order_id) if leg.slices else [leg]:
            if order.is_open and not order.asks:
                command = CancelOrder(order_id=order.order_id, reason=CancelReason.EXIT)
                decision = engine.cancel(command, order, uow.now)
                uow.record(decision)
                is_told = is_told or bool(decision.requests)
    return is_told


def _reverse(uow: UnitOfWork, row: Json, legs: dict[int, Order]) -> bool:
    made: dict[str, str | None] = dict(row["details"]["reversals"])
    indices = {order.order_id: index for index, order in legs.items()}
    wanted = [pair for pair in unwind(list(legs.values())) if pair[0].order_id not in made]
    if not wanted:
        return False
    for leg, request in wanted:
        made[leg.order_id] = _place(uow, row, leg, request, indices[leg.order_id])
    _keep(uow, row, made)
    placed = [name for name in made.values() if name]
    _note(uow, row, "basket_unwound", f"Reversed by {len(placed)} orders", placed)
    return bool(placed)


def _place(uow: UnitOfWork, row: Json, leg: Order, request: OrderRequest, index: int) -> str | None:
    """The order that reverses a leg. Its id follows from the leg's: there is one at most."""
    command = PlaceOrder(
        order_id=f"{leg.order_id}R",
        account=leg.account,
        run_id=leg.run_id,
        key=server_key(f"{row['key']}:unwind"),
        venue=leg.venue,
        request=request,
        leg=index,
    )
    instrument = uow.known(request.instrument)
    decision = engine.place(command, exit_facts(uow, instrument, request.quantity), uow.now)
    if decision.is_denied:
        why = "; ".join(one.message for one in decision.denials)
        text = f"{leg.order_id} could not be reversed: {why}"
        _note(uow, row, "basket_unwind_failed", text, [leg.order_id])
        return None
    uow.record(decision)
    return command.order_id


def _keep(uow: UnitOfWork, row: Json, made: dict[str, str | None]) -> None:
    row["details"] = {**row["details"], "reversals": made}
    uow.answer({"run_id": row["run_id"], "key": row["key"], "details": row["details"]})


def _note(uow: UnitOfWork, row: Json, event_type: str, text: str, orders: list[str]) -> None:
    uow.note(
        account_id=row["account_id"],
        run_id=row["run_id"],
        kind="execution",
        event_type=event_type,
        source="execution",
        summary=text,
        payload={"key": row["key"], "basket_id": row["details"]["basket_id"], "orders": orders},
    )
