"""Orders are checked by the server's own rules (KH-01)."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

import kite_algo_worker as kaw
from kite_algo_worker.order_checks.rules import check_order

SOUND = kaw.limit_order("NSE", "INFY", "BUY", "CNC", 10, price=1450.0)


# Values that break a rule somewhere, beside those that do not.
VALUES: dict[str, list[Any]] = {
    "exchange": ["NSE", "NFO", "nse", "MCX", 5, None],
    "tradingsymbol": ["INFY", "", " ", "X" * 70, 5, None],
    "transaction_type": ["BUY", "SELL", "buy", "HOLD", None],
    "product": ["CNC", "MIS", "NRML", "MTF", "cnc", "DELIVERY", None],
    "order_type": ["MARKET", "LIMIT", "SL", "SL-M", "SLM", "sl_m", "STOP", None],
    "quantity": [10, 1, 0, -5, 1.5, 2.0, "10", True, 10**9, float("nan"), None],
    "price": [1450.0, 0, None, -1, "1450", 10**9, float("inf")],
    "trigger_price": [None, 1445.0, 1455.0, 0, -2, "x"],
    "variety": ["regular", "amo", "co", "iceberg", "auction", "REGULAR", None],
    "validity": ["DAY", "IOC", "TTL", "day", None],
    "validity_ttl": [None, 30, 0, 366, 1.5],
    "disclosed_quantity": [None, 5, 11, 0, -1],
    "market_protection": [None, -1, 0, 5.5, 101, -2, "2"],
    "autoslice": [None, True, False, 1],
    "iceberg_legs": [None, 2, 1, 11, 5],
    "iceberg_quantity": [None, 2, 5, 0],
    "auction_number": [None, "22", 22, "", True],
    "squareoff": [None, 0, 10, -1],
    "stoploss": [None, 0, 10, "5"],
    "trailing_stoploss": [None, 1],
    "tag": [None, "mine"],
    "pric": [None, 1],
}


def documents() -> list[dict[str, Any]]:
    """Each value alone, and thousands of mixtures, the same in every run."""
    alone = [{**SOUND, name: value} for name, values in VALUES.items() for value in values]
    chance = random.Random(20_261_122)
    mixed = [
        {**SOUND, **{name: chance.choice(VALUES[name]) for name in chance.sample(list(VALUES), 5)}}
        for _ in range(4_000)
    ]
    return [{name: one for name, one in made.items() if one is not None} for made in alone + mixed]


def test_the_rules_are_the_servers_word_for_word() -> None:
    """KO-05."""
    fields = pytest.importorskip("tradertape_core.orders.fields", reason="needs the server's core")
    sound = broken = 0
    for document in documents():
        theirs = [(one.pointer, one.message) for one in fields.order_problems(document)]
        ours = [(f"/{one.field}", one.message) for one in kaw.order_problems(document)]
        assert ours == theirs, document
        broken += bool(ours)
        sound += not ours
    assert broken > 1000
    assert sound > 30


def test_an_order_that_breaks_rules_is_refused_with_all_of_them() -> None:
    order = {**SOUND, "price": 0, "quantity": 0, "tag": "mine"}
    with pytest.raises(kaw.BrokerValidationError) as caught:
        check_order(order)
    assert caught.value.status_code == 422
    pointers = [one["pointer"] for one in caught.value.response_body["detail"]]
    assert sorted(pointers) == [
        "/payload/order/price", "/payload/order/quantity", "/payload/order/tag",
    ]  # fmt: skip
    assert "a price above 0 is required for LIMIT" in str(caught.value)


def test_numbers_of_numpy_and_decimal_are_accepted() -> None:
    numpy = pytest.importorskip("numpy")
    from decimal import Decimal

    order = kaw.limit_order("NSE", "INFY", "BUY", "CNC", numpy.int64(2), Decimal("1450.05"))
    assert kaw.order_problems(order) == ()
    many = itertools.product([1, numpy.int32(1)], [1.5, numpy.float64(1.5)])
    assert all(
        not kaw.order_problems(kaw.limit_order("NSE", "A", "BUY", "CNC", q, p)) for q, p in many
    )
