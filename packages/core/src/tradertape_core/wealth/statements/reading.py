"""Sheets of a file as a statement: its layout is found, its rows are read, its totals checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.orders.order import Side
from tradertape_core.wealth.records import BookTrade, FundTransaction, LedgerLine
from tradertape_core.wealth.statements.layouts import LAYOUTS, Kind, Layout
from tradertape_core.wealth.statements.rows import (
    NIL,
    BadCell,
    Row,
    fund_transaction_of,
    ledger_line_of,
    pair_of,
    stated_value,
    trade_of,
)
from tradertape_core.wealth.statements.sheets import (
    Header,
    Sheet,
    find_header,
    likely_header,
    named,
    rows_below,
)
from tradertape_core.wealth.statements.values import Cell, date_of, is_blank, text_of

MOST_ERRORS = 5000
MOST_ROWS = 400_000
_ACCOUNT_LABELS = frozenset({"client id", "ucc", "unique client code", "client code"})
_PERIOD = re.compile(r"from\s+([\d\-/]{8,10})\s+to\s+([\d\-/]{8,10})", re.IGNORECASE | re.ASCII)
# Console names its files `tradebook-<client>-EQ-2023-01-01-to-2023-03-31.xlsx`.
_FILE = re.compile(
    r"(?:tradebook|ledger)-([A-Z]{2,3}\d{3,6})(?:-([A-Z]{2,3}))?(?=[-.])", re.IGNORECASE | re.ASCII
)
_TO_THE_PAISA = Decimal("0.01")


class UnknownLayout(InvalidInput):
    """No known layout fits. columns: the texts of the row that most likely names the columns."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        named_columns = ", ".join(f"“{one}”" for one in columns[:30]) or "none"
        super().__init__(
            "The columns fit no known file of Zerodha, Upstox or Groww. Save a mapping that names "
            f"the columns, or choose another file. Columns found: {named_columns}"
        )


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that cannot be read. row: as a person counts it, from 1."""

    row: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class TotalCheck:
    """A total that the file states, and the same total of what was read. In rupees, or units.

    tolerance: how much the rounding of the file's rows explains.
    """

    name: str
    stated: Decimal
    parsed: Decimal
    tolerance: Decimal = Decimal("0.01")

    @property
    def difference(self) -> Decimal:
        """What was read, less what is stated."""
        return self.parsed - self.stated

    @property
    def is_off(self) -> bool:
        """Whether the two differ by more than rounding."""
        return abs(self.difference) > self.tolerance


@dataclass(frozen=True, slots=True)
class Statement:
    """What one file states. rows: of its table; skipped: those of orders that were not executed;
    more_errors: errors beyond the listed ones."""

    kind: Kind
    layout: str
    broker: str
    account: str = ""
    segment: str = ""
    first: date | None = None
    last: date | None = None
    rows: int = 0
    skipped: int = 0
    trades: tuple[BookTrade, ...] = ()
    ledger: tuple[LedgerLine, ...] = ()
    funds: tuple[FundTransaction, ...] = ()
    errors: tuple[RowError, ...] = ()
    more_errors: int = 0
    checks: tuple[TotalCheck, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Table:
    """A table while its rows are read."""

    header: Header
    layout: Layout
    places: dict[str, int]
    rows: int = 0
    skipped: int = 0
    errors: list[RowError] = field(default_factory=list[RowError])
    more_errors: int = 0

    def read(self, take: Callable[[Row], None]) -> None:
        """Give each row to `take`; one that it cannot read becomes an error."""
        titles = self.header.sheet.rows[self.header.place]
        names = {one: str(titles[place]).strip() for one, place in self.places.items()}
        for number, cells in rows_below(self.header):
            self.rows += 1
            if self.rows > MOST_ROWS:
                raise InvalidInput(f"The table has over {MOST_ROWS} rows; split the file.")
            try:
                self._demand_whole(cells, names)
                take(Row(self.layout, self.places, names, cells))
            except BadCell as error:
                self._note(RowError(number, error.column, error.reason))

    def _demand_whole(self, cells: Sequence[Cell], names: dict[str, str]) -> None:
        """Refuse a row that ends before the columns do: of a file that was cut, its last cell is
        a part of a figure."""
        missing = [field for field, place in self.places.items() if place >= len(cells)]
        if missing:
            first = min(missing, key=lambda field: self.places[field])
            raise BadCell(names[first], "is missing: the row ends before it")

    def _note(self, error: RowError) -> None:
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(error)
        else:
            self.more_errors += 1


def read_statement(
    sheets: Sequence[Sheet], *, file_name: str = "", own: Iterable[Layout] = (),
    kinds: frozenset[Kind] = frozenset({Kind.TRADEBOOK, Kind.REALISED_PNL}), account: str = "",
) -> Statement:  # fmt: skip
    """Read the sheets of one file.

    file_name: only searched for the client id and the segment that Console writes into it.
    own: layouts of the person's own mappings, tried first. kinds: the wanted kinds. account: which
    the file is of, where its sender says it.
    Raises UnknownLayout if no layout fits, InvalidInput for a file of another kind.
    """
    table = _find(sheets, [*own, *LAYOUTS])
    kind = table.layout.kind
    if kind not in kinds:
        raise InvalidInput(f"This is a {_title(kind)}; upload it as one.")
    above = table.header.sheet.rows[: table.header.place]
    said, segment = _of_file(above, file_name)
    account = table.layout.defaults.get("account") or account or said
    if kind is Kind.LEDGER:
        return _read_ledger(table, account)
    if kind is Kind.FUNDS:
        return _read_funds(table)
    return _read_trades(table, account, segment)


def totals_of(trades: Iterable[BookTrade]) -> tuple[Decimal, Decimal]:
    """The values of purchases and of sales in rupees, each rounded to the paisa once."""
    bought = sold = NIL
    for one in trades:
        if one.side is Side.BUY:
            bought += one.quantity * one.price
        else:
            sold += one.quantity * one.price
    return bought.quantize(_TO_THE_PAISA), sold.quantize(_TO_THE_PAISA)


def _title(kind: Kind) -> str:
    return {Kind.LEDGER: "ledger", Kind.FUNDS: "consolidated account statement"}.get(
        kind, "tradebook"
    )


def _find(sheets: Sequence[Sheet], layouts: Sequence[Layout]) -> _Table:
    for layout in layouts:
        for sheet in sheets:
            header = find_header(sheet, layout.places)
            if header is not None:
                return _Table(header, layout, layout.places(header.columns) or {})
    raise UnknownLayout(likely_header(sheets))


def account_of(above: Sequence[Sequence[Cell]], file_name: str) -> str:
    """The client id that a broker writes above the table, else into the file's name; "" without."""
    return _of_file(above, file_name)[0]


def _of_file(above: Sequence[Sequence[Cell]], file_name: str) -> tuple[str, str]:
    """Account and segment: of the rows above the table, else of the file's name."""
    found = _FILE.search(file_name)
    account, segment = (found[1].upper(), (found[2] or "").upper()) if found else ("", "")
    for row in above:
        texts = [cell for cell in row if not is_blank(cell)]
        if len(texts) > 1 and named(texts[0]).rstrip(":") in _ACCOUNT_LABELS:
            account = text_of(texts[1])[:40].upper()
        for text in texts:
            if isinstance(text, str) and text.lower().startswith("tradebook for"):
                is_equity = "equity" in text.lower() or "mutual" in text.lower()
                segment = "EQ" if is_equity else segment or "FO"
    return account, segment


def _read_trades(table: _Table, account: str, segment: str) -> Statement:
    trades: list[BookTrade] = []
    stated: list[tuple[Decimal, Decimal]] = []

    def take_trade(row: Row) -> None:
        trade = trade_of(row, account, segment)
        if trade is None:
            table.skipped += 1
            return
        if (value := stated_value(row)) is not None:
            stated.append((abs(value), trade.quantity * trade.price))
        trades.append(trade)

    def take_pair(row: Row) -> None:
        bought, sold = pair_of(row, account, segment)
        pnl = row.number_or("pnl", None)
        if pnl is not None:
            stated.append((pnl, bought.quantity * (sold.price - bought.price)))
        trades.extend((bought, sold))

    is_pairs = table.layout.kind is Kind.REALISED_PNL
    table.read(take_pair if is_pairs else take_trade)
    name = "Realised profit" if is_pairs else "Value of all trades"
    days = [one.traded_on for one in trades]
    period = _period_of(table.header)
    made = Statement(
        table.layout.kind, table.layout.name, table.layout.broker,
        next((one.account for one in trades if one.account), account),
        "/".join(sorted({one.segment.value for one in trades})) or segment,
        period[0] or min(days, default=None), period[1] or max(days, default=None),
        trades=tuple(trades), checks=(_check(name, stated),) if stated else (),
        warnings=_trade_warnings(trades),
    )  # fmt: skip
    return _closed(made, table)


def _read_funds(table: _Table) -> Statement:
    """The rows of an account statement as an agent sends them: their totals were checked there."""
    funds: list[FundTransaction] = []
    registrars: set[str] = set()

    def take(row: Row) -> None:
        registrars.add(row.text("registrar", most=20).lower())
        funds.append(fund_transaction_of(row))

    table.read(take)
    days = [one.happened_on for one in funds]
    made = Statement(
        Kind.FUNDS, table.layout.name, "/".join(sorted(registrars))[:60],
        first=min(days, default=None), last=max(days, default=None), funds=tuple(funds),
    )  # fmt: skip
    return _closed(made, table)


def _read_ledger(table: _Table, account: str) -> Statement:
    lines: list[LedgerLine] = []
    table.read(lambda row: lines.append(ledger_line_of(row, account)))
    days = [one.posted_on for one in lines if one.posted_on is not None]
    made = Statement(
        Kind.LEDGER, table.layout.name, table.layout.broker,
        next((one.account for one in lines if one.account), account), "",
        min(days, default=None), max(days, default=None), ledger=tuple(lines),
        checks=_ledger_checks(lines) if "balance" in table.places else (),
    )  # fmt: skip
    return _closed(made, table)


def _closed(statement: Statement, table: _Table) -> Statement:
    return replace(
        statement, rows=table.rows, skipped=table.skipped, errors=tuple(table.errors),
        more_errors=table.more_errors,
    )  # fmt: skip


def _ledger_checks(lines: Sequence[LedgerLine]) -> tuple[TotalCheck, ...]:
    """Opening balance, credits and debits against the closing balance."""
    ends = [one for one in lines if one.posted_on is None]
    opening = next((one for one in ends if one.particulars.lower().startswith("opening")), None)
    closing = next((one for one in ends if one.particulars.lower().startswith("closing")), None)
    if opening is None or closing is None:
        return ()
    moved = sum((one.credit - one.debit for one in lines if one.posted_on is not None), NIL)
    return (TotalCheck("Closing balance", closing.balance, opening.balance + moved),)


def _check(name: str, stated: Sequence[tuple[Decimal, Decimal]]) -> TotalCheck:
    said, read = (sum((pair[side] for pair in stated), NIL) for side in (0, 1))
    return TotalCheck(
        name,
        said.quantize(_TO_THE_PAISA),
        read.quantize(_TO_THE_PAISA),
        tolerance=_TO_THE_PAISA * max(1, len(stated)),
    )


def _period_of(header: Header) -> tuple[date | None, date | None]:
    for row in header.sheet.rows[: header.place]:
        for cell in row:
            found = _PERIOD.search(cell) if isinstance(cell, str) else None
            if found is not None:
                try:
                    return date_of(found[1]), date_of(found[2])
                except ValueError:
                    return None, None
    return None, None


def _trade_warnings(trades: Sequence[BookTrade]) -> tuple[str, ...]:
    found: list[str] = []
    if any(not one.account for one in trades):
        found.append(
            "The file does not name the broker's account: its trades are taken for those of the "
            "account that other files of the broker name."
        )
    if any(one.at is None for one in trades):
        found.append("The file has no times: trades of one day keep the order of its rows.")
    return tuple(found)
