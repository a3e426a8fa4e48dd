"""Bodies of the routes of uploads. Amounts are rupees as text."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from tradertape_server.platform.http.routing import Body, IstTime, Reply

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[\w .-]+$"),
]
Column = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Account = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,40}$")]
FactorId = Annotated[str, StringConstraints(pattern=r"^[\w.-]{1,64}$")]
HASHED = re.compile(r"[0-9a-f]{16}")
State = Literal["preview", "importing", "done", "held", "rejected", "failed", "removing"]


class RejectedRow(Reply):
    """A row that cannot be read. row: its number in the file, from 1."""

    row: int
    column: str
    reason: str


class Check(Reply):
    """A total that the file states, and the same of what was read."""

    name: str
    stated: Decimal
    parsed: Decimal
    difference: Decimal
    is_off: bool


class Period(Reply):
    """First and last day."""

    from_: date | None = Field(serialization_alias="from")
    to: date | None


class FundHolding(Reply):
    """What a depository's statement lists. kind: share, fund, bond or pension; scheme: its name;
    nav: its price."""

    account: str
    kind: str = "fund"
    isin: str
    scheme: str
    units: Decimal
    nav: Decimal
    value: Decimal


class Totals(Reply):
    """Of trades: values in rupees. Of a ledger: its debits and credits. Of funds: what was paid in
    and taken out."""

    rows: int = 0
    buy_value: Decimal = Decimal(0)
    sell_value: Decimal = Decimal(0)


class FileOut(Reply):
    """What became of one file.

    state: preview (a dry run), importing (see `GET /api/uploads/{id}`), done, held (its totals
    differ: send it again with `accept_difference=true`), rejected (nothing was imported: `detail`
    and `rejected` say why), failed. rejected: the first 500 rows that cannot be read; all of them
    are in `errors.csv`. columns: those found, if no layout fits. scaled: an agent multiplied
    quantities and amounts by the secret factor that `factor_id` names.
    """

    id: int | None = None
    name: str
    sha256: str
    kind: str
    state: State
    layout: str = ""
    broker: str = ""
    account: str = ""
    segment: str = ""
    period: Period
    rows: int = 0
    imported: int = 0
    duplicates: int = 0
    skipped: int = 0
    rejected_rows: int = 0
    rejected: list[RejectedRow] = Field(default_factory=list)
    stored: int = 0
    to_store: int = 0
    totals: Totals = Totals()
    checks: list[Check] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    holdings: list[FundHolding] = Field(default_factory=list)
    columns: list[str] = Field(default_factory=list)
    code: str = ""
    detail: str = ""
    created_at: IstTime | None = None
    scaled: bool = False
    factor_id: str | None = None


class Rebuild(Reply):
    """Whether an import continues in the background; job_id: the upload to follow."""

    queued: bool
    job_id: int | None = None


class UploadsOut(Reply):
    """What became of the files of one request. totals: of all files that were read."""

    files: list[FileOut]
    totals: Totals
    warnings: list[str]
    rebuild: Rebuild


class AgentFile(Body):
    """A statement as an agent rewrote it. content: CSV, its columns named as the broker's file
    names them; of kind `funds`, the transactions of an account statement: Registrar, Folio, ISIN,
    Scheme, Date, Transaction, Units, NAV, Amount. factor_id: the label of the factor it is scaled
    with. account: which of the person's accounts it is of; of a scaled file a keyed hash of 16 hex
    digits, never the client id."""

    kind: Literal["tradebook", "ledger", "funds"]
    name: Annotated[str, StringConstraints(min_length=1, max_length=160)]
    content: Annotated[str, StringConstraints(min_length=1, max_length=20_000_000)]
    scaled: bool
    factor_id: FactorId | None = None
    account: Account | None = None

    @model_validator(mode="after")
    def _labelled(self) -> AgentFile:
        if self.scaled != (self.factor_id is not None):
            raise ValueError("a scaled file has the factor_id of its factor, another has none")
        if self.scaled and self.account and not HASHED.fullmatch(self.account):
            raise ValueError("a scaled file names its account by a hash of 16 hex digits")
        return self


class MappingIn(Body):
    """A mapping of columns: the name of the file's column for each field.

    kind `tradebook` needs symbol, traded_on or at, side, quantity, price or value; `ledger` needs
    particulars, posted_on, debit, credit. defaults: exchange, segment or account of a file
    without such a column. month_first: 03/04/2024 is 4 March.
    """

    kind: Literal["tradebook", "ledger"] = "tradebook"
    columns: Annotated[dict[str, Column], Field(min_length=1, max_length=20)]
    defaults: Annotated[dict[str, Annotated[str, Field(max_length=40)]], Field(max_length=3)] = (
        Field(default_factory=dict)
    )
    month_first: bool = False


class MappingOut(Reply):
    """A saved mapping."""

    name: str
    kind: str
    columns: dict[str, str]
    defaults: dict[str, str]
    month_first: bool
    updated_at: IstTime
