"""Cells of statements: what they are read as, and what is refused instead of misread."""

from __future__ import annotations

import contextlib
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.kernel.clock import IST
from tradertape_core.wealth.statements.values import (
    clock_of,
    date_of,
    decimal_of,
    moment_of,
    text_of,
)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1,23,456.50", "123456.5"), ("12,345,678", "12345678"), ("₹ 1,234.5", "1234.5"),
        ("(250.00)", "-250"), ("250.00 Dr", "-250"), ("250.00 Cr", "250"), ("-5", "-5"),
        ("Rs. 12", "12"), (" 100.000000 ", "100"), (1234.55, "1234.55"), (7, "7"),
        (Decimal("0.1"), "0.1"), (".5", "0.5"),
    ],
)  # fmt: skip
def test_up_01_numbers_with_indian_grouping(cell, value: str) -> None:
    assert decimal_of(cell) == Decimal(value)


@pytest.mark.parametrize(
    "cell",
    [
        "", None, "1.234,56", "1,2,3", "12,34", "1e5", "nan", "inf", float("nan"), float("inf"),
        True, "=1+1", "12 34", "١٢", "--5", ".", "9" * 60, 1e15, date(2024, 1, 1), "-", "₹",
    ],
)  # fmt: skip
def test_up_01_what_is_not_a_number_is_refused(cell) -> None:
    with pytest.raises(ValueError, match=r"is "):
        decimal_of(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "2024-04-03", "03-04-2024", "03/04/2024", "03-Apr-2024", "3 April 2024", "03.04.24",
        "2024/04/03", 45385, 45385.0, "45385", date(2024, 4, 3),
        datetime.combine(date(2024, 4, 3), time(10)),
        "2024-04-03T09:15:00", "2024-04-03 09:15:00",
    ],
)  # fmt: skip
def test_up_01_dates_of_every_spelling(cell) -> None:
    assert date_of(cell) == date(2024, 4, 3)


def test_up_01_the_month_is_first_only_where_a_mapping_says_so() -> None:
    assert date_of("03/04/2024", month_first=True) == date(2024, 3, 4)
    assert date_of("2024-04-03", month_first=True) == date(2024, 4, 3)


@pytest.mark.parametrize(
    "cell",
    ["", "31-02-2024", "yesterday", "2024-13-01", 1, 99999, "1850-01-01", "0001-01-01", True],
)
def test_up_01_what_is_not_a_date_is_refused(cell) -> None:
    with pytest.raises(ValueError, match=r"is "):
        date_of(cell)


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("2024-04-03T09:15:01", time(9, 15, 1)), ("2024-04-03 09:15:01", time(9, 15, 1)),
        ("03-04-2024 02:15 PM", time(14, 15)), ("03-04-2024 12:05 am", time(0, 5)),
        (45385.385_428_240_74, time(9, 15, 1)), ("2024-04-03T09:15:01+05:30", time(9, 15, 1)),
    ],
)  # fmt: skip
def test_up_01_times_are_indian(cell, at: time) -> None:
    assert moment_of(cell) == datetime.combine(date(2024, 4, 3), at, IST)


def test_up_01_a_day_alone_has_no_time() -> None:
    assert moment_of("2024-04-03") is None
    assert moment_of(45385) is None


@pytest.mark.parametrize("cell", ["25:00", "9:61", "13:00 PM", "noon", "", 1.5])
def test_up_01_what_is_not_a_time_is_refused(cell) -> None:
    with pytest.raises(ValueError, match=r"is "):
        clock_of(cell)


def test_up_01_a_text_loses_what_is_not_seen() -> None:
    assert text_of("\ufeffIN\u202eFY\x00\t") == "IN FY"
    assert text_of(1300000012345678.0) == "1300000012345678"
    with pytest.raises(ValueError, match="longer"):
        text_of("x" * 401)


@given(st.text(max_size=30) | st.floats() | st.integers() | st.dates() | st.none())
def test_up_01_no_cell_raises_anything_but_a_value_error(cell) -> None:
    for convert in (decimal_of, date_of, moment_of, clock_of, text_of):
        with contextlib.suppress(ValueError):
            convert(cell)
