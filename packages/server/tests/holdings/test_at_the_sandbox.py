"""BP-01…05 at each broker's own interface: what was bought there is shown here."""

from __future__ import annotations

from secrets import token_hex

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.brokerage.conftest import (
    connect,
    on_sandbox,
    person,
    sandbox,
    sandbox_url,
)

from tradertape_core.orders.order import Order, OrderRequest, OrderStatus, OrderType, Product, Side
from tradertape_server.container import Container

__all__ = ["on_sandbox", "person", "sandbox", "sandbox_url"]  # fixtures
BROKERS = ("kite", "upstox", "groww")


@pytest.mark.parametrize("broker", BROKERS)
def test_orders_positions_and_funds_of_a_connected_account(
    person: TestClient, container: Container, broker: str
) -> None:
    assert connect(person, broker).status_code == 200
    user = person.get("/api/auth/me").json()["id"]
    connected = container.connections.of(user, broker)
    assert connected is not None
    now = container.clock.now()
    request = OrderRequest(
        exchange="NSE", tradingsymbol="INFY", side=Side.BUY, product=Product.CNC,
        order_type=OrderType.MARKET, quantity=3,
    )  # fmt: skip
    assert connected.ports.instruments is not None
    rows = {one.id: one for one in connected.ports.instruments.download()}
    container.connections.find_with(lambda _broker, name: rows.get(name))
    order = Order(
        order_id="1", account="1", run_id=None, request=request, status=OrderStatus.PUT_REQUESTED,
        venue="broker", tag=f"tt{token_hex(8)}", placed_at=now, updated_at=now,
        pending_quantity=3,
    )  # fmt: skip
    connected.ports.orders.submit(order)

    (mine,) = [
        one for one in person.get("/api/portfolio/orders?refresh=1").json()
        if one["tag"] == order.tag
    ]  # fmt: skip
    assert (mine["symbol"], mine["side"], mine["quantity"]) == ("INFY", "BUY", 3)
    # Execution placed none of it: it is another terminal's.
    assert (mine["source"], mine["our_order_id"]) == ("external", None)
    assert mine["account"] == connected.account.scope
    assert mine["environment"] == "sandbox"
    positions = person.get("/api/portfolio/positions").json()
    assert {one["kind"] for one in positions} <= {"net", "day"}
    assert any(one["symbol"] == "INFY" and one["kind"] == "net" for one in positions)
    margins = person.get(f"/api/portfolio/margins?broker={broker}").json()
    assert margins
    assert all(one["broker"] == broker and one["stale"] is False for one in margins)
    assert isinstance(person.get("/api/portfolio/holdings").json(), list)


def test_several_brokers_are_shown_together_and_one_alone(person: TestClient) -> None:
    for broker in ("kite", "upstox"):
        assert connect(person, broker).status_code == 200

    together = {one["broker"] for one in person.get("/api/portfolio/margins").json()}
    alone = {one["broker"] for one in person.get("/api/portfolio/margins?broker=upstox").json()}
    absent = person.get("/api/portfolio/margins?broker=groww")

    assert (together, alone) == ({"kite", "upstox"}, {"upstox"})
    assert (absent.status_code, absent.json()["detail"]) == (409, "Broker not connected")
    assert person.get("/api/portfolio/margins?broker=nobody").status_code == 404
