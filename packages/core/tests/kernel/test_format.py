"""Numbers for people, the Indian way."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.kernel.format import grouped, inr, inr_short, percent, price_text, unquoted


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "₹0.00"), (999, "₹999.00"), (1000, "₹1,000.00"), (104321.5, "₹1,04,321.50"),
        (12345678.9, "₹1,23,45,678.90"), (-104321.5, "-₹1,04,321.50"), (-0.001, "₹0.00"),
        (2.675, "₹2.68"), (Decimal("100000"), "₹1,00,000.00"), (None, "–"),
        (1e15, "₹1,00,00,00,00,00,00,000.00"),
    ],
)  # fmt: skip
def test_rupees_are_grouped_in_lakhs_and_crores(value, text):
    assert inr(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (99_999, "₹1.00 lakh"), (99_994, "₹99,994"), (104_321, "₹1.04 lakh"),
        (-250_000, "-₹2.50 lakh"), (9_999_999, "₹1.00 crore"), (9_990_000, "₹99.90 lakh"),
        (123_456_789, "₹12.35 crore"), (5e12, "₹5,00,000.00 crore"), (None, "–"),
    ],
)  # fmt: skip
def test_large_amounts_are_said_in_lakh_and_crore(value, text):
    assert inr_short(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(12.345, "12.3%"), (0, "0.0%"), (-5.06, "-5.1%"), (None, "–")]
)
def test_percentages_keep_one_decimal(value, text):
    assert percent(value) == text


def test_a_sign_is_shown_where_asked_but_never_on_zero():
    assert percent(3, signed=True) == "+3.0%"
    assert inr(3, signed=True) == "+₹3.00"
    assert percent(0, signed=True) == "0.0%"


def test_a_number_that_is_none_has_no_text():
    with pytest.raises(ValueError, match="nan"):
        grouped(float("nan"))


@given(st.integers(-(10**15), 10**15))
def test_grouping_changes_no_digit(number):
    text = grouped(number)
    assert int(text.replace(",", "")) == number
    head, *rest = text.lstrip("-").split(",")
    assert len(head) <= 3
    assert all(len(part) == 2 for part in rest[:-1])
    assert not rest or len(rest[-1]) == 3


@pytest.mark.parametrize(
    ("price", "text"),
    [("155.2", "155.20"), ("104321", "1,04,321.00"), ("1450.05", "1,450.05"), ("1E+3", "1,000.00"),
     ("83.4225", "83.4225"), ("0", "0.00")],
)  # fmt: skip
def test_a_price_has_two_decimals_or_those_of_its_tick(price, text):
    assert price_text(Decimal(price)) == text


@pytest.mark.parametrize("text", ["10", " -1450.05", "1e3"])
def test_a_number_in_quotes_is_told_to_leave_them(text):
    assert unquoted(text) == ": write it without quotes"


@pytest.mark.parametrize("value", ["x", "", "ten", "1,450", "nan", "inf", True, None, [1]])
def test_what_is_no_number_without_quotes_either_is_not_told_so(value):
    assert unquoted(value) == ""
