"""Orders, positions and funds of trading accounts as the pages of trading by hand have them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.format import grouped
from tradertape_core.ledger.pnl import pnl_of
from tradertape_core.ledger.position import Position
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import NIL, Order, OrderStatus
from tradertape_server.features.execution.account_environments import environment_of
from tradertape_server.features.execution.broker_figures import BrokerFigures
from tradertape_server.features.execution.live_accounts import EVERY_S
from tradertape_server.features.execution.orders.views import public_run_id
from tradertape_server.features.execution.state.funds import Funds
from tradertape_server.features.execution.trading_accounts import PAPER, TradingAccount
from tradertape_server.features.trading.schemas import (
    FundsOut,
    HandOrderOut,
    HandPositionOut,
    PreviewOut,
    WarningOut,
)

Json = dict[str, Any]
INSUFFICIENT: Final = "insufficient_margin"


def kind_of(account: TradingAccount) -> Literal["paper", "broker"]:
    """The kind of an account, as replies name it."""
    return "paper" if account.kind == PAPER else "broker"


def order_out(order: Order, account: TradingAccount) -> HandOrderOut:
    """An order, and what can be done with it here."""
    request, is_external = order.request, bool(order.is_external)
    can_cancel = order.is_resting and not is_external
    is_cancelling = order.status is OrderStatus.CANCEL_PENDING
    return HandOrderOut(
        order_id=order.order_id,
        account_scope=account.scope,
        kind=kind_of(account),
        environment=environment_of(account),
        scaled=account.is_scaled,
        run=None if order.run_id is None else public_run_id(order.run_id),
        is_external=is_external,
        instrument=request.instrument,
        transaction_type=request.side.value,
        product=request.product.value,
        order_type=request.order_type.value,
        variety=request.variety.value,
        validity=request.validity.value,
        quantity=request.quantity,
        filled_quantity=order.filled_quantity,
        pending_quantity=order.pending_quantity,
        price=_number(request.price),
        trigger_price=_number(request.trigger_price),
        average_price=_number(order.average_price) if order.has_fills else None,
        status=order.status.value,
        status_message=order.status_message,
        is_open=order.is_open,
        in_doubt=order.in_doubt,
        can_cancel=can_cancel and not is_cancelling,
        can_change=can_cancel and not is_cancelling and order.run_id is None and not order.slices,
        placed_at=order.placed_at,
        updated_at=order.updated_at,
    )


def position_out(
    position: Position, account: TradingAccount, tick: Tick | None, now: datetime
) -> HandPositionOut:
    """An open position at its last price."""
    key = position.key
    ticks = {} if tick is None else {key.instrument: tick}
    (leg,) = pnl_of([position], ticks, now).legs
    (today,) = pnl_of([position], ticks, now, today_only=True).legs
    return HandPositionOut(
        account_scope=account.scope,
        kind=kind_of(account),
        environment=environment_of(account),
        scaled=account.is_scaled,
        run=None if key.run_id is None else public_run_id(key.run_id),
        instrument=key.instrument,
        product=key.product.value,
        quantity=position.quantity,
        average_price=float(position.average_price),
        last_price=None if leg.last_price is None else float(leg.last_price),
        value=leg.exposure_paise / 100,
        unrealised=leg.amounts.unrealised_paise / 100,
        day_net=_day_net(position, today.amounts.net_paise, now),
        is_stale=leg.is_stale,
        opened_at=position.lots[0].at,
    )


def _day_net(position: Position, net_paise: int, now: datetime) -> float:
    """Profit of a position opened today; of an older one, what today's trades realised."""
    is_of_today = position.lots[0].at.astimezone(IST).date() == now.astimezone(IST).date()
    if is_of_today:
        return net_paise / 100
    return (position.today.realised_paise - position.today.charges.total) / 100


def paper_funds(funds: Funds) -> FundsOut:
    """What a paper account has."""
    return FundsOut(
        available=funds.available_paise / 100,
        cash=funds.cash_paise / 100,
        mark_to_market=funds.mtm_paise / 100,
        used=(funds.blocked_paise + funds.reserved_paise + funds.held_loss_paise) / 100,
        delivery=funds.delivery_paise / 100,
        exposure=funds.exposure_paise / 100,
        unrealised=funds.unrealised_paise / 100,
        realised=funds.realised_paise / 100,
        charges=funds.charges_paise / 100,
        opening=funds.opening_paise / 100,
        as_of=funds.at,
        stale=funds.is_stale,
    )


def broker_funds(figures: BrokerFigures, now: datetime) -> FundsOut:
    """What a broker last said that an account has, over its segments."""
    margins = figures.margins
    return FundsOut(
        available=float(sum((one.available_margin for one in margins), NIL)),
        cash=float(sum((one.available_cash for one in margins), NIL)),
        mark_to_market=None,
        used=float(sum((one.used_margin for one in margins), NIL)),
        delivery=None,
        exposure=None,
        unrealised=None,
        realised=None,
        charges=None,
        opening=float(sum((one.opening_balance for one in margins), NIL)),
        as_of=figures.at,
        stale=(now - figures.at).total_seconds() > 3 * EVERY_S,
    )


def preview_out(
    found: Json, tick: Tick | None, quantity: int, funds: FundsOut | None, blocked: Sequence[Json]
) -> PreviewOut:
    """What an order would need and cost."""
    available = None if funds is None else funds.available
    warnings = [WarningOut(**one) for one in (*blocked, *found["order"]["warnings"])]
    needed = found["cost_contract"]["margin_required"]
    if available is not None and needed > available and INSUFFICIENT not in {
        one.code for one in warnings
    }:  # fmt: skip
        warnings.append(_beyond(needed, available))
    price = found["order"].get("price") or (None if tick is None else float(tick.last_price))
    return PreviewOut(
        margin_required=needed,
        charges=found["cost_contract"]["charges_estimate"],
        last_price=None if tick is None else float(tick.last_price),
        value=None if price is None else round(price * quantity, 2),
        available=available,
        warnings=warnings,
        is_allowed=not any(one.severity == "error" for one in warnings),
    )


def _beyond(needed: float, available: float) -> WarningOut:
    """Of an account at a broker, whose own margin decides."""
    text = (
        f"This order needs about ₹{grouped(needed, 2)}, and ₹{grouped(available, 2)} is available: "
        "your broker is going to reject it unless its own margin is lower."
    )
    return WarningOut(code=INSUFFICIENT, message=text, severity="warning")


def _number(value: Decimal) -> float:
    return float(value)
