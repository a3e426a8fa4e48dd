"""Rows of the tables as the records that the reckoning takes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradertape_core.kernel.clock import IST
from tradertape_core.orders.order import Side
from tradertape_core.wealth.records import BookTrade, FundTransaction, LedgerLine, Segment
from tradertape_core.wealth.statements.quality import ImportedFile, StatedTotal


def trade_of(row: Any) -> BookTrade:
    """A row of `imported_trades`."""
    return BookTrade(
        broker=row.broker, account=row.account, exchange=row.exchange,
        segment=Segment(row.segment), symbol=row.symbol, isin=row.isin, side=Side(row.side),
        quantity=row.quantity, price=row.price, traded_on=row.traded_on,
        at=None if row.at is None else row.at.astimezone(IST), trade_id=row.trade_id,
        order_id=row.order_id, series=row.series, expiry=row.expiry, is_auction=row.is_auction,
        charges=row.charges,
    )  # fmt: skip


def line_of(row: Any) -> LedgerLine:
    """A row of `imported_ledger_lines`."""
    return LedgerLine(
        broker=row.broker, account=row.account, posted_on=row.posted_on,
        particulars=row.particulars, voucher_type=row.voucher_type, debit=row.debit,
        credit=row.credit, balance=row.balance,
    )  # fmt: skip


def fund_of(row: Any) -> FundTransaction:
    """A row of `imported_fund_transactions`."""
    return FundTransaction(
        folio=row.folio, isin=row.isin, scheme=row.scheme, happened_on=row.happened_on,
        kind=row.kind, units=row.units, nav=row.nav, amount=row.amount,
    )  # fmt: skip


def file_of(row: Any) -> ImportedFile:
    """A row of `uploads`."""
    return ImportedFile(
        upload_id=row.id, name=row.name, kind=row.kind, broker=row.broker, account=row.account,
        segment=row.segment, first=row.first_on, last=row.last_on,
        totals=tuple(
            StatedTotal(
                one["name"], Decimal(one["stated"]), Decimal(one["parsed"]),
                Decimal(one["difference"]), one["is_off"],
            )
            for one in row.report.get("checks", ())
        ),
        factor_id=row.factor_id,
    )  # fmt: skip
