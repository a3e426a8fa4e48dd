"""FIFO lots: worked cases, and a reference that moves one unit at a time."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.orders.order import Side
from tradertape_core.wealth.charging import with_charges
from tradertape_core.wealth.executions import Kind, split_by_kind
from tradertape_core.wealth.instruments import ActionKind, ShareAction
from tradertape_core.wealth.lots import Book, build_book
from tradertape_core.wealth.records import BookTrade, Segment

D = Decimal
ALPHA = "INE001A01"


def book_of(*trades: BookTrade, actions: list[ShareAction] | None = None) -> Book:
    return build_book(with_charges(split_by_kind(trades)), {ALPHA: actions or []})


def action(kind: ActionKind, day: str, new: int, old: int) -> ShareAction:
    return ShareAction(symbol="ALPHA", ex_date=date.fromisoformat(day), kind=kind, new=new, old=old)


def test_a_sale_closes_the_oldest_purchase_first(trade):
    book = book_of(
        trade("BUY", 10, 100, "2024-01-01"),
        trade("BUY", 10, 110, "2024-01-02"),
        trade("SELL", 15, 120, "2024-03-01"),
    )
    assert [(one.quantity, one.cost, one.proceeds, one.bought_on.day) for one in book.matches] == [
        (10, 1000, 1200, 1),
        (5, 550, 600, 2),
    ]
    assert [(lot.quantity, lot.value) for lot in book.lots] == [(5, 550)]
    assert book.matches[0].days == 60


def test_a_same_day_square_off_is_speculative_and_comes_before_delivery(trade):
    book = book_of(
        trade("BUY", 10, 90, "2024-01-01"),
        trade("BUY", 5, 100, "2024-01-02"),
        trade("SELL", 8, 104, "2024-01-02"),
    )
    intraday, delivery = sorted(book.matches, key=lambda one: one.kind, reverse=True)
    assert (intraday.kind, intraday.quantity, intraday.gross) == (Kind.INTRADAY, 5, 20)
    assert (delivery.kind, delivery.quantity, delivery.gross) == (Kind.DELIVERY, 3, 42)
    assert [lot.quantity for lot in book.lots] == [7]


def test_a_purchase_on_the_other_exchange_is_delivered_against_an_earlier_sale(trade):
    book = book_of(
        trade("SELL", 5, 104, "2024-01-02", exchange="NSE"),
        trade("BUY", 5, 100, "2024-01-02", exchange="BSE"),
    )
    assert [(one.kind, one.gross) for one in book.matches] == [(Kind.DELIVERY, 20)]
    assert not book.unmatched


def test_accounts_do_not_share_lots(trade):
    book = book_of(
        trade("BUY", 5, 100, "2024-01-02", account="ONE"),
        trade("SELL", 5, 100, "2024-01-03", account="TWO"),
    )
    assert not book.matches
    assert [lot.account.account for lot in book.lots] == ["ONE"]
    assert [lot.account.account for lot in book.unmatched] == ["TWO"]


def test_a_sale_without_a_purchase_is_listed_apart_and_closes_no_later_purchase(trade):
    book = book_of(trade("SELL", 5, 100, "2024-01-02"), trade("BUY", 5, 90, "2024-01-05"))
    assert not book.matches
    assert [(lot.quantity, lot.is_short) for lot in book.unmatched] == [(5, True)]
    assert [(lot.quantity, lot.is_short) for lot in book.lots] == [(5, False)]


def test_an_auction_closes_the_sale_that_could_not_be_delivered(trade):
    book = book_of(
        trade("SELL", 5, 100, "2024-01-02"),
        trade("BUY", 5, 110, "2024-01-04", is_auction=True),
    )
    assert [(one.is_short, one.gross) for one in book.matches] == [(True, -50)]
    assert not book.lots
    assert not book.unmatched


def test_a_future_sold_first_is_a_short_lot_that_a_purchase_closes(trade):
    future = {"symbol": "NIFTY24JANFUT", "isin": "", "segment": Segment.DERIVATIVES}
    opened = trade("SELL", 100, 21000, "2024-01-02", exchange="NFO", **future)
    assert [lot.is_short for lot in book_of(opened).lots] == [True]
    book = book_of(opened, trade("BUY", 100, 20900, "2024-01-05", exchange="NFO", **future))
    (match,) = book.matches
    assert (match.gross, match.kind, match.is_short) == (10_000, Kind.DERIVATIVE, True)
    assert (match.bought_on.day, match.sold_on.day, match.closed_on.day) == (5, 2, 5)
    assert not book.lots


def test_a_split_keeps_cost_and_date_and_joins_the_new_isin(trade):
    book = book_of(
        trade("BUY", 10, 1000, "2023-01-01", isin="INE001A01011"),
        trade("SELL", 100, 120, "2024-03-01", isin="INE001A01029"),
        actions=[action(ActionKind.SPLIT, "2023-06-01", 10, 1)],
    )
    (match,) = book.matches
    assert (match.quantity, match.cost, match.bought_on) == (100, 10_000, date(2023, 1, 1))
    assert match.units_2018 == 10
    assert not book.lots


def test_a_bonus_is_a_lot_of_its_own_without_cost(trade):
    book = book_of(
        trade("BUY", 10, 100, "2023-01-01"),
        trade("SELL", 15, 60, "2024-03-01"),
        actions=[action(ActionKind.BONUS, "2023-06-01", 2, 1)],
    )
    assert [(one.quantity, one.cost, one.bought_on) for one in book.matches] == [
        (10, 1000, date(2023, 1, 1)),
        (5, 0, date(2023, 6, 1)),
    ]
    assert [(lot.quantity, lot.value, lot.is_bonus) for lot in book.lots] == [(5, 0, True)]


def test_a_share_bought_on_the_ex_date_is_on_the_new_basis(trade):
    book = book_of(
        trade("BUY", 10, 100, "2023-06-01"),
        actions=[action(ActionKind.SPLIT, "2023-06-01", 10, 1)],
    )
    assert [lot.quantity for lot in book.lots] == [10]


def test_odd_lots_lose_one_fraction_and_no_cost_in_a_consolidation(trade):
    book = book_of(
        trade("BUY", 3, 10, "2023-01-01"),
        trade("BUY", 3, 20, "2023-01-02"),
        trade("BUY", 5, 30, "2023-01-03"),
        actions=[action(ActionKind.CONSOLIDATION, "2023-06-01", 1, 5)],
    )
    assert sum(lot.quantity for lot in book.lots) == 2
    assert sum(lot.value for lot in book.lots) == 30 + 60 + 150


def test_a_bonus_that_takes_shares_away_is_refused():
    with pytest.raises(InvalidInput, match="bonus leaves more"):
        action(ActionKind.BONUS, "2023-06-01", 1, 2)


histories = st.lists(
    st.tuples(
        st.integers(0, 5),  # day
        st.sampled_from([Side.BUY, Side.SELL]),
        st.integers(1, 7),
        st.integers(1, 50),
    ),
    max_size=25,
)
DERIVATIVE = {"symbol": "NIFTY24JANFUT", "isin": "", "segment": Segment.DERIVATIVES}
START = date(2024, 1, 1)


def of_history(history, **more: object) -> list[BookTrade]:
    given = {
        "symbol": "ALPHA", "isin": "INE001A01011", "segment": Segment.EQUITY,
        "broker": "kite", "account": "AB0001", "exchange": "NSE", "charges": D(1),
    } | more  # fmt: skip
    return [
        BookTrade(
            side=side, quantity=D(quantity), price=D(price), at=None, trade_id=str(number),
            traded_on=START + timedelta(days=day), **given,
        )
        for number, (day, side, quantity, price) in enumerate(sorted(history, key=lambda x: x[0]))
    ]  # fmt: skip


def unit_by_unit(trades: list[BookTrade], *, can_be_short: bool) -> dict[tuple[date, date], D]:
    """Gross profit by (opened, closed) day, each unit matched with the oldest one against it."""
    units = [(t.traded_on, t.side, t.price) for t in trades for _ in range(int(t.quantity))]
    waiting: list[tuple[date, Side, D]] = []
    found: dict[tuple[date, date], D] = defaultdict(D)
    for day, side, price in units:
        against = [one for one in waiting if one[1] is not side]
        if not against:
            if side is Side.BUY or can_be_short:
                waiting.append((day, side, price))
            continue
        oldest = against[0]
        waiting.remove(oldest)
        found[oldest[0], day] += price - oldest[2] if side is Side.SELL else oldest[2] - price
    return dict(found)


def by_days(book: Book, kind: Kind) -> dict[tuple[date, date], D]:
    found: dict[tuple[date, date], D] = defaultdict(D)
    for one in book.matches:
        if one.kind is kind:
            found[min(one.bought_on, one.sold_on), one.closed_on] += one.gross
    return dict(found)


@given(histories)
def test_derivatives_match_as_single_units_do(history):
    trades = of_history(history, **DERIVATIVE)
    book = build_book(with_charges(split_by_kind(trades)))
    assert by_days(book, Kind.DERIVATIVE) == pytest.approx(
        unit_by_unit(trades, can_be_short=True), abs=D("0.000001")
    )


@given(histories)
def test_shares_match_as_single_units_do_once_each_day_is_squared_off(history):
    trades = of_history(history)
    intraday: dict[tuple[date, date], D] = defaultdict(D)
    left: list[BookTrade] = []
    for day in sorted({one.traded_on for one in trades}):
        bought, sold = (
            [
                t
                for t in trades
                if t.traded_on == day and t.side is side
                for _ in range(int(t.quantity))
            ]
            for side in (Side.BUY, Side.SELL)
        )
        squared = min(len(bought), len(sold))
        for one, other in zip(bought[:squared], sold[:squared], strict=True):
            intraday[day, day] += other.price - one.price
        left += bought[squared:] + sold[squared:]
    units = [BookTrade(**_fields(one) | {"quantity": D(1)}) for one in left]
    book = build_book(with_charges(split_by_kind(trades)))
    near = {"abs": D("0.000001")}
    assert by_days(book, Kind.INTRADAY) == pytest.approx(dict(intraday), **near)
    assert by_days(book, Kind.DELIVERY) == pytest.approx(
        unit_by_unit(units, can_be_short=False), **near
    )


@given(histories)
def test_no_unit_no_rupee_and_no_charge_is_lost(history):
    for more in ({}, DERIVATIVE):
        trades = of_history(history, **more)
        book = build_book(with_charges(split_by_kind(trades)))
        rest = [*book.lots, *book.unmatched]
        signed = sum(one.quantity if one.side is Side.BUY else -one.quantity for one in trades)
        cash = sum(one.quantity * one.price * (-1 if one.side is Side.BUY else 1) for one in trades)
        assert sum(-lot.quantity if lot.is_short else lot.quantity for lot in rest) == signed
        assert (
            sum(one.gross for one in book.matches)
            + sum(lot.value if lot.is_short else -lot.value for lot in rest)
            == cash
        )
        assert sum(m.charges for m in book.matches) + sum(lot.charges for lot in rest) == len(
            trades
        )


def _fields(one: BookTrade) -> dict[str, object]:
    return {name: getattr(one, name) for name in BookTrade.__slots__}
