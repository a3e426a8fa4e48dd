"""The sandbox over HTTP: who may start it, and what they are told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from packages.brokers.tests.sandboxed import Running, served_sandbox
from packages.server.tests.brokerage.test_sandbox import Ready
from packages.server.tests.doubles.scripted_broker import session_at

from tradertape_server.container import Container
from tradertape_server.features.brokerage.accounts import Environment
from tradertape_server.features.brokerage.sandbox_process import SandboxFailed, Serving


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with served_sandbox() as served:
        yield served


@pytest.fixture
def ready(running: Running, container: Container, monkeypatch: pytest.MonkeyPatch) -> Ready:
    ready = Ready(f"http://127.0.0.1:{running.port}")
    monkeypatch.setattr(container.sandbox, "_process", ready)
    return ready


def test_an_administrator_starts_it_and_then_everybody_has_an_account(
    ready: Ready, sign_in: Any
) -> None:
    person = sign_in("person@example.com")
    before = person.get("/api/brokers/sandbox").json()
    assert (before["available"], before["running"], before["account"]) == (False, False, None)
    refused = person.post("/api/brokers/sandbox", json={})
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (409, "sandbox_not_available")
    assert "Ask an administrator" in refused.json()["detail"]

    started = sign_in("admin@example.com", is_admin=True).post(
        "/api/brokers/sandbox", json={"broker": "upstox"}
    )

    assert started.status_code == 200
    assert started.json()["url"] == ready.url
    mine = person.post("/api/brokers/sandbox", json={}).json()
    assert mine["broker"] == "kite"
    assert mine["api_secret"] != started.json()["api_secret"]
    state = person.get("/api/brokers/sandbox")
    assert state.json()["account"] == mine["account"] != started.json()["account"]
    assert state.json()["since"].endswith("+05:30")
    assert mine["api_secret"] not in state.text


def test_on_a_demonstration_everybody_starts_it(
    ready: Ready, container: Container, sign_in: Any
) -> None:
    container.sandbox.is_for_everybody = True
    person = sign_in()
    assert person.post("/api/brokers/sandbox", json={}).status_code == 200
    assert container.connections.addresses.hosts("sandbox").kite.rest == ready.url  # type: ignore[arg-type]


def test_after_it_has_ended_the_session_says_what_became_of_the_account(
    ready: Ready, container: Container, sign_in: Any
) -> None:
    """As after a restart of the server: not that this server uses no sandbox."""
    container.sandbox.is_for_everybody = True
    person = sign_in()
    made = person.post("/api/brokers/sandbox", json={}).json()
    keys = {"api_key": made["api_key"], "environment": "sandbox"}
    assert person.put("/api/brokers/kite/credentials", json=keys).status_code == 200
    user_id = person.get("/api/auth/me").json()["id"]
    now = container.clock.now()
    container.connections.connect(user_id, Environment.SANDBOX, session_at(now))

    container.sandbox._restarted(None)

    shown = person.get("/api/brokers/kite").json()["session"]
    assert shown["connected"] is False
    assert shown["reason"].startswith("The sandbox has ended and its accounts with it: connect")


def test_why_it_cannot_be_started_is_told(
    ready: Ready, container: Container, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    container.sandbox.is_for_everybody = True

    def start() -> Serving:
        raise SandboxFailed("The sandbox ended with code 1. It said: no memory.")

    monkeypatch.setattr(ready, "start", start)
    answer = sign_in().post("/api/brokers/sandbox", json={})
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (503, "sandbox_failed")
    assert "no memory" in answer.json()["detail"]


def test_one_that_is_not_installed_is_not_offered(
    ready: Ready, container: Container, sign_in: Any
) -> None:
    container.sandbox.is_for_everybody = True
    ready.is_installed = False
    state = sign_in().get("/api/brokers/sandbox").json()
    assert state["available"] is False
    assert "tradertape-sandbox" in state["reason"]
