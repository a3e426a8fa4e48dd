"""Charges against worked contract notes, and the integer form against the Decimal form."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.kernel.money import Price
from tradertape_core.ledger import charge_table as ct
from tradertape_core.ledger.charges import Charges, Leg, charges_for, exercise_tax, schedule
from tradertape_core.ledger.statutory import SEBI_FEE, SERVICE_TAX, STAMP, STT, TRANSACTION
from tradertape_core.ledger.tariffs import SCHEDULES

DAY = date(2026, 4, 1)


def _leg(text: str) -> Leg:
    side, quantity, price = text.split()
    return Leg("BUY" if side == "B" else "SELL", Price(Decimal(price)), int(quantity))


# Legs; brokerage, STT, transaction, SEBI, stamp, GST, total, total of the note: all in paise.
CASES = [
    ("zerodha_equity_delivery", "NSE", ["B 100 1500"], 0, 15000, 461, 15, 2250, 86, 17812, 17862),
    ("zerodha_equity_delivery", "NSE", ["S 100 1520"], 0, 15200, 467, 15, 0, 87, 15769, 15769),
    (
        "zerodha_equity_intraday", "NSE", ["B 50 800", "S 50 804"],
        2406, 1005, 246, 8, 120, 479, 4264, 4239,
    ),
    (
        "zerodha_futures", "NSE", ["B 65 24000", "S 65 24100"],
        4000, 78325, 5721, 313, 3120, 1806, 93285, 93240,
    ),
    ("zerodha_options", "NSE", ["B 65 150"], 2000, 0, 346, 1, 29, 423, 2799, 2770),
    ("zerodha_options", "NSE", ["S 65 165"], 2000, 1609, 381, 1, 0, 429, 4420, 4411),
    ("zerodha_equity_mtf", "NSE", ["B 100 1000"], 2000, 10000, 307, 10, 1500, 417, 14234, 14234),
    ("zerodha_equity_mtf", "NSE", ["B 2 1000"], 600, 200, 6, 0, 30, 109, 945, 915),
    ("zerodha_equity_intraday", "NSE", ["B 1 50"], 2, 0, 0, 0, 0, 0, 2, 2),
    (
        "zerodha_options", "BSE", ["B 20 200", "S 20 210"],
        4000, 630, 267, 1, 12, 768, 5678, 5636,
    ),
    ("groww_equity_delivery", "NSE", ["B 10 300"], 500, 300, 9, 0, 45, 92, 946, 901),
    ("groww_equity_delivery", "NSE", ["B 1 100"], 250, 10, 0, 0, 2, 45, 307, 295),
    (
        "upstox_equity_delivery", "NSE", ["B 100 1500"],
        2000, 15000, 461, 15, 2250, 443, 20169, 20219,
    ),
    (
        "upstox_equity_intraday", "NSE", ["B 10 500", "S 10 505"],
        1005, 126, 31, 1, 15, 186, 1364, 1323,
    ),
    ("zerodha_equity_delivery", "BSE", ["B 100 1500"], 0, 15000, 563, 15, 2250, 104, 17932, 17982),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {' '.join(case[2])}")
def test_a_contract_note_is_reproduced_to_the_paisa(case):
    name, exchange, legs, *expected = case
    got = charges_for(schedule(name), DAY, [_leg(leg) for leg in legs], exchange=exchange)
    assert [
        got.brokerage, got.stt, got.transaction, got.sebi, got.stamp, got.gst,
        got.total, got.note_total,
    ] == expected  # fmt: skip


def test_a_delivery_sale_also_pays_the_depository_once_a_scrip():
    sale = [_leg("S 60 1520"), _leg("S 40 1520")]
    got = charges_for(
        schedule("zerodha_equity_delivery"), DAY, sale, demat_debits=[Decimal(152000)]
    )
    assert (got.demat, got.total) == (1534, 17303)


def test_a_small_debit_at_groww_pays_the_depository_alone():
    terms = schedule("groww_equity_delivery")
    small = charges_for(terms, DAY, [_leg("S 1 99")], demat_debits=[Decimal(99)])
    large = charges_for(terms, DAY, [_leg("S 1 100")], demat_debits=[Decimal(100)])
    assert (small.demat, large.demat) == (413, 2360)


def test_an_exercised_option_is_taxed_on_its_intrinsic_value():
    assert exercise_tax(DAY, Decimal(9750)) == 1463


@pytest.mark.parametrize(
    ("day", "stt", "stamp"),
    [(date(2024, 9, 30), 125, 20), (date(2024, 10, 1), 200, 20), (date(2026, 4, 1), 500, 20)],
)
def test_the_day_of_the_trade_decides_the_rate(day, stt, stamp):
    legs = [_leg("B 1 10000"), _leg("S 1 10000")]
    got = charges_for(schedule("zerodha_futures"), day, legs)
    assert (got.stt, got.stamp) == (stt, stamp)


def test_before_july_2020_both_sides_paid_stamp_duty():
    legs = [_leg("B 100 1000"), _leg("S 100 1000")]
    terms = schedule("zerodha_equity_delivery")
    assert charges_for(terms, date(2020, 6, 30), legs).stamp == 2000
    assert charges_for(terms, date(2020, 7, 1), legs).stamp == 1500


def test_dates_before_the_first_row_use_the_first_row():
    legs = [_leg("B 100 1000")]
    terms = schedule("zerodha_equity_delivery")
    assert charges_for(terms, date(2001, 1, 1), legs) == charges_for(terms, date(2014, 1, 1), legs)


def test_every_dated_row_names_its_source_and_rises_in_time():
    tables = [*STT.values(), *TRANSACTION.values(), *STAMP.values(), SEBI_FEE, SERVICE_TAX]
    tables += [terms.tariffs for terms in SCHEDULES.values()]
    for table in tables:
        assert all(row.source for row in table)
        assert [row.since for row in table] == sorted({row.since for row in table})


def test_an_unknown_schedule_is_refused_with_the_known_ones():
    with pytest.raises(InvalidInput, match="zerodha_equity_delivery"):
        schedule("zerodah")
    assert charges_for(schedule("none"), DAY, [_leg("B 1 100")]) == Charges()


@settings(max_examples=300)
@given(
    name=st.sampled_from(sorted(set(SCHEDULES) - {"none"})),
    day=st.dates(date(2011, 1, 1), date(2027, 1, 1)),
    selling=st.booleans(),
    paise=st.one_of(st.integers(1, 10**6), st.integers(1, 10**10), st.integers(1, 10**14)),
)
def test_the_integer_form_agrees_with_the_decimal_form(name, day, selling, paise):
    value = Decimal(paise) / 100
    leg = Leg("SELL" if selling else "BUY", Price(value), 1)
    exact = charges_for(schedule(name), day, [leg], demat_debits=[value] if selling else ())
    table = ct.table_for(name, np.array([day], dtype="datetime64[D]"))
    assert ct.fill_charges(table.rates, 0, selling, paise) == exact.total - exact.demat
    if selling:
        assert ct.demat_charge(table.rates, 0, paise) == exact.demat


@settings(max_examples=100)
@given(
    name=st.sampled_from(sorted(SCHEDULES)),
    day=st.dates(date(2011, 1, 1), date(2027, 1, 1)),
    paise=st.integers(100, 10**12),
)
def test_proportion_and_fee_cover_what_a_purchase_costs(name, day, paise):
    table = ct.table_for(name, np.array([day], dtype="datetime64[D]"))
    upper = paise * table.proportion[0] + table.fee[0]
    assert ct.fill_charges(table.rates, 0, False, paise) <= upper + 4  # four roundings of half up


def test_a_flat_table_takes_a_proportion_and_a_fee_of_both_sides():
    table = ct.flat_table(3.0, 20.0, 2)
    assert ct.fill_charges(table.rates, 1, False, 1_000_000) == 300 + 2000
    assert ct.fill_charges(table.rates, 1, True, 1_000_000) == 300 + 2000
    assert (table.proportion[1], table.fee[1]) == (0.0003, 2000.0)
