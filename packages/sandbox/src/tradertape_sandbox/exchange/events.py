"""What the exchange reports as it happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from tradertape_core.ledger.corporate import CashDividend, CorporateAction
from tradertape_core.market.tick import Tick
from tradertape_core.orders.gtt import Gtt
from tradertape_sandbox.exchange.books import BookedOrder, BookedTrade


class AccountKey(NamedTuple):
    """An account at a broker: `("kite", "SB0001")`."""

    broker: str
    user_id: str


class ChangeKind(StrEnum):
    """How an order changed."""

    PLACED = "placed"
    MODIFIED = "modified"
    TRIGGERED = "triggered"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """An order was placed, changed, filled or ended; `order` is as it is now."""

    key: AccountKey
    order: BookedOrder
    kind: ChangeKind


@dataclass(frozen=True, slots=True)
class Traded:
    """The exchange executed a part of an order."""

    key: AccountKey
    trade: BookedTrade


@dataclass(frozen=True, slots=True)
class Ticked:
    """New ticks of the watched instruments."""

    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class GttChanged:
    """A trigger was created, changed, fired or ended."""

    key: AccountKey
    gtt: Gtt


@dataclass(frozen=True, slots=True)
class ActionTaken:
    """A split, a bonus or a dividend took effect on every account."""

    action: CorporateAction | CashDividend


Event = OrderChanged | Traded | Ticked | GttChanged | ActionTaken
Listener = Callable[[Event], None]
