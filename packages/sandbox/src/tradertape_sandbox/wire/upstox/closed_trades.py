"""Which purchases and sales belong together, first in, first out, and what trades cost."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.ledger.billing import order_charges, schedule_for
from tradertape_core.ledger.charges import NO_CHARGES, Charges
from tradertape_core.ledger.lots import Lot
from tradertape_core.market.instrument import InstrumentType
from tradertape_core.orders.order import Fill, Product, Side
from tradertape_sandbox.exchange.books import BookedTrade


@dataclass(frozen=True, slots=True)
class Closed:
    """Units that were bought and sold, in either order. Prices are rupees a unit."""

    instrument: str
    quantity: int
    bought_on: date
    buy_price: Decimal
    sold_on: date
    sell_price: Decimal

    @property
    def closed_on(self) -> date:
        """The day of the later trade."""
        return max(self.bought_on, self.sold_on)


@dataclass(slots=True)
class _Open:
    quantity: int
    price: Decimal
    on: date
    side: Side


def closed_of(opening: Iterable[tuple[str, Lot]], trades: Sequence[BookedTrade]) -> list[Closed]:
    """What trades closed, in their order. opening: shares held before the first of them."""
    held: dict[tuple[str, Product], deque[_Open]] = {}
    for name, lot in opening:
        price = Decimal(lot.cost) / 100 / lot.quantity
        on = lot.at.astimezone(IST).date()
        row = _Open(lot.quantity, price, on, Side.BUY)
        held.setdefault((name, Product.CNC), deque()).append(row)
    closed: list[Closed] = []
    for trade in trades:
        rows = held.setdefault((trade.instrument, trade.product), deque())
        closed += _matched(rows, trade)
    return closed


def charges_of(tariff: str, trades: Sequence[BookedTrade]) -> Charges:
    """What trades cost at a broker's tariff, order by order."""
    orders: dict[str, list[BookedTrade]] = {}
    for trade in trades:
        orders.setdefault(trade.order_id, []).append(trade)
    total = NO_CHARGES
    for rows in orders.values():
        terms = schedule_for(tariff, rows[0].product, _kind(rows[0].instrument))
        total = total + order_charges(terms, [_fill(row) for row in rows])
    return total


def segment_word(instrument: str) -> str:
    """EQ for shares, FO for futures and options."""
    return "FO" if instrument.partition(":")[0] in ("NFO", "BFO") else "EQ"


def _matched(rows: deque[_Open], trade: BookedTrade) -> list[Closed]:
    """Close the oldest open units against a trade; what is left of it opens."""
    left, on = trade.quantity, trade.at.astimezone(IST).date()
    closed: list[Closed] = []
    while left and rows and rows[0].side is not trade.side:
        oldest = rows[0]
        units = min(left, oldest.quantity)
        theirs, ours = (oldest.on, oldest.price), (on, trade.price)
        bought, sold = (ours, theirs) if trade.side is Side.BUY else (theirs, ours)
        closed.append(Closed(trade.instrument, units, *bought, *sold))
        left -= units
        oldest.quantity -= units
        if not oldest.quantity:
            rows.popleft()
    if left:
        rows.append(_Open(left, trade.price, on, trade.side))
    return closed


def _kind(instrument: str) -> InstrumentType:
    if segment_word(instrument) == "EQ":
        return InstrumentType.EQ
    return {"CE": InstrumentType.CE, "PE": InstrumentType.PE}.get(
        instrument[-2:], InstrumentType.FUT
    )


def _fill(trade: BookedTrade) -> Fill:
    return Fill(
        trade_id=trade.trade_id,
        order_id=trade.order_id,
        account="",
        run_id=None,
        instrument=trade.instrument,
        product=trade.product,
        side=trade.side,
        quantity=trade.quantity,
        price=trade.price,
        at=trade.at,
    )
