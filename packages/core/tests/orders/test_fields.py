"""The seed's "Field constraints", each as its own problem that says what to do."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

import pytest

from tradertape_core.kernel.errors import InvalidDocument
from tradertape_core.orders.fields import (
    FIELDS,
    order_document,
    order_problems,
    read_change,
    read_order,
)
from tradertape_core.orders.order import Order, OrderType, Product, Side, Validity, Variety

MARKET = {
    "exchange": "NSE",
    "tradingsymbol": "INFY",
    "transaction_type": "BUY",
    "product": "CNC",
    "order_type": "MARKET",
    "quantity": 10,
}
LIMIT = MARKET | {"order_type": "LIMIT", "price": 1450.05}
SL = MARKET | {"order_type": "SL", "price": 1460, "trigger_price": 1455}
SL_M = MARKET | {"order_type": "SL-M", "trigger_price": 1455}
ICEBERG = LIMIT | {"variety": "iceberg", "iceberg_legs": 5, "iceberg_quantity": 2}
COVER = MARKET | {"variety": "co", "product": "MIS", "squareoff": 10, "stoploss": 5}
AUCTION = LIMIT | {"variety": "auction", "auction_number": "22"}


@pytest.mark.parametrize("name", FIELDS[:6])
def test_a_missing_field_is_named(name: str) -> None:
    """KO-01, KO-05."""
    document = {key: value for key, value in MARKET.items() if key != name}
    assert [problem.pointer for problem in order_problems(document)] == [f"/{name}"]
    assert [problem.pointer for problem in order_problems(document | {name: None})] == [f"/{name}"]


_WRONG: list[tuple[dict[str, object], str, str]] = [
    (MARKET | {"quantity": 0}, "/quantity", "positive"),
    (MARKET | {"quantity": -5}, "/quantity", "positive"),
    (MARKET | {"quantity": 1.5}, "/quantity", "whole number"),
    (MARKET | {"quantity": "10"}, "/quantity", "without quotes"),
    (MARKET | {"quantity": True}, "/quantity", "must be a number"),
    (MARKET | {"quantity": math.nan}, "/quantity", "finite"),
    (MARKET | {"quantity": math.inf}, "/quantity", "finite"),
    (MARKET | {"quantity": 10**30}, "/quantity", "must be 1 to"),
    (MARKET | {"quantity": [1]}, "/quantity", "must be a number"),
    (MARKET | {"order_type": "LIMIT"}, "/price", "required for LIMIT"),
    (LIMIT | {"price": 0}, "/price", "required for LIMIT"),
    (LIMIT | {"price": -1}, "/price", "negative"),
    (LIMIT | {"price": "1450"}, "/price", "without quotes"),
    (LIMIT | {"price": math.nan}, "/price", "finite"),
    (LIMIT | {"price": -math.inf}, "/price", "finite"),
    (LIMIT | {"price": False}, "/price", "must be a number"),
    (LIMIT | {"price": 1e12}, "/price", "at most"),
    (MARKET | {"price": 1450}, "/price", "leave price out or 0 for MARKET"),
    (SL_M | {"price": 1450}, "/price", "leave price out or 0 for SL-M"),
    (SL | {"price": 0}, "/price", "required for SL"),
    (SL | {"trigger_price": None}, "/trigger_price", "required for SL"),
    (SL_M | {"trigger_price": 0}, "/trigger_price", "required for SL-M"),
    (LIMIT | {"trigger_price": 1455}, "/trigger_price", "leave trigger_price out"),
    (SL | {"trigger_price": 1461}, "/trigger_price", "SL to buy must not be above"),
    (SL | {"transaction_type": "SELL"}, "/trigger_price", "SL to sell must not be below"),
    (MARKET | {"disclosed_quantity": 11}, "/disclosed_quantity", "exceed the quantity of 10"),
    (MARKET | {"disclosed_quantity": -1}, "/disclosed_quantity", "zero or more"),
    (MARKET | {"market_protection": -2}, "/market_protection", "0 to 100 percent"),
    (MARKET | {"market_protection": 101}, "/market_protection", "0 to 100 percent"),
    (MARKET | {"market_protection": "2"}, "/market_protection", "without quotes"),
    (LIMIT | {"market_protection": 2}, "/market_protection", "MARKET and SL-M only"),
    (SL | {"market_protection": -1}, "/market_protection", "MARKET and SL-M only"),
    (MARKET | {"validity": "GTC"}, "/validity", "one of DAY, IOC, TTL"),
    (MARKET | {"validity": "TTL"}, "/validity_ttl", "1 to 365 minutes"),
    (MARKET | {"validity": "TTL", "validity_ttl": 0}, "/validity_ttl", "positive"),
    (MARKET | {"validity": "TTL", "validity_ttl": 366}, "/validity_ttl", "1 to 365"),
    (MARKET | {"validity_ttl": 5}, "/validity_ttl", "TTL only"),
    (ICEBERG | {"iceberg_legs": 1}, "/iceberg_legs", "2 to 10"),
    (ICEBERG | {"iceberg_legs": 11}, "/iceberg_legs", "2 to 10"),
    (ICEBERG | {"iceberg_legs": None}, "/iceberg_legs", "required for variety iceberg"),
    (ICEBERG | {"iceberg_quantity": 3}, "/iceberg_quantity", "do not make up"),
    (ICEBERG | {"quantity": 4, "iceberg_quantity": None}, "/iceberg_legs", "exceed"),
    (ICEBERG | {"validity": "IOC"}, "/validity", "cannot be an iceberg"),
    (LIMIT | {"variety": "amo", "iceberg_legs": 3}, "/iceberg_legs", "AMO cannot be an iceberg"),
    (LIMIT | {"iceberg_quantity": 3}, "/iceberg_quantity", "variety iceberg only"),
    (COVER | {"squareoff": None}, "/squareoff", "required for variety co"),
    (COVER | {"stoploss": None}, "/stoploss", "required for variety co"),
    (COVER | {"stoploss": 0}, "/stoploss", "above 0"),
    (COVER | {"trailing_stoploss": -1}, "/trailing_stoploss", "negative"),
    (COVER | {"product": "CNC"}, "/product", "use MIS"),
    (MARKET | {"trailing_stoploss": 1}, "/trailing_stoploss", "variety co only"),
    (AUCTION | {"auction_number": None}, "/auction_number", "required for variety auction"),
    (LIMIT | {"auction_number": "22"}, "/auction_number", "variety auction only"),
    (ICEBERG | {"autoslice": True}, "/autoslice", "cannot be combined with variety iceberg"),
    (MARKET | {"autoslice": "true"}, "/autoslice", "true or false"),
    (MARKET | {"product": "NRML"}, "/product", "use CNC, MIS or MTF"),
    (MARKET | {"exchange": "NFO"}, "/product", "use NRML or MIS"),
    (MARKET | {"exchange": "NFO", "product": "MTF"}, "/product", "use NRML or MIS"),
    (MARKET | {"exchange": "NYSE"}, "/exchange", "one of NSE, BSE, NFO, BFO"),
    (MARKET | {"transaction_type": "buy"}, "/transaction_type", "did you mean BUY?"),
    (MARKET | {"order_type": "SLM"}, "/order_type", "did you mean SL-M?"),
    (MARKET | {"variety": "bracket"}, "/variety", "one of regular, amo, co"),
    (MARKET | {"tradingsymbol": "  "}, "/tradingsymbol", "must not be empty"),
    (MARKET | {"tradingsymbol": 5}, "/tradingsymbol", "must be a text"),
    (MARKET | {"tag": "mine"}, "/tag", "the server attributes"),
    (MARKET | {"tags": []}, "/tags", "the server attributes"),
    (MARKET | {"attribution": {}}, "/attribution", "the server attributes"),
    (LIMIT | {"prise": 1}, "/prise", "did you mean price?"),
    (MARKET | {"a/b~c": 1}, "/a~1b~0c", "is not a field"),
]


@pytest.mark.parametrize(("document", "pointer", "words"), _WRONG)
def test_a_broken_rule_is_the_only_problem_and_says_what_to_do(
    document: dict[str, object], pointer: str, words: str
) -> None:
    """KO-01 to KO-07."""
    problems = order_problems(document)
    assert [problem.pointer for problem in problems] == [pointer]
    assert words in problems[0].message


def test_a_text_that_is_no_number_is_not_told_to_lose_its_quotes() -> None:
    """KO-05."""
    problems = order_problems(LIMIT | {"quantity": "ten", "price": "x"})
    told = [problem.message for problem in problems]
    assert told == ['must be a number, was "ten"', 'must be a number, was "x"']


def test_every_problem_is_named_at_once() -> None:
    """KO-05, KO-06."""
    document = LIMIT | {"quantity": 0, "price": 0, "validity": "TTL", "tag": "x"}
    pointers = {problem.pointer for problem in order_problems(document)}
    assert pointers == {"/quantity", "/price", "/validity_ttl", "/tag"}


def test_pointers_begin_where_the_document_stands() -> None:
    """KO-05."""
    with pytest.raises(InvalidDocument) as caught:
        read_order(MARKET | {"quantity": 0}, at="/orders/2")
    assert caught.value.pointer == "/orders/2/quantity"


@pytest.mark.parametrize("document", [MARKET, LIMIT, SL, SL_M, ICEBERG, COVER, AUCTION])
def test_an_order_reads_back_from_its_document(document: dict[str, object]) -> None:
    """KO-01, KO-02."""
    request = read_order(document)
    assert read_order(order_document(request)) == request


def test_numbers_keep_what_was_typed() -> None:
    request = read_order(LIMIT | {"quantity": 10.0})
    assert (request.price, request.quantity) == (Decimal("1450.05"), 10)
    assert (request.side, request.product) == (Side.BUY, Product.CNC)
    assert (request.variety, request.validity) == (Variety.REGULAR, Validity.DAY)


def test_a_market_order_without_protection_gets_the_brokers_own_band() -> None:
    """KO-01."""
    assert read_order(MARKET).market_protection == -1
    assert read_order(MARKET | {"market_protection": 0}).market_protection == 0
    assert read_order(MARKET | {"market_protection": 2.5}).market_protection == Decimal("2.5")
    assert read_order(LIMIT).market_protection == 0


@pytest.mark.parametrize("bound", [1, 365])
def test_the_bounds_of_a_time_to_live_are_inside(bound: int) -> None:
    """KO-04."""
    assert read_order(LIMIT | {"validity": "TTL", "validity_ttl": bound}).validity_ttl == bound


@pytest.mark.parametrize("legs", [2, 10])
def test_the_bounds_of_iceberg_legs_are_inside(legs: int) -> None:
    """KO-02."""
    document = ICEBERG | {"iceberg_legs": legs, "iceberg_quantity": None}
    assert read_order(document).iceberg_legs == legs


def test_null_and_zero_count_as_absent_where_the_rules_say_so() -> None:
    """KO-05."""
    blank = {"price": 0, "trigger_price": 0.0, "disclosed_quantity": 0, "auction_number": None}
    assert read_order(MARKET | blank) == read_order(MARKET)


# --- changing an order ----------------------------------------------------------------------------


@pytest.fixture
def resting(order_of: Callable[..., Order]) -> Order:
    return order_of(read_order(LIMIT))


def test_a_change_holds_only_what_differs(resting: Order) -> None:
    """KP-03."""
    change = read_change(resting, {"quantity": 12, "price": 1450.05, "order_type": None})
    assert (change.quantity, change.price, change.order_type) == (12, None, None)


def test_a_change_to_market_drops_the_limit(resting: Order) -> None:
    """KP-03."""
    change = read_change(resting, {"order_type": "MARKET"})
    request = change.applied_to(resting.request)
    assert (request.order_type, request.price, request.market_protection) == (
        OrderType.MARKET,
        0,
        -1,
    )


@pytest.mark.parametrize(
    ("patch", "pointer", "words"),
    [
        ({"quantity": 0}, "/quantity", "positive"),
        ({"order_type": "SL"}, "/trigger_price", "required for SL"),
        ({"product": "MIS"}, "/product", "cannot be changed"),
        ({"tag": "x"}, "/tag", "the server attributes"),
        ({"quantty": 5}, "/quantty", "did you mean quantity?"),
        ({"price": math.nan}, "/price", "finite"),
    ],
)
def test_a_wrong_change_is_refused_with_its_field(
    resting: Order, patch: dict[str, object], pointer: str, words: str
) -> None:
    """KP-03, KO-06."""
    with pytest.raises(InvalidDocument) as caught:
        read_change(resting, patch)
    assert caught.value.pointer == pointer
    assert words in caught.value.message


def test_a_time_to_live_ends_with_a_change_to_the_day(order_of: Callable[..., Order]) -> None:
    order = order_of(read_order(LIMIT | {"validity": "TTL", "validity_ttl": 5}))
    change = read_change(order, {"validity": "DAY"})
    assert change.applied_to(order.request).validity_ttl is None
