"""Agents' routes on PostgreSQL: leases under races, reports, tokens."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import AgentDesk
from .test_leases import placements

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


def test_ag_01_one_of_many_agents_leases_reports_at_once_and_the_position_is_booked_once(
    desk: AgentDesk,
) -> None:
    portfolio, one = desk.in_cart()
    key = desk.key()
    agents = [desk.agent(f"agent-{number}", key) for number in range(4)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda agent: agent.items(), agents * 3))
    holders = {number % 4 for number, items in enumerate(found) if items}
    assert len(holders) == 1
    assert placements(desk) == 1
    agent = agents[holders.pop()]
    (item,) = agent.items()
    agent.report(item, "placed", gtt_id="G1")
    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda one: one.filled(item, order_id="O1"), agents * 2))
    assert sum(one["applied"] for one in told) == 1
    assert {one["reason"] for one in told if not one["applied"]} == {"duplicate"}
    desk.settle()
    assert desk.position(portfolio)["open_quantity"] == one["quantity"]


def test_ag_05_a_token_is_delivered_to_one_of_many_agents(desk: AgentDesk) -> None:
    key = desk.key()
    agents = [desk.agent(f"agent-{number}", key) for number in range(6)]
    offered = {"broker": "kite", "request_token": "t0ken"}
    assert desk.client.post("/api/agents/pending-token", json=offered).status_code == 204
    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda one: one.client.get("/api/agent/pending-token").status_code, agents)
        )
    assert sorted(answers) == [200] + [204] * 5
