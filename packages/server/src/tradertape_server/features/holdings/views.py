"""Rows of brokers as bodies."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tradertape_brokers.portfolio import Holding, Margin, Position
from tradertape_core.orders.order import Order
from tradertape_core.orders.reports import Trade, VenueOrder
from tradertape_server.features.brokerage.accounts import Connected
from tradertape_server.features.holdings.cache import Answer
from tradertape_server.features.holdings.schemas import (
    BrokerOrderOut,
    HoldingOut,
    MarginOut,
    PositionOut,
)

_HOLDING = (
    "exchange", "isin", "quantity", "t1_quantity", "pledged_quantity", "average_price",
    "last_price", "close_price", "invested", "value", "pnl", "pnl_pct", "day_change",
    "day_change_pct", "instrument_token",
)  # fmt: skip
_POSITION = (
    "exchange", "quantity", "overnight_quantity", "average_price", "last_price", "close_price",
    "buy_quantity", "buy_value", "sell_quantity", "sell_value", "value", "pnl", "instrument_token",
)  # fmt: skip
_MARGIN = (
    "segment", "available_cash", "available_margin", "used_margin", "collateral",
    "opening_balance", "net",
)  # fmt: skip
_TERMS = ("exchange", "quantity", "price", "trigger_price")


def holding_out(row: Holding, one: Connected, answer: Answer) -> HoldingOut:
    """A holding."""
    return HoldingOut(
        **_head(one, answer), **_taken(row, _HOLDING), symbol=row.tradingsymbol,
        product=row.product.value,
    )  # fmt: skip


def position_out(row: Position, one: Connected, answer: Answer) -> PositionOut:
    """A position."""
    return PositionOut(
        **_head(one, answer), **_taken(row, _POSITION), symbol=row.tradingsymbol,
        kind=row.kind.value, product=row.product.value,
    )  # fmt: skip


def margin_out(row: Margin, one: Connected, answer: Answer) -> MarginOut:
    """Funds of a segment."""
    return MarginOut(**_head(one, answer), **_taken(row, _MARGIN))


def order_out(
    row: VenueOrder, one: Connected, answer: Answer, ours: Mapping[str, Order]
) -> BrokerOrderOut:
    """An order. ours: those of the account that were placed here, by the broker's id and by tag."""
    request, known = row.request, ours.get(row.venue_order_id) or ours.get(row.tag or "")
    filled = row.filled_quantity
    if filled is None:
        filled = sum(trade.quantity for trade in row.trades)
    return BrokerOrderOut(
        **_head(one, answer),
        **_taken(request, _TERMS),
        order_id=row.venue_order_id,
        exchange_order_id=row.exchange_order_id,
        status=row.status.value,
        status_message=row.message,
        symbol=request.tradingsymbol,
        side=request.side.value,
        filled_quantity=filled,
        pending_quantity=0 if row.status.is_terminal else max(0, request.quantity - filled),
        product=request.product.value,
        variety=request.variety.value,
        order_type=request.order_type.value,
        validity=request.validity.value,
        average_price=_average(row.trades),
        placed_at=row.placed_at,
        updated_at=row.at,
        tag=row.tag,
        source="external" if known is None else "ours",
        our_order_id=None if known is None else known.order_id,
        strategy_run_id=None if known is None else known.run_id,
    )


def _average(trades: tuple[Trade, ...]) -> Decimal | None:
    quantity = sum(trade.quantity for trade in trades)
    if not quantity:
        return None
    return sum((trade.price * trade.quantity for trade in trades), Decimal(0)) / quantity


def _head(one: Connected, answer: Answer) -> dict[str, Any]:
    return {
        "broker": one.account.broker,
        "account": one.account.scope,
        "environment": one.account.environment.value,
        "as_of": answer.at,
        "age_s": round(answer.age_s, 1),
        "stale": answer.failure is not None,
    }


def _taken(row: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
