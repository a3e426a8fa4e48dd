"""Orders and connections of the tests against the sandbox's Upstox interface."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from packages.brokers.tests.sandboxed import Running
from packages.brokers.tests.upstox.test_orders import order_of

from tradertape_brokers.limiter import Limiter
from tradertape_brokers.upstox.rest import Rest
from tradertape_core.orders.order import Order, OrderStatus, OrderType
from tradertape_sandbox.exchange.events import AccountKey

KEY = AccountKey("upstox", "SB0001")
S = OrderStatus


class Watch:
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the sandbox goes by the machine's clock

    def monotonic(self) -> float:
        return 0.0


def rest_of(fresh: Running, limiter: Limiter | None = None) -> Rest:
    session = fresh.sandbox.sessions["upstox"].open("sandbox", "SB0001", ends_earlier=False)
    return Rest(session.access_token, root=fresh.url("upstox"), limiter=limiter or Limiter({}))


def limit(number: int = 1, price: str = "145.00", **terms: Any) -> Order:
    made = order_of(price=Decimal(price), **terms)
    return replace(made, tag=f"TT{number:018d}", venue_order_id=None)


def market(number: int = 1, **terms: Any) -> Order:
    return limit(number, "0", order_type=OrderType.MARKET, **terms)
