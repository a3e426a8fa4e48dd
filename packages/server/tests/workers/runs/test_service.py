"""Runs: endpoints 1 to 4 and 18 of the worker contract (KC, KR)."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
Json = dict[str, Any]


def test_health_is_the_documented_body(worker: Any, api: Any) -> None:
    """KC-04."""
    answer = worker().get(api("health"))
    assert (answer.status_code, answer.json()) == (200, {"status": "healthy"})


def test_a_heartbeat_outside_of_a_run_is_kept(worker: Any, api: Any) -> None:
    """KC-05."""
    caller = worker()
    beat = {"status": "healthy", "metrics": {"n": 1}, "worker_id": "w-1"}
    assert caller.post(api("heartbeat"), json=beat).json()["worker_id"] == "w-1"
    assert caller.post(api("heartbeat"), json=beat).status_code == 200


def test_a_run_is_created_and_found_again(worker: Any, new_run: Any, api: Any) -> None:
    """KR-01, KR-03, KR-04."""
    caller = worker()
    made = new_run(caller, metadata={"strategy_name": "Basic"}, runtime_state={"risk": {"x": 1}})
    assert (made["status"], made["recovered"]) == ("open", False)
    assert new_run(caller)["recovered"] is True
    found = caller.get(api("runs/run-1")).json()
    assert found["metadata"] == {"strategy_name": "Basic"}
    assert found["runtime_state"] == {"risk": {"x": 1}}
    assert found["health_status"] == "unknown"
    assert found["session_status"] == "unclaimed"
    assert found["allowed_actions"] == ["edit_risk", "exit_strategy"]


def test_a_broken_protection_of_a_new_run_is_named_where_it_stands(worker: Any, api: Any) -> None:
    """KR-01: and no run is made."""
    caller = worker()
    body = {
        "strategy_run_id": "run-1", "template_id": "t", "account_scope": "kite:paper-a",
        "runtime_state": {"backend_protection": {"basket": {"stoploss_pct": -1}}},
    }  # fmt: skip
    refused = caller.post(api("runs"), json=body)
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["detail"]] == [
        "/runtime_state/backend_protection/basket/stoploss_pct"
    ]
    assert caller.get(api("runs/run-1")).status_code == 404


def test_a_run_without_an_id_gets_one(worker: Any, api: Any) -> None:
    """KR-01, KR-05."""
    body = {"template_id": "t", "account_scope": "kite:paper-a"}
    answer = worker().post(api("runs"), json=body).json()
    assert answer["strategy_run_id"].startswith("run_")
    assert answer["execution_mode"] == "paper"


def test_an_unknown_run_is_exactly_404(worker: Any, api: Any) -> None:
    """KR-04."""
    assert worker().get(api("runs/nothing")).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [{"template_id": "other"}, {"account_scope": "kite:paper-b"}, {"execution_mode": "dry_run"}],
)
def test_other_fixed_fields_are_refused_by_name(
    worker: Any, new_run: Any, api: Any, fields: Json
) -> None:
    """KR-01, KR-05."""
    caller = worker()
    new_run(caller)
    body = {
        "strategy_run_id": "run-1", "template_id": "t", "account_scope": "kite:paper-a",
        "execution_mode": "paper", **fields,
    }  # fmt: skip
    answer = caller.post(api("runs"), json=body)
    assert answer.status_code == 409
    name = next(iter(fields))
    assert name in answer.json()["detail"]
    assert answer.json()["mismatches"][name]["wanted"] == fields[name]


def test_somebody_elses_run_is_not_there_and_its_id_is_free(
    worker: Any, new_run: Any, api: Any
) -> None:
    """KR-01, KR-04."""
    new_run(worker())
    stranger = worker("b@example.com")
    assert stranger.get(api("runs/run-1")).status_code == 404
    assert new_run(stranger)["recovered"] is False
    assert stranger.get(api("runs/run-1")).status_code == 200


def test_another_token_of_the_same_account_finds_the_run(
    worker: Any, new_run: Any, api: Any
) -> None:
    """KR-04."""
    new_run(worker())
    assert worker().get(api("runs/run-1")).status_code == 200


def test_a_live_run_names_what_it_lacks_and_is_disabled(worker: Any, api: Any) -> None:
    """KR-02, KC-03."""
    caller = worker()
    body: Json = {"template_id": "t", "account_scope": "kite:AB1234", "execution_mode": "live"}
    answer = caller.post(api("runs"), json=body)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["detail"]] == [
        "/metadata/strategy_family", "/metadata/strategy_name", "/metadata/entry_surface",
    ]  # fmt: skip
    names = ("strategy_family", "strategy_name", "entry_surface")
    answer = caller.post(api("runs"), json=body | {"metadata": dict.fromkeys(names, "x")})
    assert answer.status_code == 403
    assert answer.json()["detail"].startswith("Live trading is disabled on this server")


def test_a_limit_that_cannot_be_read_is_refused(worker: Any, api: Any) -> None:
    """KF-02: it would be a limit without effect."""
    caller, body = worker(), {"template_id": "t", "account_scope": "kite:paper-a"}
    for fields, pointer in (
        ({"metadata": {"allocation_cap": "10000"}}, "/metadata/allocation_cap"),
        ({"metadata": {"allocation_cap_inr": -1}}, "/metadata/allocation_cap_inr"),
        ({"runtime_state": {"risk": {"max_orders": 0}}}, "/runtime_state/risk/max_orders"),
    ):
        refused = caller.post(api("runs"), json={**body, **fields})
        assert refused.status_code == 422
        assert refused.json()["detail"][0]["pointer"] == pointer
    assert caller.post(api("runs"), json={**body, "metadata": {"allocation_cap": None}}).is_success


def test_a_limit_is_not_patched_away_by_a_text(worker: Any, new_run: Any, api: Any) -> None:
    """KF-02, KN-05."""
    caller = worker()
    new_run(caller, runtime_state={"risk": {"daily_loss_limit": 500}})
    body = {"patch": {"daily_loss_limit": "none"}, "reason": "x"}
    refused = caller.patch(api("runs/run-1/risk"), json=body)
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["pointer"] == "/patch/daily_loss_limit"
    assert caller.get(api("runs/run-1")).json()["runtime_state"]["risk"] == {
        "daily_loss_limit": 500
    }


def test_a_closed_run_is_opened_again_only_when_asked(worker: Any, new_run: Any, api: Any) -> None:
    """KR-01."""
    caller = worker()
    new_run(caller)
    assert caller.post(api("runs/run-1/exit"), json={"reason": "done"}).status_code == 200
    assert caller.get(api("runs/run-1")).json()["status"] == "closed"
    body = {"strategy_run_id": "run-1", "template_id": "t", "account_scope": "kite:paper-a"}
    assert caller.post(api("runs"), json=body).status_code == 409
    again = new_run(caller, metadata={"restart_of": "run-1"})
    assert (again["status"], again["closed_at"]) == ("open", None)


def test_a_run_that_is_opened_again_has_no_protection_of_its_earlier_life(
    worker: Any, new_run: Any, api: Any, buy: Any, market: Any, guardian: Any
) -> None:
    caller = worker()
    new_run(caller)
    position = {
        "symbol": "NSE:INFY", "product": "CNC", "side": "BUY", "quantity": 10,
        "entry_price": 1500.0, "stoploss_pct": 2.0,
    }  # fmt: skip
    body = {"backend_protection": {"positions": [position]}}
    before = caller.patch(api("runs/run-1/protection"), json=body).json()
    assert before["backend_protection_state"]["status"] == "armed"
    assert caller.post(api("runs/run-1/exit"), json={"reason": "done"}).status_code == 200
    again = new_run(caller, metadata={"restart_of": "run-1"})
    state = again["runtime_state"]["backend_protection_state"]
    assert (state["status"], state["legs"]) == ("unarmed", [])
    assert state["generation"] > before["backend_protection_state"]["generation"]
    assert again["runtime_state"]["backend_protection"]["version"] > 1
    assert caller.post(api("runs/run-1/intents"), json=buy("key-00001")).status_code == 200
    market.trade("NSE:INFY", "1400.00")
    guardian.check_all()
    [order] = caller.get(api("orders"), params={"strategy_run_id": "run-1"}).json()["orders"]
    assert order["transaction_type"] == "BUY", "the old stop must not sell what is new"
    events = caller.get(api("runs/run-1/timeline")).json()["events"]
    [restarted] = [one for one in events if one["event_type"] == "run_restarted"]
    assert "protection" in restarted["summary"]


def test_positions_that_are_open_after_all_stay_protected(
    worker: Any, new_run: Any, api: Any, buy: Any, container: Any, market: Any, guardian: Any
) -> None:
    caller = worker()
    new_run(caller)
    caller.post(api("runs/run-1/intents"), json=buy("key-00001", product="MIS"))
    body = {"backend_protection": {"basket": {"stoploss_pct": 2.0}}}
    assert caller.patch(api("runs/run-1/protection"), json=body).status_code == 200
    assert caller.post(api("runs/run-1/exit"), json={}).json()["status"] == "closed"
    sold = container.execution.trades(run_id="run-1")[-1]
    container.execution.void(sold.order_id, sold.trade_id)  # the exchange takes the sale back
    again = new_run(caller, metadata={"restart_of": "run-1"})
    assert again["runtime_state"]["backend_protection_state"]["status"] == "armed"
    market.trade("NSE:INFY", "1400.00")
    guardian.check_all()
    assert [one for one in container.execution.positions(run_id="run-1") if one.is_open] == []


def test_a_run_that_is_opened_again_drops_the_session_of_a_silent_worker(
    worker: Any, new_run: Any, api: Any, clock: Any
) -> None:
    caller = worker()
    new_run(caller)
    old = caller.post(api("runs/run-1/claim-session")).json()["worker_session_nonce"]
    caller.headers["X-Worker-Session-Nonce"] = old
    assert caller.post(api("runs/run-1/exit"), json={"reason": "done"}).status_code == 200
    clock.advance(seconds=300)
    again = new_run(caller, metadata={"restart_of": "run-1"})
    assert (again["session_status"], again["health_status"]) == ("unclaimed", "unknown")
    beat = {"metrics": {}}
    assert caller.post(api("runs/run-1/heartbeat"), json=beat).status_code == 409
    assert caller.post(api("runs/run-1/claim-session")).json()["takeover"] is False


SCHEMA = [
    {"key": "stop_loss_pct", "type": "number", "min": 0, "max": 5},
    {"key": "lots", "type": "integer", "requires_reason": True},
    {"key": "mode", "type": "select", "options": ["calm", "bold"]},
    {"key": "fixed", "type": "boolean", "editable": False},
]


def test_risk_is_patched_by_its_schema_and_noted(worker: Any, new_run: Any, api: Any) -> None:
    """KR-06."""
    caller = worker()
    new_run(caller, risk_schema=SCHEMA, runtime_state={"risk": {"stop_loss_pct": 2.0}})
    body = {"patch": {"stop_loss_pct": 1.0, "mode": "bold"}, "reason": "calmer"}
    answer = caller.patch(api("runs/run-1/risk"), json=body)
    assert answer.json()["changes"]["stop_loss_pct"] == {"old": 2.0, "new": 1.0}
    state = caller.get(api("runs/run-1")).json()["runtime_state"]["risk"]
    assert state == {"stop_loss_pct": 1.0, "mode": "bold"}
    events = caller.get(api("runs/run-1/timeline")).json()["events"]
    assert events[-1]["event_type"] == "risk.updated"
    assert events[-1]["payload"]["reason"] == "calmer"


@pytest.mark.parametrize(
    ("patch", "reason", "pointer"),
    [
        ({"stop_loss_pct": 6}, None, "/patch/stop_loss_pct"),
        ({"stop_loss_pct": "1"}, None, "/patch/stop_loss_pct"),
        ({"lots": 1.5}, "x", "/patch/lots"),
        ({"lots": 2}, None, "/patch/lots"),
        ({"mode": "wild"}, None, "/patch/mode"),
        ({"fixed": True}, None, "/patch/fixed"),
        ({"unknown": 1}, None, "/patch/unknown"),
        ({}, None, "/patch"),
    ],
)
def test_a_patch_that_breaks_the_schema_names_the_field(
    worker: Any, new_run: Any, api: Any, patch: Json, reason: str | None, pointer: str
) -> None:
    """KR-06."""
    caller = worker()
    new_run(caller, risk_schema=SCHEMA)
    answer = caller.patch(api("runs/run-1/risk"), json={"patch": patch, "reason": reason})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ([{"type": "number"}], "/risk_schema/0/key"),
        ([{"key": "a", "type": "colour"}], "/risk_schema/0/type"),
        ([{"key": "a", "min": 5, "max": 1}], "/risk_schema/0/max"),
        ([{"key": "a", "type": "select"}], "/risk_schema/0/options"),
        ([{"key": "a", "min": 2, "default": 1}], "/risk_schema/0/default"),
        ([{"key": "a"}, {"key": "a"}], "/risk_schema/1/key"),
        ([{"key": "a", "unit": 5}], "/risk_schema/0/unit"),
    ],
)
def test_a_schema_that_breaks_the_grammar_is_refused(
    worker: Any, api: Any, schema: list[Json], pointer: str
) -> None:
    """KR-06."""
    body = {"template_id": "t", "account_scope": "kite:paper-a", "risk_schema": schema}
    answer = worker().post(api("runs"), json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("field", "pointer"),
    [
        ({"value": 1}, "/summary_fields/0/key"),
        ({"key": "a", "format": "rupees"}, "/summary_fields/0/format"),
        ({"key": "a", "label": {"of": 1}}, "/summary_fields/0/label"),
        ({"key": "a", "path": 5}, "/summary_fields/0/path"),
        ({"key": "a", "path": "pnl.totals.nett"}, "/summary_fields/0/path"),
        ({"key": "a", "path": "metadata.x"}, "/summary_fields/0/path"),
    ],
)
def test_a_summary_field_that_cannot_be_shown_is_refused(
    worker: Any, api: Any, field: Json, pointer: str
) -> None:
    """KR-06."""
    body = {"template_id": "t", "account_scope": "kite:paper-a", "summary_fields": [field]}
    answer = worker().post(api("runs"), json=body)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["detail"]] == [pointer]


def test_a_token_without_the_scope_is_refused(worker: Any, api: Any) -> None:
    """KC-01."""
    caller = worker(scopes=("data",))
    assert caller.get(api("health")).status_code == 200
    answer = caller.get(api("runs/run-1"))
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (403, "scope_missing")
