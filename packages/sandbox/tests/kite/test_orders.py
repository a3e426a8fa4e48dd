"""Forms of orders: what is read, what is refused, and how the book shows it."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest
from packages.sandbox.tests.kite.served_kite import ServedKite, served_kite

from tradertape_sandbox.wire.kite.orders import MOST_MODIFICATIONS

BUY = {
    "exchange": "NSE",
    "tradingsymbol": "SBIN",
    "transaction_type": "BUY",
    "quantity": "10",
    "product": "CNC",
    "order_type": "MARKET",
}


def limit(kite: ServedKite, factor: str = "0.95", **terms: str) -> dict[str, str]:
    """An order that rests below the market."""
    tick = kite.sandbox.exchange.tick("NSE:SBIN")
    assert tick is not None
    price = (tick.last_price * Decimal(factor)).quantize(Decimal(1))
    return {**BUY, "order_type": "LIMIT", "price": str(price), **terms}


def placed(kite: ServedKite, form: dict[str, str], variety: str = "regular") -> str:
    return kite.data("POST", f"/orders/{variety}", data=form)["order_id"]


def row(kite: ServedKite, number: str) -> dict[str, Any]:
    return kite.data("GET", f"/orders/{number}")[-1]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"tradingsymbol": "NO-SUCH"}, "does not exist"),
        ({"exchange": ""}, "exchange"),
        ({"quantity": "ten"}, "quantity"),
        ({"quantity": "1.5"}, "whole"),
        ({"quantity": "nan"}, "quantity"),
        ({"order_type": "LIMIT"}, "price"),
        ({"order_type": "STOP"}, "MARKET"),
        ({"product": "NRML"}, "NRML"),
        ({"tag": "not a tag"}, "tag"),
        ({"tag": "a" * 21}, "tag"),
        ({"market_protection": "101"}, "100"),
    ],
)
def test_a_form_that_is_wrong_says_where(
    kite: ServedKite, changes: dict[str, str], word: str
) -> None:
    status, kind, message = kite.error("POST", "/orders/regular", data={**BUY, **changes})
    assert (status, kind) == (400, "InputException")
    assert word in message
    assert kite.data("GET", "/orders") == []


def test_an_unknown_variety_is_refused(kite: ServedKite) -> None:
    assert kite.error("POST", "/orders/bo", data=BUY)[:2] == (400, "InputException")


def test_a_price_of_nothing_is_none(kite: ServedKite) -> None:
    number = placed(kite, {**BUY, "price": "0", "trigger_price": "0", "disclosed_quantity": "0"})
    shown = row(kite, number)
    assert (shown["price"], shown["trigger_price"], shown["status"]) == (0, 0, "COMPLETE")


def test_an_order_without_protection_is_shown_without(kite: ServedKite) -> None:
    assert row(kite, placed(kite, BUY))["market_protection"] == 0
    protected = placed(kite, {**BUY, "market_protection": "-1"})
    assert row(kite, protected)["market_protection"] == -1


def test_the_variety_of_the_path_must_be_the_orders(kite: ServedKite) -> None:
    number = placed(kite, limit(kite))
    for method in ("PUT", "DELETE"):
        status, kind, message = kite.error(method, f"/orders/iceberg/{number}")
        assert (status, kind) == (400, "InputException")
        assert "regular" in message
    assert row(kite, number)["status"] == "OPEN"


def test_an_order_is_modified_twenty_five_times(kite: ServedKite) -> None:
    number = placed(kite, limit(kite))
    for n in range(MOST_MODIFICATIONS):
        kite.data("PUT", f"/orders/regular/{number}", data={"quantity": str(11 + n)})
    status, kind, message = kite.error("PUT", f"/orders/regular/{number}", data={"quantity": "50"})
    assert (status, kind) == (400, "OrderException")
    assert "25" in message
    assert row(kite, number)["quantity"] == 10 + MOST_MODIFICATIONS


def test_a_limit_order_becomes_one_at_the_market(kite: ServedKite) -> None:
    number = placed(kite, limit(kite))
    kite.data("PUT", f"/orders/regular/{number}", data={"order_type": "MARKET"})
    kite.step()
    assert row(kite, number)["status"] == "COMPLETE"


def test_orders_of_another_user_are_not_found(kite: ServedKite) -> None:
    status, kind, _ = kite.error("DELETE", "/orders/regular/1234567890123456789")
    assert (status, kind) == (404, "GeneralException")


def test_updates_are_posted_with_a_checksum_that_proves_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    posted: list[tuple[str, dict[str, Any]]] = []

    async def post(address: str, body: bytes) -> None:
        posted.append((address, json.loads(body)))

    monkeypatch.setattr("tradertape_sandbox.wire.kite.postbacks._post", post)
    kite = served_kite(kite_postback_url="http://127.0.0.1:1/postback")
    kite.sign_in()
    number = placed(kite, limit(kite))
    assert posted == []
    kite.data("PUT", f"/orders/regular/{number}", data={"quantity": "12"})
    kite.data("DELETE", f"/orders/regular/{number}")
    addresses, bodies = zip(*posted, strict=True)
    assert set(addresses) == {"http://127.0.0.1:1/postback"}
    assert [body["status"] for body in bodies] == ["UPDATE", "CANCELLED"]
    for body in bodies:
        assert body["order_id"] == number
        text = f"{number}{body['order_timestamp']}sandbox-secret"
        assert body["checksum"] == hashlib.sha256(text.encode()).hexdigest()
        assert "account_id" not in body


def test_a_sliced_order_lists_its_slices_and_their_refusals(kite: ServedKite) -> None:
    listed = kite.sandbox.exchange.instruments.derivatives("NIFTY")
    future = next(one for one in listed if one.instrument_type.value == "FUT")
    form = {
        **BUY, "exchange": "NFO", "tradingsymbol": future.tradingsymbol, "product": "NRML",
        "quantity": str(future.lot_size * 40), "autoslice": "true",
    }  # fmt: skip
    status, kind, _ = kite.error("POST", "/orders/regular", data=form)
    assert (status, kind) == (400, "MarginException")  # not one slice has its margin
    exchange = kite.sandbox.exchange
    account = exchange.account(exchange.accounts[0].key)
    account.pay_in(Decimal(6_000_000))
    reply = kite.data("POST", "/orders/regular", data=form)
    children = reply["children"]
    assert "order_id" in children[0]
    assert children[-1]["error"]["error_type"] == "MarginException"
    assert children[-1]["error"]["code"] == 400


def test_from_an_address_that_is_not_registered_no_order_is_taken(kite: ServedKite) -> None:
    number = placed(kite, limit(kite))
    kite.sandbox.sessions["kite"].register_addresses("sandbox", ["203.0.113.9"])

    for method, path in (("POST", "/orders/regular"), ("DELETE", f"/orders/regular/{number}")):
        status, kind, message = kite.error(method, path, data=BUY if method == "POST" else None)
        assert (status, kind) == (403, "PermissionException")
        assert "(127.0.0.1) is not allowed to place orders for this app" in message
    assert row(kite, number)["status"] == "OPEN", "reading needs no registered address"
    kite.sandbox.sessions["kite"].register_addresses("sandbox", ["127.0.0.1"])
    kite.data("DELETE", f"/orders/regular/{number}")
