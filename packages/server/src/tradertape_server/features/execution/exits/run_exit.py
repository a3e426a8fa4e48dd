"""Exiting a run, or a product of it: cancel what rests, close what it holds, never anybody else's.

An exit is an intent without an answer until it is done. Every step follows from the orders and
positions of its moment, so it is taken again and again: by the request, by the job, after a start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tradertape_core.execution import engine
from tradertape_core.execution.decision import server_key
from tradertape_core.execution.exits import (
    Closing,
    ExitPlan,
    ExitStep,
    Exposure,
    cancel_resting,
    plan_exit,
    preview_exit,
)
from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.format import grouped
from tradertape_core.ledger.billing import square_off_charges
from tradertape_core.ledger.journal import Book, post_charges
from tradertape_core.ledger.position import Position, key_of
from tradertape_core.market.session_times import PhaseKind
from tradertape_core.market.tick import Tick
from tradertape_core.orders.broker_gtts import waits_for_order
from tradertape_core.orders.commands import PlaceOrder
from tradertape_core.orders.fields import order_document
from tradertape_core.orders.gtt import Gtt
from tradertape_core.orders.order import Order, OrderStatus, Product, Side
from tradertape_server.features.execution.gtt import at_broker
from tradertape_server.features.execution.orders import closable, replies, views
from tradertape_server.features.execution.orders.facts import exit_facts
from tradertape_server.features.execution.orders.intent import Intent, replayed, reserve
from tradertape_server.features.execution.orders.intent_settlement import Reserved
from tradertape_server.features.execution.orders.replies import Outcome
from tradertape_server.features.execution.state.command import VenueCommand
from tradertape_server.features.execution.state.order_ids import OrderIds
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.store import repository
from tradertape_server.features.execution.venues.gateway import AGENT

Json = dict[str, Any]
_PATIENCE = timedelta(seconds=10)  # with a closing order that rests, before its band is widened
_AGENTS_PATIENCE = timedelta(minutes=5)  # where an agent polls to place it, and to cancel it again


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an exit is; `answer` once there is nothing more to do."""

    step: str
    answer: Outcome | None
    moved: bool


@dataclass(frozen=True, slots=True)
class Part:
    """What of a run is closed: one product, some exchanges, one instrument; all where nothing is
    named."""

    product: Product | None = None
    exchanges: frozenset[str] = frozenset()
    instrument: str | None = None

    def holds(self, instrument: str, product: Product) -> bool:
        """Whether a position or an order belongs to it."""
        exchange = instrument.partition(":")[0]
        if self.instrument not in (None, instrument):
            return False
        return self.product in (None, product) and exchange in (self.exchanges or {exchange})

    @classmethod
    def of(cls, row: Json) -> Part:
        """As an exit's row has it."""
        details = row["details"]
        product = Product(details["product"]) if details["product"] else None
        return cls(product, frozenset(details.get("exchanges", ())), details.get("instrument"))


ALL = Part()


class BeginExit(VenueCommand["Outcome | Progress"]):
    """Begin an exit and take its first step; the reply is its key's, or how far it is.

    before: done first, in the same transaction.
    """

    __slots__ = ("_before", "_intent", "_known", "_part", "_reason", "_square_off", "_step")

    def __init__(
        self,
        intent: Intent,
        ids: OrderIds,
        *,
        reason: str | None,
        part: Part = ALL,
        is_square_off: bool = False,
        before: Callable[[UnitOfWork], Any] | None = None,
    ) -> None:
        super().__init__(key=(intent.run_id, intent.key))
        self._intent = intent
        self._reason = reason
        self._part = part
        self._square_off = is_square_off
        self._before = before
        self._known: Outcome | None = None
        self._step = StepExit(intent.run_id, intent.key, ids)

    def decide(self, uow: UnitOfWork) -> None:
        if self._before is not None:
            self._before(uow)
        self._known = begin(
            uow,
            self._intent,
            reason=self._reason,
            part=self._part,
            is_square_off=self._square_off,
        )
        if self._known is None:
            self._step.decide(uow)

    def settle(self, uow: UnitOfWork) -> Outcome | Progress:
        return self._step.settle(uow) if self._known is None else self._known


def begin(
    uow: UnitOfWork,
    intent: Intent,
    *,
    reason: str | None,
    part: Part = ALL,
    is_square_off: bool = False,
) -> Outcome | None:
    """Take the key of an exit; from now on its run places nothing else. The key's answer, if any.

    part: close this alone, and the run stays open. is_square_off: the broker does it, for its
    fee.
    """
    row = uow.intent(intent.run_id, intent.key)
    if row is not None and row["kind"] == intent.kind and row["answer"] is None:
        return None  # it is under way: go on with it
    known = replayed(uow, intent)
    if known is not None:
        return None if isinstance(known, Reserved) else known
    details: Json = {
        "reason": reason,
        "product": part.product.value if part.product else None,
        "exchanges": sorted(part.exchanges),
        "instrument": part.instrument,
        "is_square_off": is_square_off,
        "orders": [],
    }
    reserve(uow, intent, details)
    uow.note(
        account_id=intent.account_id,
        run_id=intent.run_id or None,
        kind="execution",
        event_type="exit_requested",
        source="execution",
        summary=f"Exit requested{f': {reason}' if reason else ''}",
        payload={"key": intent.key, "product": details["product"]},
    )
    return None


class StepExit(VenueCommand[Progress]):
    """Take the next step of an exit that is under way."""

    __slots__ = ("_ids", "_key", "_moved", "_row", "_run_id")

    def __init__(self, run_id: str, key: str, ids: OrderIds) -> None:
        super().__init__()
        self._run_id = run_id
        self._key = key
        self._ids = ids
        self._row: Json | None = None
        self._moved = False

    def decide(self, uow: UnitOfWork) -> None:
        run_id, key = self._run_id, self._key
        row = uow.intent(run_id, key)
        if row is None or row["answer"] is not None:
            return
        has_triggers = _end_triggers(uow, row)
        plan = _plan(uow, row)
        uow.record(plan.cancels)
        closings = (_close(uow, row, closing, self._ids) for closing in plan.closings)
        placed = [name for name in closings if name is not None]
        if placed:
            made = [*row["details"]["orders"], *placed]
            row = {**row, "details": {**row["details"], "orders": made}}
            uow.answer({"run_id": run_id, "key": key, "details": row["details"]})
        self._row, self._moved = row, bool(plan.cancels.events or placed or has_triggers)

    def settle(self, uow: UnitOfWork) -> Progress:
        if self._row is None:
            row = uow.intent(self._run_id, self._key)
            known = None if row is None else replies.kept(row, is_replay=True)
            return Progress("done", known, moved=False)
        now = _plan(uow, self._row)
        if now.step not in (ExitStep.DONE, ExitStep.FAILED):
            return Progress(now.step.value, None, moved=self._moved)
        return Progress(now.step.value, _done(uow, self._row, now.step), moved=True)


def preview(uow: UnitOfWork, account_id: int, run_id: str, part: Part = ALL) -> Json:
    """What an exit would do now, without doing any of it."""
    exposures = _exposures(uow, account_id, run_id, part)
    orders = _resting(uow, account_id, run_id, part, ())
    cancelled, closings = preview_exit(
        key="preview", exposures=exposures, orders=orders, now=uow.now
    )
    missing = _missing(exposures)
    return {
        "cancel": list(cancelled),
        "close": [views.plain(order_document(closing.request)) for closing in closings],
        **({"not_at_broker": missing} if missing else {}),
    }


def _plan(uow: UnitOfWork, row: Json) -> ExitPlan:
    part, made = Part.of(row), row["details"]["orders"]
    own = [order for name in made if (order := uow.order(name)) is not None]
    # The day's square-off does not end an order that waits for the next day's open.
    is_square_off = row["details"].get("is_square_off", False)
    resting = [
        order
        for order in _resting(uow, row["account_id"], row["run_id"], part, made)
        if not (is_square_off and order.venue_status is OrderStatus.AMO_REQUESTED)
    ]
    # Two exits of one run would cancel each other's orders again and again: they wait for them.
    theirs = _placed_by_other_exits(uow, row) if resting else frozenset[str]()
    if _waiting_triggers(uow, row):  # what they sell is not closed beside them
        return ExitPlan(step=ExitStep.CANCELLING, cancels=cancel_resting(resting, uow.now))
    return plan_exit(
        key=row["key"],
        exposures=_exposures(uow, row["account_id"], row["run_id"], part),
        orders=[order for order in resting if order.order_id not in theirs],
        closing_orders=[*own, *(order for order in resting if order.order_id in theirs)],
        now=uow.now,
        stuck={order.order_id for order in own if _is_stuck(uow, order)},
    )


def _waiting_triggers(uow: UnitOfWork, row: Json) -> list[Gtt]:
    """Triggers of a run at its broker that may still place an order, or have placed one unseen."""
    if not row["run_id"]:
        return []
    part = Part.of(row)
    return [
        one
        for one in uow.gtts.of(row["account_id"])
        if one.run_id == row["run_id"]
        and (one.is_active or waits_for_order(one))
        and all(part.holds(one.request.instrument, order.product) for order in one.request.orders)
    ]


def _end_triggers(uow: UnitOfWork, row: Json) -> bool:
    """Ask for the end of those that wait; whether there are any."""
    waiting = _waiting_triggers(uow, row)
    for one in waiting:
        if one.is_active:
            at_broker.cancel_soon(uow, one)
    return bool(waiting)


def _placed_by_other_exits(uow: UnitOfWork, row: Json) -> frozenset[str]:
    """Ids of the closing orders of the other exits of a run that are under way."""
    run_id = row["run_id"]
    stored = repository.intents(uow.session, run_id, unanswered=True)
    keys = {one.key for one in stored if one.kind == row["kind"]} - {row["key"]}
    under_way = [found for key in sorted(keys) if (found := uow.intent(run_id, key)) is not None]
    return frozenset(name for one in under_way for name in one["details"]["orders"])


def is_stuck(order: Order, tick: Tick | None, phase: PhaseKind | None, now: datetime) -> bool:
    """Whether a closing order rests although it could have been filled: the price ran away.

    One that was placed in a time still to come has had its time: the clock was set back since. One
    that an agent has not placed yet waits for it.
    """
    is_agents = order.venue == AGENT
    if is_agents and order.venue_order_id is None:
        return False
    patience = _AGENTS_PATIENCE if is_agents else _PATIENCE
    has_traded_on = tick is not None and tick.at - order.placed_at >= patience
    was_set_back = order.placed_at - now >= patience
    is_open = order.is_resting and phase is PhaseKind.CONTINUOUS
    return is_open and (has_traded_on or was_set_back)


def _is_stuck(uow: UnitOfWork, order: Order) -> bool:
    instrument = uow.known(order.request.instrument)
    return is_stuck(order, uow.tick(instrument.id), uow.phase(instrument), uow.now)


def _exposures(uow: UnitOfWork, account_id: int, run_id: str, part: Part) -> list[Exposure]:
    held = uow.account(account_id).positions.values()
    return [
        _exposure(uow, position)
        for position in held
        if (position.key.run_id or "") == run_id
        and part.holds(position.key.instrument, position.key.product)
    ]


def _exposure(uow: UnitOfWork, position: Position) -> Exposure:
    instrument = uow.known(position.key.instrument)
    key, quantity = position.key, position.quantity
    side = Side.SELL if quantity > 0 else Side.BUY
    place = key.instrument, key.product
    most = closable.most(uow, int(key.account), key.run_id or "", place, side)
    return Exposure(instrument=instrument, product=key.product, quantity=quantity, most=most)


def _resting(
    uow: UnitOfWork, account_id: int, run_id: str, part: Part, made: Sequence[str]
) -> list[Order]:
    return [
        order
        for order in uow.account(account_id).orders.values()
        if (order.run_id or "") == run_id
        and order.order_id not in made
        and part.holds(order.request.instrument, order.request.product)
    ]


def _close(uow: UnitOfWork, row: Json, closing: Closing, ids: OrderIds) -> str | None:
    command = PlaceOrder(
        order_id=ids.next(uow.now),
        account=str(row["account_id"]),
        run_id=row["run_id"] or None,
        key=server_key(closing.key),
        venue=row["venue"],
        request=closing.request,
    )
    facts = exit_facts(uow, closing.instrument, closing.request.quantity)
    decision = engine.place(command, facts, uow.now)
    if decision.is_denied:
        return None
    uow.record(decision)
    return command.order_id


def _done(uow: UnitOfWork, row: Json, step: ExitStep) -> Outcome:
    orders = [order for name in row["details"]["orders"] if (order := uow.order(name))]
    if row["details"].get("is_square_off"):
        _charge(uow, row, orders)
    body = {
        "strategy_run_id": views.public_run_id(row["run_id"]),
        "mode": views.mode_of(row["venue"]),
        "status": "closed" if step is ExitStep.DONE else "failed",
        "dry_run": False,
        "reason": row["details"]["reason"],
        "orders": [_seen(uow, order) for order in orders],
    }
    missing = []
    if step is not ExitStep.DONE:
        missing = _missing(_exposures(uow, row["account_id"], row["run_id"], Part.of(row)))
    uow.note(
        account_id=row["account_id"],
        run_id=row["run_id"] or None,
        kind="execution",
        event_type="exit_done" if step is ExitStep.DONE else "exit_failed",
        source="execution",
        summary="Exit done" if step is ExitStep.DONE else _why_open(missing),
        payload={
            "key": row["key"],
            "orders": row["details"]["orders"],
            **({"not_at_broker": missing} if missing else {}),
        },
    )
    return replies.keep(uow, row, body)


def _missing(held: Sequence[Exposure]) -> list[Json]:
    """What the broker does not have of the run's positions."""
    return [
        {
            "instrument": one.instrument.id,
            "product": one.product.value,
            "quantity": abs(one.quantity) - one.closable,
        }
        for one in held
        if one.closable < abs(one.quantity)
    ]


def _why_open(missing: Sequence[Json]) -> str:
    if not missing:
        return "Exit failed: positions are still open"
    words = ", ".join(
        f"{grouped(one['quantity'])} of {one['instrument']} ({one['product']})" for one in missing
    )
    return (
        f"Exit ended with units open that the broker does not have: {words}. Compare them under "
        "Reconciliation: nothing is sold that is not there"
    )


def _seen(uow: UnitOfWork, order: Order) -> Json:
    instrument = uow.market.instrument(order.request.instrument)
    return views.order_view(order, None if instrument is None else instrument.instrument_token)


def _charge(uow: UnitOfWork, row: Json, orders: Sequence[Order]) -> None:
    """The broker's fee for closing what its owner did not: once for each position."""
    broker = uow.account(row["account_id"]).broker
    charges = square_off_charges(broker, uow.now.astimezone(IST).date())
    closed = {key_of(order.fills[0]) for order in orders if order.fills}
    for key in closed if charges.total else ():
        reference = f"{row['key']}:{key.run_id or ''}:{key.instrument}:{key.product}"
        book = Book({key: uow.position(key)})
        uow.post(post_charges(key, charges, book, reference=reference, at=uow.now))
