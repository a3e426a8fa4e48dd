"""What agents say of themselves and of the broker: AG-03, AG-04, AU-13, AE-07, D20, D21."""

from __future__ import annotations

import tomllib
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.conftest import SignIn
from sqlalchemy import text

from tradertape_server.container import Container
from tradertape_server.features.agents import syncing
from tradertape_server.features.agents.release import LATEST, numbers

from .conftest import Agent

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
Json = dict[str, Any]


@pytest.fixture
def agent(app: FastAPI, signed_in: TestClient) -> Agent:
    key = signed_in.post("/api/auth/agent-keys", json={}).json()["token"]
    return Agent(app, key, "laptop")


def holdings(clock: Any, **more: Any) -> Json:
    rows = [{"symbol": "INFY", "exchange": "NSE", "quantity": 1.37, "value": 137.5, "isin": None}]
    return {"as_of": clock.now().isoformat(), "broker": "kite", "scaled": False, "holdings": rows,
            "margins": {"available_cash": 12.5}, **more}  # fmt: skip


def test_ag_03_the_last_snapshot_of_a_day_counts(
    agent: Agent, signed_in: TestClient, container: Container, clock: Any
) -> None:
    drift = {"status": "drift", "symbols": 34, "ok": 30, "drift": 3, "ignored": 1}
    first = holdings(clock)
    assert agent.post("sync-holdings", first)["stored"]
    clock.advance(seconds=60)
    assert agent.post("sync-holdings", holdings(clock, drift_summary=drift))["stored"]
    late = agent.post("sync-holdings", first)
    assert (late["stored"], late["warnings"]) == (False, [])
    (shown,) = signed_in.get("/api/agents").json()["snapshots"]
    assert (shown["kind"], shown["rows"], shown["drift"], shown["drift_status"]) == (
        "holdings", 1, 3, "drift",
    )  # fmt: skip
    with container.database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM agent_snapshots")) == 1


def test_ag_04_as_many_days_are_kept_as_were_promised(
    agent: Agent, container: Container, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert syncing.DAYS == 400
    monkeypatch.setattr(syncing, "DAYS", 3)
    start = clock.now() - timedelta(days=5)
    for number in range(5):
        at = (start + timedelta(days=number)).isoformat()
        body = {"as_of": at, "broker": "kite", "positions": []}
        assert agent.post("sync-positions", body)["stored"]
    with container.database.read() as session:
        days = list(session.scalars(text("SELECT day FROM agent_snapshots ORDER BY day")))
    assert len(days) == 3
    assert str(days[-1]) == str((start + timedelta(days=4)).date())


def test_ag_03_a_mixture_of_factors_is_told(
    agent: Agent, signed_in: TestClient, clock: Any
) -> None:
    scaled = {"scaled": True, "factor_id": "f-one"}
    assert agent.post("sync-holdings", holdings(clock, **scaled))["warnings"] == []
    other = holdings(clock, broker="upstox", scaled=True, factor_id="f-two")
    (warning,) = agent.post("sync-holdings", other)["warnings"]
    assert warning["code"] == "factor_mixture"
    assert signed_in.get("/api/agents").json()["warnings"] == [warning]
    nameless = holdings(clock, scaled=True)
    assert "factor_id" in str(agent.post("sync-holdings", nameless, 422))


def test_au_13_the_heartbeat_tells_versions_and_the_account_shows_the_agent(
    agent: Agent, signed_in: TestClient, clock: Any
) -> None:
    body = {"version": "0.1.0", "brokers": [{"name": "kite", "connected": True, "primary": True},
            "upstox"], "auto_execute": True, "obfuscation": "relative"}  # fmt: skip
    told = agent.post("heartbeat", body)
    assert told["latest_version"] == LATEST.version
    assert (told["update_available"], told["auto_execute_allowed"]) == (True, False)
    assert not told["kill_switch"]
    current = agent.post("heartbeat", {**body, "version": LATEST.version})
    assert (current["update_available"], current["auto_execute_allowed"]) == (False, True)
    state = signed_in.get("/api/auth/me").json()["agent"]
    assert (state["online"], state["version"]) == (True, LATEST.version)
    (shown,) = signed_in.get("/api/agents").json()["agents"]
    assert (shown["instance"], shown["obfuscation"], shown["auto_execute"]) == (
        "laptop", True, True,
    )  # fmt: skip
    assert [one["name"] for one in shown["brokers"]] == ["kite", "upstox"]
    clock.advance(seconds=181)
    assert not signed_in.get("/api/auth/me").json()["agent"]["online"]


def test_au_13_the_latest_version_needs_no_key_and_is_that_of_the_package(app: FastAPI) -> None:
    stranger = TestClient(app, base_url="http://localhost:18777")
    found = stranger.get("/api/agent/latest-version").json()
    package = Path(__file__).parents[3] / "agent" / "pyproject.toml"
    assert found["version"] == tomllib.loads(package.read_text())["project"]["version"]
    assert numbers(found["min_supported"]) <= numbers(found["version"])


def test_ag_07_the_config_names_the_portfolios(agent: Agent) -> None:
    found = agent.client.get("/api/agent/config").json()
    assert (found["portfolios"], found["lease_s"], found["obfuscation"]) == ([], 90, False)
    assert agent.client.get("/api/agent/expected-holdings").json() == []


def test_d20_a_silent_agent_is_told_once(
    agent: Agent, signed_in: TestClient, container: Container, servers: Any, clock: Any
) -> None:
    duty = servers.first.agents.duty
    agent.post("heartbeat", {"version": LATEST.version})
    assert duty.tell_silent() == 0
    clock.advance(seconds=181)
    assert [duty.tell_silent() for _ in range(2)] == [1, 0]
    (notice,) = signed_in.get("/api/notifications").json()
    assert (notice["event"], notice["title"]) == ("agent.offline", "Agent laptop is offline")
    agent.post("heartbeat", {"version": LATEST.version})
    clock.advance(seconds=181)
    assert duty.tell_silent() == 1


def test_ag_03_a_sealed_document_is_kept_for_its_owner_alone(
    agent: Agent, signed_in: TestClient, clock: Any, sign_in: SignIn
) -> None:
    """The `sealed` mode sends nothing else: what is not kept is lost."""
    document = b64encode(b"\0" * 12 + b"what only the owner's key opens" * 40).decode()
    scaled = {"scaled": True, "factor_id": "f-one"}
    body = holdings(clock, holdings=[], margins={}, sealed=document, **scaled)
    assert agent.post("sync-holdings", body)["stored"]
    positions = {**body, "positions": [], "sealed": document}
    assert agent.post("sync-positions", positions)["stored"]
    listed = signed_in.get("/api/agents")
    assert document not in listed.text
    shown = listed.json()["snapshots"]
    assert [(one["kind"], one["sealed"]) for one in shown] == [
        ("holdings", True),
        ("positions", True),
    ]
    for one in shown:
        path = f"/api/agents/snapshots/{one['id']}"
        found = signed_in.get(path).json()
        assert (found["document"], found["items"], found["snapshot"]) == (document, [], one)
        assert sign_in("other@example.com").get(path).status_code == 404
    refused = agent.post("sync-holdings", holdings(clock, sealed=document), 422)
    assert "scaled" in str(refused)
    agent.post("sync-holdings", holdings(clock, sealed="<script>", **scaled), 422)
    clock.advance(seconds=60)
    assert agent.post("sync-holdings", holdings(clock, **scaled))["stored"]
    (now, _) = signed_in.get("/api/agents").json()["snapshots"]
    assert now["sealed"] is False


def test_ag_03_what_was_sent_is_shown_as_it_was_sent(
    agent: Agent, signed_in: TestClient, clock: Any
) -> None:
    agent.post("sync-holdings", holdings(clock, margins={"net": 12.5, "later": ["more"]}))
    (one,) = signed_in.get("/api/agents").json()["snapshots"]
    found = signed_in.get(f"/api/agents/snapshots/{one['id']}").json()
    (item,) = found["items"]
    assert (item["symbol"], item["quantity"], item["value"]) == ("INFY", "1.37", "137.5")
    assert (found["margins"], found["weights"], found["document"]) == ({"net": "12.5"}, False, None)
    weights = [{"symbol": "INFY", "exchange": "NSE", "isin": None, "quantity": 62.5}]
    clock.advance(seconds=60)
    coarse = holdings(clock, holdings=weights, margins={}, scaled=True, factor_id="f")
    agent.post("sync-holdings", coarse)
    (one,) = signed_in.get("/api/agents").json()["snapshots"]
    assert signed_in.get(f"/api/agents/snapshots/{one['id']}").json()["weights"] is True
