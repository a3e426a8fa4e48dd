"""Brokers' tokens and obfuscated accounts: AG-05, AG-06, AP-05, D10."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.conftest import SignIn
from sqlalchemy import text

from tradertape_server.container import Container

from .conftest import Agent

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
TOKEN = "a-request-token-of-kite"
ACCESS = {"broker": "kite", "access_token": "an-access-token", "user_id": "AB1234"}


@pytest.fixture
def agent(app: FastAPI, signed_in: TestClient) -> Agent:
    key = signed_in.post("/api/auth/agent-keys", json={}).json()["token"]
    return Agent(app, key, "laptop")


def offer(client: TestClient, token: str = TOKEN) -> None:
    body = {"broker": "kite", "request_token": token}
    assert client.post("/api/agents/pending-token", json=body).status_code == 204


def stored(container: Container, table: str) -> str:
    with container.database.read() as session:
        return str(session.execute(text(f"SELECT * FROM {table}")).all())  # noqa: S608 - ours


def test_ag_05_a_token_is_delivered_once(
    agent: Agent, signed_in: TestClient, container: Container, sign_in: SignIn, app: FastAPI
) -> None:
    path = "/api/agent/pending-token"
    assert agent.client.get(path).status_code == 204
    offer(signed_in, "an older one")
    offer(signed_in)
    assert TOKEN not in stored(container, "agent_tokens")
    other = sign_in("other@example.com").post("/api/auth/agent-keys", json={}).json()["token"]
    assert Agent(app, other, "laptop").client.get(path).status_code == 204
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: agent.client.get(path), range(6)))
    given = [one.json() for one in answers if one.status_code == 200]
    assert [(one["request_token"], one["broker"]) for one in given] == [(TOKEN, "kite")]
    assert stored(container, "agent_tokens") == "[]"


def test_ag_05_a_token_waits_five_minutes(
    agent: Agent, signed_in: TestClient, container: Container, clock: Any
) -> None:
    offer(signed_in)
    clock.advance(seconds=301)
    assert agent.client.get("/api/agent/pending-token").status_code == 204
    assert stored(container, "agent_tokens") == "[]"


def test_ag_06_an_access_token_is_encrypted_and_never_returned(
    agent: Agent, signed_in: TestClient, container: Container, caplog: pytest.LogCaptureFixture
) -> None:
    answer = agent.client.post("/api/agent/access-token", json=ACCESS)
    assert answer.json() == {"stored": True, "broker": "kite", "expires_at": None}
    rows = stored(container, "agent_tokens")
    assert "AB1234" in rows
    for shown in (rows, answer.text, caplog.text, signed_in.get("/api/agents").text,
                  signed_in.get("/api/auth/me").text):  # fmt: skip
        assert ACCESS["access_token"] not in shown


def test_ap_05_obfuscation_keeps_real_figures_and_sessions_out(
    agent: Agent, signed_in: TestClient, container: Container, clock: Any
) -> None:
    agent.client.post("/api/agent/access-token", json=ACCESS)
    saved = {"api_key": "abc", "environment": "sandbox"}
    signed_in.put("/api/brokers/kite/credentials", json=saved)
    real = {"as_of": clock.now().isoformat(), "broker": "kite", "holdings": [], "scaled": False}
    for broker in ("kite", "groww"):
        assert agent.client.post(
            "/api/agent/sync-holdings", json={**real, "broker": broker}
        ).is_success
    turned = signed_in.put("/api/agents/obfuscation", json={"enabled": True})
    assert turned.status_code == 204
    assert signed_in.get("/api/auth/me").json()["obfuscation"]
    assert signed_in.get("/api/agents").json()["snapshots"] == [], "real figures are gone"
    assert stored(container, "agent_tokens") == "[]"

    for path in ("login", "session"):
        body = {} if path == "login" else {"code": "x", "state": "y"}
        refused = signed_in.post(f"/api/brokers/kite/{path}", json=body)
        assert refused.status_code == 409, path
        assert refused.headers["X-Error-Code"] == "obfuscation_on"
        assert refused.json()["detail"] == "Obfuscation is on: connect the broker on the agent"
    pushed = agent.client.post("/api/agent/access-token", json=ACCESS)
    assert (pushed.status_code, pushed.headers["X-Error-Code"]) == (409, "obfuscation_on")

    plain = agent.client.post("/api/agent/sync-holdings", json=real)
    assert (plain.status_code, plain.headers["X-Error-Code"]) == (409, "obfuscation_required")
    scaled = {**real, "scaled": True, "factor_id": "f"}
    assert agent.client.post("/api/agent/sync-holdings", json=scaled).status_code == 200
    assert agent.post("heartbeat", {"version": "0.6.0"})["obfuscation"]

    signed_in.put("/api/agents/obfuscation", json={"enabled": False})
    assert signed_in.get("/api/agents").json()["snapshots"] == []
    assert agent.client.post("/api/agent/access-token", json=ACCESS).status_code == 200
    actions = [one["action"] for one in signed_in.get("/api/auth/activity").json()]
    assert {"obfuscation_on", "obfuscation_off"} <= set(actions)
