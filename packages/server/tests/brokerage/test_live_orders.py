"""AU-15, D18: a worker's live orders over HTTP at a broker: who may, what is sent, what is not
ours, and what a person settles."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.brokers.tests.sandboxed import Running
from packages.server.tests.doubles.checked_client import CheckedClient

from tradertape_brokers.errors import RateLimited
from tradertape_core.orders.order import Order, OrderRequest, OrderStatus, OrderType, Product, Side
from tradertape_server.container import Container
from tradertape_server.features.auth.audit import COMMAND_LINE
from tradertape_server.features.auth.credentials.keys import Keys, Owner
from tradertape_server.features.auth.token_scope import TokenScope

from .conftest import connect

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
API = "/api/algo-workers/worker"
SCOPE = "kite:SB0001"
ABOUT = {"strategy_family": "f", "strategy_name": "n", "entry_surface": "worker"}
Json = dict[str, Any]


@dataclass
class Desk:
    """A person with a session at the sandbox's Kite, and the person's workers."""

    app: FastAPI
    container: Container
    person: TestClient
    sandbox_url: str
    user_id: int
    price: float

    def worker(self, *scopes: str) -> Any:
        keys = Keys(self.container.clock, "worker")
        with self.container.database.write() as session:
            made = keys.create(
                session, Owner(self.user_id, "person@example.com"), COMMAND_LINE, label="x",
                scopes=scopes, expires_in_days=None, token_scope=TokenScope(),
            )  # fmt: skip
        headers = {"Authorization": f"Bearer {made.token}"}
        return CheckedClient(self.app, base_url="http://localhost:18777", headers=headers)

    def run(self, worker: Any, name: str = "live-1") -> httpx.Response:
        body = {"strategy_run_id": name, "template_id": "t", "account_scope": SCOPE,
                "execution_mode": "live", "metadata": ABOUT}  # fmt: skip
        return worker.post(f"{API}/runs", json=body)

    def place(self, worker: Any, key: str, **order: Any) -> httpx.Response:
        token = worker.get(f"{API}/runs/live-1/safety-check").json()["safety_token"]
        body = {
            "intent_type": "place_order", "idempotency_key": key, "safety_token": token,
            "payload": {"order": {
                "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY",
                "variety": "regular", "product": "MIS", "quantity": 2, **order,
            }},
        }  # fmt: skip
        return worker.post(f"{API}/runs/live-1/intents", json=body)

    def at_the_broker(self) -> list[Json]:
        return self.admin("GET", "/accounts/kite/SB0001")["orders"]

    def admin(self, method: str, path: str, **more: Any) -> Any:
        headers = {"X-Admin-Key": "k", "Authorization": "Bearer k"}
        answer = httpx.request(
            method, f"{self.sandbox_url}/admin{path}", headers=headers, timeout=20, **more
        )
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
def desk(
    person: TestClient, app: FastAPI, container: Container, sandbox: Running, sandbox_url: str
) -> Any:
    quotes = person.post("/api/live/quotes", json={"symbols": ["NSE:INFY"]}).json()["quotes"]
    price = quotes["NSE:INFY"]["last_price"]
    user_id = person.get("/api/auth/me").json()["id"]
    desk = Desk(app, container, person, sandbox_url, user_id, price)
    desk.admin("POST", "/reset")
    assert connect(person, "kite").status_code == 200
    container.connections.step()
    for share in (0.9, 1.1, 1):  # the day's price limits are wide enough for the tests' prices
        desk.admin("PUT", "/prices", json={"prices": {"NSE:INFY": f"{price * share:.2f}"}})
    yield desk
    desk.admin("DELETE", "/faults")


def eventually(what: Callable[[], Any], within_s: float = 30.0, *, every_s: float = 0.05) -> Any:
    until = time.monotonic() + within_s
    while not (found := what()):
        assert time.monotonic() < until
        time.sleep(every_s)
    return found


def test_a_token_without_the_scope_live_makes_no_live_run(desk: Desk) -> None:
    refused = desk.run(desk.worker("paper", "data"))
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (403, "scope_missing")
    assert desk.run(desk.worker("live")).status_code == 200


def test_market_orders_are_protected_and_a_refusal_says_how(desk: Desk) -> None:
    """FAULTS §3: exchanges refuse market orders of programs without a band."""
    worker = desk.worker("live")
    assert desk.run(worker).status_code == 200
    naked = {"instrument": "NSE:INFY", "transaction_type": "BUY", "quantity": 1,
             "order_type": "MARKET", "product": "MIS", "account_scope": SCOPE}  # fmt: skip
    assert desk.person.post("/api/trading/preview", json=naked).status_code == 200
    wrong = desk.place(worker, "key-00000002", order_type="MARKET", market_protection=101)
    assert wrong.status_code == 422
    of_limit = desk.place(
        worker, "key-00000003", order_type="LIMIT", price=desk.price, market_protection=2
    )
    assert of_limit.status_code == 422
    none = desk.place(worker, "key-00000005", order_type="MARKET", market_protection=0)
    assert (none.status_code, none.headers["X-Error-Code"]) == (400, "no_market_protection")
    assert "leave the field out or set -1" in none.text
    assert desk.at_the_broker() == []
    for key, given in (
        ("key-00000004", {}),
        ("key-00000006", {"market_protection": 2}),
    ):
        placed = desk.place(worker, key, order_type="MARKET", **given)
        assert placed.status_code == 200, placed.text
    eventually(lambda: len(desk.at_the_broker()) == 2)
    connected = desk.container.connections.of(desk.user_id, "kite")
    assert connected is not None

    def read() -> list[Any] | None:
        with suppress(RateLimited):  # the server reads the book too
            return list(connected.ports.orders.order_book())
        return None

    book = eventually(read, every_s=1.0)
    assert sorted(float(one.request.market_protection) for one in book) == [-1.0, 2.0]


def test_an_external_order_is_shown_and_never_adopted(desk: Desk) -> None:
    worker = desk.worker("live")
    assert desk.run(worker).status_code == 200
    price = round(desk.price * 0.98)
    ours = desk.place(worker, "key-00000001", order_type="LIMIT", price=price).json()["order_id"]
    _another_terminal_places(desk, price)
    assert len(eventually(lambda: len(desk.at_the_broker()) == 2 and desk.at_the_broker())) == 2

    def shown() -> Json | None:
        desk.container.execution.read_order_books()
        found = desk.person.get("/api/trading/orders").json()
        return next((one for one in found if one["order_id"].startswith("X")), None)

    external = eventually(shown, every_s=1.0)
    assert external["status"] == "OPEN", external["status_message"]
    listed = desk.person.get("/api/portfolio/orders?refresh=1").json()
    assert sorted(one["source"] for one in listed) == ["external", "ours"]
    of_run = worker.get(f"{API}/orders", params={"strategy_run_id": "live-1"}).json()["orders"]
    assert [one["order_id"] for one in of_run] == [ours], "not the worker's"

    number = external["order_id"]
    about = {"strategy_run_id": "live-1", "variety": "regular"}
    assert worker.post(f"{API}/orders/{number}/cancel", json=about).status_code == 404
    changed = {**about, "quantity": 9}
    assert worker.post(f"{API}/orders/{number}/modify", json=changed).status_code == 404
    key = {"Idempotency-Key": "by-hand-0001"}
    by_hand = desk.person.delete(f"/api/trading/orders/{number}", headers=key)
    assert (by_hand.status_code, by_hand.headers["X-Error-Code"]) == (409, "external_order")
    word = {"confirm": "NEVER PLACED"}
    assert desk.person.post(f"/api/trading/orders/{number}/settle", json=word).status_code == 409
    killed = desk.person.post("/api/risk/kill", json={"reason": "drill"})
    assert killed.status_code == 200
    eventually(lambda: {one["status"] for one in desk.at_the_broker()} == {"OPEN", "CANCELLED"})
    (left,) = [one for one in desk.at_the_broker() if one["status"] == "OPEN"]
    assert left["tag"] != of_run[0]["tag"], "the kill switch left it alone"


def _another_terminal_places(desk: Desk, price: float, product: Product = Product.CNC) -> None:
    connected = desk.container.connections.of(desk.user_id, "kite")
    assert connected is not None
    now = desk.container.clock.now()
    request = OrderRequest(
        exchange="NSE", tradingsymbol="INFY", side=Side.BUY, product=product,
        order_type=OrderType.LIMIT, quantity=3, price=price,  # type: ignore[arg-type]
    )  # fmt: skip
    order = Order(
        order_id="1", account="1", run_id=None, request=request, status=OrderStatus.PUT_REQUESTED,
        venue="broker", tag=f"tt{token_hex(8)}", placed_at=now, updated_at=now, pending_quantity=3,
    )  # fmt: skip

    def submitted() -> bool:
        with suppress(RateLimited):  # it was not sent
            connected.ports.orders.submit(order)
            return True
        return False

    eventually(submitted, every_s=1.0)


def test_a_person_settles_an_order_in_doubt(desk: Desk, sign_in: Callable[..., TestClient]) -> None:
    """The answer is lost before the order arrived, and the book does not settle it yet."""
    worker = desk.worker("live")
    assert desk.run(worker).status_code == 200
    desk.admin("POST", "/faults", json={"kind": "drop_before", "broker": "kite",
                                        "endpoint": "place"})  # fmt: skip
    lost = desk.place(worker, "key-00000001", order_type="MARKET")
    number = lost.json()["order_id"]

    def status() -> str:
        found = desk.person.get("/api/trading/orders").json()
        return next(one["status"] for one in found if one["order_id"] == number)

    eventually(lambda: status() == "IN_DOUBT")
    url, word = f"/api/trading/orders/{number}/settle", {"confirm": "NEVER PLACED"}
    assert desk.person.post(url, json={}).status_code == 422
    assert sign_in("other@example.com").post(url, json=word).status_code == 404
    assert worker.post(url, json=word).status_code in (401, 403), "a person's word alone"
    settled = desk.person.post(url, json=word)
    assert settled.status_code == 200, settled.text
    assert settled.json()["status"] == "REJECTED"
    assert desk.person.post(url, json=word).status_code == 409
    assert desk.at_the_broker() == []
    desk.admin("DELETE", "/faults")
    again = desk.place(worker, "key-00000001", order_type="MARKET")
    assert again.json()["order_id"] == number, "its key stays used: nothing is sent a second time"
    assert desk.at_the_broker() == []


def test_a_runs_profit_has_the_brokers_quantity_beside_its_own(desk: Desk) -> None:
    """Two units of the run and three of another terminal: five at the broker."""
    worker = desk.worker("live")
    assert desk.run(worker).status_code == 200
    assert desk.place(worker, "key-00000001", order_type="MARKET").status_code == 200
    _another_terminal_places(desk, round(desk.price * 1.02), Product.MIS)
    eventually(lambda: {one["status"] for one in desk.at_the_broker()} == {"COMPLETE"})

    def leg() -> Json | None:
        desk.container.execution.read_order_books()
        desk.container.live_accounts.step()
        legs = worker.get(f"{API}/runs/live-1/pnl").json()["legs"]
        return legs[0] if legs and legs[0]["broker_net_quantity"] == 5 else None

    found = eventually(leg, every_s=1.0)
    assert found["net_quantity"] == 2
    assert found["last_reconciled_at"] is not None
