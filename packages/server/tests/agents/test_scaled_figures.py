"""Figures of what an agent trades for an obfuscated account say that they are not rupees: D10."""

from __future__ import annotations

from typing import Any

import pytest
from packages.server.tests.portfolios.conftest import Json

from tradertape_server.features.portfolios.models import Portfolio

from .conftest import Agent, AgentDesk

pytestmark = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
SCALED = {"scaled": True, "factor_id": "f1"}


def obfuscate(desk: AgentDesk, *, on: bool) -> None:
    answer = desk.client.put("/api/agents/obfuscation", json={"enabled": on})
    assert answer.status_code == 204


def buy(desk: AgentDesk, agent: Agent, **more: Any) -> tuple[Json, Json]:
    """The portfolio of a purchase that the agent has filled, and its item."""
    portfolio, _ = desk.in_cart()
    (item,) = agent.items()
    agent.report(item, "placed", gtt_id="G1", **more)
    agent.filled(item, order_id="O1", average_price=100.0, **more)
    desk.settle()
    return portfolio, item


def sell(desk: AgentDesk, agent: Agent, portfolio: Json) -> Json:
    """The item by which the agent is asked to sell the portfolio's position."""
    desk.post(f"positions/{desk.position(portfolio)['id']}/close")
    desk.settle()
    (sale,) = agent.items()
    assert sale["side"] == "SELL"
    return sale


def marks(desk: AgentDesk, portfolio: Json) -> dict[str, Any]:
    """What each route says of the portfolio's figures."""

    def read(path: str) -> Any:
        answer = desk.client.get(f"/api/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    held = desk.position(portfolio)
    dashboard = read(f"model/dashboard?portfolio_id={portfolio['id']}")
    (position,), (order, *_) = read("trading/positions"), read("trading/orders")
    (trip,) = read("journal/trips")
    return {
        "portfolio": desk.get(f"portfolios/{portfolio['id']}")["scaled"],
        "dashboard": dashboard["portfolio"]["scaled"],
        "dashboard's positions": {one["scaled"] for one in dashboard["positions"]} == {True},
        "position": held["scaled"],
        "story": read(f"model/positions/{held['id']}/story")["position"]["scaled"],
        "overview": read("model/overview")["scaled_portfolios"] == 1,
        "position of an account": position["scaled"],
        "order": order["scaled"],
        "journal": read("journal/status")["scaled"],
        "trip": trip["scaled"],
        "trip alone": read(f"journal/trips/{trip['key']}")["trip"]["scaled"],
    }


def test_d10_every_route_says_that_an_agents_figures_are_scaled(desk: AgentDesk) -> None:
    obfuscate(desk, on=True)
    portfolio, item = buy(desk, desk.agent(), **SCALED)
    assert item["scaled"]
    found = marks(desk, portfolio)
    assert all(found.values()), found
    # What is stored stays scaled, whatever the setting is now.
    obfuscate(desk, on=False)
    found = marks(desk, portfolio)
    assert all(found.values()), found


def test_d10_real_figures_of_an_agent_are_rupees(desk: AgentDesk) -> None:
    portfolio, item = buy(desk, desk.agent())
    assert not item["scaled"]
    found = marks(desk, portfolio)
    assert not any(found.values()), found


def test_d10_a_portfolio_is_marked_from_its_opening_and_by_the_setting(desk: AgentDesk) -> None:
    def scaled(one: Json) -> bool:
        return desk.get(f"portfolios/{one['id']}")["scaled"]

    before, paper = desk.deploy_live(), desk.deploy(paper_fill="live")
    assert not before["scaled"]
    obfuscate(desk, on=True)
    after = desk.deploy_live(name="After")
    assert (scaled(before), after["scaled"], scaled(paper)) == (True, True, False)
    obfuscate(desk, on=False)  # nothing was handed out: what is typed in is real again
    assert (scaled(before), scaled(after)) == (False, False)


def test_d10_an_exit_is_counted_as_its_entry_was(desk: AgentDesk) -> None:
    """Units of an open position are not others because the setting has changed since."""
    agent = desk.agent()
    portfolio, item = buy(desk, agent)
    obfuscate(desk, on=True)
    (held,) = agent.client.get("/api/agent/expected-holdings").json()
    assert (held["quantity"], held["scaled"]) == (item["quantity"], False)
    sale = sell(desk, agent, portfolio)
    assert (sale["quantity"], sale["scaled"]) == (item["quantity"], False)


def test_d10_the_exit_of_a_scaled_position_stays_scaled(desk: AgentDesk) -> None:
    agent = desk.agent()
    obfuscate(desk, on=True)
    portfolio, item = buy(desk, agent, **SCALED)
    obfuscate(desk, on=False)
    (held,) = agent.client.get("/api/agent/expected-holdings").json()
    assert (held["quantity"], held["scaled"]) == (item["quantity"], True)
    sale = sell(desk, agent, portfolio)
    assert (sale["quantity"], sale["scaled"]) == (item["quantity"], True)
    done = agent.filled(sale, order_id="O2", average_price=101.0, **SCALED)
    assert done["applied"]
    desk.settle()
    assert desk.position(portfolio)["status"] == "closed"


def test_d10_partial_fills_of_an_order_from_before_the_switch_are_exact(desk: AgentDesk) -> None:
    desk.in_cart()
    agent = desk.agent()
    (item,) = agent.items()
    agent.report(item, "placed", gtt_id="G1")
    obfuscate(desk, on=True)
    whole = item["quantity"]
    wanted = {"order_id": "O1", "average_price": 100.0, **SCALED}
    for units in (whole // 3, whole - 1):
        share = round(units / whole, 12)
        part = agent.report(item, "partially_filled", filled_share=share, **wanted)
        assert part["position"]["open_quantity"] == units
    done = agent.report(item, "filled", filled_share=1, **wanted)
    assert done["position"]["open_quantity"] == whole
    agent.report(item, "partially_filled", 422, filled_share=1.1, **wanted)
    agent.report(item, "filled", 422, **wanted)  # neither units nor a share


def status_of(desk: AgentDesk, portfolio: Json) -> str:
    return desk.get(f"portfolios/{portfolio['id']}")["status"]


def test_d10_capital_in_rupees_buys_nothing_in_scaled_units(desk: AgentDesk) -> None:
    """It would buy too much, or too little, by a factor that nobody here knows."""
    agent = desk.agent()
    portfolio, _ = buy(desk, agent)
    obfuscate(desk, on=True)
    assert status_of(desk, portfolio) == "paused"
    refused = desk.client.post(f"/api/model/portfolios/{portfolio['id']}/resume")
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (409, "capital_in_other_units")
    # What it holds is sold.
    sale = sell(desk, agent, portfolio)
    agent.report(sale, "filled", order_id="O2", filled_share=1, average_price=101.0, **SCALED)
    desk.settle()
    assert desk.position(portfolio)["status"] == "closed"
    obfuscate(desk, on=False)
    assert desk.client.post(f"/api/model/portfolios/{portfolio['id']}/resume").status_code == 200
    assert status_of(desk, portfolio) == "active"


def test_d10_capital_in_scaled_units_buys_nothing_in_rupees(desk: AgentDesk) -> None:
    agent = desk.agent()
    obfuscate(desk, on=True)
    portfolio, _ = desk.in_cart()
    assert status_of(desk, portfolio) == "active"
    obfuscate(desk, on=False)
    assert (status_of(desk, portfolio), agent.items()) == ("paused", [])


def test_d10_an_entry_that_waits_is_withdrawn_with_the_setting(desk: AgentDesk) -> None:
    desk.in_cart()
    agent = desk.agent()
    (item,) = agent.items()
    obfuscate(desk, on=True)
    found = agent.poll()
    assert found["items"] == []
    (withdrawn,) = found["withdrawn"]
    assert withdrawn["idempotency_key"] == item["idempotency_key"]


def test_d10_paper_and_the_setting_that_is_told_again_pause_nothing(desk: AgentDesk) -> None:
    paper = desk.deploy(paper_fill="live")
    obfuscate(desk, on=True)
    after = desk.deploy_live(name="After")
    obfuscate(desk, on=True)
    assert (status_of(desk, paper), status_of(desk, after)) == ("active", "active")


def test_d10_a_portfolio_that_was_opened_during_the_change_is_handed_no_purchase(
    desk: AgentDesk,
) -> None:
    portfolio, _ = desk.in_cart()
    with desk.container.database.write() as session:
        stored = session.get(Portfolio, portfolio["id"])
        assert stored is not None
        stored.capital_is_scaled = True  # as if it had been read before the setting was changed
    assert desk.agent().items() == []
