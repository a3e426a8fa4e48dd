"""Dividends: who held a share on the day before its ex-date is entitled."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tradertape_core.wealth.dividends import Declared, dividends_of
from tradertape_core.wealth.executions import split_by_kind
from tradertape_core.wealth.instruments import ActionKind, ShareAction
from tradertape_core.wealth.lots import Held, build_book

ALPHA = "INE001A01"
D = Decimal


def declared(day: str, amount: str = "2.50") -> Declared:
    return Declared(ALPHA, "ALPHA", date.fromisoformat(day), D(amount))


def test_what_was_held_the_day_before_is_paid_and_later_purchases_are_not(trade):
    trades = [
        trade("BUY", 10, 100, "2024-01-01"),
        trade("BUY", 7, 100, "2024-06-03"),
        trade("SELL", 10, 100, "2024-06-04"),
    ]
    history = build_book(split_by_kind(trades)).history
    found = dividends_of(history, [declared("2024-06-04"), declared("2024-06-03")])
    assert [(one.ex_date.day, one.quantity, one.amount) for one in found] == [
        (3, 10, D("25.00")),
        (4, 17, D("42.50")),
    ]
    assert dividends_of(history, [declared("2024-01-01")]) == []


def test_intraday_trades_hold_nothing_overnight(trade):
    trades = [trade("BUY", 10, 100, "2024-01-01"), trade("SELL", 10, 101, "2024-01-01")]
    assert build_book(split_by_kind(trades)).history == {}


def test_a_bonus_raises_what_is_held_and_not_what_it_cost(trade):
    bonus = ShareAction(
        symbol="ALPHA", ex_date=date(2024, 3, 1), kind=ActionKind.BONUS, new=2, old=1
    )
    book = build_book(split_by_kind([trade("BUY", 10, 100, "2024-01-01")]), {ALPHA: [bonus]})
    (history,) = book.history.values()
    assert history == (
        Held(date(2024, 1, 1), D(10), D(1000)),
        Held(date(2024, 3, 1), D(20), D(1000)),
    )
    assert dividends_of(book.history, [declared("2024-03-02")])[0].quantity == 20
