"""Double entry: every posting sums to zero, a void leaves what never having traded would."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.ledger.billing import fill_charges, schedule_for, void_refund
from tradertape_core.ledger.charges import NO_CHARGES, Charges
from tradertape_core.ledger.corporate import CorporateAction
from tradertape_core.ledger.journal import (
    Book,
    Entry,
    LedgerAccount,
    PostingKind,
    Postings,
    balances,
    post_action,
    post_capital,
    post_charges,
    post_fill,
    post_margin,
    post_void,
)
from tradertape_core.ledger.position import key_of
from tradertape_core.market.instrument import InstrumentType
from tradertape_core.orders.order import Fill, Product, Side

AT = datetime(2026, 6, 1, 4, tzinfo=UTC)
A = LedgerAccount
EQ, FUT, CE = InstrumentType.EQ, InstrumentType.FUT, InstrumentType.CE
DELIVERY = {"product": Product.CNC}


def post_all(fills, kind=EQ, charges=NO_CHARGES):
    book, posted = Book(), []
    for one in fills:
        posted.append(post_fill(one, charges, book, kind=kind))
        book = book.after(posted[-1])
    return book, posted


def test_a_delivery_purchase_moves_cash_into_holdings_and_charges(fill):
    _, posted = post_all([fill("B 10 100", **DELIVERY)], charges=Charges(stt=100, stamp=15))
    assert balances(posted) == {A.HOLDINGS: 100_000, A.STT: 100, A.STAMP: 15, A.CASH: -100_115}


def test_a_sale_realises_the_difference_to_the_oldest_cost(fill):
    fills = [
        fill("B 10 100", **DELIVERY),
        fill("B 10 90", **DELIVERY),
        fill("S 10 120", **DELIVERY),
    ]
    found = balances(post_all(fills)[1])
    assert (found[A.HOLDINGS], found[A.REALISED], found[A.CASH]) == (90_000, -20_000, -70_000)


def test_a_future_moves_no_cash_until_something_is_realised(fill):
    fut = {"product": Product.NRML, "instrument": "NFO:NIFTY26JUNFUT"}
    book, posted = post_all([fill("S 65 24000", **fut)], kind=FUT)
    assert balances(posted) == {A.POSITIONS: -156_000_000, A.OBLIGATIONS: 156_000_000}
    posted.append(post_fill(fill("B 65 23900", **fut), NO_CHARGES, book, kind=FUT))
    found = balances(posted)
    assert (found[A.CASH], found[A.REALISED]) == (650_000, -650_000)
    assert (found[A.POSITIONS], found[A.OBLIGATIONS]) == (0, 0)


def test_an_options_premium_is_cash_with_any_product(fill):
    option = {"instrument": "NFO:NIFTY26JUN24000CE"}
    _, posted = post_all([fill("S 65 150", **option)], kind=CE)
    assert balances(posted) == {A.POSITIONS: -975_000, A.CASH: 975_000}


def test_postings_that_do_not_sum_to_zero_cannot_be_made():
    with pytest.raises(InvariantBroken, match="off by 5 paise"):
        Postings(
            kind=PostingKind.CAPITAL, reference="x", account="a", run_id=None, at=AT,
            entries=(Entry(A.CASH, 5),),
        )  # fmt: skip


def test_capital_margin_and_other_charges_are_postings_too(fill):
    book, posted = post_all([fill("B 1 100", **DELIVERY)])
    key = posted[0].position.key
    posted.append(post_capital("kite:paper-a", 50_000, reference="opening", at=AT))
    posted.append(post_margin("kite:paper-a", "run-1", 20_000, reference="o1", at=AT))
    posted.append(post_margin("kite:paper-a", "run-1", -5_000, reference="o1", at=AT))
    demat = post_charges(key, Charges(demat=1_534), book, reference="demat", at=AT)
    found = balances([*posted, demat])
    assert (found[A.CASH], found[A.MARGIN], found[A.DEMAT]) == (23_466, 15_000, 1_534)
    assert demat.position.charges.demat == 1_534
    assert demat.position.quantity == 1


def void(posted, fills, victim, book, refund, kind=EQ):
    index = fills.index(victim)
    history = fills[:index] + fills[index + 1 :]
    return post_void(victim, posted[index], history, book, refund=refund, kind=kind, at=AT)


def test_a_void_keeps_both_entries_and_corrects_what_later_trades_realised(fill):
    fills = [fill("B 10 100"), fill("B 10 110"), fill("S 10 120")]
    book, posted = post_all(fills)
    reversal, correction = void(posted, fills, fills[0], book, NO_CHARGES)
    assert [e.paise for e in reversal.entries] == [-e.paise for e in posted[0].entries]
    assert (reversal.kind, correction.kind) == (PostingKind.REVERSAL, PostingKind.CORRECTION)
    found = balances([*posted, reversal, correction])
    assert (found[A.REALISED], found[A.CASH], found[A.POSITIONS]) == (-10_000, 10_000, 0)
    assert book.after(reversal, correction).position(key_of(fills[0])).quantity == 0


def test_a_void_of_the_last_trade_needs_no_correction(fill):
    fills = [fill("B 10 100"), fill("S 4 120")]
    book, posted = post_all(fills)
    (reversal,) = void(posted, fills, fills[1], book, NO_CHARGES)
    assert balances([*posted, reversal])[A.REALISED] == 0
    assert reversal.position.quantity == 10


KINDS = [
    (Product.CNC, EQ, "NSE:A"),
    (Product.MIS, EQ, "NSE:A"),
    (Product.NRML, FUT, "NFO:A26JUNFUT"),
    (Product.NRML, CE, "NFO:A26JUN100CE"),
]
steps_of = st.lists(
    st.tuples(st.booleans(), st.integers(1, 100), st.integers(5, 10**6), st.integers(0, 3)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=120)
@given(steps=steps_of, what=st.sampled_from(KINDS), data=st.data())
def test_the_ledger_balances_and_a_void_equals_never_having_traded(steps, what, data):
    """Debits equal credits, accounts equal positions, and a void rebuilds what is left."""
    product, kind, instrument = what
    terms = schedule_for("zerodha", product, kind)
    fills = [
        Fill(
            trade_id=str(n), order_id=f"o{order}{'BS'[not buying]}", account="a", run_id="r",
            instrument=instrument, product=product, side=Side.BUY if buying else Side.SELL,
            quantity=quantity, price=Decimal(paise) / 100, at=AT,
        )
        for n, (buying, quantity, paise, order) in enumerate(steps)
    ]  # fmt: skip

    def run(selected):
        book, posted = Book(), []
        for n, one in enumerate(selected):
            mates = [f for f in selected[:n] if f.order_id == one.order_id]
            posted.append(post_fill(one, fill_charges(terms, mates, one), book, kind=kind))
            book = book.after(posted[-1])
        return book, posted

    book, posted = run(fills)
    assert all(sum(e.paise for e in one.entries) == 0 for one in posted)
    position = book.position(key_of(fills[0]))
    found = balances(posted)
    held = A.HOLDINGS if product is Product.CNC else A.POSITIONS
    assert found.get(held, 0) == position.cost_paise
    assert -found.get(A.REALISED, 0) == position.realised_paise

    victim = data.draw(st.sampled_from(fills))
    mates = [f for f in fills if f.order_id == victim.order_id]
    voided = void(posted, fills, victim, book, void_refund(terms, mates, victim), kind)
    rest_book, rest = run([f for f in fills if f is not victim])
    nonzero = {k: v for k, v in balances([*posted, *voided]).items() if v}
    assert nonzero == {k: v for k, v in balances(rest).items() if v}
    after, expected = (b.position(position.key) for b in (book.after(*voided), rest_book))
    assert (after.lots, after.charges) == (expected.lots, expected.charges)
    assert after.realised_paise == expected.realised_paise


def test_a_renamed_share_joins_what_is_there_under_the_new_name(fill):
    fills = [
        fill("B 10 100", instrument="NSE:OLD", **DELIVERY),
        fill("B 3 500", instrument="NSE:NEW", **DELIVERY),
    ]
    book, posted = post_all(fills)
    merger = CorporateAction(
        action_id="m1", instrument="NSE:OLD", ex_date=date(2026, 6, 5), new=1, old=5,
        renamed_to="NSE:NEW",
    )  # fmt: skip
    moved = post_action(merger, key_of(fills[0]), book, at=AT)
    assert moved.entries == ()
    after = book.after(moved)
    position = after.position(key_of(fills[1]))
    assert (position.quantity, position.cost_paise) == (5, 250_000)
    assert key_of(fills[0]) not in after.positions
    assert balances([*posted, moved])[A.HOLDINGS] == 250_000
