"""Updates that brokers post: proven ones change orders, others only make the book be read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from packages.server.tests.conftest import FrozenClock

from tradertape_core.orders.reports import VenueOrder
from tradertape_server.container import Container
from tradertape_server.features.brokerage.accounts import BrokerAccount

from .conftest import SECRET, connect, save


class Heard:
    """What the listeners of a server's connections were told."""

    def __init__(self, container: Container) -> None:
        self.orders: list[tuple[str, str]] = []
        self.hints: list[str] = []
        container.connections.on_orders(self._orders)
        container.connections.on_hint(lambda account: self.hints.append(account.scope))

    def _orders(self, account: BrokerAccount, orders: Sequence[VenueOrder]) -> None:
        self.orders += [(account.scope, one.venue_order_id) for one in orders]


@pytest.fixture
def heard(person: TestClient, container: Container) -> Heard:
    return Heard(container)


def update(user_id: str = "SB0001", secret: str = SECRET, **changed: Any) -> dict[str, Any]:
    """A postback as Kite documents it."""
    row: dict[str, Any] = {
        "user_id": user_id, "placed_by": user_id, "order_id": "241124000000001",
        "exchange_order_id": "1100000000000001", "parent_order_id": None, "status": "COMPLETE",
        "status_message": None, "status_message_raw": None,
        "order_timestamp": "2026-11-24 10:00:00", "exchange_timestamp": "2026-11-24 10:00:00",
        "exchange_update_timestamp": "2026-11-24 10:00:00", "variety": "regular",
        "exchange": "NSE", "tradingsymbol": "INFY", "instrument_token": 408065,
        "order_type": "LIMIT", "transaction_type": "BUY", "validity": "DAY", "product": "CNC",
        "quantity": 1, "disclosed_quantity": 0, "price": 1500, "trigger_price": 0,
        "average_price": 1500, "filled_quantity": 1, "pending_quantity": 0,
        "cancelled_quantity": 0, "unfilled_quantity": 0, "market_protection": 0, "meta": {},
        "tag": None, "guid": "x", "app_id": 1,
    }  # fmt: skip
    row |= changed
    text = f"{row['order_id']}{row['order_timestamp']}{secret}"
    return row | {"checksum": hashlib.sha256(text.encode()).hexdigest()}


def post(client: TestClient, row: Any, broker: str = "kite") -> httpx.Response:
    """Post as a broker does: without any sign-in."""
    client.cookies.clear()
    body = row if isinstance(row, bytes) else json.dumps(row).encode()
    return client.post(
        f"/api/brokers/{broker}/postback", content=body,
        headers={"Content-Type": "application/json"},
    )  # fmt: skip


def with_secret(person: TestClient) -> None:
    assert connect(person, "kite").status_code == 200
    assert save(person, "kite", api_secret=SECRET).status_code == 200


def test_a_proven_update_is_passed_on(person: TestClient, heard: Heard) -> None:
    with_secret(person)
    answer = post(person, update())
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert heard.orders == [("kite:SB0001", "241124000000001")]
    assert heard.hints == []


def test_the_same_post_again_is_passed_on_once_a_minute(
    person: TestClient, heard: Heard, clock: FrozenClock
) -> None:
    """FAULTS §3: a flood of one valid post costs nobody else anything."""
    with_secret(person)
    assert [post(person, update()).status_code for _ in range(5)] == [200] * 5
    assert len(heard.orders) == 1
    post(person, update(filled_quantity=0, status="OPEN"))
    assert len(heard.orders) == 2, "another state of the order"
    clock.advance(seconds=61)
    post(person, update())
    assert len(heard.orders) == 3
    assert post(person, update(secret="another-secret")).status_code == 401


@pytest.mark.parametrize(
    "row",
    [update(secret="another-secret"), update() | {"checksum": ""}, update() | {"checksum": None}],
    ids=["another secret", "empty", "none"],
)
def test_a_wrong_checksum_changes_nothing(person: TestClient, heard: Heard, row: Any) -> None:
    with_secret(person)
    answer = post(person, row)
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (401, "postback_checksum_wrong")
    assert (heard.orders, heard.hints) == ([], [])


def test_without_a_stored_secret_it_is_a_hint_now_and_then(
    person: TestClient, heard: Heard, clock: FrozenClock
) -> None:
    assert connect(person, "kite").status_code == 200
    answers = [post(person, update()).status_code for _ in range(5)]
    assert answers == [200] * 5
    assert (heard.orders, heard.hints) == ([], ["kite:SB0001"])

    clock.advance(seconds=3)
    post(person, update())
    assert heard.hints == ["kite:SB0001"] * 2


def test_an_account_that_nobody_connected_is_answered_like_one_that_is(
    person: TestClient, heard: Heard
) -> None:
    with_secret(person)
    assert post(person, update(user_id="ZZ9999")).json() == {"status": "ok"}
    assert (heard.orders, heard.hints) == ([], [])


@pytest.mark.parametrize("body", [b"[]", b'{"user_id": "SB0001"}', b"{}"])
def test_what_is_no_update_is_refused(person: TestClient, heard: Heard, body: bytes) -> None:
    with_secret(person)
    assert post(person, body).status_code == 400
    assert (heard.orders, heard.hints) == ([], [])


def test_brokers_without_postbacks_have_no_address(person: TestClient) -> None:
    assert post(person, update(), "groww").status_code == 404
    assert post(person, update(), "nobody").status_code == 404
