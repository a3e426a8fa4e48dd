"""Workers on a replay: prices and hours go by the recording, heartbeats and tokens by the wall."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.doubles.checked_client import CheckedClient

from tradertape_server.container import Container
from tradertape_server.features.auth.audit import COMMAND_LINE
from tradertape_server.features.auth.credentials.keys import Keys, Owner

from .test_candle_replay import minutes

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

RUN = "/api/algo-workers/worker/runs/run-1"


@pytest.fixture
def overrides(tmp_path: Path) -> dict[str, Any]:
    file = tmp_path / "minutes.csv"
    file.write_text(minutes())
    return {"feed": "replay", "feed_replay_file": file, "feed_replay_speed": 60.0}


@pytest.fixture
def replay(container: Container) -> Iterator[Container]:
    container.execution.trader.start()
    yield container
    container.execution.trader.stop()


@pytest.fixture
def worker(app: FastAPI, client: TestClient, replay: Container, sign_in: Any) -> TestClient:
    person = sign_in().get("/api/auth/me").json()
    with replay.database.write() as session:
        made = Keys(replay.clock, "worker").create(
            session, Owner(person["id"], person["email"]), COMMAND_LINE, label="x",
            scopes=["paper", "data"], expires_in_days=None,
        )  # fmt: skip
    headers = {"Authorization": f"Bearer {made.token}"}
    return CheckedClient(app, base_url="http://localhost:18777", headers=headers)


@pytest.fixture
def play(replay: Container, clock: Any) -> Callable[[int], None]:
    """Let seconds go by, a minute of the recording each."""

    def play(seconds: int) -> None:
        for _ in range(seconds):
            clock.advance(seconds=1)
            replay.feed.step()
            replay.execution_jobs.run_once()
            replay.guardian.check_all()

    return play


@pytest.fixture
def held(worker: TestClient, play: Callable[[int], None]) -> dict[str, str]:
    """A run with ten shares, whose worker is let go after 30 silent seconds; its nonce."""
    play(5)
    body = {
        "strategy_run_id": "run-1", "template_id": "t", "account_scope": "kite:paper-a",
        "execution_mode": "paper",
    }  # fmt: skip
    assert worker.post("/api/algo-workers/worker/runs", json=body).status_code == 200
    claimed = worker.post(f"{RUN}/claim-session").json()
    headers = {"X-Worker-Session-Nonce": claimed["worker_session_nonce"]}
    checked = worker.get(f"{RUN}/safety-check").json()
    assert checked["blocking_reasons"] == []
    order = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": 10,
        "product": "CNC", "order_type": "MARKET", "variety": "regular",
    }  # fmt: skip
    intent = {
        "intent_type": "place_order", "payload": {"order": order}, "metadata": {},
        "idempotency_key": "key-00001", "safety_token": checked["safety_token"],
    }  # fmt: skip
    assert worker.post(f"{RUN}/intents", json=intent, headers=headers).status_code == 200
    rules = {"operations": {"exit_on_worker_stale": True, "worker_stale_sec": 30}}
    body = {"backend_protection": rules, "reason": "test", "reset_trailing": True}
    armed = worker.patch(f"{RUN}/protection", json=body, headers=headers)
    assert armed.status_code == 200, armed.text
    return headers


def test_a_price_is_that_of_the_beat_it_is_asked_in(replay: Container, clock: Any) -> None:
    """One of the beat before is minutes old to the rule for fresh prices, and refuses orders."""
    infy = replay.instruments.get("NSE:INFY")
    clock.advance(seconds=5.6)
    replay.feed.quotes([infy])
    clock.advance(seconds=0.5)
    (quoted,) = replay.feed.quotes([infy]).values()
    assert quoted.at == replay.feed.now


def test_a_worker_trades_and_stays_while_it_beats(
    worker: TestClient, held: dict[str, str], play: Callable[[int], None], signed_in: TestClient
) -> None:
    for _ in range(4):  # 80 seconds: more than a session or its protection waits
        play(20)
        assert worker.post(f"{RUN}/heartbeat", json={}, headers=held).status_code == 200
    run = worker.get(RUN).json()
    assert (run["status"], run["session_status"]) == ("open", "claimed")
    assert (run["health_status"], run["heartbeat_age_sec"]) == ("healthy", 0)
    assert worker.get(f"{RUN}/safety-check").json()["blocking_reasons"] == []
    page = signed_in.get("/api/workers/runs/run-1").json()
    assert not page["live"]["pulse"]["pnl"]["is_stale"]


def test_a_silent_worker_is_let_go_in_real_seconds(
    worker: TestClient, held: dict[str, str], play: Callable[[int], None]
) -> None:
    play(25)
    assert worker.get(RUN).json()["status"] == "open"
    play(10)
    assert worker.get(RUN).json()["status"] == "closed"


def test_a_token_is_good_for_half_a_minute_of_real_time(
    worker: TestClient, held: dict[str, str], play: Callable[[int], None], clock: Any
) -> None:
    token = worker.get(f"{RUN}/safety-check").json()["safety_token"]
    clock.advance(seconds=31)
    order = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": 1,
        "product": "CNC", "order_type": "MARKET", "variety": "regular",
    }  # fmt: skip
    intent = {
        "intent_type": "place_order", "payload": {"order": order}, "metadata": {},
        "idempotency_key": "key-00002", "safety_token": token,
    }  # fmt: skip
    answer = worker.post(f"{RUN}/intents", json=intent, headers=held)
    assert answer.status_code == 409
    assert "expired" in answer.json()["detail"]
