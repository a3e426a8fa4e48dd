"""Stops that the agent placed itself: what they sell leaves the portfolio's books, once."""

from __future__ import annotations

from typing import Any

import pytest
from packages.server.tests.agents.conftest import Agent, AgentDesk
from packages.server.tests.conftest import SignIn

Json = dict[str, Any]


def unprotected(desk: AgentDesk, agent: Agent) -> tuple[Json, Json]:
    """Portfolio and purchase of a position without a stop here."""
    portfolio = desk.deploy_live(atr_stop_multiplier=None)
    desk.approved(portfolio)
    (item,) = agent.items()
    assert item["order"]["stop_trigger"] is None
    agent.filled(item, order_id="O1")
    desk.settle()
    return portfolio, item


def told(item: Json, share: float = 1) -> Json:
    return {
        "signal_id": item["id"], "idempotency_key": item["idempotency_key"],
        "filled_share": share, "occurred_at": "2026-07-24T10:15:03+05:30",
    }  # fmt: skip


def test_ae_05_what_the_agents_stop_has_sold_is_booked_once(desk: AgentDesk) -> None:
    agent, other = desk.agent("laptop"), desk.agent("server")
    portfolio, item = unprotected(desk, agent)
    held = desk.position(portfolio)
    for _ in range(3):
        answer = agent.post("stop-filled", told(item))
        assert answer == {"state": "closing", "position_id": held["id"]}
    assert other.items() == [], "another installation would sell again"
    (sale,) = agent.items()
    assert (sale["side"], sale["kind"], sale["quantity"]) == ("SELL", "stop", item["quantity"])
    agent.filled(sale, order_id="O2", average_price=90.0)
    desk.settle()
    closed = desk.position(portfolio)
    assert (closed["status"], closed["exit_reason"]) == ("closed", "stop")
    assert closed["exit_price"] == 90.0
    assert agent.post("stop-filled", told(item))["state"] == "closed"
    assert agent.items() == []


def test_ae_05_a_part_that_a_stop_has_sold_leaves_the_rest_open(desk: AgentDesk) -> None:
    agent = desk.agent()
    portfolio, item = unprotected(desk, agent)
    agent.post("stop-filled", told(item, share=0.5))
    (sale,) = agent.items()
    assert sale["quantity"] == item["quantity"] // 2
    agent.filled(sale, order_id="O2", average_price=90.0)
    desk.settle()
    left = desk.position(portfolio)
    assert (left["status"], left["open_quantity"]) == (
        "open", item["quantity"] - item["quantity"] // 2
    )  # fmt: skip


def test_ae_05_an_exit_that_is_under_way_is_the_one_of_the_stop(desk: AgentDesk) -> None:
    agent = desk.agent()
    portfolio, item = unprotected(desk, agent)
    desk.post(f"positions/{desk.position(portfolio)['id']}/close", {"order": "market"})
    assert agent.post("stop-filled", told(item))["state"] == "closing"
    assert len(agent.items()) == 1


def test_ae_05_a_sale_of_another_person_is_unknown(desk: AgentDesk, sign_in: SignIn) -> None:
    portfolio, item = unprotected(desk, desk.agent())
    other = sign_in("other@example.com")
    stranger = desk.agent("laptop", other.post("/api/auth/agent-keys", json={}).json()["token"])
    stranger.post("stop-filled", told(item), status=404)
    assert desk.position(portfolio)["status"] == "open"


@pytest.mark.parametrize("share", [0, 1.01, "much"])
def test_a_share_that_cannot_be_is_refused(desk: AgentDesk, share: Any) -> None:
    agent = desk.agent()
    portfolio, item = unprotected(desk, agent)
    agent.post("stop-filled", told(item, share), status=422)
    assert desk.position(portfolio)["status"] == "open"
