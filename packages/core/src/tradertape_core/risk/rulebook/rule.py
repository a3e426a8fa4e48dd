"""A risk rule of a person: what it measures, whose, and what happens when its limit is passed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.kernel.python310 import StrEnum


class RuleType(StrEnum):
    """The types of rules."""

    DAILY_LOSS = "daily_loss"
    WEEKLY_LOSS = "weekly_loss"
    MONTHLY_LOSS = "monthly_loss"
    DRAWDOWN_KILL = "drawdown_kill"
    DAILY_PROFIT_LOCK = "daily_profit_lock"
    MAX_POSITIONS = "max_positions"
    MAX_PER_SECTOR = "max_per_sector"
    SECTOR_CAP = "sector_cap"
    MAX_PER_SYMBOL = "max_per_symbol"
    EXPOSURE_CAP = "exposure_cap"
    CASH_BUFFER = "cash_buffer"
    PER_TRADE_RISK = "per_trade_risk"
    MAX_ORDER_VALUE = "max_order_value"
    MAX_ORDERS_PER_DAY = "max_orders_per_day"
    MAX_TRADES_PER_DAY = "max_trades_per_day"
    MAX_ORDERS_PER_SECOND = "max_orders_per_second"
    LOSS_STREAK_COOLDOWN = "loss_streak_cooldown"
    SYMBOL_BLACKLIST = "symbol_blacklist"
    SYMBOL_WHITELIST = "symbol_whitelist"
    SURVEILLANCE_BLOCK = "surveillance_block"
    MIN_LIQUIDITY = "min_liquidity"
    PRICE_BAND = "price_band"
    TIME_WINDOW = "time_window"
    CORRELATION_CAP = "correlation_cap"
    STALE_DATA = "stale_data"
    DUPLICATE_GUARD = "duplicate_guard"


class Action(StrEnum):
    """What a rule does when its limit is passed."""

    WARN = "warn"
    REJECT = "reject"
    PAUSE_PORTFOLIO = "pause_portfolio"
    HALT_ENTRIES = "halt_entries"
    FLATTEN = "flatten"
    KILL = "kill"


STRICTNESS: Final = {action: place for place, action in enumerate(Action)}
LATCHING: Final = frozenset(
    {Action.PAUSE_PORTFOLIO, Action.HALT_ENTRIES, Action.FLATTEN, Action.KILL}
)


class Level(StrEnum):
    """Whose orders and positions a rule measures."""

    USER = "user"
    PORTFOLIO = "portfolio"
    STRATEGY = "strategy"
    SYMBOL = "symbol"
    BROKER = "broker"


class AppliesTo(StrEnum):
    """Which orders a rule looks at. Orders that reduce a position are never refused: of `all`, the
    rule's verdict on them is a warning."""

    ENTRIES = "entries"
    ALL = "all"


class Severity(StrEnum):
    """How loudly a rule is reported."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@quickly_made
@dataclass(frozen=True, slots=True)
class Scope:
    """Whose orders and positions: a level, and which one of it; none for the person as a whole."""

    level: Level = Level.USER
    id: str | None = None


EVERYTHING: Final = Scope()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule with its parameters, as `parameters.read` returns them."""

    id: int
    name: str
    type: RuleType
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    scope: Scope = EVERYTHING
    action: Action = Action.REJECT
    applies_to: AppliesTo = AppliesTo.ENTRIES
    severity: Severity = Severity.WARNING


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """What an order or a position belongs to, as scopes name it.

    broker: whose account it is in, `paper` for paper. strategy, portfolio: None for what was
    ordered by hand.
    """

    broker: str
    strategy: str | None = None
    portfolio: str | None = None


def covers(scope: Scope, owner: Owner, instrument: str | None) -> bool:
    """Whether a scope contains what this owner has in an instrument. None: in any."""
    match scope.level:
        case Level.USER:
            return True
        case Level.BROKER:
            return scope.id == owner.broker
        case Level.STRATEGY:
            return owner.strategy is not None and scope.id == owner.strategy
        case Level.PORTFOLIO:
            return owner.portfolio is not None and scope.id == owner.portfolio
        case Level.SYMBOL:
            return instrument is None or names(scope.id or "", instrument)


def names(symbol: str, instrument: str) -> bool:
    """Whether `INFY` or `NSE:INFY` names an instrument."""
    return symbol == instrument or symbol == instrument.partition(":")[2]
