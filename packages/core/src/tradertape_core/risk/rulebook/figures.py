"""The facts rules are judged on: of a scope as it is, and of the order that would be placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tradertape_core.kernel.frozen import quickly_made
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.orders.order import Side


class Need(StrEnum):
    """Facts that cost something to gather: only what a rule needs is."""

    CAPITAL = "capital"
    PNL = "pnl"
    HISTORY = "history"
    HOLDINGS = "holdings"
    SECTOR = "sector"
    ORDERS = "orders"
    STREAK = "streak"
    SURVEILLANCE = "surveillance"
    LIQUIDITY = "liquidity"
    CORRELATION = "correlation"
    DATA_AGE = "data_age"


@dataclass(frozen=True, slots=True)
class Held:
    """The value, without a sign, that a holding can have once its open orders have filled."""

    paise: int
    sector: str = ""
    is_open: bool = True


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a scope has, as of `now`. Amounts in paise; None where it is not known.

    capital: what percentages are of, the scope's equity. fall: how far it is below its peak.
    day_pnl: net of charges, realised and not; day_realised: realised alone; day_peak: the best
    day_pnl so far. week_pnl, month_pnl: of the calendar week and month, today included. holdings:
    by instrument. orders, trades, rejections: of today. second_orders: of the last second.
    losing_streak: closed trades in a row with a loss, the last one at `last_loss_at`.
    data_age_s: of the oldest price among what is held.
    """

    now: datetime
    capital: int | None = None
    cash: int | None = None
    fall: int = 0
    day_pnl: int = 0
    day_realised: int = 0
    day_peak: int = 0
    week_pnl: int = 0
    month_pnl: int = 0
    holdings: Mapping[str, Held] = field(default_factory=dict[str, Held])
    orders: int = 0
    trades: int = 0
    rejections: int = 0
    second_orders: int = 0
    losing_streak: int = 0
    last_loss_at: datetime | None = None
    data_age_s: float | None = None

    @property
    def gross(self) -> int:
        """The value of everything held, without a sign."""
        return sum(one.paise for one in self.holdings.values())


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An order that would open or enlarge a position.

    price: its limit, else its trigger, else the last price; None without any. limits: prices that
    it names, by field. added: what it adds to the exposure. stop: where it would be given up.
    required: margin it takes of the free funds. average_turnover: a day's, in paise. listed: why
    the exchange watches the instrument, "" if it does not. same_age_s: since the same side of the
    instrument was last ordered by the same owner. correlated: holdings with their correlation.
    """

    instrument: str
    side: Side
    quantity: int
    price: Decimal | None
    value: int
    added: int
    limits: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    stop: Decimal | None = None
    last_price: Decimal | None = None
    tick_age_s: float | None = None
    is_option: bool = False
    is_amo: bool = False
    sector: str = ""
    required: int | None = None
    free: int | None = None
    listed: str = ""
    average_turnover: int | None = None
    same_age_s: float | None = None
    correlated: tuple[tuple[str, float], ...] = ()
