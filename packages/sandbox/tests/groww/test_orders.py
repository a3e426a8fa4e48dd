"""Orders through Groww's door."""

from __future__ import annotations

from typing import Any

import pytest
from packages.sandbox.tests.groww.served_groww import ServedGroww, order

from tradertape_sandbox.faults.plans import FaultKind, FaultPlan


def limit(**terms: Any) -> dict[str, Any]:
    return {"order_type": "LIMIT", "price": 145.0, **terms}


def book(groww: ServedGroww, **query: Any) -> list[dict[str, Any]]:
    return groww.payload("GET", "/order/list", params=query)["order_list"]


def test_a_reference_is_used_once_however_late_the_order_book_is(groww: ServedGroww) -> None:
    late = FaultPlan(kind=FaultKind.LATE_BOOK, broker="groww", delay_s=45.0)
    groww.sandbox.faults.add(late)
    groww.place(**limit())
    assert book(groww) == []
    status, code, words = groww.error("POST", "/order/create", json=order(**limit()))
    assert (status, code) == (409, "GA007")
    assert "abcd-12345" in words
    groww.step(45.0)
    assert len(book(groww)) == 1


def test_an_order_is_changed_and_cancelled_while_the_book_does_not_show_it(
    groww: ServedGroww,
) -> None:
    late = FaultPlan(kind=FaultKind.LATE_BOOK, broker="groww", delay_s=45.0, seed=3)
    groww.sandbox.faults.add(late)
    name = groww.place(**limit())["groww_order_id"]
    assert groww.error("GET", f"/order/detail/{name}", params={"segment": "CASH"})[1] == "GA004"
    terms = {"groww_order_id": name, "segment": "CASH"}
    change = {**terms, "quantity": 7, "price": 146, "order_type": "LIMIT"}
    assert groww.payload("POST", "/order/modify", json=change)["groww_order_id"] == name
    ended = groww.payload("POST", "/order/cancel", json=terms)
    assert ended == {"groww_order_id": name, "order_status": "CANCELLED"}
    groww.step(45.0)
    assert (book(groww)[0]["quantity"], book(groww)[0]["price"]) == (7, 146.0)


def test_a_filled_order_in_full(groww: ServedGroww) -> None:
    reply = groww.place(quantity=2)
    row = groww.payload(
        "GET", f"/order/detail/{reply['groww_order_id']}", params={"segment": "CASH"}
    )
    price = row.pop("average_fill_price")
    assert abs(price - 150) < 1
    assert row == {
        "groww_order_id": reply["groww_order_id"],
        "order_status": "DELIVERY_AWAITED",
        "order_reference_id": "abcd-12345",
        "remark": "Order is delivery awaited",
        "trading_symbol": "INFY",
        "quantity": 2,
        "price": 0.0,
        "trigger_price": 0.0,
        "filled_quantity": 2,
        "remaining_quantity": 0,
        "deliverable_quantity": 2,
        "amo_status": "NA",
        "validity": "DAY",
        "exchange": "NSE",
        "order_type": "MARKET",
        "transaction_type": "BUY",
        "segment": "CASH",
        "product": "CNC",
        "created_at": "2026-11-23T12:00:04",
        "exchange_time": "2026-11-23T12:00:04",
        "trade_date": "2026-11-23T00:00:00Z",
    }
    trades = groww.payload(
        "GET", f"/order/trades/{reply['groww_order_id']}", params={"segment": "CASH"}
    )["trade_list"]
    assert [one["isin"] for one in trades] == ["INE009A01021"] * len(trades)
    paid = sum(one["price"] * one["quantity"] for one in trades)
    assert paid == pytest.approx(2 * price)


def test_the_list_has_pages_of_25_and_at_most_100(groww: ServedGroww) -> None:
    names = [
        groww.place(**limit(order_reference_id=f"order-{number:04d}"))["groww_order_id"]
        for number in range(27)
    ]
    assert [one["groww_order_id"] for one in book(groww)] == names[:1:-1]
    assert [one["groww_order_id"] for one in book(groww, page=1)] == names[1::-1]
    assert len(book(groww, page_size=100)) == 27
    assert groww.error("GET", "/order/list", params={"page_size": 101})[1] == "GA001"


@pytest.mark.parametrize(
    ("terms", "code", "words"),
    [
        ({"quantity": 0}, "GA001", "quantity must be a whole number from 1"),
        ({"quantity": "2.5"}, "GA001", "quantity"),
        ({"price": -1, "order_type": "LIMIT"}, "GA001", "price"),
        ({"price": "nan", "order_type": "LIMIT"}, "GA001", "price"),
        ({"price": 145.003, "order_type": "LIMIT"}, "GA001", "multiple of 0.01"),
        ({"order_type": "SL", "price": 150}, "GA001", "trigger_price above 0"),
        ({"order_type": "STOP"}, "GA001", "LIMIT, MARKET, SL, SL_M"),
        ({"order_reference_id": "a-b-c-d-e"}, "GA001", "at most two hyphens"),
        ({"order_reference_id": "x" * 21}, "GA001", "8 to 20"),
        ({"exchange": "MCX"}, "GA004", "no instrument INFY on MCX"),
        ({"segment": "CURRENCY"}, "GA001", "CASH, FNO, COMMODITY"),
        ({"transaction_type": "SELL", "quantity": 101}, "GA006", "100"),
        ({"quantity": 50_000}, "GA006", "available"),
    ],
)
def test_what_an_order_is_refused_for(
    groww: ServedGroww, terms: dict[str, Any], code: str, words: str
) -> None:
    refused = groww.error("POST", "/order/create", json=order(**terms))
    assert refused[1] == code, refused
    assert words in refused[2], refused
    assert book(groww) == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"text"', b"null"])
def test_a_body_that_is_no_object_is_refused(groww: ServedGroww, body: bytes) -> None:
    status, code, _ = groww.error("POST", "/order/create", content=body)
    assert (status, code) == (400, "GA001")


def test_an_order_of_the_other_segment_is_not_found(groww: ServedGroww) -> None:
    name = groww.place(**limit())["groww_order_id"]
    query = {"segment": "FNO"}
    for path in (f"/order/detail/{name}", f"/order/status/{name}", f"/order/trades/{name}"):
        assert groww.error("GET", path, params=query)[:2] == (404, "GA004")
    assert groww.error("GET", "/order/status/reference/abcd-12345", params=query)[1] == "GA004"
    body = {"groww_order_id": name, "segment": "FNO"}
    assert groww.error("POST", "/order/cancel", json=body)[:2] == (404, "GA004")


def test_a_stop_waits_for_its_trigger_and_fills(groww: ServedGroww) -> None:
    name = groww.place(order_type="SL", price=156.0, trigger_price=155.0)["groww_order_id"]

    def status() -> str:
        return groww.payload("GET", f"/order/status/{name}", params={"segment": "CASH"})[
            "order_status"
        ]

    assert status() == "TRIGGER_PENDING"
    groww.price("155.50")
    assert status() == "DELIVERY_AWAITED"


def test_from_an_address_that_is_not_registered_no_order_is_taken(groww: ServedGroww) -> None:
    groww.sandbox.sessions["groww"].register_addresses("sandbox", ["203.0.113.9"])
    status, _, words = groww.error("POST", "/order/create", json=order(**limit()))
    assert status == 403
    assert "orders from 127.0.0.1 are not allowed" in words
    assert book(groww) == []
