"""How the doors learn of orders: at once, or as a fault plan has it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from tradertape_sandbox.exchange.accounts import Account
from tradertape_sandbox.exchange.books import BookedOrder, BookedTrade, OrderRecord
from tradertape_sandbox.exchange.events import AccountKey, Event

_NONE = timedelta()


class Delivery(Protocol):
    """What is between the exchange's own book and what its callers see of it."""

    def book_delay(self, key: AccountKey, order_id: str) -> timedelta:
        """By how much the order book lags behind on an order."""
        ...

    def relayed(self, event: Event) -> Sequence[Event]:
        """What listeners get instead of an event."""
        ...

    def released(self) -> Sequence[Event]:
        """Events that were held back and go out now."""
        ...


class Prompt:
    """Everything at once, and once."""

    def book_delay(self, key: AccountKey, order_id: str) -> timedelta:  # noqa: ARG002
        """No delay."""
        return _NONE

    def relayed(self, event: Event) -> Sequence[Event]:
        """The event itself."""
        return (event,)

    def released(self) -> Sequence[Event]:
        """Nothing: nothing is held back."""
        return ()


def visible(record: OrderRecord, since: datetime) -> list[BookedOrder]:
    """The states of an order that a book which shows nothing after `since` has."""
    return [entry for entry in record.history if entry.updated_at <= since]


def book_of(account: Account, delivery: Delivery, now: datetime) -> list[BookedOrder]:
    """The day's orders as the book shows them now, oldest first."""
    found: list[BookedOrder] = []
    for name, record in account.orders.items():
        states = visible(record, now - delivery.book_delay(account.key, name))
        if states:
            found.append(states[-1])
    return found


def trades_of(account: Account, delivery: Delivery, now: datetime) -> list[BookedTrade]:
    """The day's trades as the book shows them now, oldest first."""
    found = [
        trade
        for name, record in account.orders.items()
        for trade in record.trades
        if trade.at <= now - delivery.book_delay(account.key, name)
    ]
    return sorted(found, key=lambda trade: (trade.at, int(trade.trade_id)))
