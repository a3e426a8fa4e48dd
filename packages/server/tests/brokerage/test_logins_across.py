"""Logins across a restart of the server, and of two people at one account of a broker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_server.container import Container
from tradertape_server.main import create_app
from tradertape_server.settings import Settings
from tradertape_server.wiring import build_container

from .conftest import SECRET, callback_of, connect, kite_checksum, save

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def proof_of(broker: str, code: str) -> dict[str, str]:
    return {"checksum": kite_checksum(code)} if broker == "kite" else {"api_secret": SECRET}


@pytest.mark.parametrize("broker", ["kite", "upstox"])
def test_a_restart_between_redirect_and_callback_does_not_lose_the_login(
    person: TestClient, container: Container, settings: Settings, clock: Any, broker: str
) -> None:
    save(person, broker)
    begun = person.post(f"/api/brokers/{broker}/login").json()
    container.close()
    code, state = callback_of(begun["login_url"])

    restarted = build_container(settings, clock=clock)
    with TestClient(create_app(container=restarted), base_url="http://localhost:18777") as again:
        again.cookies = person.cookies
        again.headers["Origin"] = "http://localhost:18777"
        body = {"state": state, "code": code, **proof_of(broker, code)}
        answer = again.post(f"/api/brokers/{broker}/session", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["session"]["connected"] is True
        repeated = again.post(f"/api/brokers/{broker}/session", json=body)
        assert repeated.status_code == 400, "a state is used once, over the restart too"


def test_two_people_at_one_account_share_its_limit_and_see_whose_login_counts(
    person: TestClient, container: Container, sign_in: Callable[..., TestClient]
) -> None:
    """Kite ends the session of an app with the next login to it: the first person is told."""
    other = sign_in("other@example.com")
    mine, theirs = (one.get("/api/auth/me").json()["id"] for one in (person, other))
    connect(person, "kite")
    first = container.connections.of(mine, "kite")
    connect(other, "kite")
    second = container.connections.of(theirs, "kite")

    assert first is not None
    assert second is not None
    assert first.account.scope == second.account.scope
    limiter = container.connections.limiter
    assert limiter(first.account) is limiter(second.account)
    assert other.get("/api/portfolio/holdings").status_code == 200
    refused = person.get("/api/portfolio/holdings")
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (409, "broker_not_connected")
    assert refused.json()["login_url"].endswith("/api/brokers/kite/login")
    assert person.get("/api/brokers/kite").json()["session"]["end"] == "expired"
    assert other.get("/api/brokers/kite").json()["session"]["connected"] is True
