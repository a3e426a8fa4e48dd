"""The overview's lines of model portfolios, signals, positions and risk, as people write them: curl
and `requests` against a served server (PF, SG, PO, RK rows)."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from conftest import prepare  # pyright: ignore[reportAttributeAccessIssue]
from flow_servers import Server

from tradertape_server.platform.clock import SystemClock

Json = dict[str, Any]
MORNING = "2026-06-10T08:30:00+05:30"  # signals of the day before expire at 09:15
DEPLOY: Json = {"universe": "nifty_50", "starting_capital": 1_000_000, "position_size_pct": 10,
                "max_positions": 5, "max_per_sector": 0}  # fmt: skip

pytestmark = pytest.mark.slow


class Script:
    """A person's script: a session with the cookie."""

    def __init__(self, url: str, cookie: str) -> None:
        self.url, self.session = url, requests.Session()
        self.session.headers["Cookie"] = cookie

    def call(self, method: str, path: str, code: int = 200, **given: Any) -> Any:
        answer = self.session.request(method, f"{self.url}{path}", timeout=300, **given)
        assert answer.status_code == code, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    def get(self, path: str, code: int = 200, **params: Any) -> Any:
        return self.call("GET", path, code, params=params)

    def post(self, path: str, body: Json | None = None, code: int = 200) -> Any:
        return self.call("POST", path, code, json=body or {})

    def signals(self, portfolio_id: int, status: str, **more: Any) -> list[Json]:
        params = {"portfolio_id": portfolio_id, "status": status, **more}
        return self.get("/api/model/signals", **params)


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    home, clock = tmp_path / "home", tmp_path / "clock"
    own = {name: value for name, value in os.environ.items() if not name.startswith("TRADERTAPE_")}
    environment = {
        **own, "TRADERTAPE_HOME": str(home), "TRADERTAPE_REQUESTS_PER_MINUTE": "100000",
        "MOVED_CLOCK": str(clock),
    }  # fmt: skip
    monkeypatch.setattr(SystemClock, "now", lambda _clock: datetime.fromisoformat(MORNING))
    clock.write_text(MORNING)
    _, cookie = prepare(home, f"sqlite:///{home / 'tradertape.db'}")
    program = [str(Path(__file__).with_name("moved_clock.py"))]
    server = Server("morning", "all", environment, tmp_path / "morning.log", program=program)
    found = Script(server.url, cookie)
    try:
        server.start()
        server.wait_until_up()
        yield found
    finally:
        found.session.close()
        if server.process is not None and server.process.poll() is None:
            server.send(signal.SIGKILL)


def deployed(script: Script, name: str, **more: Any) -> Json:
    (strategy,) = [
        one
        for one in script.get("/api/strategies", is_template=True, limit=100)
        if one["base_model"] == "v1_momentum"
    ][:1]
    body = {**DEPLOY, "strategy_id": strategy["id"], "name": name, **more}
    return script.post("/api/model/portfolios/deploy", body, code=201)


def test_pf_sg_po_a_portfolio_is_deployed_scanned_bought_and_retired(script: Script) -> None:
    """PF-01 to PF-08, SG-01 to SG-05, PO-01, PO-02."""
    assert script.get("/api/model/portfolios") == []
    made = deployed(script, "Mine")
    number = made["id"]
    assert [one["id"] for one in script.get("/api/model/portfolios")] == [number]
    scan = script.post("/api/model/scan", {"portfolio_id": number})
    assert scan["portfolios"][0]["created"] >= 4, scan

    pending = script.signals(number, "pending_approval")
    lines = [f"{signal['symbol']}: conviction={signal['conviction']}" for signal in pending]
    assert len(lines) == len(pending) >= 4
    assert script.signals(number, "pending_approval", limit=2, offset=1) == pending[1:3]
    script.get("/api/model/signals", code=422, limit=501)
    assert all(one["risk_check"]["can_approve"] for one in pending[:1])

    one, two, three, *_ = pending
    approved = script.post(f"/api/model/signals/{one['id']}/approve")
    assert approved["status"] == "in_cart"
    assert script.post(f"/api/model/signals/{two['id']}/reject")["status"] == "rejected"
    assert script.post(f"/api/model/signals/{three['id']}/expire")["status"] == "expired"
    over = script.post(f"/api/model/signals/{two['id']}/approve", code=409)
    assert over["detail"] == f"Signal {two['id']} is rejected and cannot be approved"
    placed = script.post("/api/model/cart/place")
    assert (placed["placed"], placed["failed"], placed["skipped"]) == (1, 0, 0)
    assert script.post("/api/model/cart/place", code=400)["detail"] == "Cart is empty"

    (held,) = script.get("/api/model/positions", portfolio_id=number, status="open")
    assert (held["symbol"], held["signal_id"]) == (one["symbol"], one["id"])
    page = script.get("/api/model/dashboard", portfolio_id=number)
    assert [row["id"] for row in page["positions"]] == [held["id"]]
    assert page["kpis"]["open_positions"] == 1
    assert {"equity_curve", "signals", "cart", "sector_allocation", "activity"} <= page.keys()
    script.get("/api/model/dashboard", code=404, portfolio_id=999_999)

    assert script.post(f"/api/model/portfolios/{number}/pause")["status"] == "paused"
    assert script.post(f"/api/model/portfolios/{number}/resume")["status"] == "active"
    busy = script.post(f"/api/model/portfolios/{number}/retire", code=409)
    assert busy["detail"] == f"Portfolio {number} has 1 open position"
    closed = script.post(f"/api/model/positions/{held['id']}/close")
    assert (closed["status"], closed["open_quantity"]) == ("closed", 0)
    script.post(f"/api/model/positions/{held['id']}/close", code=409)
    assert script.post(f"/api/model/portfolios/{number}/reset")["epoch"] == 2
    assert script.get("/api/model/positions", portfolio_id=number) == []
    assert script.post(f"/api/model/portfolios/{number}/retire")["status"] == "retired"
    assert script.get("/api/model/portfolios") == []
    assert [one["id"] for one in script.get("/api/model/portfolios", status="retired")] == [number]


def test_pf_02_a_live_deploy_asks_for_the_confirmation_and_for_a_broker(script: Script) -> None:
    refused = script.call(
        "POST", "/api/model/portfolios/deploy", 400,
        json={**DEPLOY, "strategy_id": 1, "name": "Live", "paper_mode": False},
    )  # fmt: skip
    assert "confirm_live" in refused["detail"]


def test_rk_the_rules_are_created_listed_changed_and_deleted(script: Script) -> None:
    """RK-01 to RK-05."""
    assert script.get("/api/risk/rules") == []
    body: Json = {"type": "daily_loss", "params": {"amount": 20_000}}
    made = script.post("/api/risk/rules", body, code=201)
    assert script.get("/api/risk/rules") == [made]
    path = f"/api/risk/rules/{made['id']}"
    changed = script.call("PUT", path, json={**body, "params": {"amount": 15_000}})
    assert changed["params"]["amount"] == 15_000
    state = script.get("/api/risk/state")
    assert state["today"]["loss_limit"] == 15_000
    assert [one["status"] for one in state["rules"]] == ["ok"]
    assert {"trading_state", "exposure", "positions", "capital", "data_fresh"} <= state.keys()
    script.call("DELETE", path, 204)
    assert script.get("/api/risk/rules") == []
    script.call("DELETE", path, 404)
    problems = script.post("/api/risk/rules", {"type": "nothing"}, code=422)
    assert problems["detail"]


def test_rk_07_and_the_kill_switch_holds_the_cart_until_it_is_released(script: Script) -> None:
    number = deployed(script, "Killed")["id"]
    script.post("/api/model/scan", {"portfolio_id": number})
    one = script.signals(number, "pending_approval")[0]
    script.post(f"/api/model/signals/{one['id']}/approve")
    assert script.post("/api/risk/kill", {"reason": "enough"})["active"]
    held = script.post("/api/model/cart/place")
    assert (held["placed"], held["skipped"]) == (0, 1)
    assert "The kill switch is on" in held["results"][0]["detail"]
    early = script.post("/api/risk/kill/release", {"confirm": "RELEASE"}, code=409)
    assert early["detail"]
    assert script.get("/api/model/positions", portfolio_id=number) == []
