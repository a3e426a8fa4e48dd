"""AR-01: quantities at a broker compared with what is recorded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.ledger.drift import (
    Difference,
    differences,
    quantity_at,
    with_delivered,
)
from tradertape_core.orders.order import Product

CNC, MIS, NRML, MTF = Product.CNC, Product.MIS, Product.NRML, Product.MTF
INFY, FUTURE = "NSE:INFY", "NFO:NIFTY26DECFUT"


@pytest.mark.parametrize(
    ("positions", "holdings", "units"),
    [
        ({(INFY, CNC): 10}, {}, 10),  # bought today
        ({}, {(INFY, CNC): 10}, 10),  # bought before, settled or not
        ({(INFY, CNC): 5}, {(INFY, CNC): 10}, 15),
        ({(INFY, CNC): -4}, {(INFY, CNC): 6}, 6),  # ten held, four of them sold today
        ({(INFY, CNC): -10}, {}, 0),
    ],
)
def test_delivered_shares_count_from_the_day_they_are_bought(positions, holdings, units):
    assert with_delivered(positions, holdings)[INFY, CNC] == units


def test_what_is_not_delivered_is_the_position_alone():
    found = with_delivered({(INFY, MIS): -5, (FUTURE, NRML): -65}, {(INFY, CNC): 10})
    assert found == {(INFY, MIS): -5, (FUTURE, NRML): -65, (INFY, CNC): 10}


def test_a_depository_knows_no_exchange_and_the_exchanges_do():
    held = {("BSE:INFY", CNC): 4, (INFY, CNC): 6, ("BSE:INFY", MIS): 3, (INFY, MIS): 2}
    assert (quantity_at(held, (INFY, CNC)), quantity_at(held, (INFY, MIS))) == (10, 2)
    assert differences({("BSE:INFY", CNC): 10}, {(INFY, CNC): 10}) == ()


@pytest.mark.parametrize(
    ("product", "here", "there", "is_drift"),
    [
        (NRML, 65, 65, False),
        (NRML, 65, 0, True),
        (NRML, 0, 65, True),
        (NRML, 65, 130, True),
        (MIS, -5, -4, True),
        (CNC, 10, 100, False),  # the others may be from before
        (CNC, 10, 9, True),
        (MTF, 10, 9, True),
    ],
)
def test_which_differences_are_drift(product, here, there, is_drift):
    found = differences({(FUTURE, product): here}, {(FUTURE, product): there})
    assert found == ((Difference(FUTURE, product, here, there),) if is_drift else ())


def test_what_the_books_never_knew_and_what_has_ended_is_not_compared():
    there = {(FUTURE, NRML): 65, ("NFO:OLD", NRML): 0}
    assert differences({}, there) == ()
    assert differences({("NFO:OLD", NRML): 65}, there, lambda name: name != "NFO:OLD") == ()


names = st.sampled_from([INFY, "BSE:INFY", FUTURE])
books = st.dictionaries(
    st.tuples(names, st.sampled_from(list(Product))), st.integers(-100, 100), max_size=6
)


@given(books)
def test_equal_books_never_differ(held):
    assert differences(held, held) == ()
