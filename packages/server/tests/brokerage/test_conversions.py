"""Positions converted at the sandbox's Kite: there and in our books, once for a key.

Each broker's own call is tested with its adapter (`packages/brokers/tests/contract`).
"""

from __future__ import annotations

from itertools import count
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from packages.server.tests.execution import oracles

from tradertape_brokers.errors import OutcomeUnknown
from tradertape_brokers.portfolio import PositionKind
from tradertape_server.container import Container

from .conftest import connect
from .test_live_orders import eventually

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
URL = "/api/trading"
Json = dict[str, Any]
_keys = count(1)


def keyed() -> Json:
    return {"Idempotency-Key": f"convert-{next(_keys):06d}"}


class Holder:
    """A person with five INFY (MIS) at a broker, bought by hand."""

    def __init__(self, person: TestClient, container: Container, url: str, broker: str) -> None:
        self.person, self.container, self.scope = person, container, f"{broker}:SB0001"
        admin = {"headers": {"X-Admin-Key": "k"}, "timeout": 20}
        httpx.post(f"{url}/admin/reset", **admin).raise_for_status()
        assert connect(person, broker).status_code == 200
        container.connections.step()
        user_id = person.get("/api/auth/me").json()["id"]
        connected = container.connections.of(user_id, broker)
        assert connected is not None
        self.ports: Any = connected.ports

    def buy(self) -> None:
        ticket = {
            "account_scope": self.scope, "instrument": "NSE:INFY", "transaction_type": "BUY",
            "quantity": 5, "order_type": "MARKET", "product": "MIS",
        }  # fmt: skip
        made = self.person.post(f"{URL}/orders", json=ticket, headers=keyed())
        assert made.status_code == 201, made.text
        eventually(self._filled, within_s=60, every_s=1.0)

    def _filled(self) -> bool:
        self.container.execution.read_order_books()
        return self.here() == {"MIS": 5}

    def here(self) -> dict[str, int]:
        rows = self.person.get(f"{URL}/positions").json()
        return {one["product"]: one["quantity"] for one in rows}

    def there(self) -> dict[str, int]:
        rows = [one for one in self.ports.portfolio.positions() if one.kind is PositionKind.NET]
        return {one.product.value: one.quantity for one in rows if one.quantity}

    def convert(self, quantity: int, key: Json, **more: Any) -> httpx.Response:
        body = {
            "account_scope": self.scope, "instrument": "NSE:INFY", "old_product": "MIS",
            "new_product": "CNC", "quantity": quantity, **more,
        }  # fmt: skip
        return self.person.post(f"{URL}/positions/convert", json=body, headers=key)


@pytest.fixture
def holder(
    request: Any, person: TestClient, container: Container, sandbox_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Holder:  # fmt: skip
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    made = Holder(person, container, sandbox_url, request.param)
    made.buy()
    return made


at_kite = pytest.mark.parametrize("holder", ["kite"], indirect=True)


@at_kite
def test_units_are_converted_there_and_here_once(holder: Holder) -> None:
    key = keyed()
    assert holder.convert(3, key).status_code == 200
    assert holder.there() == holder.here() == {"MIS": 2, "CNC": 3}
    assert holder.convert(3, key).status_code == 200
    assert holder.there() == holder.here() == {"MIS": 2, "CNC": 3}
    too_many = holder.convert(3, keyed())
    assert "2 of NSE:INFY (MIS) can be converted" in too_many.text
    assert holder.there() == {"MIS": 2, "CNC": 3}
    oracles.check(holder.container.database)


@at_kite
@pytest.mark.parametrize("is_done", [True, False], ids=["done", "not done"])
def test_a_lost_answer_is_read_from_the_brokers_positions(
    holder: Holder, monkeypatch: pytest.MonkeyPatch, clock: Any, *, is_done: bool
) -> None:
    port = type(holder.ports.conversions)
    convert, asked = port.convert, list[Any]()

    def lost(self: Any, conversion: Any) -> None:
        asked.append(conversion)
        if is_done:
            convert(self, conversion)
        raise OutcomeUnknown("the connection broke")

    monkeypatch.setattr(port, "convert", lost)
    key = keyed()
    first = holder.convert(3, key)
    if is_done:
        assert first.status_code == 200, first.text
        assert holder.there() == holder.here() == {"MIS": 2, "CNC": 3}
    else:
        assert (first.status_code, "Send the same request again" in first.text) == (503, True)
        clock.advance(minutes=2)
        again = holder.convert(3, key)
        assert (again.status_code, "did not convert it" in again.text) == (409, True)
        assert holder.there() == holder.here() == {"MIS": 5}
    assert len(asked) == 1


@at_kite
def test_what_the_broker_refuses_changes_nothing_here(
    holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradertape_sandbox.exchange.conversion._SHARES", frozenset[Any]())
    refused = holder.convert(3, keyed())
    assert refused.status_code == 409, refused.text
    assert "cannot be converted" in refused.json()["detail"]
    assert holder.here() == {"MIS": 5}
