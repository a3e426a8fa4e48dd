"""Turns reports of a venue into events of an order: each fact once, outdated ones never."""

from __future__ import annotations

from datetime import datetime, timedelta

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.orders import events as ev
from tradertape_core.orders.order import CHANGEABLE, Change, Fill, Order, OrderStatus
from tradertape_core.orders.reports import ExecutionReport, Trade
from tradertape_core.orders.transitions import evolve, is_news, moved

_S = OrderStatus
LOOKS = 3  # readings of the venue's book without the order before it counts as never placed,
PATIENCE = timedelta(seconds=60)  # and this long: books are seen to lag by half a minute


# An event with the order after it.
Step = tuple[ev.OrderEvent, Order]


def apply(report: ExecutionReport, order: Order, now: datetime) -> tuple[ev.OrderEvent, ...]:
    """Return the events a report adds to an order; see `applied`."""
    return tuple(event for event, _ in applied(report, order, now))


def applied(report: ExecutionReport, order: Order, now: datetime) -> tuple[Step, ...]:
    """Return the events a report adds to an order, each with the order after it; none when it is
    outdated.

    Fills and voids are taken whenever they come, each trade id once; status and terms only when
    the venue's sequence is later than what is known. Raises InvariantBroken when the report is of
    another order, or repeats a known trade with other figures.
    """
    if report.order_id != order.order_id:
        raise InvariantBroken(f"a report on {report.order_id} reached order {order.order_id}")
    log = _Log(order, now)
    for trade in sorted(report.trades, key=lambda one: (one.at, one.trade_id)):
        log.take_trade(trade)
    for trade_id in report.voided:
        log.take_void(trade_id)
    log.take_terms(report)
    log.take_refusal(report)
    log.take_status(report)
    return tuple(log.steps)


def missing_quantity(report: ExecutionReport, order: Order) -> int:
    """Return the quantity the venue counts as executed without its trades: they must be read."""
    counted = report.filled_quantity
    if counted is None and report.status is _S.COMPLETE:
        counted = order.request.quantity
    known = sum(fill.quantity for fill in (*order.fills, *order.voided))
    return max((counted or 0) - known, 0)


def in_doubt(order: Order, message: str, now: datetime) -> tuple[ev.OrderEvent, ...]:
    """Return the events of a lost answer: the order is in doubt until the venue's book is read.

    A change or a cancel without an answer stays pending instead, and is settled the same way.
    """
    event = ev.OrderInDoubt(order_id=order.order_id, at=now, message=message)
    return (event,) if order.status_sequence == 0 and moved(order, event) is not None else ()


def settle_in_doubt(
    order: Order, found: ExecutionReport | None, now: datetime, *, looks: int
) -> tuple[ev.OrderEvent, ...]:
    """Return what reading the venue's book settles of a lost answer; nothing is ever sent again.

    found: the order in the book, matched by our tag; None when it is not there. looks: readings
    so far, this one included. Not found is not "not placed": only after several looks over at
    least a minute is an order declared never placed, and a request never done.
    """
    if found is not None:
        events = apply(found, order, now)
        after = order
        for event in events:
            after = evolve(after, event)
        return events + _settled_asks(after, found, now, looks)
    if not order.in_doubt or looks < LOOKS or now - order.updated_at < PATIENCE:
        return ()
    message = f"never reached {order.venue}: its book has no order with tag {order.tag}"
    return (ev.OrderRejected(order_id=order.order_id, at=now, message=message, sequence=0),)


def _settled_asks(
    order: Order, found: ExecutionReport, now: datetime, looks: int
) -> tuple[ev.OrderEvent, ...]:
    change, ask = order.asked_change, order.modify_ask
    if ask is not None and change is not None and change.applied_to(order.request) == order.request:
        done = ev.OrderModified(
            order_id=order.order_id, at=now, change=Change(), sequence=found.sequence, ask=ask
        )
        return (done,)
    if not order.is_open or looks < LOOKS or now - order.updated_at < PATIENCE:
        return ()
    events: list[ev.OrderEvent] = []
    message = "the answer was lost, and the venue's book shows the order unchanged"
    if ask is not None:
        events.append(ev.ModifyRefused(order_id=order.order_id, at=now, ask=ask, message=message))
    if order.cancel_ask is not None:
        ask = order.cancel_ask
        events.append(ev.CancelRefused(order_id=order.order_id, at=now, ask=ask, message=message))
    return tuple(events)


class _Log:
    """An order and the events that move it on, one fact after the other."""

    def __init__(self, order: Order, now: datetime) -> None:
        self.order = order
        self.now = now
        self.steps: list[Step] = []

    def take_trade(self, trade: Trade) -> None:
        known = [f for f in (*self.order.fills, *self.order.voided) if f.trade_id == trade.trade_id]
        if known:
            if (known[0].quantity, known[0].price) != (trade.quantity, trade.price):
                raise InvariantBroken(
                    f"trade {trade.trade_id} is reported again with other figures"
                )
            return
        if trade.quantity <= 0 or not trade.price.is_finite() or trade.price <= 0:
            raise InvariantBroken(f"trade {trade.trade_id}: {trade.quantity} at {trade.price}")
        fill = _fill(self.order, trade)
        was_voided = trade.trade_id in self.order.voided_ids
        self._add(ev.OrderFilled(order_id=self.order.order_id, at=trade.at, fill=fill))
        if was_voided:
            self._add(ev.FillVoided(order_id=self.order.order_id, at=self.now, fill=fill))

    def take_void(self, trade_id: str) -> None:
        if trade_id in self.order.voided_ids:
            return
        order_id = self.order.order_id
        fill = next((f for f in self.order.fills if f.trade_id == trade_id), None)
        if fill is None:
            self._add(ev.VoidNoticed(order_id=order_id, at=self.now, trade_id=trade_id))
        else:
            self._add(ev.FillVoided(order_id=order_id, at=self.now, fill=fill))

    def take_terms(self, report: ExecutionReport) -> None:
        asked = report.answers is not None and report.answers == self.order.modify_ask
        # A broker's confirmation without terms means that they are what we asked for.
        terms = report.terms or (self.order.asked_change if asked else None)
        if report.refused or terms is None:
            return
        known = self.order.terms_sequence
        # Two changes within the second of a broker's clock: only its book tells which is in force.
        is_later = report.sequence > known or (report.is_snapshot and report.sequence == known)
        change = _difference(self.order, terms) if is_later else Change()
        if change.is_empty and not asked:
            return
        self._add(
            ev.OrderModified(
                order_id=self.order.order_id,
                at=report.at,
                change=change,
                sequence=report.sequence,
                ask=report.answers if asked else None,
            )
        )

    def take_refusal(self, report: ExecutionReport) -> None:
        if not report.refused or report.answers is None:
            return
        name, message = self.order.order_id, report.message or "refused by the venue"
        if report.answers == self.order.modify_ask:
            ask = report.answers
            self._add(ev.ModifyRefused(order_id=name, at=report.at, ask=ask, message=message))
        elif report.answers == self.order.cancel_ask:
            ask = report.answers
            self._add(ev.CancelRefused(order_id=name, at=report.at, ask=ask, message=message))

    def take_status(self, report: ExecutionReport) -> None:
        status = report.status
        if status is not None and is_news(self.order, status, report.sequence):
            event = _status_event(report, status, self.order)
            after = None if event is None else moved(self.order, event)
            if event is not None and after is not None:
                self.order = after
                self.steps.append((event, after))

    def _add(self, event: ev.OrderEvent) -> None:
        self.order = evolve(self.order, event)
        self.steps.append((event, self.order))


def _status_event(
    report: ExecutionReport, status: OrderStatus, order: Order
) -> ev.OrderEvent | None:
    name, at, sequence = report.order_id, report.at, report.sequence
    exchange_id, message = report.exchange_order_id, report.message
    venue_id = report.venue_order_id
    match status:
        case _S.IN_DOUBT:
            return None
        case _S.COMPLETE:
            return ev.OrderCompleted(
                order_id=name,
                at=at,
                sequence=sequence,
                exchange_order_id=exchange_id,
                venue_order_id=venue_id,
            )
        case _S.CANCELLED | _S.CANCELLED_AMO:
            return ev.OrderCancelled(
                order_id=name,
                at=at,
                reason=report.reason,
                sequence=sequence,
                amo=status is _S.CANCELLED_AMO,
                message=message,
                venue_order_id=venue_id,
            )
        case _S.REJECTED:
            why = message or "refused by the venue"
            return ev.OrderRejected(
                order_id=name, at=at, message=why, sequence=sequence, venue_order_id=venue_id
            )
        case _S.OPEN if order.venue_status is _S.TRIGGER_PENDING and _waits(order):
            return ev.OrderTriggered(
                order_id=name,
                at=at,
                sequence=sequence,
                exchange_order_id=exchange_id,
                venue_order_id=venue_id,
            )
        case _:
            return ev.OrderAccepted(
                order_id=name,
                at=at,
                status=status,
                sequence=sequence,
                exchange_order_id=exchange_id,
                message=message,
                venue_order_id=venue_id,
            )


def _waits(order: Order) -> bool:
    return order.request.order_type.has_trigger


def _difference(order: Order, terms: Change) -> Change:
    """What of the terms differs from those in force."""
    values = {name: getattr(terms, name) for name in CHANGEABLE}
    known = {name: getattr(order.request, name) for name in CHANGEABLE}
    return Change(**{k: v for k, v in values.items() if v is not None and v != known[k]})


def _fill(order: Order, trade: Trade) -> Fill:
    return Fill(
        trade_id=trade.trade_id,
        order_id=order.order_id,
        account=order.account,
        run_id=order.run_id,
        instrument=order.request.instrument,
        product=order.request.product,
        side=order.request.side,
        quantity=trade.quantity,
        price=trade.price,
        at=trade.at,
    )
