"""GTTs as the console's page has them."""

from __future__ import annotations

from collections.abc import Mapping

from tradertape_core.orders.gtt import Gtt, GttRequest, GttResult
from tradertape_core.orders.order import Order
from tradertape_server.features.execution.queries import ExternalGtt, GttRecord
from tradertape_server.features.gtts.schemas import (
    ExternalGttOut,
    GttAtBrokerOut,
    GttLegOut,
    GttOut,
    GttResultOut,
)


def shown(record: GttRecord) -> GttOut:
    """A GTT with its orders."""
    gtt, orders = record.gtt, record.orders
    results = {result.leg: result for result in gtt.results}
    return GttOut(
        id=gtt.trigger_id,
        account_scope=record.scope,
        type=gtt.request.type.value,
        status=gtt.status.value,
        instrument=gtt.request.instrument,
        reference=float(gtt.reference),
        legs=_legs(gtt.request, results, orders),
        created_at=gtt.created_at,
        updated_at=gtt.updated_at,
        expires_at=gtt.expires_at,
        run_id=gtt.run_id,
        at_broker=_at_broker(gtt, record.scope),
    )


def shown_external(found: ExternalGtt, scope: str) -> ExternalGttOut:
    """A trigger of another terminal."""
    entry = found.entry
    return ExternalGttOut(
        account_scope=scope,
        broker_trigger_id=entry.trigger_id,
        type=entry.request.type.value,
        status=entry.status.value,
        instrument=entry.request.instrument,
        legs=_legs(entry.request, {}, {}),
        created_at=entry.created_at,
        seen_at=found.seen_at,
    )


def _legs(
    request: GttRequest, results: Mapping[int, GttResult], orders: dict[str, Order]
) -> list[GttLegOut]:
    return [
        GttLegOut(
            trigger=float(trigger),
            transaction_type=order.side.value,
            quantity=order.quantity,
            price=float(order.price),
            product=order.product.value,
            result=_result(results.get(place), orders),
        )
        for place, (trigger, order) in enumerate(
            zip(request.trigger_values, request.orders, strict=True)
        )
    ]


def _at_broker(gtt: Gtt, scope: str) -> GttAtBrokerOut | None:
    at = gtt.at_broker
    if at is None:
        return None
    return GttAtBrokerOut(
        broker=scope.partition(":")[0],
        broker_trigger_id=at.trigger_id,
        asked=None if at.ask is None else at.ask.value,
        asked_at=at.asked_at if at.ask is not None else None,
        in_doubt=at.in_doubt,
        is_ending=at.ends and gtt.is_active,
        problem=at.problem,
        broker_order_id=at.order_id,
        checked_at=at.checked_at,
    )


def _result(result: GttResult | None, orders: dict[str, Order]) -> GttResultOut | None:
    if result is None:
        return None
    order = orders.get(result.order_id or "")
    filled = order.filled_quantity if order else 0
    return GttResultOut(
        at=result.at,
        order_id=result.order_id,
        reason=result.reason or (order.status_message if order and not filled else None),
        status=order.status.value if order else None,
        filled_quantity=filled,
        average_price=float(order.average_price) if order and filled else None,
    )
