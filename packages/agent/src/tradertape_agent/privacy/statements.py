"""A broker's tradebook or ledger as it may leave this machine.

Only columns that are known pass, as a new file of their own: nothing of the old one's names, notes,
formatting or properties is taken over.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from tradertape_agent.errors import AgentError
from tradertape_agent.privacy.columns import (
    ACCOUNTS,
    AMOUNTS,
    FACTS,
    IDS,
    PRICES,
    QUANTITIES,
    TEXTS,
    key_of,
)
from tradertape_agent.privacy.modes import Mode, Privacy
from tradertape_agent.privacy.scale import PLAIN, Scale
from tradertape_agent.privacy.sheets import Cell, read_rows
from tradertape_agent.privacy.verifier import PAN, Withheld
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.wealth.statements.reading import account_of

_DERIVATIVES: Final = frozenset({"FO", "F&O", "NFO", "BFO", "CDS", "BCD", "MCX", "COM", "FNO"})
_LEAST_KNOWN: Final = 4
_HEADER_WITHIN: Final = 60
_LEAST_ID: Final = 4
_PAISA: Final = Decimal("0.01")
NO_FIGURE: Final = "no quantity or amount in them (totals and notes)"
DERIVATIVES: Final = "derivatives: their public lots would tell the factor"


class Kind(StrEnum):
    """What a file is."""

    TRADEBOOK = "tradebook"
    LEDGER = "ledger"
    FUNDS = "funds"


class Treatment(StrEnum):
    """What is done to a column."""

    SCALED = "scaled"
    HIDDEN = "hidden"
    KEPT = "kept"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the user's file. place: from the left, 0 the first."""

    name: str
    place: int
    treatment: Treatment
    why: str = ""

    @property
    def key(self) -> str:
        """The name as it is recognised."""
        return key_of(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """A new file, and how it came about. rows, originals: the same rows after and before, as text.

    left_out: how many rows are not in it, by the reason. content: of the XLSX file. client_id: of
    the account that the file is of, "" where it does not say; account: the name it leaves under.
    """

    name: str
    kind: Kind
    mode: Mode
    factor_id: str | None
    columns: Sequence[Column]
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    originals: Sequence[Sequence[str]]
    left_out: Mapping[str, int]
    content: bytes
    client_id: str
    account: str

    def document(self) -> dict[str, Any]:
        """The body that sends it: as CSV, which is read and checked before it leaves."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows((self.header, *self.rows))
        document = {
            "kind": self.kind.value,
            "name": self.name.removesuffix(".xlsx") + ".csv",
            "content": text.getvalue(),
            "scaled": self.factor_id is not None,
            "factor_id": self.factor_id,
        }
        return {**document, "account": self.account} if self.account else document


def rewritten(name: str, content: bytes, privacy: Privacy, ids: Iterable[str]) -> Rewritten:
    """Rewrite a file. ids: the user's at brokers, which must not be in the new one.

    Raises AgentError for what is no tradebook or ledger, Withheld for what must not leave.
    """
    _demand_rows_may_leave(privacy)
    return rewritten_table(name, read_rows(name, content), privacy, ids)


def rewritten_table(
    name: str, table: Sequence[Sequence[Cell]], privacy: Privacy, ids: Iterable[str]
) -> Rewritten:
    """Rewrite rows of a file. ids: also its owner's names and numbers. Raises as `rewritten`."""
    _demand_rows_may_leave(privacy)
    at, header = _header(table)
    client_id = _client_id(table, at, header, name)
    scale = PLAIN if privacy.mode is Mode.OFF else privacy.shown()
    columns = [_column(text, place, scale) for place, text in header]
    kind = _kind(columns)
    sent = [one for one in columns if one.treatment is not Treatment.LEFT_OUT]
    originals, rows, left_out = _rows(table[at + 1 :], sent, scale)
    if not rows:
        raise AgentError("the file has no row with a quantity or an amount")
    _check(rows, (*ids, client_id))
    names = [one.name for one in sent]
    digest = hashlib.sha256(json.dumps([names, rows]).encode()).hexdigest()[:8]
    return Rewritten(
        # A digit before it: letters and digits would look like the client id in a broker's names.
        name=f"{kind}-0{digest}.xlsx", kind=kind, mode=privacy.mode, factor_id=scale.factor_id,
        columns=columns, header=names, rows=rows, originals=originals, left_out=left_out,
        content=_file(names, rows), client_id=client_id, account=scale.account(client_id),
    )  # fmt: skip


def _demand_rows_may_leave(privacy: Privacy) -> None:
    if privacy.mode in (Mode.COARSE, Mode.SEALED):
        raise Withheld(
            f"in the mode {privacy.mode} single trades do not leave this machine: nothing is "
            "uploaded. With relative they leave scaled"
        )


# --- columns ------------------------------------------------------------------------------------


def _header(table: Sequence[Sequence[Cell]]) -> tuple[int, list[tuple[int, str]]]:
    """The row with the names of the columns, below what the broker writes above it."""
    known = QUANTITIES | AMOUNTS | PRICES | IDS | FACTS | TEXTS
    for at, row in enumerate(table[:_HEADER_WITHIN]):
        named = [(place, cell.strip()) for place, cell in enumerate(row) if isinstance(cell, str)]
        keys = {key_of(text) for _, text in named}
        if len(keys & known) >= _LEAST_KNOWN and keys & (QUANTITIES | AMOUNTS):
            return at, [(place, text) for place, text in named if text]
    raise AgentError(
        "this is no tradebook or ledger that the agent knows: no row names a quantity or an "
        "amount and three more known columns"
    )


def _client_id(
    table: Sequence[Sequence[Cell]], at: int, header: Sequence[tuple[int, str]], name: str
) -> str:
    """The account that a file is of: in a column, above the table, or in the file's name."""
    place = next((place for place, text in header if key_of(text) in ACCOUNTS), None)
    if place is None:
        return account_of(table[:at], name)
    found = {_text(row[place]).upper() for row in table[at + 1 :] if place < len(row)} - {""}
    if len(found) > 1:
        raise AgentError("the file has rows of several accounts: export a file of each")
    return next(iter(found), "")


def _kind(columns: Sequence[Column]) -> Kind:
    keys = {one.key for one in columns}
    if "units" in keys:
        return Kind.FUNDS
    if keys & QUANTITIES:
        return Kind.TRADEBOOK
    if {"debit", "credit"} <= keys:
        return Kind.LEDGER
    raise AgentError("this is neither a tradebook (a quantity) nor a ledger (debit and credit)")


def _column(name: str, place: int, scale: Scale) -> Column:
    key = key_of(name)
    if key in TEXTS:
        return Column(name, place, Treatment.LEFT_OUT, "free text may name accounts and amounts")
    if key in FACTS:
        return Column(name, place, Treatment.KEPT)
    if key in PRICES:
        why = "prices are public" if not scale.scales_prices else ""
        return Column(
            name, place, Treatment.SCALED if scale.scales_prices else Treatment.KEPT, why
        )  # fmt: skip
    if key in QUANTITIES | AMOUNTS:
        return Column(name, place, Treatment.SCALED if scale.is_scaled else Treatment.KEPT)
    if key in IDS:
        return Column(name, place, Treatment.HIDDEN if scale.is_scaled else Treatment.KEPT)
    if key in ACCOUNTS:
        return Column(
            name, place, Treatment.LEFT_OUT, "it is sent once, as the account of the file"
        )
    return Column(name, place, Treatment.LEFT_OUT, "not a column that the agent knows")


# --- rows ---------------------------------------------------------------------------------------

_Table = list[list[str]]


def _rows(
    table: Sequence[Sequence[Cell]], columns: Sequence[Column], scale: Scale
) -> tuple[_Table, _Table, Counter[str]]:
    originals: _Table = []
    rows: _Table = []
    left_out: Counter[str] = Counter()
    for row in table:
        cells = {one.key: row[one.place] if one.place < len(row) else None for one in columns}
        if all(_text(cell) == "" for cell in row):
            continue
        if _is_without_figure(cells):
            left_out[NO_FIGURE] += 1
        elif scale.is_scaled and _is_derivative(cells):
            left_out[DERIVATIVES] += 1
        else:
            originals.append([_text(cells[one.key]) for one in columns])
            rows.append([_sent(one.key, cells[one.key], scale) for one in columns])
    return originals, rows, left_out


def _is_without_figure(cells: Mapping[str, Cell]) -> bool:
    names = cells.keys() & QUANTITIES or cells.keys() & AMOUNTS
    return all(_number(cells[name]) is None for name in names)


def _is_derivative(cells: Mapping[str, Cell]) -> bool:
    marks = {_text(cells.get(name)).upper() for name in ("segment", "exchange", "instrument type")}
    expires = any(_text(cells.get(name)) for name in ("expiry", "expiry date"))
    return bool(marks & _DERIVATIVES) or expires


def _sent(key: str, cell: Cell, scale: Scale) -> str:
    if key in IDS:
        return scale.identifier(_text(cell))
    if key not in QUANTITIES | AMOUNTS | PRICES:
        return _text(cell)
    number = _number(cell)
    if number is None:
        return ""  # what stands in the place of a figure may be anything
    if isinstance(cell, Decimal) and not scale.is_scaled:
        return f"{number:f}"  # with its zeros, as the console reads the same statement
    if key in PRICES:
        return _plain(scale.price_to_cloud(number))
    if key in AMOUNTS:
        number = number.quantize(_PAISA, ROUND_HALF_EVEN)
    return _plain(scale.to_cloud(number))


def _number(cell: Cell) -> Decimal | None:
    if cell is None or isinstance(cell, bool | date):
        return None
    try:
        found = Decimal(str(cell).replace(",", "").strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        is_day = (cell.hour, cell.minute, cell.second) == (0, 0, 0)
        return cell.date().isoformat() if is_day else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float | Decimal):
        return _plain(Decimal(str(cell)))
    return cell.strip()


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


# --- what leaves --------------------------------------------------------------------------------


def _check(rows: Iterable[Sequence[str]], ids: Iterable[str]) -> None:
    """A last look at what would leave, by who does not know how it was made. Raises Withheld."""
    whole = "\n".join(" ".join(row) for row in rows)
    if any(len(one) >= _LEAST_ID and one in whole for one in ids):
        raise Withheld("the file was not rewritten: your client id stands in a column that is kept")
    if PAN.search(whole.encode()):
        raise Withheld(
            "the file was not rewritten: a column that is kept holds what looks like a PAN"
        )


def _file(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Every cell is text: a sheet's number has fifteen digits, and a scaled one may have more."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    sheet.append(list(header))
    for row in rows:
        sheet.append([_as_text(sheet, one) for one in row])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _as_text(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"  # a text that begins with = is no formula
    return cell
