"""Holdings that share a margin: a share with its product, or all derivatives of an underlying.

Each belongs to one run: what a run holds hedges nothing of another, which may close it at any time.
All figures follow from the positions, the open orders and the latest prices, so they are the same
after a restart.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tradertape_core.ledger.position import Position
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.order import OrderRequest, Product, Side
from tradertape_core.risk.pending import NONE_PENDING, Pending, largest_value

GroupKey = tuple[str, str, str]
HoldingKey = tuple[str, Product]

DERIVATIVES = "derivatives"


class Figures(NamedTuple):
    """Paise. loss: of positions whose value moves no cash until they are closed or marked."""

    blocked: int = 0
    reserved: int = 0
    loss: int = 0

    @property
    def total(self) -> int:
        """All that is held back."""
        return self.blocked + self.reserved + self.loss

    def plus(self, other: Figures) -> Figures:
        """Both together."""
        return Figures(
            self.blocked + other.blocked, self.reserved + other.reserved, self.loss + other.loss
        )

    def minus(self, other: Figures) -> Figures:
        """Without the other."""
        return Figures(
            self.blocked - other.blocked, self.reserved - other.reserved, self.loss - other.loss
        )


NO_FIGURES = Figures()


@dataclass(slots=True, eq=False)
class Holding:
    """What a run holds of an instrument with a product, and what its orders have still to fill.

    buys, sells: orders with a price of their own. at_market: the others, by order id.
    """

    instrument: Instrument
    product: Product
    position: Position | None = None
    buys: Pending = NONE_PENDING
    sells: Pending = NONE_PENDING
    at_market: dict[str, tuple[OrderRequest, int]] = field(
        default_factory=dict[str, tuple[OrderRequest, int]]
    )

    @property
    def quantity(self) -> int:
        """Units held, below 0 when short."""
        return self.position.quantity if self.position else 0

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a position nor an order."""
        return self.position is None and not (
            self.buys.quantity or self.sells.quantity or self.at_market
        )

    @property
    def moves_no_cash(self) -> bool:
        """Whether a position is paid for by its profit or loss alone, once it is closed or marked
        to market."""
        return self.product is not Product.CNC and not self.instrument.is_option

    def pending(self, side: Side) -> int:
        """Units that orders of a side have still to fill."""
        priced = self.buys if side is Side.BUY else self.sells
        rest = sum(left for request, left in self.at_market.values() if request.side is side)
        return priced.quantity + rest

    def add(self, side: Side, more: Pending) -> None:
        """Take orders with a price in."""
        if side is Side.BUY:
            self.buys = self.buys + more
        else:
            self.sells = self.sells + more


@dataclass(frozen=True, slots=True)
class Standing:
    """Units of a holding, their value at the market without a sign, and its open orders."""

    quantity: int = 0
    value_paise: int = 0
    buys: Pending = NONE_PENDING
    sells: Pending = NONE_PENDING

    @property
    def stands(self) -> bool:
        """Whether anything is held, or will be."""
        return bool(self.quantity or self.buys.quantity or self.sells.quantity)

    @property
    def largest_paise(self) -> int:
        """The largest value that can stand when its orders fill as they may."""
        return largest_value(self.quantity, self.value_paise, self.buys, self.sells)

    def plus(self, side: Side, more: Pending) -> Standing:
        """With further orders of a side."""
        if side is Side.BUY:
            return replace(self, buys=self.buys + more)
        return replace(self, sells=self.sells + more)


@dataclass(slots=True, eq=False)
class Group:
    """Holdings by instrument and product. stamp: what `figures` were reckoned from."""

    is_derivative: bool
    holdings: dict[HoldingKey, Holding] = field(default_factory=dict[HoldingKey, Holding])
    stamp: object = None
    figures: Figures = NO_FIGURES

    @property
    def moves(self) -> bool:
        """Whether its figures change with prices."""
        return self.is_derivative or any(
            one.at_market or (one.position is not None and one.moves_no_cash)
            for one in self.holdings.values()
        )


def group_key(run_id: str | None, instrument: Instrument, product: Product) -> GroupKey:
    """Name the group of a holding."""
    if instrument.is_derivative:
        return run_id or "", instrument.underlying or instrument.name, DERIVATIVES
    return run_id or "", instrument.id, str(product)
