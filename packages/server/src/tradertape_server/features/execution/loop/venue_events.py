"""What venues outside this process report becomes events of orders, within a transaction.

A lost answer puts its order in doubt, where it stays until the venue's order book settles it:
no order is ever sent again. See the decision records on the venue port and on cancellations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from tradertape_core.execution import engine, reconcile
from tradertape_core.execution.applying import LOOKS
from tradertape_core.execution.decision import Alter, Decision, Submit, VenueRequest, Withdraw
from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.orders.order import Order, OrderStatus
from tradertape_core.orders.reports import CancelReason, ExecutionReport, VenueOrder
from tradertape_server.features.execution.gtt import at_broker, broker_lists, broker_orders
from tradertape_server.features.execution.orders import cancels
from tradertape_server.features.execution.state.unit_of_work import RequestKey, UnitOfWork
from tradertape_server.features.execution.state.venue_books import is_unsettled, orders_at_venue
from tradertape_server.features.execution.store.mapping import request_key
from tradertape_server.features.execution.venues.gateway import (
    Answered,
    BookRead,
    GttAnswered,
    GttsRead,
    Outcome,
    Updated,
    VenueEvent,
)
from tradertape_server.platform.logging import get_logger

_ID_LENGTH = 40  # of the column of order ids

logger = get_logger(__name__)


def take_in(uow: UnitOfWork, event: VenueEvent) -> None:
    """Stage what an event of a venue changes."""
    match event:
        case Answered():
            _answered(uow, event)
        case Updated():
            _matched(uow, event.account_id, event.entries, is_book=False)
        case BookRead():
            if event.failed is None:
                uow.looked_for(event.account_id)
                _matched(uow, event.account_id, event.entries, is_book=True)
                broker_orders.conclude(uow, event.account_id)
        case GttAnswered():
            at_broker.answered(uow, event)
        case GttsRead():
            broker_lists.take_in(uow, event)


# --- answers to requests ----------------------------------------------------------------------


def _answered(uow: UnitOfWork, event: Answered) -> None:
    request, key = event.request, request_key(event.request)
    order = uow.order(request.order_id)
    if order is None:
        raise InvariantBroken(f"an answer about {request.order_id}, which nobody placed")
    if event.outcome is Outcome.UNKNOWN:
        uow.doubt(request, event.account_id, event.reason)
        if isinstance(request, Submit):
            uow.record(Decision(events=engine.in_doubt(order, event.reason, uow.now)))
        return
    report = event.report if event.outcome is Outcome.REPORTED else _refusal(uow, event, order)
    if report is not None:
        uow.apply(report)
    uow.answered([key])


def _refusal(uow: UnitOfWork, event: Answered, order: Order) -> ExecutionReport | None:
    """The report that a request came to nothing."""
    request, now = event.request, uow.now
    if event.outcome is Outcome.WITHDRAWN:
        if not isinstance(request, Submit):
            return None  # its order ends with the new one's report
        return ExecutionReport(
            order_id=order.order_id,
            at=now,
            sequence=1,
            status=OrderStatus.CANCELLED,
            reason=CancelReason.REQUESTED,
            message=event.outcome.value,
        )
    if isinstance(request, Submit):
        return ExecutionReport(
            order_id=order.order_id,
            at=now,
            sequence=1,
            status=OrderStatus.REJECTED,
            message=event.reason,
        )
    return ExecutionReport(
        order_id=order.order_id,
        at=now,
        sequence=order.status_sequence,
        answers=request.ask,
        refused=True,
        message=event.reason,
    )


# --- order books and updates ------------------------------------------------------------------


def _matched(
    uow: UnitOfWork, account_id: int, entries: Iterable[VenueOrder], *, is_book: bool
) -> None:
    book = tuple(entries)
    orders = uow.account(account_id).orders.values()
    unanswered = [one for one in orders if is_book and is_unsettled(one) and not one.is_external]
    matched = reconcile.match_book(unanswered, book, orders_at_venue(uow, account_id, book))
    for order, entry in matched.ours:
        _found(uow, account_id, order, entry, is_book=is_book)
    for entry in broker_orders.take_in(uow, account_id, matched.external):
        _external(uow, account_id, entry)
    for order in matched.missing:
        steps = reconcile.settle(order, None, uow.now, looks=_looks(uow, account_id, order))
        _settled(uow, uow.take_steps(order, steps))


def _found(
    uow: UnitOfWork, account_id: int, order: Order, entry: VenueOrder, *, is_book: bool
) -> None:
    # Earlier entries may have moved it: what follows from a fill is staged at once.
    order = uow.order(order.order_id) or order
    entry = replace(entry, trades=uow.own_trades(order, entry.trades))
    if not is_book or order.is_external:
        report = entry.report_on(order.order_id)
        uow.apply(report)
    else:
        looks = _looks(uow, account_id, order)
        steps = reconcile.settle(order, entry, uow.now, looks=looks)
        order = uow.take_steps(order, steps)
        _count_missing(uow, entry, order)
        cancels.take_back(uow, uow.order(order.order_id) or order)
    _settled(uow, uow.order(order.order_id) or order)


def _count_missing(uow: UnitOfWork, entry: VenueOrder, order: Order) -> None:
    if engine.missing_quantity(entry.report_on(order.order_id), order):
        uow.incomplete[order.order_id] = int(order.account)
    else:
        uow.incomplete.pop(order.order_id, None)


def _looks(uow: UnitOfWork, account_id: int, order: Order) -> int:
    """How often the book was read for what an order has no answer to."""
    doubts = uow.doubts.get(account_id, {})
    looks = [count for (order_id, _, _), count in doubts.items() if order_id == order.order_id]
    # A request that was acknowledged and not carried out: only time shows it.
    return min(looks, default=LOOKS)


def _settled(uow: UnitOfWork, order: Order) -> None:
    """Delete the requests about an order from the outbox that are settled now."""
    keys = [key for key in _keys_about(uow, order) if not _is_open(order, key)]
    if keys:
        uow.answered(keys)


def _is_open(order: Order, key: RequestKey) -> bool:
    """Whether the answer to a request about an order is still missing."""
    _, action, ask = key
    if action == "submit":
        return order.is_open and order.in_doubt
    unanswered = order.modify_ask if action == "alter" else order.cancel_ask
    return order.is_open and ask == unanswered


def _keys_about(uow: UnitOfWork, order: Order) -> list[RequestKey]:
    doubts = uow.doubts.get(int(order.account), {})
    kept = uow.interrupted.get(int(order.account), set())
    return [key for key in (*doubts, *kept) if key[0] == order.order_id]


def _external(uow: UnitOfWork, account_id: int, entry: VenueOrder) -> None:
    """Record an order of another terminal: it counts in positions and margin, and is not ours."""
    if uow.find(entry.request.instrument) is None:
        if entry.venue_order_id not in uow.unknown_external:
            uow.unknown_external.add(entry.venue_order_id)
            logger.warning("an order of another terminal is in an unknown instrument",
                           account=account_id, instrument=entry.request.instrument)  # fmt: skip
        return
    account = str(account_id)
    venue = uow.account(account_id).kind
    order_id = external_order_id(account, entry.venue_order_id)
    plain = replace(entry, trades=())
    order = reconcile.external_order(plain, order_id, account, venue, uow.now)[0][1]
    entry = replace(entry, trades=uow.own_trades(order, entry.trades))
    steps = reconcile.external_order(entry, order_id, account, venue, uow.now)
    uow.keep_instrument(entry.request.instrument)
    uow.take_steps(steps[0][1], steps)


def external_order_id(account: str, venue_order_id: str) -> str:
    """The id under which we record an order of another terminal."""
    name = f"X{account}-{venue_order_id}"
    return name if len(name) <= _ID_LENGTH else f"X{sha256(name.encode()).hexdigest()[:39]}"


def lost_answers(requests: Iterable[tuple[VenueRequest, int]], reason: str) -> list[Answered]:
    """What a start makes of requests that were being sent: request and account of each."""
    return [
        Answered(account_id=account_id, request=request, outcome=Outcome.UNKNOWN, reason=reason)
        for request, account_id in requests
        if isinstance(request, Submit | Alter | Withdraw)
    ]
