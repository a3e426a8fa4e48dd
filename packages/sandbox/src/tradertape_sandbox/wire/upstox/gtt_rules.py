"""Upstox's GTT orders: an entry, and exits that begin once the entry is filled."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.fields import AUTOMATIC_PROTECTION
from tradertape_core.orders.order import NIL, OrderRequest, OrderType, Product, Side
from tradertape_sandbox.exchange.accounts import Account

LIFE = timedelta(days=365)


class GttKind(StrEnum):
    """SINGLE: an entry alone. MULTIPLE: an entry with a target, a stop or both."""

    SINGLE = "SINGLE"
    MULTIPLE = "MULTIPLE"


class Strategy(StrEnum):
    """What a rule is for."""

    ENTRY = "ENTRY"
    TARGET = "TARGET"
    STOPLOSS = "STOPLOSS"


class TriggerType(StrEnum):
    """The side from which the price reaches the trigger; the exits are IMMEDIATE."""

    ABOVE = "ABOVE"
    BELOW = "BELOW"
    IMMEDIATE = "IMMEDIATE"


class RuleStatus(StrEnum):
    """SCHEDULED waits for its price, or as an exit for the entry; OPEN: an exit whose entry is
    filled; TRIGGERED: its order was placed; COMPLETED: the order is filled."""

    SCHEDULED = "SCHEDULED"
    OPEN = "OPEN"
    TRIGGERED = "TRIGGERED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


WAITING = frozenset({RuleStatus.SCHEDULED, RuleStatus.OPEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTerms:
    """One rule as asked for. trailing_gap: rupees, of a stop alone. protection: percent, 0 none."""

    strategy: Strategy
    trigger_type: TriggerType
    trigger_price: Decimal
    trailing_gap: Decimal = NIL
    protection: Decimal = NIL


@dataclass(slots=True)
class Rule:
    """A rule and what came of it. trigger_price: the present one, which trails with the price."""

    terms: RuleTerms
    trigger_price: Decimal
    status: RuleStatus = RuleStatus.SCHEDULED
    message: str = ""
    order_ids: tuple[str, ...] = ()

    @property
    def is_waiting(self) -> bool:
        """Whether it can still place an order."""
        return self.status in WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class GttTerms:
    """A GTT as asked for; the sides of its exits are opposite to `side`."""

    kind: GttKind
    instrument: Instrument
    product: Product
    side: Side
    quantity: int
    rules: tuple[RuleTerms, ...]


@dataclass(slots=True)
class UpstoxGtt:
    """The present state of a GTT. entered_at: the average price of the entry, once it is filled."""

    gtt_id: str
    account: Account
    terms: GttTerms
    created_at: datetime
    expires_at: datetime
    rules: list[Rule] = field(default_factory=list[Rule])
    entered_at: Decimal | None = None
    held: int = 0
    best: Decimal = NIL

    @property
    def entry(self) -> Rule:
        """The rule that opens the position."""
        return next(one for one in self.rules if one.terms.strategy is Strategy.ENTRY)

    @property
    def exits(self) -> list[Rule]:
        """The rules that close it."""
        return [one for one in self.rules if one.terms.strategy is not Strategy.ENTRY]

    @property
    def is_active(self) -> bool:
        """Whether a rule can still place an order, or an exit still waits for the entry."""
        return any(rule.is_waiting for rule in self.rules)

    def side_of(self, rule: Rule) -> Side:
        """The side of a rule's order."""
        side = self.terms.side
        if rule.terms.strategy is Strategy.ENTRY:
            return side
        return Side.SELL if side is Side.BUY else Side.BUY


def rules_of(terms: GttTerms) -> list[Rule]:
    """Fresh rules, all of which wait."""
    return [Rule(one, one.trigger_price) for one in terms.rules]


def is_reached(gtt: UpstoxGtt, rule: Rule, last: Decimal) -> bool:
    """Whether a price fires a rule that waits."""
    strategy, kind = rule.terms.strategy, rule.terms.trigger_type
    if strategy is Strategy.ENTRY:
        if rule.status is not RuleStatus.SCHEDULED:
            return False
        if kind is TriggerType.IMMEDIATE:
            return True
        return (
            last >= rule.trigger_price if kind is TriggerType.ABOVE else last <= rule.trigger_price
        )
    if rule.status is not RuleStatus.OPEN:
        return False
    above = (gtt.terms.side is Side.BUY) == (strategy is Strategy.TARGET)
    return last >= rule.trigger_price if above else last <= rule.trigger_price


def trail(gtt: UpstoxGtt, last: Decimal) -> bool:
    """Move a trailing stop by its gap for every gap that the price has moved in favour since the
    entry; return whether it moved."""
    if gtt.entered_at is None:
        return False
    sign = 1 if gtt.terms.side is Side.BUY else -1
    gtt.best = max(gtt.best, sign * (last - gtt.entered_at))
    moved = False
    for rule in gtt.exits:
        gap = rule.terms.trailing_gap
        if gap and rule.status is RuleStatus.OPEN:
            price = rule.terms.trigger_price + sign * (gtt.best // gap) * gap
            moved = moved or price != rule.trigger_price
            rule.trigger_price = price
    return moved


def order_of(gtt: UpstoxGtt, rule: Rule) -> OrderRequest:
    """The order of a rule that fires: a limit at its trigger, or with protection at the market.

    A stop goes to the market with the broker's own protection where it names none.
    """
    protection = rule.terms.protection
    if not protection and rule.terms.strategy is Strategy.STOPLOSS:
        protection = AUTOMATIC_PROTECTION
    is_entry = rule.terms.strategy is Strategy.ENTRY
    return OrderRequest(
        exchange=gtt.terms.instrument.exchange,
        tradingsymbol=gtt.terms.instrument.tradingsymbol,
        side=gtt.side_of(rule),
        product=gtt.terms.product,
        order_type=OrderType.MARKET if protection else OrderType.LIMIT,
        quantity=gtt.terms.quantity if is_entry else gtt.held,
        price=NIL if protection else rule.trigger_price,
        market_protection=protection,
    )
