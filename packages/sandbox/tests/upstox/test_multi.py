"""Several orders in one call, and the exits of positions."""

from __future__ import annotations

from typing import Any

import pytest
from packages.sandbox.tests.upstox.served_upstox import SBIN, ServedUpstox, body

PLACE, CANCEL, EXIT = "/v2/order/multi/place", "/v2/order/multi/cancel", "/v2/order/positions/exit"


def row(name: str, **terms: Any) -> Any:
    return body(correlation_id=name, slice=False, **terms)


def test_purchases_are_placed_before_sales(upstox: ServedUpstox) -> None:
    rows = [row("sale", transaction_type="SELL"), row("purchase", quantity=2)]
    reply = upstox.call("POST", PLACE, json=rows)
    assert reply.status_code == 200
    found = reply.json()
    assert [one["correlation_id"] for one in found["data"]] == ["purchase", "sale"]
    assert found["errors"] is None
    assert found["summary"] == {"total": 2, "success": 2, "error": 0, "payload_error": 0}
    assert [upstox.status(one["order_id"]) for one in found["data"]] == ["complete"] * 2


def test_an_order_that_is_refused_does_not_keep_the_others_back(upstox: ServedUpstox) -> None:
    rows = [
        row("good"),
        row("no-price", order_type="LIMIT"),
        row("no-money", quantity=100_000),
    ]
    reply = upstox.call("POST", PLACE, json=rows)
    found = reply.json()
    assert (reply.status_code, found["status"]) == (207, "partial_success")
    assert [one["correlation_id"] for one in found["data"]] == ["good"]
    errors = {one["correlation_id"]: one["error_code"] for one in found["errors"]}
    assert errors == {"no-price": "UDAPI1029", "no-money": "UDAPI100036"}
    assert found["summary"] == {"total": 3, "success": 1, "error": 2, "payload_error": 1}


def test_a_call_without_one_good_order_fails(upstox: ServedUpstox) -> None:
    reply = upstox.call("POST", PLACE, json=[row("a", order_type="LIMIT")])
    assert (reply.status_code, reply.json()["status"]) == (400, "error")
    assert reply.json()["data"] is None


@pytest.mark.parametrize(
    "rows",
    [
        {},
        [],
        ["order"],
        [row("x"), row("x")],
        [row("")],
        [row("x" * 21)],
        [row(str(n)) for n in range(26)],
    ],
)
def test_a_list_that_is_wrong_places_nothing(upstox: ServedUpstox, rows: Any) -> None:
    assert upstox.error("POST", PLACE, json=rows) == (400, "UDAPI100036")
    assert upstox.data("GET", "/v2/order/retrieve-all") == []


def test_open_orders_are_cancelled_by_tag_and_by_segment(upstox: ServedUpstox) -> None:
    low = {"kind": "LIMIT", "price": upstox.at("0.95")}
    first, second, third = (
        upstox.data("POST", "/v2/order/place", json=body(**low, tag=tag))["order_id"]
        for tag in ("a", "b", "b")
    )
    reply = upstox.call("DELETE", CANCEL, params={"tag": "a"}).json()
    assert reply["data"]["order_ids"] == [first]
    assert reply["summary"] == {"total": 1, "success": 1, "error": 0}
    assert upstox.data("DELETE", CANCEL, params={"segment": "NSE_FO"})["order_ids"] == []
    assert upstox.data("DELETE", CANCEL)["order_ids"] == [second, third]
    assert upstox.status(third) == "cancelled"
    assert upstox.error("DELETE", CANCEL, params={"segment": "EQ"})[1] == "UDAPI100036"


def test_positions_are_closed_those_of_a_tag_alone_if_one_is_given(upstox: ServedUpstox) -> None:
    for key, tag in ((SBIN, "one"), (None, "two")):
        terms = {} if key is None else {"instrument_token": key}
        order = body(quantity=3, product="I", tag=tag, **terms)
        upstox.data("POST", "/v2/order/place", json=order)
    assert len(upstox.data("POST", EXIT, params={"tag": "one"})["order_ids"]) == 1

    def held() -> dict[str, int]:
        rows = upstox.data("GET", "/v2/portfolio/short-term-positions")
        return {one["trading_symbol"]: one["quantity"] for one in rows}

    assert held() == {"SBIN": 0, "INFY": 3}
    reply = upstox.call("POST", EXIT).json()
    assert reply["summary"] == {"total": 1, "success": 1, "error": 0}
    assert held() == {"SBIN": 0, "INFY": 0}
    assert upstox.data("POST", EXIT)["order_ids"] == []
