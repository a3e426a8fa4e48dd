"""What is missing between the files: gaps, and sales of what was never bought."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tradertape_core.orders.order import Side
from tradertape_core.wealth.records import BookTrade, Segment
from tradertape_core.wealth.statements.quality import Period, gaps_between, sold_unbought


def period(first: date, last: date, account: str = "A1") -> Period:
    return Period("kite", account, "EQ", first, last)


def trade(day: int, side: Side, quantity: int, **changes) -> BookTrade:
    given = {
        "broker": "kite", "account": "A1", "exchange": "NSE", "segment": Segment.EQUITY,
        "symbol": "INFY", "isin": "INE009A01021", "side": side, "quantity": Decimal(quantity),
        "price": Decimal(100), "traded_on": date(2024, 4, day), "at": None, "trade_id": "",
    }  # fmt: skip
    return BookTrade(**{**given, **changes})


def test_up_01_days_that_no_file_has_are_a_gap() -> None:
    files = [
        period(date(2024, 7, 1), date(2024, 9, 30)),
        period(date(2023, 10, 1), date(2023, 12, 31)),
        period(date(2024, 1, 1), date(2024, 3, 28)),
    ]
    assert gaps_between(files) == [period(date(2024, 3, 29), date(2024, 6, 30))]


def test_up_01_overlaps_weekends_and_other_accounts_are_no_gap() -> None:
    files = [
        period(date(2024, 1, 1), date(2024, 12, 31)),
        period(date(2024, 2, 1), date(2024, 3, 31)),
        period(date(2025, 1, 3), date(2025, 3, 31)),
        period(date(2020, 1, 1), date(2020, 3, 31), "B2"),
    ]
    assert gaps_between(files) == []


def test_up_01_sales_beyond_the_purchases_are_found() -> None:
    trades = [
        trade(1, Side.BUY, 10), trade(2, Side.SELL, 15), trade(3, Side.BUY, 20),
        trade(1, Side.SELL, 5, symbol="TCS", isin="INE467B01029"),
        trade(1, Side.BUY, 5, symbol="TCS", isin="INE467B01029"),
        trade(1, Side.SELL, 50, segment=Segment.DERIVATIVES, isin="", symbol="NIFTY"),
    ]  # fmt: skip
    [found] = sold_unbought(trades)
    assert (found.symbol, found.on, found.missing) == ("INFY", date(2024, 4, 2), Decimal(5))
