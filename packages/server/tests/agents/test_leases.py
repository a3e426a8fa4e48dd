"""Who may send an order, and when no more: AG-01, D12, FAULTS 6."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from packages.server.tests.conftest import SignIn
from sqlalchemy import text

from tradertape_server.features.agents.results import Results
from tradertape_server.features.execution.loop import agent_reports
from tradertape_server.features.portfolios.live.placing import Placing

from .conftest import AgentDesk

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


class Killed(BaseException):
    """The process ended here."""


def placements(desk: AgentDesk) -> int:
    """Triggers and orders that execution has, of any attempt."""
    with desk.container.database.read() as session:
        gtts = session.scalar(text("SELECT count(*) FROM gtt_triggers")) or 0
        orders = session.scalar(text("SELECT count(*) FROM orders")) or 0
    return gtts + orders


def test_ag_01_two_agents_never_have_the_same_item(desk: AgentDesk) -> None:
    desk.in_cart()
    key = desk.key()
    one, two = desk.agent("one", key), desk.agent("two", key)
    (item,) = one.items()
    assert two.items() == []
    desk.clock.advance(seconds=60)
    (again,) = one.items()
    assert again["lease_until"] > item["lease_until"]
    assert again["idempotency_key"] == item["idempotency_key"]
    desk.clock.advance(seconds=24 * 3600)
    assert two.items() == []  # the first may have sent it before it went silent


def test_ag_01_agents_server_and_cart_at_once_place_one_order(desk: AgentDesk) -> None:
    portfolio, _ = desk.in_cart()
    key = desk.key()
    agents = [desk.agent(f"agent-{number}", key) for number in range(4)]

    def cart() -> list[Any]:
        desk.client.post("/api/model/cart/place", json={"portfolio_id": portfolio["id"]})
        desk.parts.upkeep.run_once()
        return []

    with ThreadPoolExecutor(6) as pool:
        work = [agent.items for agent in agents for _ in range(3)]
        found = list(pool.map(lambda do: do(), [*work, cart, cart]))
    holders = {number % 12 // 3 for number, items in enumerate(found) if items}
    assert len(holders) == 1
    assert placements(desk) == 1


def test_ag_01_an_overdue_lease_is_its_agents_until_a_person_releases_it(desk: AgentDesk) -> None:
    desk.in_cart()
    key = desk.key()
    one, two = desk.agent("one", key), desk.agent("two", key)
    (item,) = one.items()
    with desk.container.database.read() as session:
        lease_id = session.scalar(text("SELECT id FROM agent_leases"))
    results: Results = desk.container.agents.results
    with pytest.raises(Exception, match="stop that agent first"):
        results.release(1, lease_id)
    desk.clock.advance(seconds=91)
    results.release(1, lease_id)
    assert desk.signal(item["id"])["status"] == "failed"
    desk.post(f"signals/{item['id']}/retry")
    (second,) = two.items()
    assert second["idempotency_key"] != item["idempotency_key"]
    # The first had sent it after all, and it was filled: the shares are counted.
    late = one.filled(item, order_id="O1", average_price=100.0)
    assert late["applied"]
    assert late["position"]["open_quantity"] == item["quantity"]


def test_ag_01_the_kill_switch_keeps_entries_and_not_exits(desk: AgentDesk) -> None:
    agent = desk.agent()
    portfolio, _ = desk.bought(agent)
    _, (other,) = desk.approved(desk.deploy_live(name="Other"))
    (item,) = agent.items()
    assert item["id"] == other["id"]
    switched = desk.client.post("/api/risk/kill", json={"reason": "enough"})
    assert switched.status_code == 200, switched.text
    answer = agent.poll()
    assert (answer["kill_switch"], answer["items"]) == (True, [])
    (told,) = answer["withdrawn"]
    assert (told["id"], told["reason"]) == (item["id"], "kill_switch")
    held = desk.position(portfolio)
    desk.post(f"positions/{held['id']}/close", {"order": "market"})
    (sale,) = agent.items()
    assert sale["side"] == "SELL"
    assert agent.report(item, "cancelled", message="not sent")["signal"]["status"] != "approved"
    assert agent.poll()["withdrawn"] == []


def test_on_simulated_prices_only_an_agent_at_a_sandbox_gets_orders(desk: AgentDesk) -> None:
    desk.in_cart()
    desk.servers.has_real_prices = False
    agent = desk.agent()
    held = agent.poll()
    assert (held["items"], placements(desk)) == ([], 0)
    assert "prices are simulated" in held["held"]
    bare = agent.client.get("/api/agent/pending-signals")
    assert (bare.json(), bare.headers["X-Held"]) == ([], "simulated_prices")
    agent.client.headers["X-Agent-Environment"] = "sandbox"
    assert len(agent.items()) == 1
    assert agent.poll()["held"] is None


def test_ag_01_what_no_agent_took_in_time_is_never_handed_out(desk: AgentDesk) -> None:
    """FAULTS 6: 24 hours offline."""
    _, one = desk.in_cart()
    desk.clock.advance(seconds=24 * 3600)
    desk.settle()
    agent = desk.agent()
    assert agent.items() == []
    assert placements(desk) == 0
    assert desk.signal(one["id"])["status"] in ("expired", "in_cart")


def test_ag_01_an_item_that_expires_with_its_agent_is_withdrawn(desk: AgentDesk) -> None:
    desk.in_cart()
    agent = desk.agent()
    (item,) = agent.items()
    desk.clock.advance(seconds=24 * 3600)
    answer = agent.poll()
    assert [one for one in answer["items"] if not one["requires_approval"]] == []
    assert [(one["id"], one["reason"]) for one in answer["withdrawn"]] == [(item["id"], "expired")]
    done = agent.report(item, "cancelled", message="it expired here")
    assert done["signal"]["status"] == "failed"
    assert agent.poll()["withdrawn"] == []


def test_ag_01_a_cancelled_item_is_withdrawn_and_a_placed_one_is_cancelled(desk: AgentDesk) -> None:
    _, one = desk.in_cart()
    agent = desk.agent()
    (item,) = agent.items()
    desk.post(f"signals/{one['id']}/cancel", {"reason": "changed my mind"})
    answer = agent.poll()
    assert [told["reason"] for told in answer["withdrawn"]] == ["cancelled"]
    agent.report(item, "placed", gtt_id="G1")  # it was on its way
    (wanted,) = agent.poll()["cancellations"]
    assert (wanted["gtt_id"], wanted["signal_id"]) == ("G1", one["id"])
    done = agent.report(item, "cancelled", gtt_id="G1")
    assert done["applied"]
    assert done["signal"]["status"] == "cancelled"
    assert agent.poll()["cancellations"] == []


def test_ag_01_a_paused_portfolio_withdraws_what_its_agent_has(desk: AgentDesk) -> None:
    portfolio, _ = desk.in_cart()
    agent = desk.agent()
    (item,) = agent.items()
    desk.post(f"portfolios/{portfolio['id']}/pause")
    answer = agent.poll()
    assert [told["reason"] for told in answer["withdrawn"]] == ["paused"]
    assert agent.report(item, "cancelled")["applied"]
    desk.settle()
    assert agent.poll()["withdrawn"] == []


def test_ag_01_another_person_sees_and_reports_nothing(desk: AgentDesk, sign_in: SignIn) -> None:
    desk.in_cart()
    agent = desk.agent()
    (item,) = agent.items()
    other = sign_in("other@example.com")
    stranger = desk.agent("laptop", other.post("/api/auth/agent-keys", json={}).json()["token"])
    assert stranger.poll()["items"] == []
    stranger.report(item, "placed", 404, gtt_id="G1")
    stranger.post(f"signals/{item['id']}/approve", {}, 404)
    assert desk.signal(item["id"])["gtt_status"] == "placing"


def test_ag_07_every_route_wants_its_scope(desk: AgentDesk) -> None:
    reader = desk.agent("reader", desk.key(scopes=["signals:read"]))
    reader.poll()
    refused = reader.client.post("/api/agent/signals/1/approve", json={})
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (403, "scope_missing")
    browser = desk.client.get("/api/agent/pending-signals")
    assert (browser.status_code, browser.headers["X-Error-Code"]) == (403, "agent_only")
    strange = {"Authorization": f"Bearer {reader.key}", "X-Agent-Instance": "a b"}
    assert reader.client.get("/api/agent/pending-signals", headers=strange).status_code == 422


def test_ag_02_a_restart_between_any_two_steps_loses_and_doubles_nothing(desk: AgentDesk) -> None:
    portfolio, one = desk.in_cart()
    agent = desk.agent()
    (item,) = agent.items()
    desk.restart()
    (again,) = agent.items()
    assert again["idempotency_key"] == item["idempotency_key"]
    agent.report(item, "placed", gtt_id="G1")
    desk.restart()
    assert agent.items() == []
    assert desk.signal(one["id"])["gtt_status"] == "active"
    agent.filled(item, order_id="O1")
    desk.restart()
    held = desk.position(portfolio)
    assert held["open_quantity"] == item["quantity"]
    desk.trade(item["symbol"], held["stop_price"] * 0.99)
    (sale,) = agent.items()
    desk.restart()
    (sale_again,) = agent.items()
    assert sale_again["idempotency_key"] == sale["idempotency_key"]
    agent.filled(sale, order_id="O2", average_price=90.0)
    desk.restart()
    assert desk.position(portfolio)["status"] == "closed"
    assert placements(desk) == 3  # trigger, its order, the sale


@pytest.mark.parametrize("step", ["before the key", "before the trigger", "before it is kept"])
def test_ag_01_a_crash_while_an_item_is_handed_out_places_it_once(
    desk: AgentDesk, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    desk.in_cart()
    name = {"before the key": "_lease", "before the trigger": "_ask", "before it is kept": "_store"}

    def killed(*_args: Any, **_more: Any) -> Any:
        raise Killed

    agents = desk.container.agents
    with monkeypatch.context() as patch:
        patch.setattr(Placing, name[step], killed)
        with pytest.raises(Killed):
            agents.polling.pending(1, "laptop")
    desk.restart()
    agent = desk.agent()
    items = agent.items()
    for _ in range(2):
        desk.settle()
        items = items or agent.items()
    if not items:  # the placement was interrupted before the venue had it: it can be tried again
        (failed,) = [row for row in desk.get("signals?limit=500") if row["status"] == "failed"]
        desk.post(f"signals/{failed['id']}/retry")
        items = agent.items()
    assert len(items) == 1
    assert placements(desk) == 1


def test_ag_02_a_crash_after_a_report_loses_nothing(desk: AgentDesk) -> None:
    desk.in_cart()
    agent = desk.agent()
    (item,) = agent.items()

    report = agent_reports.AgentReport(
        gtt_id=1, what=agent_reports.What.PLACED, venue_gtt_id="G1", at=desk.clock.now()
    )
    desk.container.agents.polling.handing.venue.report(report)  # then the process ended
    desk.restart()
    assert desk.signal(item["id"])["gtt_status"] == "active"
    repeated = agent.report(item, "placed", gtt_id="G1")
    assert (repeated["applied"], repeated["reason"]) == (False, "duplicate")
    assert agent.filled(item, order_id="O1")["applied"]
