"""What an account holds at its broker, one shape for all brokers. Amounts are Decimal rupees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from tradertape_brokers.sessions import Profile
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.orders.order import Product, Side

_NIL = Decimal(0)
_HUNDRED = Decimal(100)


def percent(part: Decimal, whole: Decimal) -> Decimal:
    """Return part of whole in percent; 0 of nothing."""
    return part / whole * _HUNDRED if whole else _NIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Delivered shares of one instrument.

    quantity: settled and free to sell. t1_quantity: bought, not yet settled. pledged_quantity:
    given as collateral. instrument_token: the broker's, where it has numbers.
    """

    broker: str
    exchange: str
    tradingsymbol: str
    isin: str
    product: Product
    quantity: int
    average_price: Decimal
    last_price: Decimal
    close_price: Decimal
    t1_quantity: int = 0
    pledged_quantity: int = 0
    instrument_token: int | None = None

    @property
    def total_quantity(self) -> int:
        """All shares that are owned: free, unsettled and pledged."""
        return self.quantity + self.t1_quantity + self.pledged_quantity

    @property
    def invested(self) -> Decimal:
        """What they cost."""
        return self.average_price * self.total_quantity

    @property
    def value(self) -> Decimal:
        """What they are worth at the last price."""
        return self.last_price * self.total_quantity

    @property
    def pnl(self) -> Decimal:
        """Profit since the purchase."""
        return self.value - self.invested

    @property
    def pnl_pct(self) -> Decimal:
        """Profit in percent of the cost."""
        return percent(self.pnl, self.invested)

    @property
    def day_change(self) -> Decimal:
        """Change of the value since the previous close; 0 where that is not known."""
        if not self.close_price:
            return _NIL
        return (self.last_price - self.close_price) * self.total_quantity

    @property
    def day_change_pct(self) -> Decimal:
        """Change of the price since the previous close, in percent."""
        return (
            percent(self.last_price - self.close_price, self.close_price)
            if (self.close_price)
            else _NIL
        )


class PositionKind(StrEnum):
    """All that is open, or what today's trades alone have made."""

    NET = "net"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Open exposure in one instrument and product; below 0 it is short.

    Quantities are units. multiplier: rupees that a move of one rupee makes per unit.
    """

    broker: str
    kind: PositionKind
    exchange: str
    tradingsymbol: str
    product: Product
    quantity: int
    average_price: Decimal
    last_price: Decimal
    close_price: Decimal = _NIL
    overnight_quantity: int = 0
    buy_quantity: int = 0
    buy_value: Decimal = _NIL
    sell_quantity: int = 0
    sell_value: Decimal = _NIL
    multiplier: Decimal = Decimal(1)
    instrument_token: int | None = None

    @property
    def value(self) -> Decimal:
        """What it is worth at the last price."""
        return self.last_price * self.quantity * self.multiplier

    @property
    def pnl(self) -> Decimal:
        """Profit, realised and not."""
        return self.sell_value - self.buy_value + self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """Funds of one segment: `equity` or `commodity`."""

    broker: str
    segment: str
    available_cash: Decimal
    available_margin: Decimal
    used_margin: Decimal
    collateral: Decimal
    opening_balance: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FundHolding:
    """Units of one mutual fund. folio: empty for units in demat form.

    Prices are net asset values in rupees per unit; last_on: the day of the last one.
    """

    broker: str
    fund: str
    isin: str
    folio: str
    quantity: Decimal
    average_price: Decimal
    last_price: Decimal
    last_on: date | None

    @property
    def invested(self) -> Decimal:
        """What they cost."""
        return self.average_price * self.quantity

    @property
    def value(self) -> Decimal:
        """What they are worth at the last net asset value."""
        return self.last_price * self.quantity


class FundsPort(Protocol):
    """What the account holds of mutual funds. Raises BrokerError."""

    def holdings(self) -> Sequence[FundHolding]:
        """Read the units."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """So many units of a position, bought (or sold short), from one product to another.

    is_overnight: of what was carried over from former days, else of what was traded today.
    """

    exchange: str
    tradingsymbol: str
    side: Side
    quantity: int
    old_product: Product
    new_product: Product
    is_overnight: bool = False


class ConversionPort(Protocol):
    """Changes the product of positions. Raises BrokerError."""

    def convert(self, conversion: Conversion) -> None:
        """Convert units of a position, once: a second time converts as many again."""
        ...


class PortfolioPort(Protocol):
    """What the account holds. Raises BrokerError."""

    def holdings(self) -> Sequence[Holding]:
        """Read the delivered shares."""
        ...

    def positions(self) -> Sequence[Position]:
        """Read the positions of both kinds."""
        ...

    def margins(self) -> Sequence[Margin]:
        """Read the funds of each segment that is enabled."""
        ...

    def profile(self) -> Profile:
        """Read whose account it is."""
        ...
