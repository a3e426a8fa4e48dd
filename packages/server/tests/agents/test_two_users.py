"""Two people with agents: neither sees, reports nor slows down the other. AG-01 to AG-07."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.conftest import SignIn
from sqlalchemy import text

from .conftest import Agent, AgentDesk

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
PER_MINUTE = 40


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"feed": "off", "requests_per_minute": PER_MINUTE}


@pytest.fixture
def other(sign_in: SignIn) -> TestClient:
    return sign_in("other@example.com")


@pytest.fixture
def stranger(desk: AgentDesk, other: TestClient) -> Agent:
    """The agent of another person, with the instance name of the first one's."""
    return desk.agent("laptop", other.post("/api/auth/agent-keys", json={}).json()["token"])


def test_ag_02_another_persons_key_reports_nothing_at_any_step(
    desk: AgentDesk, stranger: Agent
) -> None:
    portfolio, one = desk.in_cart()
    agent = desk.agent()
    (item,) = agent.items()
    told = {
        "placed": {"gtt_id": "G9"}, "triggered": {}, "rejected": {}, "failed": {},
        "cancelled": {}, "expired": {}, "unknown": {},
        "partially_filled": {"filled_quantity": 1, "average_price": 1.0},
        "filled": {"filled_quantity": item["quantity"], "average_price": 1.0},
    }  # fmt: skip
    for outcome, more in told.items():
        stranger.report(item, outcome, 404, **more)
    assert desk.signal(one["id"])["gtt_status"] == "placing"
    agent.report(item, "placed", gtt_id="G1")
    for outcome, more in told.items():
        stranger.report(item, outcome, 404, **more)
    assert agent.filled(item, order_id="O1")["applied"]
    desk.settle()
    assert desk.position(portfolio)["open_quantity"] == item["quantity"]
    with desk.container.database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM agent_leases")) == 1


def test_ag_07_another_persons_key_and_console_see_nothing_of_an_agent(
    desk: AgentDesk, stranger: Agent, other: TestClient
) -> None:
    agent = desk.agent()
    desk.bought(agent)
    agent.post("heartbeat", {"version": "9.9.9", "brokers": ["kite"]})
    agent.post("access-token", {"broker": "kite", "access_token": "secret-1", "user_id": "AB1234"})
    holdings = {
        "as_of": desk.clock.now().isoformat(), "broker": "kite",
        "holdings": [{"symbol": "HIDDEN", "quantity": 77}],
    }  # fmt: skip
    agent.post("sync-holdings", holdings)
    assert "9.9.9" in desk.client.get("/api/agents").text  # the owner does see it
    seen = [
        stranger.client.get(f"/api/agent/{path}").text
        for path in ("pending-signals", "pending-signals?v=2", "expected-holdings", "config",
                     "pending-token")
    ] + [other.get(path).text for path in ("/api/agents", "/api/auth/agent-keys")]  # fmt: skip
    for text_ in seen:
        for secret in ("HIDDEN", "AB1234", "secret-1", "9.9.9", agent.key, '"symbol"'):
            assert secret not in text_, (secret, text_)
    assert stranger.client.get("/api/agent/expected-holdings").json() == []
    assert stranger.client.get("/api/agent/config").json()["portfolios"] == []


def test_ag_01_another_person_releases_no_lease(desk: AgentDesk, other: TestClient) -> None:
    desk.in_cart()
    desk.agent().items()
    desk.clock.advance(seconds=91)
    with desk.container.database.read() as session:
        lease_id = session.scalar(text("SELECT id FROM agent_leases"))
    answer = other.post(f"/api/agents/leases/{lease_id}/release", json={})
    assert answer.status_code == 404
    with desk.container.database.read() as session:
        assert session.scalar(text("SELECT state FROM agent_leases")) == "leased"


def test_a_flood_by_one_agent_stops_neither_another_agent_nor_a_console(
    desk: AgentDesk, stranger: Agent, other: TestClient
) -> None:
    """429 with the seconds to wait; after them the agent that flooded is served again."""
    desk.in_cart()
    path = "/api/agent/pending-signals?v=2"
    answers = [stranger.client.get(path) for _ in range(PER_MINUTE + 20)]
    refused = [one for one in answers if one.status_code == 429]
    assert len(refused) == 20
    assert {one.status_code for one in answers[:PER_MINUTE]} == {200}
    wait_s = int(refused[-1].headers["Retry-After"])
    assert 1 <= wait_s <= 60
    agent = desk.agent()
    (item,) = agent.items()
    assert agent.report(item, "placed", gtt_id="G1")["applied"]
    assert desk.client.get("/api/model/portfolios").status_code == 200
    assert other.get("/api/agents").status_code == 200  # the flooding person's own console
    desk.clock.advance(seconds=timedelta(seconds=wait_s).total_seconds())
    assert stranger.client.get(path).status_code == 200


def test_ag_02_a_flood_of_polls_keeps_no_report_out(desk: AgentDesk) -> None:
    """What happened at the broker is told even while polls are refused."""
    desk.in_cart()
    agent = desk.agent()
    (item,) = agent.items()
    path = "/api/agent/pending-signals?v=2"
    while agent.client.get(path).status_code == 200:
        pass
    assert agent.report(item, "placed", gtt_id="G1")["applied"]
    assert agent.filled(item, order_id="O1")["applied"]
