"""What Upstox posts to our address."""

from __future__ import annotations

import json
from typing import Any

import pytest
from packages.brokers.tests.sandboxed import Running
from packages.brokers.tests.upstox.served import rest_of
from packages.brokers.tests.upstox.test_book import ROW

from tradertape_brokers import errors as e
from tradertape_brokers.limiter import Urgency
from tradertape_brokers.secret import Secret
from tradertape_brokers.upstox.postbacks import UpstoxPostbacks
from tradertape_core.orders.order import OrderStatus
from tradertape_sandbox.exchange.events import ChangeKind, Event, OrderChanged
from tradertape_sandbox.wire.upstox.order_shapes import update_json

UPDATE: dict[str, Any] = {**ROW, "update_type": "order", "user_id": "SB0001"}


def read(body: object) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return UpstoxPostbacks().read(raw, Secret("secret"))


def test_a_postback_is_a_hint_that_nobody_signed() -> None:
    found = read(UPDATE)
    assert (found.user_id, found.is_verified) == ("SB0001", False)
    assert (found.order.tag, found.order.status) == (ROW["tag"], OrderStatus.OPEN)
    assert found.order.request.instrument == "NSE:INFY-EQ"  # as Upstox names it
    assert not found.order.is_snapshot
    old = {**ROW, "userId": "SB0001"}  # before the kinds of updates and the new spelling
    assert read(old).user_id == "SB0001"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\xff", b"[]", b"null", {}, UPDATE | {"update_type": "gtt_order"},
        UPDATE | {"user_id": None}, UPDATE | {"status": "new"}, UPDATE | {"quantity": []},
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_refused(body: object) -> None:
    with pytest.raises(e.Refused, match="cannot be read"):
        read(body)


def test_the_updates_of_the_sandbox_are_read(fresh: Running) -> None:
    exchange = fresh.sandbox.exchange
    heard: list[OrderChanged] = []

    def hear(event: Event) -> None:
        if isinstance(event, OrderChanged):
            heard.append(event)

    stop = exchange.listen(hear)
    try:
        row = {
            "instrument_token": "NSE_EQ|INE009A01021", "quantity": 1, "product": "D",
            "validity": "DAY", "price": 140.0, "order_type": "LIMIT", "transaction_type": "BUY",
            "disclosed_quantity": 0, "trigger_price": 0.0, "is_amo": False, "tag": "hint",
        }  # fmt: skip
        placed = rest_of(fresh).write("POST", "/v3/order/place", Urgency.ENTRY, body=row)
    finally:
        stop()
    assert heard[-1].kind is ChangeKind.PLACED
    found = read({"update_type": "order", **update_json(exchange, heard[-1])})
    assert found.order.venue_order_id == placed["order_ids"][0]
    assert found.order.tag == "hint"
