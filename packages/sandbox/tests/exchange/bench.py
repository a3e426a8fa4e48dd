"""An exchange on an ordinary trading day, with a clock that the test moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tradertape_core.orders.order import OrderRequest, OrderType, Product, Side
from tradertape_sandbox.exchange.events import AccountKey, Event
from tradertape_sandbox.exchange.exchange import Exchange

NOON = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)  # a Monday, 12:00 in India
KEY = AccountKey("kite", "SB0001")
SHARE = "NSE:SBIN"


@dataclass
class HandClock:
    """A clock that stands still between the steps of a test."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


@dataclass
class Bench:
    """An exchange with one account, the events so far, and short ways to use it."""

    exchange: Exchange
    clock: HandClock
    events: list[Event] = field(default_factory=list)

    def price(self, price: str, name: str = SHARE) -> None:
        """Set a price and let the orders meet it."""
        self.exchange.market.set_price(name, Decimal(price))
        self.step()

    def step(self, seconds: float = 0.2) -> None:
        """Let time pass."""
        self.clock.at += timedelta(seconds=seconds)
        self.exchange.advance()

    def place(self, key: AccountKey = KEY, **terms: object):
        """Place an order, by default for 10 shares at the market."""
        return self.exchange.place(key, request(**terms)).order


def request(**terms: object) -> OrderRequest:
    """An order for 10 delivered shares at the market, but for the given terms."""
    order_type = terms.get("order_type", OrderType.MARKET)
    defaults: dict[str, object] = {
        "exchange": "NSE",
        "tradingsymbol": SHARE.partition(":")[2],
        "side": Side.BUY,
        "product": Product.CNC,
        "order_type": OrderType.MARKET,
        "quantity": 10,
        "market_protection": Decimal(0) if OrderType(order_type).has_limit else Decimal(-1),
    }
    return OrderRequest(**{**defaults, **terms})


def opened(*, always_open: bool = True, at: datetime = NOON) -> Bench:
    """An exchange with one account of a crore and 100 settled shares at 500 rupees."""
    clock = HandClock(at)
    exchange = Exchange(clock, always_open=always_open)
    exchange.open_account(KEY, Decimal(10_000_000), holdings=[(SHARE, 100, Decimal(500))])
    bench = Bench(exchange, clock)
    exchange.listen(bench.events.append)
    return bench
