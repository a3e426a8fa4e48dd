"""Charges of a book: stated ones are kept, missing ones are estimated and flagged."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.kernel.money import Price
from tradertape_core.ledger.charges import Leg, charges_for, schedule
from tradertape_core.wealth.charging import shared, with_charges
from tradertape_core.wealth.executions import split_by_kind
from tradertape_core.wealth.records import Segment

D = Decimal


def charged(*trades):
    return with_charges(split_by_kind(trades))


def test_a_delivery_sale_is_estimated_as_the_contract_note_has_it(trade):
    (one,) = charged(trade("SELL", 100, 1000, "2025-01-10", charges=None))
    exact = charges_for(
        schedule("zerodha_equity_delivery"), date(2025, 1, 10),
        [Leg("SELL", Price(D(1000)), 100)], demat_debits=[D(100_000)],
    )  # fmt: skip
    assert one.charges == D(exact.total) / 100
    assert one.stt == D(exact.stt) / 100 == D("100.00")
    assert one.is_estimated


def test_the_executions_of_one_order_pay_one_brokerage(trade):
    future = {
        "symbol": "NIFTY25JANFUT", "isin": "", "segment": Segment.DERIVATIVES,
        "exchange": "NFO", "order_id": "A1", "charges": None,
    }  # fmt: skip
    found = charged(*(trade("BUY", 50, 23000, "2025-01-10", **future) for _ in range(4)))
    exact = charges_for(
        schedule("zerodha_futures"), date(2025, 1, 10), [Leg("BUY", Price(D(23000)), 200)]
    )
    assert exact.brokerage == 2000
    assert sum(one.charges for one in found) == D(exact.total) / 100


def test_the_depository_charges_once_a_share_and_day(trade):
    two = charged(
        trade("SELL", 10, 1000, "2025-01-10", charges=None, order_id="1"),
        trade("SELL", 10, 1000, "2025-01-10", charges=None, order_id="2"),
    )
    dearer, cheaper = sorted((one.charges for one in two), reverse=True)
    assert dearer - cheaper == D("15.34")


def test_stated_charges_are_kept_and_shared_between_intraday_and_delivery(trade):
    found = charged(
        trade("BUY", 3, 100, "2025-01-10", charges=D("1.00")),
        trade("SELL", 1, 101, "2025-01-10", charges=D("2.00")),
    )
    bought = [one for one in found if one.is_buy]
    assert [one.quantity for one in bought] == [2, 1]
    assert sum(one.charges for one in bought) == 1
    assert not any(one.is_estimated for one in found)
    assert all(one.stt <= one.charges for one in found)


def test_an_unknown_broker_pays_taxes_and_fees_alone(trade):
    (one,) = charged(trade("BUY", 100, 1000, "2025-01-10", broker="mine", charges=None))
    assert D(110) < one.charges < D(125)  # 100 of transaction tax, 15 of stamp duty, fees
    assert one.is_estimated


def test_a_commodity_contract_without_a_table_is_flagged_and_not_charged(trade):
    (one,) = charged(
        trade(
            "BUY",
            1,
            70000,
            "2025-01-10",
            symbol="GOLD25FEBFUT",
            isin="",
            segment=Segment.COMMODITY,
            exchange="MCX",
            charges=None,
        )
    )
    assert (one.charges, one.is_estimated) == (0, True)


@given(st.integers(0, 10**7), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_shares_of_an_amount_add_up_to_it(paise, weights):
    amount = D(paise) / 100
    assert sum(shared(amount, [D(weight) for weight in weights])) == amount
