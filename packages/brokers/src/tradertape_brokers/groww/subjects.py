"""Subjects of the feed: what an instrument's prices, depth and an account's orders are under."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from tradertape_brokers.groww.names import FNO

MOST_SUBJECTS: Final = 1_000 - 2  # of a connection; two are the account's orders'


class Content(Enum):
    """What is told of an instrument."""

    PRICE = "price"
    BOOK = "book"


@dataclass(frozen=True, slots=True)
class FeedName:
    """An instrument as the feed names it. token: of the instrument file; an index's is a name."""

    exchange: str
    segment: str
    token: str
    is_index: bool = False

    def subject(self, content: Content) -> str:
        """The subject of its prices or of its depth. An index has no depth."""
        exchange = self.exchange.lower()
        if self.is_index:
            return f"/ld/indices/{exchange}/price.{self.token}"
        kind = "fo" if self.segment == FNO else "eq"
        return f"/ld/{kind}/{exchange}/{content.value}.{self.token}"


_ORDERS: Final = ("stocks/order/updates.apex.", "stocks_fo/order/updates.apex.")


def order_subjects(subscription_id: str) -> tuple[str, ...]:
    """The subjects of an account's order updates: shares, futures and options."""
    return tuple(prefix + subscription_id for prefix in _ORDERS)


def is_of_orders(subject: str) -> bool:
    """Whether a subject is one of an account's orders."""
    return subject.startswith(_ORDERS)
