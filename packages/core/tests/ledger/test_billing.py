"""Partial fills cost what the whole order costs; a void gives back what it added."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.ledger.billing import (
    BROKERS,
    fill_charges,
    order_charges,
    schedule_for,
    square_off_charges,
    void_refund,
)
from tradertape_core.ledger.charges import COMPONENTS, Charges, schedule
from tradertape_core.market.instrument import InstrumentType
from tradertape_core.orders.order import Fill, Product, Side

DAY = date(2026, 4, 1)


@pytest.mark.parametrize(
    ("broker", "product", "kind", "name"),
    [
        ("zerodha", Product.CNC, InstrumentType.EQ, "zerodha_equity_delivery"),
        ("zerodha", Product.MIS, InstrumentType.EQ, "zerodha_equity_intraday"),
        ("zerodha", Product.MTF, InstrumentType.EQ, "zerodha_equity_mtf"),
        ("upstox", Product.MTF, InstrumentType.EQ, "upstox_equity_delivery"),
        ("groww", Product.NRML, InstrumentType.FUT, "groww_futures"),
        ("upstox", Product.MIS, InstrumentType.PE, "upstox_options"),
        ("none", Product.MIS, InstrumentType.EQ, "none"),
    ],
)
def test_product_and_kind_choose_the_schedule(broker, product, kind, name):
    assert schedule_for(broker, product, kind).name == name


def test_an_unknown_broker_is_refused_with_the_known_ones():
    with pytest.raises(InvalidInput, match="zerodha, upstox, groww, none"):
        schedule_for("zerodah", Product.CNC, InstrumentType.EQ)


def test_the_cap_of_brokerage_is_an_orders_not_a_fills(fill):
    terms = schedule("zerodha_equity_intraday")
    parts = [fill("B 100 600", order="o") for _ in range(3)]
    amounts = [fill_charges(terms, parts[:n], part).brokerage for n, part in enumerate(parts)]
    assert amounts == [1_800, 200, 0]  # 0.03% of 60,000 is 18; the order stops at 20


def test_charges_of_several_orders_at_once_are_refused(fill):
    with pytest.raises(InvalidInput, match="several orders"):
        order_charges(schedule("zerodha_options"), [fill("B 1 10"), fill("B 1 10")])


def test_a_square_off_by_the_broker_costs_its_fee_and_tax():
    assert square_off_charges("zerodha", DAY).total == 5_900
    assert square_off_charges("none", DAY) == Charges()


def test_charges_of_the_exchange_follow_the_exchange(fill):
    terms = schedule("zerodha_options")
    nse = order_charges(terms, [fill("B 20 200", instrument="NFO:NIFTY26JUN24000CE")])
    bse = order_charges(terms, [fill("B 20 200", instrument="BFO:SENSEX26JUN80000CE")])
    assert (nse.transaction, bse.transaction) == (142, 130)


def _fills(parts, side, instrument, product):
    return [
        Fill(
            trade_id=str(number),
            order_id="o",
            account="a",
            run_id=None,
            instrument=instrument,
            product=product,
            side=side,
            quantity=quantity,
            price=Decimal(paise) / 100,
            at=datetime(2026, 6, 1, 4, tzinfo=UTC),
        )
        for number, (quantity, paise) in enumerate(parts)
    ]


@settings(max_examples=150)
@given(
    parts=st.lists(st.tuples(st.integers(1, 5_000), st.integers(5, 10**7)), min_size=1, max_size=8),
    side=st.sampled_from(Side),
    broker=st.sampled_from(BROKERS),
    case=st.sampled_from(
        [
            (Product.CNC, InstrumentType.EQ, "NSE:INFY"),
            (Product.MIS, InstrumentType.EQ, "BSE:INFY"),
            (Product.MTF, InstrumentType.EQ, "NSE:INFY"),
            (Product.NRML, InstrumentType.FUT, "NFO:NIFTY26JUNFUT"),
            (Product.NRML, InstrumentType.CE, "NFO:NIFTY26JUN24000CE"),
        ]
    ),
    data=st.data(),
)
def test_parts_add_up_to_the_order_and_a_void_takes_a_part_away(parts, side, broker, case, data):
    product, kind, instrument = case
    terms = schedule_for(broker, product, kind)
    fills = _fills(parts, side, instrument, product)
    added = [fill_charges(terms, fills[:n], one) for n, one in enumerate(fills)]
    assert all(getattr(one, name) >= 0 for one in added for name in COMPONENTS)
    total = sum(added, Charges())
    assert total == order_charges(terms, fills)
    voided = data.draw(st.sampled_from(fills))
    rest = [one for one in fills if one is not voided]
    assert total - void_refund(terms, fills, voided) == order_charges(terms, rest)
    assert total.brokerage + total.taxes == total.total
