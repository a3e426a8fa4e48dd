"""One row of a table as trades or a ledger line. Raises `BadCell` for the first cell that is wrong.

Derivatives of Upstox are named as the report does: company, expiry, strike, kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from tradertape_core.kernel.clock import IST
from tradertape_core.orders.order import Side
from tradertape_core.wealth.records import BookTrade, FundTransaction, LedgerLine, Segment
from tradertape_core.wealth.statements.layouts import Layout
from tradertape_core.wealth.statements.values import (
    Cell,
    clock_of,
    date_of,
    decimal_of,
    exact_decimal_of,
    is_blank,
    moment_of,
    text_of,
)

_T = TypeVar("_T")
NIL = Decimal(0)
_SIDES = {"buy": Side.BUY, "b": Side.BUY, "sell": Side.SELL, "s": Side.SELL}
_SEGMENTS = {
    "": Segment.EQUITY, "eq": Segment.EQUITY, "equity": Segment.EQUITY, "cash": Segment.EQUITY,
    "cm": Segment.EQUITY, "nse": Segment.EQUITY, "bse": Segment.EQUITY,
    "fo": Segment.DERIVATIVES, "f&o": Segment.DERIVATIVES, "nfo": Segment.DERIVATIVES,
    "bfo": Segment.DERIVATIVES, "derivatives": Segment.DERIVATIVES, "fno": Segment.DERIVATIVES,
    "cds": Segment.CURRENCY, "cd": Segment.CURRENCY, "currency": Segment.CURRENCY,
    "mcx": Segment.COMMODITY, "com": Segment.COMMODITY, "commodity": Segment.COMMODITY,
}  # fmt: skip
_EXECUTED = frozenset({"", "executed", "complete", "completed", "filled"})
_NOT_EXECUTED = frozenset({"cancelled", "canceled", "rejected", "failed", "open", "pending"})
_EQUITY_KINDS = frozenset({"", "equity", "eq", "stk", "stock", "equities"})


class BadCell(ValueError):
    """A cell that cannot be read: the column's name, and why."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column = column
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, read by field."""

    layout: Layout
    places: Mapping[str, int]
    names: Mapping[str, str]  # of the columns as the file has them, by field
    cells: Sequence[Cell]

    def cell(self, field: str) -> Cell:
        """The cell of a field; None where the table or the row has no such column."""
        place = self.places.get(field)
        return self.cells[place] if place is not None and place < len(self.cells) else None

    def read(self, field: str, convert: Callable[[Cell], _T]) -> _T:
        """The converted cell. Raises BadCell."""
        try:
            return convert(self.cell(field))
        except ValueError as error:
            raise BadCell(self.names.get(field, field), str(error)) from None

    def text(self, field: str, *, most: int = 120) -> str:
        """The text of a cell, or the layout's default. Raises BadCell if it is too long."""
        text = self.read(field, text_of) or self.layout.defaults.get(field, "")
        if len(text) > most:
            raise BadCell(self.names.get(field, field), f"is longer than {most} characters")
        return text

    def number(self, field: str) -> Decimal:
        """The number in a cell."""
        return self.read(field, decimal_of)

    def positive(self, field: str) -> Decimal:
        """A number above zero."""
        value = self.number(field)
        if value <= 0:
            raise BadCell(self.names.get(field, field), "must be above 0")
        return value

    def number_or(self, field: str, otherwise: _T) -> Decimal | _T:
        """The number in a cell, or another value where there is none."""
        return otherwise if is_blank(self.cell(field)) else self.number(field)

    def day(self, field: str) -> date:
        """The day in a cell."""
        return self.read(field, lambda cell: date_of(cell, month_first=self.layout.month_first))

    def moment(self, field: str) -> datetime | None:
        """The time in a cell, None for a blank one or the day alone."""
        if is_blank(self.cell(field)):
            return None
        return self.read(field, lambda cell: moment_of(cell, month_first=self.layout.month_first))


def trade_of(row: Row, account: str, segment: str) -> BookTrade | None:
    """The trade of a row; None for an order that was not executed.

    account, segment: of the file, for tables without such columns.
    """
    if not _is_executed(row):
        return None
    traded_on, at = _when(row)
    quantity = row.positive("quantity")
    kind = _segment(row, segment)
    return BookTrade(
        broker=row.layout.broker,
        account=row.text("account", most=40).upper() or account,
        exchange=_exchange(row),
        segment=kind,
        symbol=_symbol(row, kind),
        isin=_isin(row),
        side=_side(row),
        quantity=quantity,
        price=_price(row, quantity),
        traded_on=traded_on,
        at=at,
        trade_id=row.text("trade_id", most=60),
        order_id=row.text("order_id", most=60),
        series=row.text("series", most=10).upper(),
        expiry=None if is_blank(row.cell("expiry")) else row.day("expiry"),
        is_auction=row.text("auction").lower() in ("true", "yes", "1"),
        charges=row.number_or("charges", None),
    )


def pair_of(row: Row, account: str, _segment_of_file: str) -> tuple[BookTrade, BookTrade]:
    """The purchase and the sale in a row of a report of realised profit."""
    option = row.text("option")
    segment = Segment.EQUITY if option.lower() in _EQUITY_KINDS else Segment.DERIVATIVES
    name = row.text("symbol", most=60) or row.text("name", most=60)
    if not name:
        raise BadCell(row.names.get("symbol", "symbol"), "is empty")
    symbol = name if segment is Segment.EQUITY else f"{name} {option}"

    def one(side: Side, day: str, price: str) -> BookTrade:
        return BookTrade(
            broker=row.layout.broker, account=account, exchange="", segment=segment,
            symbol=symbol.upper(), isin=_isin(row), side=side, quantity=row.positive("quantity"),
            price=row.positive(price), traded_on=row.day(day), at=None, trade_id="",
        )  # fmt: skip

    return one(Side.BUY, "bought_on", "buy_price"), one(Side.SELL, "sold_on", "sell_price")


def ledger_line_of(row: Row, account: str) -> LedgerLine:
    """The ledger line of a row: opening and closing balance have no day."""
    particulars = row.text("particulars", most=400)
    is_balance = particulars.lower() in ("opening balance", "closing balance")
    if is_blank(row.cell("posted_on")) and not is_balance:
        raise BadCell(row.names["posted_on"], "is empty")
    return LedgerLine(
        broker=row.layout.broker,
        account=row.text("account", most=40).upper() or account,
        posted_on=None if is_blank(row.cell("posted_on")) else row.day("posted_on"),
        particulars=particulars,
        voucher_type=row.text("voucher_type", most=60),
        debit=row.number_or("debit", NIL),
        credit=row.number_or("credit", NIL),
        balance=row.number_or("balance", NIL),
    )


def fund_transaction_of(row: Row) -> FundTransaction:
    """The transaction of a row: scaled units have more digits than a person writes."""
    return FundTransaction(
        folio=row.text("folio", most=60), isin=_isin(row), scheme=row.text("scheme", most=200),
        happened_on=row.day("happened_on"), kind=row.text("kind", most=30),
        units=row.read("units", exact_decimal_of), nav=row.read("nav", exact_decimal_of),
        amount=row.read("amount", exact_decimal_of),
    )  # fmt: skip


def stated_value(row: Row) -> Decimal | None:
    """What the file says a row is worth, of a purchase or a sale; None if it says nothing."""
    return row.number_or("value", None)


def _is_executed(row: Row) -> bool:
    status = row.text("status").lower()
    if status in _EXECUTED:
        return True
    if status in _NOT_EXECUTED:
        return False
    raise BadCell(row.names.get("status", "status"), f"“{status[:40]}” is not a known status")


def _when(row: Row) -> tuple[date, datetime | None]:
    """The day and the time of a trade, whichever columns have them."""
    at = row.moment("at")
    if "traded_on" not in row.places:
        return row.day("at"), at
    day = row.day("traded_on")
    if at is None and not is_blank(row.cell("clock")):
        at = datetime.combine(day, row.read("clock", clock_of), IST)
    return day, at


def _side(row: Row) -> Side:
    text = row.text("side")
    side = _SIDES.get(text.lower())
    if side is None:
        raise BadCell(row.names.get("side", "side"), f"“{text[:20]}” is neither buy nor sell")
    return side


def _segment(row: Row, segment: str) -> Segment:
    instrument = row.text("instrument").lower()
    if instrument not in _EQUITY_KINDS and row.text("segment").lower() in ("", "eq", "fo", "f&o"):
        return Segment.DERIVATIVES
    text = row.text("segment") or segment
    found = _SEGMENTS.get(text.lower())
    if found is None:
        raise BadCell(row.names.get("segment", "segment"), f"“{text[:20]}” is not a known segment")
    return found


def _exchange(row: Row) -> str:
    text = row.text("exchange", most=10).upper()
    return {"NFO": "NSE", "BFO": "BSE", "NSE_EQ": "NSE", "BSE_EQ": "BSE"}.get(text, text)


def _symbol(row: Row, segment: Segment) -> str:
    symbol = row.text("symbol", most=60)
    if not symbol:
        raise BadCell(row.names.get("symbol", "symbol"), "is empty")
    if segment is Segment.EQUITY or "strike" not in row.places:
        return symbol.upper()
    expiry = "" if is_blank(row.cell("expiry")) else f"{row.day('expiry'):%d%b%y}"
    strike = row.number_or("strike", NIL)
    parts = (symbol, expiry, f"{strike:f}" if strike else "", row.text("instrument", most=20))
    return " ".join(part for part in parts if part).upper()


def _isin(row: Row) -> str:
    isin = row.text("isin").upper()
    if isin and not (len(isin) == 12 and isin.isascii() and isin.isalnum()):
        raise BadCell(row.names.get("isin", "isin"), f"“{isin[:20]}” is not an ISIN")
    return isin


def _price(row: Row, quantity: Decimal) -> Decimal:
    """The price, or the value by the quantity where the file has no price."""
    if "price" in row.places:
        return row.positive("price")
    # Eight decimals, as the tables keep: price times quantity is the value to the paisa.
    return round(row.positive("value") / quantity, 8)
