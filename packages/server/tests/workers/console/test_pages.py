"""The console's pages of workers, and what is pushed to a browser."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_core.market.calendar import nse_calendar
from tradertape_server.container import Container
from tradertape_server.features.auth.sign_in.sessions import COOKIE
from tradertape_server.features.execution.scheduled.session_clock import ExecutionJobs
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command, Subject

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
Json = dict[str, Any]
PROTECTION = {
    "positions": [
        {"symbol": "NSE:INFY", "product": "CNC", "side": "BUY", "quantity": 10,
         "entry_price": 1500.0, "stoploss_pct": 2.0, "target_pct": 5.0}
    ],
    "operations": {"exit_on_worker_stale": True, "worker_stale_sec": 600},
}  # fmt: skip


@pytest.fixture
def caller(worker: Any, new_run: Any) -> TestClient:
    caller = worker()
    new_run(
        caller,
        metadata={"strategy_name": "Dip buyer"},
        summary_fields=[{"key": "signal", "label": "Signal", "value": "none"}],
        runtime_state={"backend_protection": PROTECTION, "risk": {"max_orders": 5}},
    )
    return caller


@pytest.fixture
def page(sign_in: Any) -> TestClient:
    """The same person's browser."""
    return sign_in("person@example.com")


def place(caller: TestClient, api: Any, buy: Any, key: str = "key-00001", **changes: Any) -> Json:
    answer = caller.post(api("runs/run-1/intents"), json=buy(key, **changes))
    assert answer.status_code == 200, answer.text
    return answer.json()


def get(page: TestClient, path: str, **query: Any) -> Any:
    answer = page.get(f"/api/workers/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_card_has_the_run_and_its_next_action(
    caller: TestClient, page: TestClient, api: Any, buy: Any, market: Any
) -> None:
    place(caller, api, buy)
    market.trade("NSE:INFY", "1485.00")
    (card,) = get(page, "runs")
    assert card["name"] == "Dip buyer"
    assert card["token_id"] is not None
    assert card["position_count"] == 1
    assert card["pnl"]["unrealised"] == pytest.approx(-150, abs=10)
    assert card["pnl"]["net"] == pytest.approx(card["pnl"]["gross"] - card["pnl"]["charges"])
    assert card["next"]["rule"] == "position_stoploss"
    assert card["next"]["level"] == 1470.0
    assert card["next"]["distance_pct"] == pytest.approx(1.01, abs=0.01)
    assert card["summary_fields"][0]["key"] == "signal"


def test_a_field_with_a_path_shows_the_present_value(
    worker: Any, new_run: Any, page: TestClient, api: Any, buy: Any, market: Any
) -> None:
    """KR-06."""
    caller = worker()
    paths = {
        "net": "pnl.totals.net_pnl", "stop": "runtime_state.risk.stop",
        "signal": "heartbeat.metrics.signal", "nothing": "runtime_state.a.b",
    }  # fmt: skip
    fields = [{"key": key, "path": path, "format": "number"} for key, path in paths.items()]
    made = new_run(caller, summary_fields=fields, runtime_state={"risk": {"stop": 1}})
    assert made["summary_fields"] == fields
    assert values(page)["signal"] is None
    place(caller, api, buy)
    market.trade("NSE:INFY", "1510.00")
    nonce = caller.post(api("runs/run-1/claim-session")).json()["worker_session_nonce"]
    headers = {"X-Worker-Session-Nonce": nonce}
    beat = {"metrics": {"signal": "long"}}
    assert caller.post(api("runs/run-1/heartbeat"), json=beat, headers=headers).is_success
    patch = {"patch": {"stop": 2}}
    assert caller.patch(api("runs/run-1/risk"), json=patch, headers=headers).is_success
    net = caller.get(api("runs/run-1/pnl")).json()["totals"]["net_pnl"]
    assert values(page) == {"net": net, "stop": 2, "signal": "long", "nothing": None}


def values(page: TestClient) -> Json:
    (card,) = get(page, "runs")
    return {field["key"]: field["value"] for field in card["summary_fields"]}


def test_finished_runs_are_shown_when_asked_for(
    caller: TestClient, page: TestClient, api: Any
) -> None:
    assert caller.post(api("runs/run-1/exit"), json={}).status_code == 200
    assert get(page, "runs") == []
    (card,) = get(page, "runs", finished=True)
    assert (card["status"], card["next"], card["attention"]) == ("closed", None, [])


def test_the_page_lists_why_a_run_is_blocked(
    caller: TestClient, page: TestClient, api: Any, buy: Any
) -> None:
    place(caller, api, buy)
    body = {"patch": {"max_orders": 1}, "reason": "careful"}
    assert page.patch(api("runs/run-1/risk"), json=body).status_code == 200
    shown = get(page, "runs/run-1")
    assert shown["can_trade"] is False
    assert shown["blocking_reasons"] == [
        "Orders placed today: 1, the limit is 1 (max_orders_reached)"
    ]
    assert shown["risk"] == {"max_orders": 1}
    assert shown["risk_changed_at"] is not None
    (leg,) = shown["live"]["legs"]
    assert (leg["instrument"], leg["quantity"], leg["product"]) == ("NSE:INFY", 10, "CNC")
    rules = [step["rule"] for step in shown["live"]["steps"]]
    assert rules == ["position_stoploss", "position_target", "worker_stale"]
    assert shown["protection"]["generation"] == 1


def test_a_basket_rule_is_a_step_in_points_of_profit(
    caller: TestClient, page: TestClient, api: Any, buy: Any, market: Any
) -> None:
    place(caller, api, buy)
    wanted = {**PROTECTION, "basket": {"stoploss_pct": 1.5}, "operations": None}
    answer = page.patch(api("runs/run-1/protection"), json={"backend_protection": wanted})
    assert answer.status_code == 200, answer.text
    market.trade("NSE:INFY", "1492.50")
    steps = get(page, "runs/run-1")["live"]["steps"]
    assert steps[0]["rule"] == "basket_stoploss"
    assert (steps[0]["level"], steps[0]["price"], steps[0]["distance_pct"]) == (-1.5, -0.5, 1.0)


def test_an_exit_plan_has_the_orders_and_their_value(
    caller: TestClient, page: TestClient, api: Any, buy: Any, market: Any
) -> None:
    place(caller, api, buy)
    open_order = place(caller, api, buy, "key-00002", order_type="LIMIT", price=1450, quantity=1)
    market.trade("NSE:INFY", "1490.00")
    plan = get(page, "runs/run-1/exit-plan")
    assert plan["cancel"] == [open_order["order_id"]]
    assert plan["value"] == 14_900.0
    assert plan["execution_mode"] == "paper"
    (order,) = plan["close"]
    assert (order["side"], order["quantity"], order["price"]) == ("SELL", 10, 1490.0)
    assert get(page, "runs")[0]["position_count"] == 1


def test_the_line_has_a_point_for_every_change(
    caller: TestClient, page: TestClient, api: Any, buy: Any, market: Any, clock: Any,
    container: Container,
) -> None:  # fmt: skip
    recorder = container.workers.recorder
    assert recorder.record() == 0
    place(caller, api, buy)
    assert [recorder.record(), recorder.record()] == [1, 0]
    clock.advance(seconds=10)
    market.trade("NSE:INFY", "1510.00")
    assert recorder.record() == 1
    line = get(page, "runs/run-1/pnl-line", hours=1)
    assert len(line) == 2
    assert line[1]["net"] > line[0]["net"]
    assert get(page, "runs")[0]["spark"] == [point["net"] for point in line]
    clock.advance(hours=2)
    assert get(page, "runs/run-1/pnl-line", hours=1) == []


def test_the_timeline_is_read_backwards_from_a_cursor(
    caller: TestClient, page: TestClient, api: Any, buy: Any
) -> None:
    place(caller, api, buy)
    body = {"event_type": "signal.generated", "summary": "why not"}
    assert caller.post(api("runs/run-1/decision-events"), json=body).status_code == 200
    newest = get(page, "runs/run-1/timeline", limit=2)
    assert newest[0]["summary"] == "why not"
    older = get(page, "runs/run-1/timeline", before=newest[-1]["cursor"])
    assert max(event["cursor"] for event in older) < newest[-1]["cursor"]
    assert older[-1]["event_type"] == "run_created"
    kinds = {e["event_kind"] for e in get(page, "runs/run-1/timeline", kind="decision")}
    assert kinds == {"decision"}


def test_modes_are_never_added_up(
    caller: TestClient, page: TestClient, api: Any, buy: Any, new_run: Any
) -> None:
    new_run(caller, "run-2", execution_mode="dry_run")
    place(caller, api, buy)
    place(caller, api, buy, "key-00002", order_type="LIMIT", price=1450, quantity=1)
    modes = {one["execution_mode"]: one for one in get(page, "overview")["modes"]}
    assert (modes["paper"]["runs"], modes["paper"]["positions"]) == (1, 1)
    assert modes["paper"]["open_orders"] == 1
    assert (modes["dry_run"]["runs"], modes["dry_run"]["net"]) == (1, 0.0)
    assert modes["live"]["runs"] == 0


def test_what_is_open_at_brokers_is_said_whoever_placed_it(
    caller: TestClient, page: TestClient, api: Any, buy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ribbon of every page says whether real money moves, by hand too."""
    place(caller, api, buy)
    assert get(page, "overview")["at_brokers"] == "none"
    read = ExecutionService.accounts
    for environment, expected in (("sandbox", "sandbox"), ("live", "live"), (None, "live")):

        def at_a_broker(self: Any, user_id: int, where: str | None = environment) -> list[Any]:
            ids = [one.id for one in read(self, user_id)]
            return [SimpleNamespace(id=one, kind="broker", environment=where) for one in ids]

        monkeypatch.setattr(ExecutionService, "accounts", at_a_broker)
        assert get(page, "overview")["at_brokers"] == expected


def test_a_silent_worker_needs_attention(
    caller: TestClient, page: TestClient, api: Any, buy: Any, clock: Any, market: Any
) -> None:
    nonce = caller.post(api("runs/run-1/claim-session")).json()["worker_session_nonce"]
    assert get(page, "overview")["attention"] == []
    beat = {"X-Worker-Session-Nonce": nonce}
    assert caller.post(api("runs/run-1/heartbeat"), json={}, headers=beat).status_code == 200
    clock.advance(seconds=90)
    (attention,) = get(page, "overview")["attention"]
    assert attention["reason"] == "worker_silent"
    assert attention["words"] == "No heartbeat from its worker for 90 s"


def test_a_protection_without_fresh_prices_needs_attention(
    caller: TestClient, page: TestClient, api: Any, buy: Any, clock: Any, market: Any
) -> None:
    """FAULTS §4: the feed is silent."""
    place(caller, api, buy)
    assert get(page, "overview")["attention"] == []
    clock.advance(seconds=6)
    (attention,) = get(page, "overview")["attention"]
    assert attention["reason"] == "prices_stale"
    assert attention["words"].endswith("too old: its protection resumes with new prices")
    assert [step["price"] for step in get(page, "runs/run-1")["live"]["steps"][:2]] == [None, None]
    market.trade("NSE:INFY", "1500.00")
    assert get(page, "overview")["attention"] == []


def test_a_basket_that_lost_a_leg_needs_attention_until_its_worker_acts(
    caller: TestClient,
    page: TestClient,
    api: Any,
    buy: Any,
    clock: Any,
    container: Any,
    market: Any,
) -> None:
    waits = {"order_type": "LIMIT", "price": 2900, "validity": "TTL", "validity_ttl": 1}
    legs = [buy("x"), buy("x", tradingsymbol="TCS", **waits)]
    orders = [one["payload"]["order"] for one in legs]
    command = {**buy("key-00001"), "intent_type": "place_basket"}
    command["payload"] = {"basket": {"orders": orders, "all_or_none": True}}
    assert caller.post(api("runs/run-1/intents"), json=command).json()["status"] == "accepted"
    assert get(page, "overview")["attention"] == []
    clock.advance(seconds=61)
    ExecutionJobs(container.execution, nse_calendar(), clock).run_once()
    attention = {one["reason"]: one["words"] for one in get(page, "overview")["attention"]}
    assert attention["basket_broken"].startswith("A leg of a basket failed")
    market.trade("NSE:INFY", "1500.00")
    place(caller, api, buy, "key-00002", quantity=1)
    assert "basket_broken" not in get(page, "runs/run-1")["live"]["pulse"]["attention"]


def test_a_run_of_which_something_was_put_aside_needs_attention(
    caller: TestClient, page: TestClient, container: Container, clock: Any
) -> None:
    trader = container.execution.trader
    trader.quarantine.put(Subject("order", "7", 1, "run-1"), ValueError("a detail"))
    for _ in range(2):
        trader.execute(Command(lambda _uow: None))
    (attention,) = get(page, "overview")["attention"]
    assert attention["reason"] == "set_aside"
    told = [one for one in get(page, "runs/run-1/timeline") if one["event_type"] == "set_aside"]
    assert "internal error ValueError" in told[0]["summary"]
    assert "a detail" not in told[0]["summary"]


def test_another_person_sees_none_of_it(
    caller: TestClient, sign_in: Any, api: Any, buy: Any
) -> None:
    place(caller, api, buy)
    other = sign_in("other@example.com")
    assert get(other, "runs", finished=True) == []
    assert get(other, "overview")["attention"] == []
    for path in ("", "/pnl-line", "/timeline", "/exit-plan"):
        assert other.get(f"/api/workers/runs/run-1{path}").status_code == 404


# --- the socket -----------------------------------------------------------------------------------


def receive(socket: Any, kind: str) -> Json:
    """The next message of a kind."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        message = socket.receive_json()
        if message["type"] == kind:
            return message
    raise AssertionError(f"no {kind} within 60 s")


def open_socket(client: TestClient) -> Any:
    cookie = client.cookies.get(COOKIE)
    return client.websocket_connect("/api/ws/ticks", headers={"cookie": f"{COOKIE}={cookie}"})


def test_a_browser_receives_events_and_runs(
    caller: TestClient, page: TestClient, api: Any, buy: Any
) -> None:
    with open_socket(page) as socket:
        socket.send_json({"action": "subscribe", "channels": ["events", "runs", "run:run-1"]})
        received = [receive(socket, "channel") for _ in range(2)]
        assert {one["channel"] for one in received} == {"runs", "run:run-1"}
        place(caller, api, buy)
        event = receive(socket, "event")
        assert (event["strategy_run_id"], event["event_type"]) == ("run-1", "order_placed")
        live = receive(socket, "channel")
        while not (live["channel"] == "run:run-1" and live["data"]["legs"]):
            live = receive(socket, "channel")
        assert live["data"]["pulse"]["position_count"] == 1


def test_summary_fields_are_pushed_to_a_browser(
    worker: Any, new_run: Any, page: TestClient, api: Any
) -> None:
    caller = worker()
    field = {"key": "stop", "path": "runtime_state.risk.stop", "tone": "warn"}
    new_run(caller, summary_fields=[field], runtime_state={"risk": {"stop": 1}})
    with open_socket(page) as socket:
        socket.send_json({"action": "subscribe", "channels": ["runs"]})
        (pulse,) = receive(socket, "channel")["data"]
        assert pulse["summary_fields"] == [{**field, "value": 1}]
        assert caller.patch(api("runs/run-1/risk"), json={"patch": {"stop": 2}}).is_success
        (pulse,) = receive(socket, "channel")["data"]
        assert pulse["summary_fields"] == [{**field, "value": 2}]


def test_a_browser_receives_nothing_of_others_and_no_unknown_channel(
    caller: TestClient, sign_in: Any, api: Any, buy: Any
) -> None:
    other = sign_in("other@example.com")
    with open_socket(other) as socket:
        wanted = ["run:run-1", "events", "nothing", "runs"]
        socket.send_json({"action": "subscribe", "channels": wanted})
        assert receive(socket, "error")["code"] == "channel"
        received = receive(socket, "channel")
        assert (received["channel"], received["data"]) == ("runs", [])
        place(caller, api, buy)
        socket.send_json({"action": "ping"})
        received = [socket.receive_json()["type"]]
        while received[-1] != "pong":
            received.append(socket.receive_json()["type"])
        assert "event" not in received
