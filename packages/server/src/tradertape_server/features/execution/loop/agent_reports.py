"""What a person's agent reports of what it was asked, within a transaction.

The agent reports one fact at a time, late, twice or out of order. What a fact implies and nobody
has recorded yet is recorded with it: a fill says that the trigger was placed and reached.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from tradertape_core.execution.decision import Submit
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.orders import broker_gtts as core
from tradertape_core.orders.broker_gtts import VenueGtt
from tradertape_core.orders.gtt import Gtt, GttAsk, GttResult, GttStatus
from tradertape_core.orders.order import Order, OrderStatus
from tradertape_core.orders.reports import CancelReason, ExecutionReport, Trade, VenueOrder
from tradertape_server.features.execution.gtt import at_broker, broker_orders
from tradertape_server.features.execution.loop import venue_events
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.store import gtt_store
from tradertape_server.features.execution.venues.gateway import Answered, GttAnswered, Outcome
from tradertape_server.features.execution.venues.outside import subject_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_S = GttStatus
_PAISA = Decimal("0.01")


class What(StrEnum):
    """What the agent says of an order or a trigger."""

    PLACED = "placed"
    TRIGGERED = "triggered"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What became of a report."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out_of_order"
    OVER = "signal_over"


FILLS: Final = frozenset({What.PARTIALLY_FILLED, What.FILLED})
AT_BROKER: Final = FILLS | {What.PLACED, What.TRIGGERED}  # the broker has, or had, an order


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReport:
    """One fact. gtt_id, order_id: ours, of what it is about: one of the two. venue_*: the broker's.

    filled: units so far; share: which part of the order they are, where units are not told.
    average: their price. at: when it happened, by the agent's clock.
    """

    gtt_id: int | None = None
    order_id: str | None = None
    what: What
    venue_gtt_id: str | None = None
    venue_order_id: str | None = None
    filled: int = 0
    share: Decimal | None = None
    average: Decimal | None = None
    message: str = ""
    at: datetime


def take_in(uow: UnitOfWork, report: AgentReport) -> Verdict:
    """Stage what a report changes; what came of it. Raises InvalidInput for an impossible one."""
    if report.gtt_id is None:
        order = uow.order(report.order_id or "")
        if order is None:
            raise InvalidInput(f"there is no order {report.order_id}")
        return _of_order(uow, order, _counted(report, order.request.quantity))
    gtt = uow.gtts.find(report.gtt_id) or gtt_store.find(uow.session, report.gtt_id)
    if gtt is None or gtt.at_broker is None:
        raise InvalidInput(f"there is no trigger {report.gtt_id}")
    return _of_trigger(uow, gtt, _counted(report, gtt.request.orders[0].quantity))


def _counted(report: AgentReport, quantity: int) -> AgentReport:
    """The report with its units, of an order for so many."""
    if report.share is None:
        return report
    return replace(report, filled=round(report.share * quantity), share=None)


# --- triggers -------------------------------------------------------------------------------------


def _of_trigger(uow: UnitOfWork, gtt: Gtt, report: AgentReport) -> Verdict:
    order = _order_of(uow, gtt)
    if order is not None:
        return _of_order(uow, order, report)
    at = core.state_of(gtt)
    if not gtt.is_active and not core.waits_for_order(gtt):
        if report.what not in FILLS:
            return Verdict.OUT_OF_ORDER if at.trigger_id is not None else Verdict.OVER
        # It had ended here, and the broker filled it all the same: the shares are there.
        gtt = replace(gtt, status=_S.ACTIVE)
    match report.what:
        case What.UNKNOWN:
            return _trigger_lost(uow, gtt, report)
        case What.PLACED:
            if at.ask is not GttAsk.PLACE:
                is_same = at.trigger_id == _venue_gtt_id(gtt, report)
                return Verdict.DUPLICATE if is_same else Verdict.OUT_OF_ORDER
            _placed(uow, gtt, report)
        case What.TRIGGERED | What.PARTIALLY_FILLED | What.FILLED:
            _reached(uow, gtt, report)
        case _:
            _ended(uow, gtt, report)
    return Verdict.APPLIED


def _placed(uow: UnitOfWork, gtt: Gtt, report: AgentReport) -> Gtt:
    done = core.accepted(gtt, _venue_gtt_id(gtt, report), uow.now)
    at_broker.keep(uow, done, "gtt_created", f"Placed by the agent: {at_broker.words(done)}")
    at_broker.follow_up(uow, done)
    return uow.gtts.find(gtt.trigger_id) or done


def _reached(uow: UnitOfWork, gtt: Gtt, report: AgentReport) -> None:
    """Record that the trigger was reached, the order it placed, and what of it is filled."""
    if core.state_of(gtt).ask is GttAsk.PLACE:
        gtt = _placed(uow, gtt, report)
    name = report.venue_order_id or f"{_venue_gtt_id(gtt, report)}-order"
    if not core.waits_for_order(gtt):
        result = GttResult(leg=0, at=report.at, order_id=name)
        listed = _listed(gtt, _S.TRIGGERED, report, (result,))
        gtt = core.after_list(gtt, listed, uow.now, looks=0)
        at_broker.store(uow, gtt)
    entry = VenueOrder(
        venue_order_id=name, tag=None, request=gtt.request.orders[0], status=OrderStatus.OPEN,
        at=uow.now, sequence=_sequence(uow.now), placed_at=uow.now,
    )  # fmt: skip
    broker_orders.take_in(uow, int(gtt.account), (entry,))
    order = _order_of(uow, uow.gtts.find(gtt.trigger_id) or gtt)
    if order is not None and report.what in FILLS:
        _of_order(uow, order, report)


def _ended(uow: UnitOfWork, gtt: Gtt, report: AgentReport) -> None:
    """Record that there is no trigger: it was refused, not sent, cancelled, or its time is over."""
    words, at = report.message or report.what.value, core.state_of(gtt)
    if at.ask is GttAsk.PLACE:
        after = core.not_done(gtt, words, uow.now)
    elif at.ask is GttAsk.CANCEL and report.what in (What.CANCELLED, What.EXPIRED):
        after = core.accepted(gtt, None, uow.now)
    elif at.ask is GttAsk.CANCEL and report.what is What.FAILED:
        after = core.not_done(gtt, words, uow.now)
    else:
        status = {What.EXPIRED: _S.EXPIRED, What.CANCELLED: _S.CANCELLED}.get(report.what)
        after = core.after_list(
            gtt, _listed(gtt, status or _S.REJECTED, report, ()), uow.now, looks=0
        )
    kind = "gtt_rejected" if after.status is _S.REJECTED else "gtt_deleted"
    at_broker.keep(uow, after, kind, f"The agent reports {words}: {at_broker.words(gtt)}")


def _trigger_lost(uow: UnitOfWork, gtt: Gtt, report: AgentReport) -> Verdict:
    at = core.state_of(gtt)
    if at.ask is None or at.in_doubt:
        return Verdict.DUPLICATE if at.in_doubt else Verdict.OUT_OF_ORDER
    lost = GttAnswered(
        account_id=int(gtt.account), trigger_id=gtt.trigger_id, number=at.number,
        key=(subject_of(gtt.trigger_id), at.ask.value, at.number), outcome=Outcome.UNKNOWN,
        reason=report.message or "the agent lost the broker's answer",
    )  # fmt: skip
    venue_events.take_in(uow, lost)
    return Verdict.APPLIED


def _order_of(uow: UnitOfWork, gtt: Gtt) -> Order | None:
    name = next((one.order_id for one in gtt.results if one.order_id), None)
    return None if name is None else uow.order(name)


def _listed(
    gtt: Gtt, status: GttStatus, report: AgentReport, results: tuple[GttResult, ...]
) -> VenueGtt:
    if report.message and not results:
        results = (GttResult(leg=0, at=report.at, reason=report.message),)
    return VenueGtt(
        trigger_id=_venue_gtt_id(gtt, report), request=gtt.request, status=status,
        created_at=gtt.created_at, updated_at=report.at, results=results,
    )  # fmt: skip


def _venue_gtt_id(gtt: Gtt, report: AgentReport) -> str:
    """The broker's id; one of ours where the agent has none, as of what it sent at once."""
    known = core.state_of(gtt).trigger_id
    return known or report.venue_gtt_id or f"agent-{gtt.account}-{gtt.trigger_id}"


# --- orders ---------------------------------------------------------------------------------------


def _of_order(uow: UnitOfWork, order: Order, report: AgentReport) -> Verdict:
    if report.what is What.UNKNOWN:
        return _order_lost(uow, order, report)
    known = order.filled_quantity
    if report.what in FILLS:
        if report.filled <= known:
            return Verdict.DUPLICATE if report.filled == known else Verdict.OUT_OF_ORDER
        if report.filled > order.request.quantity:
            raise InvalidInput(
                f"{report.filled} are filled of an order for {order.request.quantity}",
                pointer="/filled_quantity",
            )
    elif not order.is_open:
        return Verdict.OUT_OF_ORDER if order.venue_order_id is not None else Verdict.OVER
    elif report.what in (What.PLACED, What.TRIGGERED) and order.status_sequence > 0:
        is_known = report.venue_order_id in (None, order.venue_order_id)
        return Verdict.DUPLICATE if is_known else Verdict.OUT_OF_ORDER
    uow.apply(_execution_report(uow, order, report))
    after = uow.order(order.order_id) or order
    asks = [(order.order_id, "submit", 0)]
    if after.cancel_ask is None and order.cancel_ask is not None:
        asks.append((order.order_id, "withdraw", order.cancel_ask))
    if not after.is_open and order.cancel_ask is not None:
        asks.append((order.order_id, "withdraw", order.cancel_ask))
    uow.answered(dict.fromkeys(asks))
    return Verdict.APPLIED


def _execution_report(uow: UnitOfWork, order: Order, report: AgentReport) -> ExecutionReport:
    status = {
        What.PLACED: OrderStatus.OPEN, What.TRIGGERED: OrderStatus.OPEN,
        What.PARTIALLY_FILLED: OrderStatus.OPEN, What.FILLED: OrderStatus.COMPLETE,
        What.REJECTED: OrderStatus.REJECTED, What.FAILED: OrderStatus.REJECTED,
    }.get(report.what, OrderStatus.CANCELLED)  # fmt: skip
    name = order.venue_order_id or report.venue_order_id or f"agent-{order.order_id}"
    return ExecutionReport(
        order_id=order.order_id, at=uow.now, status=status, venue_order_id=name,
        sequence=max(_sequence(uow.now), order.status_sequence + 1),
        trades=_new_trades(uow, order, report, name), message=report.message or None,
        reason=CancelReason.REQUESTED if order.cancel_ask is not None else CancelReason.VENUE,
        filled_quantity=report.filled if report.what in FILLS else None,
    )  # fmt: skip


def _new_trades(uow: UnitOfWork, order: Order, report: AgentReport, name: str) -> tuple[Trade, ...]:
    """What the cumulative figures add to the fills that are known: one trade at its own price."""
    if report.what not in FILLS or report.average is None:
        return ()
    before = order.average_price * order.filled_quantity if order.filled_quantity else Decimal(0)
    units = report.filled - order.filled_quantity
    price = ((report.average * report.filled - before) / units).quantize(_PAISA)
    if price <= 0:
        raise InvalidInput("the average price contradicts earlier fills", pointer="/average_price")
    at = min(report.at, uow.now)
    return (Trade(trade_id=f"{name}-{report.filled}", quantity=units, price=price, at=at),)


def _order_lost(uow: UnitOfWork, order: Order, report: AgentReport) -> Verdict:
    if order.in_doubt:
        return Verdict.DUPLICATE
    if order.status_sequence > 0 or not order.is_open:
        return Verdict.OUT_OF_ORDER
    reason = report.message or "the agent lost the broker's answer"
    lost = Answered(
        account_id=int(order.account), request=Submit(order.order_id), outcome=Outcome.UNKNOWN,
        reason=reason,
    )  # fmt: skip
    venue_events.take_in(uow, lost)
    return Verdict.APPLIED


def _sequence(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
