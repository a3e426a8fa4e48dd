"""From a signal to a position, placed by an agent: AG-01, AG-02, AE-04."""

from __future__ import annotations

import pytest

from .conftest import AgentDesk

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def test_ag_01_an_approved_signal_is_leased_and_not_placed_by_the_server(desk: AgentDesk) -> None:
    portfolio, one = desk.in_cart()
    assert portfolio["placed_by"] == "agent"
    desk.settle()
    assert desk.signal(one["id"])["status"] == "in_cart"  # the server waits for the agent
    answer = desk.post("cart/place", {"portfolio_id": portfolio["id"]})
    assert answer["results"][0]["detail"].startswith("Your agent takes it")

    agent = desk.agent()
    plain = agent.client.get("/api/agent/pending-signals")
    (item,) = [found for found in plain.json() if not found["requires_approval"]]
    assert plain.headers["X-Kill-Switch"] == "off"
    assert plain.headers["X-Poll-After"] == "5"
    assert (item["id"], item["side"], item["kind"]) == (one["id"], "BUY", "entry")
    assert item["quantity"] == one["quantity"]
    assert item["order"]["type"] == "gtt_single"
    assert item["order"]["trigger_price"] == one["trigger_price"]
    assert item["idempotency_key"] == f"sig:{one['id']}:a1"
    assert not item["requires_approval"]
    assert desk.signal(one["id"])["gtt_status"] == "placing"
    desk.at(desk.days[-4], 11)
    desk.settle()  # nobody puts it in doubt because the agent takes its time
    assert desk.signal(one["id"])["gtt_status"] == "placing"


def test_ag_01_an_approved_signal_that_cannot_be_placed_yet_says_why(desk: AgentDesk) -> None:
    """Its trigger is too close to the price; it is handed out when the price has moved."""
    portfolio, one = desk.in_cart()
    agent = desk.agent()
    desk.trade(one["symbol"], one["trigger_price"] * 0.9995)
    found = agent.poll()
    assert [item["id"] for item in found["items"] if not item["requires_approval"]] == []
    [told] = found["in_cart"]
    assert told["id"] == one["id"]
    assert "a trigger order needs more distance" in told["reason"]
    desk.trade(one["symbol"], one["trigger_price"] * 0.98)
    found = agent.poll()
    assert found["in_cart"] == []
    assert one["id"] in [item["id"] for item in found["items"] if not item["requires_approval"]]
    assert portfolio["placed_by"] == "agent"


def test_ag_02_what_the_agent_reports_becomes_the_position_and_its_stop(desk: AgentDesk) -> None:
    portfolio, one = desk.in_cart()
    agent = desk.agent()
    (item,) = agent.items()
    placed = agent.report(item, "placed", gtt_id="G1")
    assert placed["applied"]
    assert (placed["signal"]["status"], placed["signal"]["gtt_status"]) == ("approved", "active")
    assert agent.items() == []
    triggered = agent.report(item, "triggered", order_id="O1")
    assert triggered["applied"]
    part = item["quantity"] // 2
    partial = agent.report(
        item, "partially_filled", order_id="O1", filled_quantity=part, average_price=100.0
    )
    assert partial["position"]["open_quantity"] == part
    assert partial["signal"]["gtt_status"] == "partially_filled"
    done = agent.filled(item, order_id="O1", average_price=100.5)
    assert done["signal"]["status"] == "executed"
    assert done["signal"]["average_price"] == pytest.approx(100.5, abs=0.01)
    assert done["position"]["open_quantity"] == item["quantity"]
    assert done["position"]["protection_status"] == "armed"
    held = desk.position(portfolio)
    assert held["status"] == "open"
    assert held["entry_order_id"] == desk.signal(one["id"])["order_id"]


def test_ag_02_a_fill_alone_says_all_that_came_before(desk: AgentDesk) -> None:
    desk.in_cart()
    agent = desk.agent()
    (item,) = agent.items()
    done = agent.filled(item)
    assert (done["applied"], done["signal"]["status"]) == (True, "executed")


def test_ag_02_repeated_and_late_reports_change_nothing(desk: AgentDesk) -> None:
    desk.in_cart()
    agent = desk.agent()
    (item,) = agent.items()
    assert agent.report(item, "placed", gtt_id="G1")["applied"]
    assert agent.report(item, "placed", gtt_id="G1")["reason"] == "duplicate"
    first = agent.filled(item, order_id="O1")
    again = agent.filled(item, order_id="O1")
    assert (again["applied"], again["reason"]) == (False, "duplicate")
    assert again["position"] == first["position"]
    for outcome in ("placed", "triggered", "unknown"):
        late = agent.report(item, outcome, gtt_id="G1", order_id="O1")
        assert (late["applied"], late["reason"]) == (False, "out_of_order"), outcome
    less = agent.report(
        item, "partially_filled", order_id="O1", filled_quantity=1, average_price=99.0
    )
    assert (less["applied"], less["reason"]) == (False, "out_of_order")
    assert less["position"] == first["position"]


def test_ag_02_a_refusal_fails_the_signal_and_a_retry_is_a_new_attempt(desk: AgentDesk) -> None:
    _, one = desk.in_cart()
    agent = desk.agent()
    (item,) = agent.items()
    refused = agent.report(item, "rejected", message="RMS: margin exceeds")
    assert (refused["signal"]["status"], refused["signal"]["failure_reason"]) == (
        "failed", "RMS: margin exceeds",
    )  # fmt: skip
    assert agent.items() == []
    desk.post(f"signals/{one['id']}/retry")
    (second,) = agent.items()
    assert second["idempotency_key"] == f"sig:{one['id']}:a2"
    # The first attempt was sent after all: it is at the broker, and not wanted.
    late = agent.report(item, "placed", gtt_id="G1")
    assert (late["applied"], late["reason"]) == (False, "superseded")
    (cancel,) = agent.poll()["cancellations"]
    assert (cancel["idempotency_key"], cancel["gtt_id"]) == (item["idempotency_key"], "G1")
    agent.report(item, "cancelled", gtt_id="G1")
    assert agent.poll()["cancellations"] == []
    assert agent.report(second, "placed", gtt_id="G2")["applied"]


def test_ag_02_an_unknown_outcome_is_in_doubt_until_it_is_known(desk: AgentDesk) -> None:
    desk.in_cart()
    agent = desk.agent()
    (item,) = agent.items()
    lost = agent.report(item, "unknown", message="timeout")
    assert lost["signal"]["gtt_status"] == "unknown"
    assert agent.items() == []
    desk.settle()
    assert desk.signal(item["id"])["gtt_status"] == "unknown"
    found = agent.report(item, "placed", gtt_id="G1")
    assert found["signal"]["gtt_status"] == "active"


def test_ag_02_reports_that_cannot_be_are_refused(desk: AgentDesk) -> None:
    desk.in_cart()
    agent = desk.agent()
    (item,) = agent.items()
    assert "gtt_id" in str(agent.report(item, "placed", status=422)["detail"])
    agent.report(item, "filled", status=422)
    agent.report({**item, "idempotency_key": "sig:9:a9"}, "placed", gtt_id="G1", status=409)
    agent.report({**item, "id": 987654}, "placed", gtt_id="G1", status=404)
    too_many = {"filled_quantity": item["quantity"] + 1, "average_price": 100}
    assert "filled" in str(agent.report(item, "filled", status=400, **too_many)["detail"])


def test_ag_01_approved_and_rejected_in_the_agent(desk: AgentDesk) -> None:
    """AE-01: what waits for approval is shown and never leased."""
    portfolio = desk.deploy_live()
    at, waiting = desk.first_signals(portfolio)
    desk.at(desk.days[at + 1])
    for one in waiting:
        desk.market.trade(f"NSE:{one['symbol']}", f"{one['ref_price']:.2f}")
    agent = desk.agent()
    assert agent.items() == []
    items = agent.waiting()
    assert len(items) == len(waiting) > 1
    assert {one["requires_approval"] for one in items} == {True}
    assert {(one["lease_until"], one["idempotency_key"]) for one in items} == {(None, None)}
    assert items[0]["risk"]["rules"]
    approved = agent.post(f"signals/{items[0]['id']}/approve", {})
    assert approved["status"] == "in_cart"
    rejected = agent.post(f"signals/{items[1]['id']}/reject", {"reason": "too expensive"})
    assert rejected["status"] == "rejected"
    (leased,) = agent.items()
    assert leased["id"] == items[0]["id"]


def test_ae_05_a_stop_is_handed_out_as_a_sale_and_closes_the_position(desk: AgentDesk) -> None:
    agent = desk.agent()
    portfolio, bought = desk.bought(agent)
    held = desk.position(portfolio)
    assert held["protection_status"] == "armed"
    desk.trade(bought["symbol"], held["stop_price"] * 0.99)
    (sale,) = agent.items()
    assert (sale["side"], sale["kind"], sale["quantity"]) == ("SELL", "stop", bought["quantity"])
    assert sale["order"]["type"] in ("market", "limit")
    done = agent.filled(sale, order_id="O2", average_price=90.0)
    assert done["signal"]["status"] == "executed"
    desk.settle()
    assert desk.position(portfolio)["status"] == "closed"
    assert agent.items() == []


def test_ae_05_a_position_is_closed_by_hand_through_the_agent(desk: AgentDesk) -> None:
    agent = desk.agent()
    portfolio, _ = desk.bought(agent)
    held = desk.position(portfolio)
    desk.post(f"positions/{held['id']}/close", {"order": "market"})
    (sale,) = agent.items()
    assert (sale["side"], sale["kind"]) == ("SELL", "manual")
    execution = desk.container.execution
    for _ in range(3):  # the job that advances exits waits for the agent, however long it takes
        desk.clock.advance(seconds=20)
        for run_id, key in execution.exits_under_way():
            execution.advance_exit(run_id, key)
        desk.trade(sale["symbol"], 101.0)
        (again,) = agent.items()
        assert again["idempotency_key"] == sale["idempotency_key"]
    events = [one.event_type for one in execution.events(limit=500)]
    assert "exit_failed" not in events
    agent.filled(sale, order_id="O2", average_price=101.0)
    desk.settle()
    assert desk.position(portfolio)["status"] == "closed"


def test_d10_an_obfuscated_account_is_executed_in_scaled_units(desk: AgentDesk) -> None:
    desk.client.put("/api/agents/obfuscation", json={"enabled": True})
    portfolio, _ = desk.in_cart()
    agent = desk.agent()
    (item,) = agent.items()
    assert item["scaled"]
    agent.report(item, "placed", 409, gtt_id="G1")
    scaled = {"scaled": True, "factor_id": "f"}
    assert agent.report(item, "placed", gtt_id="G1", **scaled)["applied"]
    most = item["quantity"] - 0.75
    part = agent.report(item, "partially_filled", order_id="O1", filled_quantity=most,
                        average_price=100.0, **scaled)  # fmt: skip
    assert part["position"]["open_quantity"] == item["quantity"] - 1
    done = agent.report(item, "filled", order_id="O1", filled_quantity=item["quantity"] - 0.02,
                        average_price=100.0, **scaled)  # fmt: skip
    assert done["signal"]["status"] == "executed"
    (expected,) = agent.client.get("/api/agent/expected-holdings").json()
    assert (expected["quantity"], expected["scaled"]) == (item["quantity"], True)
    assert expected["by_portfolio"][0]["portfolio_id"] == portfolio["id"]


def test_pf_09_a_paper_portfolio_is_promoted_to_the_agent_without_an_account_at_a_broker(
    desk: AgentDesk,
) -> None:
    paper = desk.deploy()
    path = f"portfolios/{paper['id']}/promote"
    desk.post(path, {"placed_by": "agent"}, status=400)
    desk.post(path, {"placed_by": "friend", "confirm_live": True}, status=422)
    live = desk.post(path, {"placed_by": "agent", "confirm_live": True}, status=201)
    assert (live["placed_by"], live["paper_mode"], live["promoted_from"]) == (
        "agent", False, paper["id"],
    )  # fmt: skip
    config = desk.agent().client.get("/api/agent/config").json()
    assert live["id"] in {one["id"] for one in config["portfolios"]}
