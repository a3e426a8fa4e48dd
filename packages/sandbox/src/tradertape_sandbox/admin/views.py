"""What the admin door answers: the exchange, its accounts, the plans, as JSON."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from tradertape_core.kernel.clock import IST
from tradertape_sandbox.exchange.accounts import Account
from tradertape_sandbox.exchange.books import BookedOrder, BookedTrade
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.exchange.sessions import day_of
from tradertape_sandbox.faults.plans import ActivePlan

Json = dict[str, object]


def state_json(exchange: Exchange) -> Json:
    """The clock, the set prices and the accounts."""
    return {
        "now": _time(exchange.now()),
        "rate": exchange.clock.rate,
        "always_open": exchange.times.always_open,
        "instruments": len(exchange.instruments.all),
        "prices": {name: str(price) for name, price in exchange.market.set_prices.items()},
        "planned_prices": len(exchange.plan),
        "accounts": [account_json(one) for one in exchange.accounts],
    }


def account_json(account: Account) -> Json:
    """An account in short."""
    return {
        "broker": account.key.broker,
        "user_id": account.key.user_id,
        "cash": _rupees(account.cash_paise),
        "orders": len(account.orders),
        "positions": sum(one.is_open for one in account.positions.values()),
    }


def book_json(exchange: Exchange, account: Account) -> Json:
    """An account's true book, whatever fault plans show to the brokers' callers."""
    records = list(account.orders.values())
    return {
        **account_json(account),
        "day": day_of(exchange.now()).isoformat(),
        "orders": [order_json(record.now) for record in records],
        "trades": [trade_json(trade) for record in records for trade in record.trades],
        "positions": [
            {
                "instrument": one.key.instrument,
                "product": one.key.product.value,
                "quantity": one.quantity,
                "average_price": _text(one.average_price),
            }
            for one in account.positions.values()
            if one.is_open
        ],
    }


def order_json(order: BookedOrder) -> Json:
    """An order of the true book."""
    return {
        "order_id": order.order_id,
        "instrument": order.request.instrument,
        "side": order.request.side.value,
        "product": order.request.product.value,
        "order_type": order.request.order_type.value,
        "variety": order.request.variety.value,
        "status": order.status.value,
        "status_message": order.status_message,
        "quantity": order.request.quantity,
        "filled_quantity": order.filled_quantity,
        "average_price": _text(order.average_price),
        "tag": order.tag,
        "placed_at": _time(order.placed_at),
    }


def trade_json(trade: BookedTrade) -> Json:
    """A trade of the true book."""
    return {
        "trade_id": trade.trade_id,
        "order_id": trade.order_id,
        "quantity": trade.quantity,
        "price": _text(trade.price),
        "at": _time(trade.at),
    }


def plan_json(active: ActivePlan) -> Json:
    """A fault plan, and how often its fault came."""
    plan = active.plan
    return {
        "id": active.plan_id,
        "kind": plan.kind.value,
        "broker": plan.broker,
        "endpoint": None if plan.endpoint is None else plan.endpoint.value,
        "count": plan.count,
        "probability": plan.probability,
        "seed": plan.seed,
        "delay_s": plan.delay_s,
        "status": plan.status,
        "done": active.done,
    }


def _time(moment: datetime) -> str:
    return moment.astimezone(IST).isoformat()


def _rupees(paise: int) -> str:
    return f"{Decimal(paise) / 100:.2f}"


def _text(price: Decimal) -> str:
    return f"{price.normalize():f}"
