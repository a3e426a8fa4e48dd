"""Tables of uploads, of what they brought, and of saved mappings of columns.

Every upload keeps its own rows, equal ones of two uploads twice: undoing one takes only its own.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base, DecimalText


def _user() -> Mapped[int]:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"))


def _upload() -> Mapped[int]:
    return mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"))


def _money() -> Mapped[Decimal]:
    return mapped_column(DecimalText())


class Upload(Base):
    """A file that was uploaded.

    state: importing | done | rejected | failed | removing. Only the rows of one that is `done`
    count. stored: rows stored so far. report: checks, warnings, row errors, totals, holdings.
    is_scaled: an agent multiplied quantities and amounts by a secret factor; factor_id: its label.
    """

    __tablename__ = "uploads"
    __table_args__ = (Index("ix_uploads_user_id_id", "user_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(160))
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int]
    state: Mapped[str] = mapped_column(String(12))
    layout: Mapped[str] = mapped_column(String(60))
    broker: Mapped[str] = mapped_column(String(60))
    account: Mapped[str] = mapped_column(String(40))
    segment: Mapped[str] = mapped_column(String(20))
    first_on: Mapped[date | None]
    last_on: Mapped[date | None]
    rows: Mapped[int]
    imported: Mapped[int]
    duplicates: Mapped[int]
    rejected: Mapped[int]
    to_store: Mapped[int]
    stored: Mapped[int]
    detail: Mapped[str] = mapped_column(Text)
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
    is_scaled: Mapped[bool] = mapped_column(server_default=false())
    factor_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ImportedTrade(Base):
    """A trade of an upload. key: what makes it one with a row of another file; content: what must
    then be equal."""

    __tablename__ = "imported_trades"
    __table_args__ = (
        Index("ix_imported_trades_user_id_key", "user_id", "key"),
        Index("ix_imported_trades_upload_id", "upload_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    upload_id: Mapped[int] = _upload()
    key: Mapped[str] = mapped_column(String(32))
    content: Mapped[str] = mapped_column(String(16))
    broker: Mapped[str] = mapped_column(String(60))
    account: Mapped[str] = mapped_column(String(40))
    exchange: Mapped[str] = mapped_column(String(10))
    segment: Mapped[str] = mapped_column(String(4))
    symbol: Mapped[str] = mapped_column(String(120))
    isin: Mapped[str] = mapped_column(String(12))
    side: Mapped[str] = mapped_column(String(4))
    quantity: Mapped[Decimal] = _money()
    price: Mapped[Decimal] = _money()
    traded_on: Mapped[date]
    at: Mapped[datetime | None]
    trade_id: Mapped[str] = mapped_column(String(60))
    order_id: Mapped[str] = mapped_column(String(60))
    series: Mapped[str] = mapped_column(String(10))
    expiry: Mapped[date | None]
    is_auction: Mapped[bool]
    charges: Mapped[Decimal | None] = mapped_column(DecimalText())


class ImportedLedgerLine(Base):
    """A line of a ledger, in the order of its file by `id`."""

    __tablename__ = "imported_ledger_lines"
    __table_args__ = (
        Index("ix_imported_ledger_lines_user_id_key", "user_id", "key"),
        Index("ix_imported_ledger_lines_upload_id", "upload_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    upload_id: Mapped[int] = _upload()
    key: Mapped[str] = mapped_column(String(32))
    broker: Mapped[str] = mapped_column(String(60))
    account: Mapped[str] = mapped_column(String(40))
    posted_on: Mapped[date | None]
    particulars: Mapped[str] = mapped_column(String(400))
    voucher_type: Mapped[str] = mapped_column(String(60))
    debit: Mapped[Decimal] = _money()
    credit: Mapped[Decimal] = _money()
    balance: Mapped[Decimal] = _money()


class ImportedFundTransaction(Base):
    """A transaction of a mutual fund's folio."""

    __tablename__ = "imported_fund_transactions"
    __table_args__ = (
        Index("ix_imported_fund_transactions_user_id_key", "user_id", "key"),
        Index("ix_imported_fund_transactions_upload_id", "upload_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    upload_id: Mapped[int] = _upload()
    key: Mapped[str] = mapped_column(String(32))
    folio: Mapped[str] = mapped_column(String(60))
    isin: Mapped[str] = mapped_column(String(12))
    scheme: Mapped[str] = mapped_column(String(200))
    happened_on: Mapped[date]
    kind: Mapped[str] = mapped_column(String(30))
    units: Mapped[Decimal] = _money()
    nav: Mapped[Decimal] = _money()
    amount: Mapped[Decimal] = _money()


class UploadVersion(Base):
    """How often what a person's uploads state has changed."""

    __tablename__ = "upload_versions"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    version: Mapped[int]


class UploadMapping(Base):
    """A person's mapping of the columns of a file that no known layout fits."""

    __tablename__ = "upload_mappings"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _user()
    name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    columns: Mapped[dict[str, Any]] = mapped_column(JSON)
    defaults: Mapped[dict[str, Any]] = mapped_column(JSON)
    month_first: Mapped[bool]
    updated_at: Mapped[datetime]
