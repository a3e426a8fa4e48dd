"""Collects a person's orders, fills, GTTs, positions and protection levels in one instrument."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tradertape_core.ledger.position import Position
from tradertape_core.orders.gtt import Gtt
from tradertape_core.orders.order import NIL, Fill, Order
from tradertape_server.features.activity.schemas import (
    ActivityOut,
    FillOut,
    HeldOut,
    LevelsOut,
    RestingOut,
    TriggerOut,
)
from tradertape_server.features.execution.queries import ExecutionQueries
from tradertape_server.features.workers.queries import ProtectedLeg, WorkerQueries


class ActivityService:
    """Joins what execution and the workers' runs hold; changes nothing."""

    def __init__(self, execution: ExecutionQueries, runs: WorkerQueries) -> None:
        self._execution = execution
        self._runs = runs

    def of(self, user_id: int, instrument: str) -> ActivityOut:
        """Fills, open orders, active GTTs, positions and protection levels of an instrument."""
        found = self._execution.instrument_activity(user_id, instrument)
        return ActivityOut(
            instrument=instrument,
            fills=[_fill(one) for one in found.fills],
            orders=[_resting(one) for one in found.open_orders],
            triggers=_triggers(found.active_gtts),
            positions=[_held(one) for one in found.positions],
            protections=[_levels(one) for one in self._runs.protected_legs(user_id, instrument)],
        )


def _fill(fill: Fill) -> FillOut:
    return FillOut(
        at=fill.at,
        order_id=fill.order_id,
        run_id=fill.run_id or None,
        side=fill.side.value,
        product=fill.product.value,
        quantity=fill.quantity,
        price=float(fill.price),
    )


def _resting(order: Order) -> RestingOut:
    request = order.request
    return RestingOut(
        order_id=order.order_id,
        run_id=order.run_id or None,
        side=request.side.value,
        order_type=request.order_type.value,
        status=order.status.value,
        quantity=request.quantity,
        pending_quantity=order.pending_quantity,
        price=float(request.price),
        trigger_price=float(request.trigger_price),
        placed_at=order.placed_at,
    )


def _triggers(gtts: Iterable[Gtt]) -> list[TriggerOut]:
    return [
        TriggerOut(
            gtt_id=gtt.trigger_id,
            trigger=float(trigger),
            side=order.side.value,
            quantity=order.quantity,
        )
        for gtt in gtts
        for trigger, order in zip(gtt.request.trigger_values, gtt.request.orders, strict=True)
    ]


def _held(position: Position) -> HeldOut:
    return HeldOut(
        run_id=position.key.run_id or None,
        product=position.key.product.value,
        quantity=position.quantity,
        average_price=float(position.average_price or NIL),
    )


def _levels(protected: ProtectedLeg) -> LevelsOut:
    leg = protected.leg
    return LevelsOut(
        run_id=protected.run_id,
        strategy=protected.strategy,
        status=leg.status.value,
        side=leg.side.value,
        quantity=leg.quantity,
        entry_price=float(leg.entry_price),
        stop_price=_float(leg.stop_price),
        target_price=_float(leg.target_price),
        trailing_price=_float(leg.trailing_price),
    )


def _float(price: Decimal | None) -> float | None:
    return None if price is None else float(price)
