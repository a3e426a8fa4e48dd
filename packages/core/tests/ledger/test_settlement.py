"""The end of futures and options, to the paisa (contract §1 and §4, docs/paper-venue.md)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput, InvariantBroken
from tradertape_core.ledger.charges import NO_CHARGES
from tradertape_core.ledger.journal import Book, LedgerAccount, balances, post_fill, post_settlement
from tradertape_core.ledger.position import key_of
from tradertape_core.ledger.settlement import (
    Outcome,
    Settlement,
    closing_price,
    outcome_of,
    settlement_charges,
    settlement_of,
)
from tradertape_core.market.candle import Candle
from tradertape_core.market.hours import last_trade
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.orders.order import Fill, Product, Side

EXPIRY = date(2026, 6, 2)
AT = datetime(2026, 6, 2, 10, 10, tzinfo=UTC)
A = LedgerAccount
CE, PE, FUT = InstrumentType.CE, InstrumentType.PE, InstrumentType.FUT
NRML = {"product": Product.NRML, "instrument": "NFO:X"}


def contract(kind, strike=None, underlying="NIFTY"):
    return Instrument(
        exchange="NFO", tradingsymbol="X", instrument_token=1, exchange_token=1, lot_size=65,
        instrument_type=kind, expiry=EXPIRY, underlying=underlying,
        strike=None if strike is None else Decimal(strike),
    )  # fmt: skip


def run_to_expiry(fills, instrument, close, broker="zerodha"):
    """Every posting of the fills and of the settlement, and the position it leaves."""
    kind, book, posted = instrument.instrument_type, Book(), []
    for one in fills:
        posted.append(post_fill(one, NO_CHARGES, book, kind=kind))
        book = book.after(posted[-1])
    key = key_of(fills[0])
    end = settlement_of(instrument, Decimal(close))
    charges = settlement_charges(instrument, book.position(key).quantity, end, broker=broker)
    settled = post_settlement(end, charges, key, book, kind=kind, at=AT)
    if settled is not None:
        posted.append(settled)
        book = book.after(settled)
    return posted, book.position(key), end


def test_an_exercised_index_option_pays_its_worth_and_the_tax_of_the_contract(fill):
    # The worked case: 24000 CE, settlement 24150, 65 units: intrinsic 9750, tax 14.63.
    posted, position, end = run_to_expiry([fill("B 65 100", **NRML)], contract(CE, 24000), "24150")
    assert end.price == 150
    found = balances(posted)
    assert (found[A.STT], found[A.REALISED], found[A.POSITIONS]) == (1_463, -325_000, 0)
    assert found[A.CASH] == -650_000 + 975_000 - 1_463
    assert (position.quantity, position.realised_paise) == (0, 325_000)
    assert position.charges.stt == 1_463


@pytest.mark.parametrize(
    ("trade", "kind", "strike", "close", "cash", "tax"),
    [
        ("S 65 100", CE, 24000, "24150", 650_000 - 975_000, 0),  # assigned: the holder pays the tax
        ("B 65 100", CE, 24000, "23900", -650_000, 0),  # worthless
        ("S 65 100", CE, 24000, "23900", 650_000, 0),  # the premium is kept
        ("B 65 100", PE, 24000, "23900", -650_000 + 650_000 - 975, 975),
        ("S 65 100", PE, 24000, "24000", 650_000, 0),  # at the money is worthless
        ("B 65 24000", FUT, None, "24100.5", 653_250, 0),
        ("S 65 24000", FUT, None, "24100.5", -653_250, 0),
    ],
)
def test_worked_cases_of_index_contracts(fill, trade, kind, strike, close, cash, tax):
    posted, position, _ = run_to_expiry([fill(trade, **NRML)], contract(kind, strike), close)
    found = balances(posted)
    assert (found[A.CASH], found.get(A.STT, 0)) == (cash, tax)
    assert found.get(A.POSITIONS, 0) == found.get(A.OBLIGATIONS, 0) == 0
    assert not position.is_open


@pytest.mark.parametrize(
    ("trade", "kind", "strike", "tax"),
    [
        ("B 100 10", CE, 1500, 15_000),  # 0.1 % of the strike, whoever delivers
        ("S 100 10", CE, 1500, 15_000),
        ("B 100 10", PE, 1500, 0),
        ("B 100 1500", FUT, None, 15_500),
        ("S 100 1500", FUT, None, 15_500),
    ],
)
def test_contracts_on_shares_pay_the_tax_of_a_delivery(fill, trade, kind, strike, tax):
    share = contract(kind, strike, underlying="INFY")
    posted, _, _ = run_to_expiry([fill(trade, **NRML)], share, "1550")
    assert balances(posted).get(A.STT, 0) == tax
    posted, _, _ = run_to_expiry([fill(trade, **NRML)], share, "1550", broker="none")
    assert balances(posted).get(A.STT, 0) == 0


trades = st.lists(
    st.tuples(st.sampled_from("BS"), st.integers(1, 5), st.integers(1, 9_999)),
    min_size=1,
    max_size=8,
)


@given(trades=trades, kind=st.sampled_from([CE, PE, FUT]), close=st.integers(1, 4_800_000))
def test_a_settled_position_is_flat_and_its_cash_is_its_profit(trades, kind, close):
    """Whatever was traded, what is left at the end is what selling at the final value gives."""
    fills = [
        Fill(
            trade_id=f"t{i}", order_id=f"o{i}", account="a", run_id="r", instrument="NFO:X",
            product=Product.NRML, side=Side.BUY if side == "B" else Side.SELL,
            quantity=lots * 65, price=Decimal(price) / 20, at=AT,
        )
        for i, (side, lots, price) in enumerate(trades)
    ]  # fmt: skip
    one = contract(kind, None if kind is FUT else 24000)
    posted, position, end = run_to_expiry(fills, one, Decimal(close) / 100)
    found = balances(posted)
    assert sum(found.values()) == 0
    assert found.get(A.POSITIONS, 0) == found.get(A.OBLIGATIONS, 0) == 0
    assert not position.is_open
    signed = [(f.quantity if f.side is Side.BUY else -f.quantity, f.price) for f in fills]
    profit = sum((end.price - price) * quantity * 100 for quantity, price in signed)
    assert abs(position.realised_paise - profit) <= len(fills) + 1  # a paisa of rounding a trade
    assert found.get(A.CASH, 0) == position.realised_paise - position.charges.total
    assert position.quantity == (
        position.bought.quantity - position.sold.quantity + position.adjusted_quantity
    )


def test_a_flat_position_is_not_settled_again(fill):
    posted, position, end = run_to_expiry([fill("B 65 100", **NRML)], contract(CE, 24000), "24150")
    book = Book({position.key: position})
    again = post_settlement(end, NO_CHARGES, position.key, book, kind=CE, at=AT)
    assert again is None
    assert len(posted) == 2


def test_what_does_not_expire_cannot_be_settled():
    share = Instrument(exchange="NSE", tradingsymbol="X", instrument_token=1, exchange_token=1)
    with pytest.raises(InvariantBroken, match="does not expire"):
        settlement_of(share, Decimal(1))
    with pytest.raises(InvalidInput, match="cannot be settled at -1"):
        Settlement(settlement_id="x", instrument="NFO:X", day=EXPIRY, price=Decimal(-1))


def test_the_outcome_is_named():
    call = contract(CE, 24000)
    assert outcome_of(call, 65, Decimal(5)) is Outcome.EXERCISED
    assert outcome_of(call, -65, Decimal(5)) is Outcome.ASSIGNED
    assert outcome_of(call, 65, Decimal(0)) is Outcome.WORTHLESS
    assert outcome_of(contract(FUT), 65, Decimal(0)) is Outcome.SETTLED


def minute(i, price, volume):
    at = datetime(2026, 6, 2, 15, 0, tzinfo=IST)
    return Candle(at.replace(minute=i), *[Decimal(price)] * 4, volume)


def test_the_closing_price_weighs_the_last_half_hour_by_volume_and_an_index_by_time():
    early = [minute(0, 1, 1_000_000)] * 20
    assert closing_price([*early, *[minute(0, 100, 10)] * 15, *[minute(1, 103, 20)] * 15]) == 102
    assert closing_price([*early, *[minute(0, 100, 0)] * 15, *[minute(1, 101, 0)] * 15]) == (
        Decimal("100.50")
    )
    assert closing_price([]) is None


def test_a_contract_is_traded_until_the_derivatives_close_of_its_day():
    assert last_trade(EXPIRY) == datetime(2026, 6, 2, 15, 30, tzinfo=IST)
    assert last_trade(date(2026, 8, 4)) == datetime(2026, 8, 4, 15, 40, tzinfo=IST)
    assert last_trade(date(2031, 1, 7)) == datetime(2031, 1, 7, 15, 40, tzinfo=IST)
    # Past the rule of the calendar, too.
    assert last_trade(date(2041, 1, 8)) == datetime(2041, 1, 8, 15, 30, tzinfo=IST)
