"""Gathers what a person did in one instrument."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tradertape_core.ledger.position import Position
from tradertape_core.orders.gtt import Gtt
from tradertape_core.orders.order import NIL, Order
from tradertape_core.risk.protection_state import LegState
from tradertape_server.features.activity import repository
from tradertape_server.features.activity.schemas import (
    ActivityOut,
    FillOut,
    HeldOut,
    LevelsOut,
    RestingOut,
    TriggerOut,
)
from tradertape_server.features.execution.store.models import FillRow
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.runs.views import protection_of
from tradertape_server.platform.database.engine import Database


class ActivityService:
    """Reads only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, user_id: int, instrument: str) -> ActivityOut:
        """Trades, resting orders, triggers, positions and protection levels of an instrument."""
        with self._database.read() as session:
            runs = repository.protected_runs(session, user_id)
            return ActivityOut(
                instrument=instrument,
                fills=[_fill(one) for one in repository.fills(session, user_id, instrument)],
                orders=[
                    _resting(one) for one in repository.open_orders(session, user_id, instrument)
                ],
                triggers=_triggers(repository.waiting(session, user_id, instrument)),
                positions=[_held(p) for p in repository.positions(session, user_id, instrument)],
                protections=[
                    _levels(run, leg)
                    for run in runs
                    for leg in protection_of(run).legs
                    if leg.instrument == instrument
                ],
            )


def _fill(row: FillRow) -> FillOut:
    return FillOut(
        at=row.at,
        order_id=row.order_id,
        run_id=row.run_id or None,
        side=row.side,
        product=row.product,
        quantity=row.quantity,
        price=float(row.price),
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


def _levels(run: WorkerRun, leg: LegState) -> LevelsOut:
    return LevelsOut(
        run_id=run.strategy_run_id,
        strategy=run.template_id,
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
