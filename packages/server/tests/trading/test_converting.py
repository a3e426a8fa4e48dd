"""Positions converted to another product, on paper: the same units at the same cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.execution import oracles
from packages.server.tests.gtts.test_service import HandMarket

from tradertape_server.container import Container

from .test_routes import URL, Json, bought, container, keyed, market, overrides, placed

__all__ = ["container", "market", "overrides"]  # fixtures
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def wanted(quantity: int = 4, **more: Any) -> Json:
    return {
        "account_scope": "kite:paper-a", "instrument": "NSE:INFY", "old_product": "MIS",
        "new_product": "CNC", "quantity": quantity, **more,
    }  # fmt: skip


def convert(client: TestClient, body: Json, key: Json | None = None, status: int = 200) -> Any:
    answer = client.post(f"{URL}/positions/convert", json=body, headers=key or keyed())
    assert answer.status_code == status, answer.text
    return answer.json()


def units(client: TestClient) -> dict[str, int]:
    return {one["product"]: one["quantity"] for one in client.get(f"{URL}/positions").json()}


def money(client: TestClient) -> Json:
    (account,) = client.get(f"{URL}/accounts").json()
    return account["funds"]


def test_units_move_with_their_cost_and_the_books_add_up(
    signed_in: TestClient, container: Container
) -> None:
    bought(signed_in, product="MIS")
    cash, key = money(signed_in)["cash"], keyed()
    convert(signed_in, wanted(), key)
    assert units(signed_in) == {"CNC": 4, "MIS": 6}
    assert money(signed_in)["cash"] == pytest.approx(cash - 4 * 1500.0)
    convert(signed_in, wanted(), key)  # the same request again
    assert units(signed_in) == {"CNC": 4, "MIS": 6}
    refused = convert(signed_in, wanted(5), key, status=409)
    assert "used with another body" in refused["detail"]
    convert(signed_in, wanted(4, old_product="CNC", new_product="MIS"))
    assert units(signed_in) == {"MIS": 10}
    assert money(signed_in)["cash"] == pytest.approx(cash)
    averages = [one["average_price"] for one in signed_in.get(f"{URL}/positions").json()]
    assert averages == [1500.0]
    oracles.check(container.database)


def test_a_converted_position_is_sold_as_what_it_has_become(
    signed_in: TestClient, market: HandMarket, container: Container
) -> None:
    bought(signed_in, product="MIS")
    convert(signed_in, wanted(10))
    market.trade("1510.00")
    placed(
        signed_in, transaction_type="SELL", order_type="MARKET", price=None, product="CNC",
        quantity=10,
    )  # fmt: skip
    assert units(signed_in) == {}
    oracles.check(container.database)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"quantity": 11}, "10 of NSE:INFY (MIS) can be converted, was 11"),
        ({"new_product": "NRML"}, "is converted between CNC and MIS"),
        ({"new_product": "MIS"}, "is converted between CNC and MIS"),
        ({"old_product": "CNC", "new_product": "MIS"}, "0 of NSE:INFY (CNC) can be converted"),
    ],
)
def test_what_cannot_be_converted_says_why(
    signed_in: TestClient, changed: Json, words: str
) -> None:
    bought(signed_in, product="MIS")
    answer = signed_in.post(
        f"{URL}/positions/convert", json={**wanted(), **changed}, headers=keyed()
    )
    assert answer.status_code in (400, 422), answer.text
    assert words in answer.text
    assert units(signed_in) == {"MIS": 10}


def test_a_short_position_is_not_delivered(signed_in: TestClient) -> None:
    bought(signed_in, product="MIS", transaction_type="SELL")
    answer = signed_in.post(f"{URL}/positions/convert", json=wanted(10), headers=keyed())
    assert "was sold short: it cannot become CNC" in answer.text
    assert units(signed_in) == {"MIS": -10}


def test_units_that_an_open_order_closes_are_not_converted(signed_in: TestClient) -> None:
    bought(signed_in, product="MIS")
    placed(signed_in, transaction_type="SELL", price=1600.0, product="MIS", quantity=7)
    refused = convert(signed_in, wanted(4), status=409)
    assert refused["detail"].startswith("Open orders close 7 of NSE:INFY (MIS)")
    convert(signed_in, wanted(3))
    assert units(signed_in) == {"CNC": 3, "MIS": 7}


def test_delivery_that_the_account_cannot_pay_is_refused(
    signed_in: TestClient, market: HandMarket
) -> None:
    """Intraday costs a fifth of the value."""
    bought(signed_in, quantity=1, product="MIS")
    afford = int(money(signed_in)["available"] / 1500 * 2)
    bought(signed_in, quantity=afford - 1, product="MIS")
    refused = convert(signed_in, wanted(afford), status=409)
    assert refused["detail"].startswith("CNC needs ₹")
    assert units(signed_in) == {"MIS": afford}


def test_nobody_converts_anothers_position(
    signed_in: TestClient, sign_in: Callable[..., TestClient]
) -> None:
    bought(signed_in, product="MIS")
    stranger = sign_in("b@example.com")
    answer = stranger.post(f"{URL}/positions/convert", json=wanted(), headers=keyed())
    assert "0 of NSE:INFY (MIS) can be converted" in answer.text
    assert units(signed_in) == {"MIS": 10}
