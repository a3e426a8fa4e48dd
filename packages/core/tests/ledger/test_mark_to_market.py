"""Daily mark-to-market of futures: cash is paid early, and no paisa of profit changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvalidInput, InvariantBroken
from tradertape_core.kernel.money import Price, notional
from tradertape_core.ledger.charges import NO_CHARGES
from tradertape_core.ledger.corporate import CorporateAction
from tradertape_core.ledger.journal import (
    Book,
    LedgerAccount,
    PostingKind,
    balances,
    post_action,
    post_fill,
    post_mark,
    post_settlement,
    post_void,
    replay,
)
from tradertape_core.ledger.mark_to_market import DailyMark, apply_mark, is_markable
from tradertape_core.ledger.pnl import unrealised
from tradertape_core.ledger.position import Position, PositionKey, key_of
from tradertape_core.ledger.settlement import Settlement
from tradertape_core.market.instrument import InstrumentType
from tradertape_core.orders.order import Fill, Product, Side

A, FUT = LedgerAccount, InstrumentType.FUT
NAME = "NFO:NIFTY26JUNFUT"
KEY = PositionKey("kite:paper-a", "run-1", NAME, Product.NRML)
MONDAY = date(2026, 6, 1)
CLOSE = datetime(2026, 6, 1, 10, tzinfo=UTC)  # 15:30 in India


def mark(price: str, *, days: int = 0) -> DailyMark:
    step = timedelta(days=days)
    return DailyMark(instrument=NAME, day=MONDAY + step, until=CLOSE + step, price=Decimal(price))


class Books:
    """What was posted, and the position."""

    def __init__(self, fill) -> None:
        self.make, self.book, self.posted, self.history = fill, Book(), [], []

    def trade(self, text: str, *, days: int = 0) -> Fill:
        made = self.make(text, instrument=NAME, product=Product.NRML, days=days)
        self._take(post_fill(made, NO_CHARGES, self.book, kind=FUT), made)
        return made

    def mark(self, price: str, *, days: int = 0) -> None:
        self._take(
            post_mark(mark(price, days=days), KEY, self.book, at=CLOSE), mark(price, days=days)
        )

    def _take(self, posted, moved) -> None:
        if posted is not None:
            self.posted.append(posted)
            self.book = self.book.after(posted)
            self.history.append(moved)

    @property
    def position(self) -> Position:
        return self.book.position(KEY)

    def rupees(self, account: LedgerAccount) -> float:
        return balances(self.posted).get(account, 0) / 100


@pytest.fixture
def books(fill):
    return Books(fill)


@pytest.mark.parametrize(
    ("trade", "price", "cash"),
    [
        ("B 65 24000", "24100", 6_500),
        ("B 65 24000", "23900", -6_500),
        ("S 65 24000", "24100", -6_500),
        ("S 65 24000", "23900", 6_500),
        ("B 65 24000", "24000", 0),
    ],
)
def test_a_day_pays_the_difference_to_the_entry_and_changes_no_profit(books, trade, price, cash):
    books.trade(trade)
    before = books.position
    books.mark(price)
    after = books.position
    assert (books.rupees(A.CASH), books.rupees(A.MARK_TO_MARKET)) == (cash, -cash)
    assert after.mtm_paise == cash * 100
    assert (after.average_price, after.cost_paise) == (before.average_price, before.cost_paise)
    assert (after.realised_paise, after.today) == (before.realised_paise, before.today)
    assert books.posted[-1].kind is PostingKind.MARK_TO_MARKET
    assert books.posted[-1].reference == f"2026-06-01:run-1:{NAME}:NRML"


def test_each_day_pays_the_difference_to_the_day_before_and_closing_the_rest(books):
    books.trade("B 65 24000")
    paid = []
    for days, price in enumerate(("24100", "23950", "24020")):
        before = books.rupees(A.CASH)
        books.mark(price, days=days)
        paid.append(books.rupees(A.CASH) - before)
    assert paid == [6_500, -9_750, 4_550]
    books.trade("S 65 24060", days=3)
    assert (books.rupees(A.CASH), books.rupees(A.REALISED)) == (3_900, -3_900)
    assert books.rupees(A.MARK_TO_MARKET) == 0
    assert books.position.mtm_paise == 0


def test_a_second_look_and_an_earlier_day_change_nothing(books):
    books.trade("B 65 24000")
    books.mark("24100", days=1)
    for price, days in (("24100", 1), ("25000", 1), ("25000", 0)):
        assert post_mark(mark(price, days=days), KEY, books.book, at=CLOSE) is None


def test_a_missed_day_is_made_up_for_by_the_next(books):
    books.trade("B 65 24000")
    books.mark("24100")
    books.mark("24300", days=4)
    assert books.rupees(A.CASH) == 300 * 65
    assert not is_markable(books.position, MONDAY + timedelta(days=3), CLOSE + timedelta(days=3))


def test_what_was_traded_after_the_session_is_not_marked_to_its_price(books):
    books.trade("B 65 24000", days=1)
    assert not is_markable(books.position, MONDAY, CLOSE)
    books.trade("B 65 24000")
    books.mark("24100")
    assert [lot.mtm for lot in books.position.lots] == [0, 650_000]


def test_a_part_that_is_closed_takes_what_its_own_units_were_paid(books):
    books.trade("B 100 100")
    books.mark("110")
    books.trade("B 100 112", days=1)
    books.trade("S 50 115", days=1)  # of the first lot: 750 realised, of which 500 were paid
    assert (books.rupees(A.CASH), books.rupees(A.REALISED)) == (1_250, -750)
    assert [lot.mtm for lot in books.position.lots] == [50_000, 0]
    books.mark("120", days=1)
    assert books.position.mtm_paise == unrealised(books.position, Decimal(120))
    assert books.rupees(A.CASH) == 750 + 50 * 20 + 100 * 8


def test_turning_a_position_over_settles_what_was_closed_and_opens_unmarked(books):
    books.trade("B 100 100")
    books.mark("110")
    books.trade("S 150 105", days=1)
    assert (books.position.quantity, books.position.mtm_paise) == (-50, 0)
    assert (books.rupees(A.CASH), books.rupees(A.MARK_TO_MARKET)) == (500, 0)
    books.mark("100", days=1)
    assert books.rupees(A.CASH) == 500 + 250


def test_the_expiry_pays_what_is_left(books):
    books.trade("B 65 24000")
    books.mark("24100")
    ended = Settlement(
        settlement_id="s", instrument=NAME, day=MONDAY + timedelta(days=1), price=Decimal(24050)
    )
    books.posted.append(post_settlement(ended, NO_CHARGES, KEY, books.book, kind=FUT, at=CLOSE))
    assert (books.rupees(A.CASH), books.rupees(A.MARK_TO_MARKET)) == (3_250, 0)
    assert books.rupees(A.OBLIGATIONS) == 0


def test_a_corporate_action_keeps_what_was_paid_and_ends_earlier_days(books):
    books.trade("B 100 100")
    books.mark("110")
    split = CorporateAction(
        action_id="split", instrument=NAME, ex_date=MONDAY + timedelta(days=2), new=2, old=1
    )
    books._take(post_action(split, KEY, books.book, at=CLOSE), split)
    assert (books.position.quantity, books.position.mtm_paise) == (200, 100_000)
    # The price of the day before the ex date is on the old basis: too late for it.
    assert post_mark(mark("112", days=1), KEY, books.book, at=CLOSE) is None
    books.mark("57", days=2)
    assert books.rupees(A.CASH) == 200 * 57 - 100 * 100


def test_a_fraction_that_is_paid_out_leaves_cash_whole(books):
    books.trade("B 1 100")
    books.trade("B 2 100")
    books.mark("110")
    merged = CorporateAction(
        action_id="m", instrument=NAME, ex_date=MONDAY + timedelta(days=1), new=1, old=2,
        in_lieu_price=Decimal(220),
    )  # fmt: skip
    books._take(post_action(merged, KEY, books.book, at=CLOSE), merged)
    books.trade("S 1 230", days=2)
    assert books.rupees(A.MARK_TO_MARKET) == 0
    assert books.rupees(A.CASH) == -books.rupees(A.REALISED) == 110 + 230 - 300


def test_a_voided_trade_takes_its_mark_with_it(books):
    first = books.trade("B 65 24000")
    books.trade("B 65 24010")
    books.mark("24100")
    history = [one for one in books.history if one is not first]
    undone = post_void(
        first, books.posted[0], history, books.book, refund=NO_CHARGES, kind=FUT, at=CLOSE
    )
    books.posted += undone
    after = books.book.after(*undone).position(key_of(first))
    assert (after.quantity, after.mtm_paise, after.mtm_through) == (65, 585_000, MONDAY)
    assert books.rupees(A.CASH) == 5_850


def test_a_price_of_nothing_or_of_another_contract_is_refused():
    with pytest.raises(InvalidInput, match="cannot be marked to 0"):
        mark("0")
    other = Position(key=PositionKey("a", "r", "NFO:OTHER26JUNFUT", Product.NRML))
    with pytest.raises(InvariantBroken, match="is not of"):
        apply_mark(other, mark("1"))


# A day's trades (units, below 0 sold; price in ticks of 5 paise), and its price or none.
days_of = st.lists(
    st.tuples(
        st.lists(
            st.tuples(st.integers(-150, 150).filter(bool), st.integers(400_000, 520_000)),
            max_size=3,
        ),
        st.none() | st.integers(400_000, 520_000),
    ),
    min_size=1,
    max_size=7,
)


@settings(max_examples=200, deadline=None)
@given(days=days_of, last=st.integers(400_000, 520_000))
def test_any_path_ends_with_the_same_cash_and_never_has_more_free_than_was_paid(days, last):
    """Cash after closing is the same to the paisa; before, only by what was paid; sums are zero."""
    plain, marked = _Path(), _Path()
    for number, (trades, price) in enumerate(days):
        for units, ticks in trades:
            for path in (plain, marked):
                path.trade(units, ticks, number)
        if price is not None:
            marked.mark(price, number)
        assert marked.cash - plain.cash == marked.position.mtm_paise
        assert marked.position.realised_paise == plain.position.realised_paise
        assert [(x.quantity, x.cost) for x in marked.position.lots] == [
            (x.quantity, x.cost) for x in plain.position.lots
        ]
        difference = marked.free(last) - plain.free(last)
        assert abs(difference) <= abs(marked.position.mtm_paise)
        assert sum(balances(marked.posted).values()) == 0
    for path in (plain, marked):
        if path.position.quantity:
            path.trade(-path.position.quantity, last, len(days))
    assert marked.cash == plain.cash
    assert {k: v for k, v in balances(marked.posted).items() if v} == {
        k: v for k, v in balances(plain.posted).items() if v
    }
    assert replay(KEY, marked.history).realised_paise == marked.position.realised_paise


class _Path:
    """Trades and marks of one position, posted."""

    def __init__(self) -> None:
        self.book, self.posted, self.history = Book(), [], []

    def trade(self, units: int, ticks: int, day: int) -> None:
        made = Fill(
            trade_id=str(len(self.history)), order_id="o", account=KEY.account, run_id=KEY.run_id,
            instrument=NAME, product=KEY.product, side=Side.BUY if units > 0 else Side.SELL,
            quantity=abs(units), price=_rupees(ticks),
            at=CLOSE + timedelta(days=day, hours=-1),
        )  # fmt: skip
        self._take(post_fill(made, NO_CHARGES, self.book, kind=FUT), made)

    def mark(self, ticks: int, day: int) -> None:
        made = mark(str(_rupees(ticks)), days=day)
        posted = post_mark(made, KEY, self.book, at=CLOSE)
        if posted is not None:
            self._take(posted, made)

    def _take(self, posted, moved) -> None:
        self.posted.append(posted)
        self.book = self.book.after(posted)
        self.history.append(moved)

    @property
    def position(self) -> Position:
        return self.book.position(KEY)

    @property
    def cash(self) -> int:
        return balances(self.posted).get(A.CASH, 0)

    def free(self, ticks: int) -> int:
        """Cash less the loss that is held back, as margins have it (the margin is the same)."""
        value = notional(Price(_rupees(ticks)), self.position.quantity)
        open_profit = value - self.position.cost_paise
        return self.cash - max(0, self.position.mtm_paise - open_profit)


def _rupees(ticks: int) -> Decimal:
    return Decimal(ticks) / 20
