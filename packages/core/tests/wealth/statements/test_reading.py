"""Layouts of the brokers' files, from rows of cells to trades and ledger lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.orders.order import Side
from tradertape_core.wealth.records import BookTrade, Segment
from tradertape_core.wealth.statements.identity import ledger_keys, trade_keys
from tradertape_core.wealth.statements.layouts import Kind, mapped_layout
from tradertape_core.wealth.statements.reading import (
    Statement,
    UnknownLayout,
    read_statement,
    totals_of,
)
from tradertape_core.wealth.statements.sheets import Sheet

KITE = [
    "symbol",
    "isin",
    "trade_date",
    "exchange",
    "segment",
    "series",
    "trade_type",
    "auction",
    "quantity",
    "price",
    "trade_id",
    "order_id",
    "order_execution_time",
]
INFY = [
    "INFY", "INE009A01021", "2024-04-03", "NSE", "EQ", "EQ", "buy", "false", "10.000000",
    "1480.550000", "75001234", "1100000012345678", "2024-04-03T09:15:01",
]  # fmt: skip


def read(rows: Sequence[Sequence[Any]], **options: Any) -> Statement:
    return read_statement([Sheet("Sheet1", rows)], **options)


def test_up_01_zerodha_tradebook() -> None:
    statement = read([KITE, INFY, [None] * 13, [""] * 13])
    assert statement.errors == ()
    assert statement.rows == 1
    assert statement.trades == (
        BookTrade(
            broker="kite", account="", exchange="NSE", segment=Segment.EQUITY, symbol="INFY",
            isin="INE009A01021", side=Side.BUY, quantity=Decimal(10), price=Decimal("1480.55"),
            traded_on=date(2024, 4, 3), at=datetime(2024, 4, 3, 9, 15, 1, tzinfo=IST),
            trade_id="75001234", order_id="1100000012345678", series="EQ",
        ),
    )  # fmt: skip
    assert totals_of(statement.trades) == (Decimal("14805.50"), Decimal(0))


def test_up_01_zerodha_tradebook_with_preamble_from_column_b() -> None:
    titles = [None, *(one.replace("_", " ").title() for one in KITE)]
    preamble = [
        [], [None, "Client ID", "XU1234"], [], [],
        [None, "Tradebook for Equity from 2024-04-01 to 2024-06-30"], [], [], [],
    ]  # fmt: skip
    row = [None, *INFY]
    row[3], row[9], row[10] = 45385, 10, 1480.55  # an Excel date, and numbers
    statement = read([*preamble, titles, row, ["", *[None] * 12]])
    [trade] = statement.trades
    assert (trade.account, trade.traded_on, trade.price) == (
        "XU1234", date(2024, 4, 3), Decimal("1480.55"),
    )  # fmt: skip
    assert (statement.first, statement.last) == (date(2024, 4, 1), date(2024, 6, 30))
    assert trade_keys([trade]) == trade_keys(read([KITE, INFY]).trades)


def test_up_01_zerodha_derivatives_and_older_files() -> None:
    titles = ["client_id", *(one for one in KITE if one != "auction"), "expiry_date"]
    row = [
        "xu1234", "NIFTY24APR22500CE", "", "2024-04-03", "NSE", "FO", "", "sell", 50, 101.5,
        "7", "8", "2024-04-03 10:00:00", "2024-04-25",
    ]  # fmt: skip
    [trade] = read([titles, row]).trades
    assert trade.segment is Segment.DERIVATIVES
    assert (trade.account, trade.side, trade.expiry) == ("XU1234", Side.SELL, date(2024, 4, 25))


def test_up_01_the_client_of_a_plain_file_is_in_its_name() -> None:
    name = "tradebook-XU1234-EQ-2024-04-01-to-2024-06-30.csv"
    assert read([KITE, INFY], file_name=name).account == "XU1234"
    assert read([KITE, INFY], file_name="../../\x00" * 1000).account == ""


def test_up_01_upstox_trade_report() -> None:
    preamble: list[list[Any]] = [
        ["UPSTOX SECURITIES PRIVATE LIMITED"], ["(Formerly …)"], [], ["UCC", "2AB123"], *[[]] * 6,
    ]  # fmt: skip
    titles = [
        "Date",
        "Company",
        "Amount",
        "Exchange",
        "Segment",
        "Scrip Code",
        "Instrument Type",
        "Strike Price",
        "Expiry",
        "Trade Num",
        "Trade Time",
        "Side",
        "Quantity",
        "Price",
    ]
    equity = [
        "03-04-2024", "INFY", 14805.5, "NSE", "EQ", 1594, "Equity", None, None, 75001234,
        "09:15:01", "Buy", 10, 1480.55,
    ]  # fmt: skip
    option = [
        "03-04-2024", "NIFTY", 5075, "NSE", "FO", 35001, "European Call", 22500, "25-04-2024",
        9001, "10:00:00", "Sell", 50, 101.5,
    ]  # fmt: skip
    note = ["This is a computer generated report"]
    statement = read([*preamble, titles, equity, option, [], note])
    first, second = statement.trades
    assert (first.broker, first.account, first.trade_id) == ("upstox", "2AB123", "75001234")
    assert first.at == datetime(2024, 4, 3, 9, 15, 1, tzinfo=IST)
    assert second.symbol == "NIFTY 25APR24 22500 EUROPEAN CALL"
    assert second.segment is Segment.DERIVATIVES
    [check] = statement.checks
    assert (check.stated, check.difference) == (Decimal("19880.50"), 0)


def test_up_01_upstox_realised_profit_is_pairs() -> None:
    titles = [
        "Scrip Name",
        "Scrip Code",
        "Symbol",
        "ISIN",
        "Scrip Opt",
        "Qty",
        "Buy Date",
        "Buy Rate",
        "Buy Amt",
        "Sell Date",
        "Sell Rate",
        "Sell Amt",
        "Days",
        "Total PL",
    ]
    row = [
        "INFOSYS LTD", 1594, "INFY", "INE009A01021", "EQ", 10, "03-04-2024", 1480.55, 14805.5,
        "10-05-2024", "1,500.00", 15000, 37, 194.5,
    ]  # fmt: skip
    statement = read([titles, row])
    assert statement.kind is Kind.REALISED_PNL
    assert [(one.side, one.traded_on) for one in statement.trades] == [
        (Side.BUY, date(2024, 4, 3)), (Side.SELL, date(2024, 5, 10)),
    ]  # fmt: skip
    assert statement.checks[0].difference == 0


def test_up_01_groww_order_history() -> None:
    titles = [
        "Stock name",
        "Symbol",
        "ISIN",
        "Type",
        "Quantity",
        "Value",
        "Exchange",
        "Exchange Order Id",
        "Execution date and time",
        "Order status",
    ]
    done = [
        "Infosys", "INFY", "INE009A01021", "BUY", 3, "1,000.00", "NSE", "1100000012345678",
        "03-04-2024 02:15 PM", "Executed",
    ]  # fmt: skip
    cancelled = [*done[:-1], "Cancelled"]
    preamble = [["Name", "A Person"], ["Unique Client Code", "9876543210"], []]
    statement = read([*preamble, titles, done, cancelled])
    [trade] = statement.trades
    assert (trade.account, trade.price) == ("9876543210", Decimal("333.33333333"))
    assert trade.at == datetime(2024, 4, 3, 14, 15, tzinfo=IST)
    assert (statement.rows, statement.skipped) == (2, 1)
    assert totals_of(statement.trades)[0] == Decimal("1000.00")
    assert statement.checks[0].difference == 0


LEDGER = [
    "particulars",
    "posting_date",
    "cost_center",
    "voucher_type",
    "debit",
    "credit",
    "net_balance",
]


def ledger_rows(closing: str = "900.000000") -> list[list[Any]]:
    return [
        LEDGER,
        ["Opening Balance", "", "", "", "0.000000", "0.000000", "0.000000"],
        ["Funds added using UPI", "2024-04-03", "", "Bank Receipts", "0", "1000.000000", "1000"],
        ["Net settlement", "2024-04-04", "NSE-EQ - Z", "Book Voucher", "100.00", "0", "900"],
        ["Closing Balance", "", "", "", "0", "0", closing],
    ]


def test_up_02_zerodha_ledger_and_its_closing_balance() -> None:
    kinds = frozenset({Kind.LEDGER})
    statement = read(ledger_rows(), kinds=kinds)
    assert [one.posted_on for one in statement.ledger] == [
        None, date(2024, 4, 3), date(2024, 4, 4), None,
    ]  # fmt: skip
    assert statement.checks[0].difference == 0
    assert read(ledger_rows("950"), kinds=kinds).checks[0].difference == Decimal(-50)
    assert len(set(ledger_keys(statement.ledger))) == 4


def test_up_02_a_ledger_is_no_tradebook() -> None:
    with pytest.raises(InvalidInput, match="This is a ledger"):
        read(ledger_rows())


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("trade_type", "hold"), ("quantity", "0"), ("quantity", "-5"), ("price", "free"),
        ("trade_date", "soon"), ("symbol", ""), ("isin", "INE"), ("segment", "XX"),
        ("order_execution_time", "2024-04-03T99:00:00"), ("trade_id", "9" * 61),
    ],
)  # fmt: skip
def test_up_01_a_row_that_cannot_be_read_names_its_row_and_column(column: str, cell: str) -> None:
    bad = list(INFY)
    bad[KITE.index(column)] = cell
    statement = read([KITE, INFY, [], bad])
    [error] = statement.errors
    assert (error.row, error.column) == (4, column)
    assert error.reason
    assert len(statement.trades) == 1


def test_up_01_an_unknown_layout_names_the_columns_found() -> None:
    with pytest.raises(UnknownLayout) as raised:
        read([["A note"], ["Scrip", "When", "How many", "Rate"], ["INFY", "x", "1", "2"]])
    assert raised.value.columns == ("Scrip", "When", "How many", "Rate")
    assert "“How many”" in str(raised.value)


def test_up_01_a_mapping_of_ones_own() -> None:
    columns = {
        "symbol": "Scrip", "traded_on": "When", "side": "B/S", "quantity": "How  Many",
        "price": "Rate",
    }  # fmt: skip
    own = mapped_layout(
        "mybroker", Kind.TRADEBOOK, columns, month_first=True, defaults={"exchange": "BSE"}
    )
    rows = [["Scrip", "When", "B/S", "how many", "Rate"], ["infy", "04/03/2024", "B", 2, 1500]]
    [trade] = read(rows, own=[own]).trades
    assert (trade.broker, trade.symbol, trade.exchange) == ("mybroker", "INFY", "BSE")
    assert trade.traded_on == date(2024, 4, 3)


@pytest.mark.parametrize(
    ("columns", "pointer"),
    [
        ({"symbol": "A"}, "/columns"),
        ({"colour": "A"}, "/columns/colour"),
        ({"symbol": " "}, "/columns/symbol"),
    ],
)
def test_up_01_a_mapping_must_name_what_a_trade_needs(columns, pointer: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        mapped_layout("mine", Kind.TRADEBOOK, columns)
    assert raised.value.pointer == pointer


def test_up_01_equal_rows_without_an_id_are_counted() -> None:
    columns = {one: one for one in ("symbol", "traded_on", "side", "quantity", "price")}
    own = mapped_layout("mine", Kind.TRADEBOOK, columns)
    row = ["INFY", "2024-04-03", "buy", 1, 1500]
    once, twice = (read([list(columns), *[row] * n], own=[own]).trades for n in (1, 2))
    first, second = trade_keys(twice)
    assert first != second
    assert trade_keys(once) == [first]


def test_up_01_both_sides_of_a_trade_with_oneself_are_two_trades() -> None:
    sold = [*INFY]
    sold[KITE.index("trade_type")] = "sell"
    assert len(set(trade_keys(read([KITE, INFY, sold]).trades))) == 2


def test_up_01_an_index_of_excel_times_is_read() -> None:
    row = [*INFY]
    row[KITE.index("order_execution_time")] = datetime.combine(date(2024, 4, 3), time(9, 15, 1))
    assert read([KITE, row]).trades == read([KITE, INFY]).trades


@pytest.mark.parametrize("cells", [2, 9, 10, 12])
def test_up_01_a_row_that_a_cut_file_ends_in_is_an_error(cells: int) -> None:
    """Else a price of 1,480.55 that is cut to 148 would be imported."""
    statement = read([KITE, INFY, INFY[:cells]])
    [error] = statement.errors
    assert (error.row, error.column) == (3, KITE[cells])
    assert "the row ends before it" in error.reason
