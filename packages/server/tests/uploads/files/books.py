"""Invented trades, and files of brokers that state them. No real person's data.

`invented(seed, …)` draws trades; `kite_csv`, `kite_workbook`, `upstox_workbook`, … write them as
each broker does. Everything is the same for the same seed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from openpyxl import Workbook

CLIENT = "XU1234"
SHARES = {
    "INFY": "INE009A01021", "TCS": "INE467B01029", "ITC": "INE154A01025", "SBIN": "INE062A01020",
    "RELIANCE": "INE002A01018", "HDFCBANK": "INE040A01034",
}  # fmt: skip


@dataclass(frozen=True)
class Made:
    """One invented trade."""

    symbol: str
    isin: str
    segment: str
    side: str
    quantity: int
    price: Decimal
    at: datetime
    trade_id: str
    order_id: str
    expiry: date | None = None

    @property
    def value(self) -> Decimal:
        """Quantity times price."""
        return self.quantity * self.price


def invented(seed: int, count: int, *, first: date, last: date, segment: str = "EQ") -> list[Made]:
    """Trades on weekdays of a period, by time; ids differ between seeds."""
    random = Random(seed)
    days = [
        day
        for offset in range((last - first).days + 1)
        if (day := first + timedelta(offset)).weekday() < 5
    ]
    made = [_one(random, seed, place, random.choice(days), segment) for place in range(count)]
    return sorted(made, key=lambda one: one.at)


def _one(random: Random, seed: int, place: int, day: date, segment: str) -> Made:
    symbol, isin = random.choice(list(SHARES.items()))
    expiry = None
    if segment == "FO":
        expiry = day + timedelta(3 - day.weekday() if day.weekday() <= 3 else 6)
        symbol, isin = f"NIFTY{expiry:%y%b}{random.randrange(200, 260) * 100}CE".upper(), ""
    moment = datetime.combine(day, time(9, 15)) + timedelta(seconds=random.randrange(22_400))
    return Made(
        symbol, isin, segment, random.choice(("buy", "sell")), random.randrange(1, 400),
        Decimal(random.randrange(200, 900_000)) * Decimal("0.05"), moment,
        str(seed * 10_000_000 + place + 1), f"11{seed:06d}{place // 2:08d}", expiry,
    )  # fmt: skip


KITE = [
    "symbol", "isin", "trade_date", "exchange", "segment", "series", "trade_type", "auction",
    "quantity", "price", "trade_id", "order_id", "order_execution_time",
]  # fmt: skip


def kite_csv(trades: Sequence[Made], *, older: bool = False) -> bytes:
    """Zerodha's tradebook as CSV. older: with the client first and without `auction`."""
    is_fo = any(one.expiry for one in trades)
    titles = [*KITE, *(["expiry_date"] if is_fo else [])]
    rows = [
        [
            one.symbol, one.isin, f"{one.at:%Y-%m-%d}", "NSE", one.segment,
            "" if is_fo else "EQ", one.side, "false", f"{one.quantity:.6f}", f"{one.price:.6f}",
            one.trade_id, one.order_id, f"{one.at:%Y-%m-%dT%H:%M:%S}",
            *([f"{one.expiry:%Y-%m-%d}"] if one.expiry else []),
        ]
        for one in trades
    ]  # fmt: skip
    if older:
        drop = KITE.index("auction")
        titles = ["client_id", *titles[:drop], *titles[drop + 1 :]]
        rows = [[CLIENT, *row[:drop], *row[drop + 1 :]] for row in rows]
    return csv_bytes([titles, *rows])


def kite_workbook(
    trades: Sequence[Made], *, preamble: bool = True, first: date | None = None,
    last: date | None = None,
) -> bytes:  # fmt: skip
    """Zerodha's tradebook as XLSX: plain, or as Console writes it, from column B, row 9."""
    titles = [one.replace("_", " ").title().replace("Isin", "ISIN") for one in KITE]
    titles = [one.replace(" Id", " ID") for one in titles]
    is_fo = any(one.expiry for one in trades)
    rows: list[list[Any]] = []
    shift: list[Any] = [None] if preamble else []
    if preamble:
        begin = first or min(one.at.date() for one in trades)
        end = last or max(one.at.date() for one in trades)
        what = "Futures and Options" if is_fo else "Equity"
        rows = [
            [], [None, "Client ID", CLIENT], [], [],
            [None, f"Tradebook for {what} from {begin} to {end}"], [], [], [],
        ]  # fmt: skip
    rows.append([*shift, *titles, *(["Expiry Date"] if is_fo else [])])
    for one in trades:
        rows.append(
            [
                *shift, one.symbol, one.isin, one.at.date(), "NSE", one.segment,
                "" if is_fo else "EQ", one.side, "false", one.quantity, float(one.price),
                one.trade_id, one.order_id, f"{one.at:%Y-%m-%d %H:%M:%S}",
                *([one.expiry] if one.expiry else []),
            ]
        )  # fmt: skip
    rows += [[""] * 5] * 200  # formatted rows without content
    return workbook_bytes({"Sheet1": rows})


def kite_ledger(
    trades: Sequence[Made], *, closing_off_by: Decimal = Decimal(0), as_workbook: bool = False
) -> bytes:
    """Zerodha's ledger: money in, a settlement for each day, the balances at both ends."""
    titles = [
        "particulars", "posting_date", "cost_center", "voucher_type", "debit", "credit",
        "net_balance",
    ]  # fmt: skip
    balance = Decimal(5_000_000)
    first = min(one.at.date() for one in trades)
    rows: list[list[Any]] = [
        ["Opening Balance", "", "", "", "0.000000", "0.000000", "0.000000"],
        [
            "Funds added using UPI", f"{first}", "", "Bank Receipts", "0.000000",
            f"{balance:.6f}", f"{balance:.6f}",
        ],
    ]  # fmt: skip
    for day in sorted({one.at.date() for one in trades}):
        net = sum((_signed(one) for one in trades if one.at.date() == day), Decimal(0))
        balance += net
        rows.append(
            [
                f"Net settlement for Equity with settlement number: {day:%Y%j}", f"{day}",
                "NSE-EQ - Z", "Book Voucher", f"{max(-net, Decimal(0)):.6f}",
                f"{max(net, Decimal(0)):.6f}", f"{balance:.6f}",
            ]
        )  # fmt: skip
    rows.append(["Closing Balance", "", "", "", "0", "0", f"{balance + closing_off_by:.6f}"])
    if as_workbook:
        return workbook_bytes({"Sheet1": [titles, *rows]})
    return csv_bytes([titles, *rows])


def _signed(one: Made) -> Decimal:
    return one.value if one.side == "sell" else -one.value


def upstox_workbook(trades: Sequence[Made], *, client: str = "2AB123") -> bytes:
    """Upstox's trade report: sheet TRADE, names of columns on row 11, a note at the end."""
    titles = [
        "Date", "Company", "Amount", "Exchange", "Segment", "Scrip Code", "Instrument Type",
        "Strike Price", "Expiry", "Trade Num", "Trade Time", "Side", "Quantity", "Price",
    ]  # fmt: skip
    rows: list[list[Any]] = [*_upstox_preamble(client), [], [], titles]
    rows += [
        [
            f"{one.at:%d-%m-%Y}", one.symbol, float(one.value), "NSE", one.segment, 1594,
            "European Call" if one.expiry else "Equity", 22500 if one.expiry else None,
            f"{one.expiry:%d-%m-%Y}" if one.expiry else None, one.trade_id,
            f"{one.at:%H:%M:%S}", one.side.title(), one.quantity, float(one.price),
        ]
        for one in trades
    ]  # fmt: skip
    return workbook_bytes({"TRADE": [*rows, [], ["This is a computer generated report."]]})


def upstox_pnl_workbook(pairs: Sequence[tuple[Made, Made]], *, client: str = "2AB123") -> bytes:
    """Upstox's report of realised profit: sheet REALIZED_PNL, names of columns on row 22."""
    titles = [
        "Scrip Name", "Scrip Code", "Symbol", "ISIN", "Scrip Opt", "Qty", "Buy Date", "Buy Rate",
        "Buy Amt", "Sell Date", "Sell Rate", "Sell Amt", "Days", "Total PL", "Short Term",
        "Long Term", "Speculation", "Turn Over",
    ]  # fmt: skip
    rows: list[list[Any]] = [*_upstox_preamble(client), *[[]] * 13, titles]
    for bought, sold in pairs:
        profit = bought.quantity * (sold.price - bought.price)
        rows.append(
            [
                f"{bought.symbol} LTD", 1594, bought.symbol, bought.isin, "EQ", bought.quantity,
                f"{bought.at:%d-%m-%Y}", float(bought.price), float(bought.value),
                f"{sold.at:%d-%m-%Y}", float(sold.price), float(bought.quantity * sold.price),
                (sold.at - bought.at).days, float(profit), 0, 0, 0, 0,
            ]
        )  # fmt: skip
    return workbook_bytes({"REALIZED_PNL": rows})


def _upstox_preamble(client: str) -> list[list[Any]]:
    return [
        ["UPSTOX SECURITIES PRIVATE LIMITED"], ["(Formerly …)"], ["Dealing Office", "Mumbai"],
        ["UCC", client], ["Name", "A Person"], ["Report Time Period", "FY"],
        ["Generated On", "01-04-2025"], [],
    ]  # fmt: skip


def groww_workbook(trades: Sequence[Made], *, as_columns: bool = False) -> bytes:
    """Groww's order history: no prices, some orders cancelled.

    as_columns: the client in columns instead of above the table.
    """
    titles = [
        "Stock name", "Symbol", "ISIN", "Type", "Quantity", "Value", "Exchange",
        "Exchange Order Id", "Execution date and time", "Order status",
    ]  # fmt: skip
    who = ["A Person", "9876543210"]
    rows: list[list[Any]] = [["Name", who[0]], ["Unique Client Code", who[1]], [], titles]
    if as_columns:
        rows = [["Name", "Unique Client Code", *titles]]
    for place, one in enumerate(trades):
        row = [
            one.symbol.title(), one.symbol, one.isin, one.side.upper(), one.quantity,
            f"{one.value:,.2f}", "NSE", one.trade_id, f"{one.at:%d-%m-%Y %I:%M %p}",
            "Executed",
        ]  # fmt: skip
        rows.append([*who, *row] if as_columns else row)
        if place % 10 == 0:
            cancelled = [*row[:-1], "Cancelled"]
            rows.append([*who, *cancelled] if as_columns else cancelled)
    return workbook_bytes({"Sheet1": rows})


def copy_of(trade: Made, **changes: Any) -> Made:
    """The trade with some parts changed."""
    return replace(trade, **changes)


def csv_bytes(rows: Sequence[Sequence[Any]]) -> bytes:
    """Rows as a CSV file."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def workbook_bytes(sheets: dict[str, Sequence[Sequence[Any]]]) -> bytes:
    """Rows as an XLSX file, by sheet."""
    book = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
