"""The wall clock is set ten minutes forward or back while runs trade (FAULTS §4)."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ..protection_calls import POSITION, SILENT, wait_for

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
either_way = pytest.mark.parametrize("minutes", [10, -10])

NONCE = "X-Worker-Session-Nonce"


class Worker:
    """The holder of run-1, in which ten shares were bought."""

    def __init__(self, caller: Any, api: Any, container: Any) -> None:
        self.caller, self._api, self._execution = caller, api, container.execution
        claimed = caller.post(api("runs/run-1/claim-session")).json()
        self._headers = {NONCE: claimed["worker_session_nonce"]}

    def post(self, path: str, body: Any) -> Any:
        return self.caller.post(self._api(f"runs/run-1/{path}"), json=body, headers=self._headers)

    def beat(self) -> None:
        assert self.post("heartbeat", {}).status_code == 200

    def protect(self, **protection: Any) -> None:
        body = {"backend_protection": protection, "reason": "test", "reset_trailing": True}
        path = self._api("runs/run-1/protection")
        assert self.caller.patch(path, json=body, headers=self._headers).status_code == 200

    def get(self, path: str = "") -> Any:
        return self.caller.get(self._api(f"runs/run-1{path}")).json()

    @property
    def held(self) -> int:
        return sum(one.quantity for one in self._execution.positions(run_id="run-1"))


@pytest.fixture
def run(worker: Any, new_run: Any, api: Any, buy: Any, container: Any) -> Worker:
    caller = worker()
    new_run(caller)
    made = Worker(caller, api, container)
    assert made.post("intents", buy("key-00001")).status_code == 200
    return made


@either_way
def test_a_worker_with_heartbeats_keeps_its_run(
    run: Worker, clock: Any, market: Any, guardian: Any, api: Any, minutes: int
) -> None:
    run.protect(**SILENT)
    guardian.check_all()
    run.beat()
    clock.set_wrong(minutes=minutes)
    market.trade("NSE:INFY", "1500.00")
    guardian.check_all()
    assert (run.get()["status"], run.held) == ("open", 10)
    assert run.caller.post(api("runs/run-1/claim-session")).status_code == 409
    assert run.get()["heartbeat_age_sec"] == 0
    assert run.get("/safety-check")["blocking_reasons"] == []
    clock.advance(seconds=50)
    run.beat()
    clock.advance(seconds=50)
    guardian.check_all()
    assert run.get()["status"] == "open"


@either_way
def test_silence_is_counted_in_real_seconds(
    run: Worker, clock: Any, market: Any, guardian: Any, api: Any, minutes: int
) -> None:
    run.protect(**SILENT)
    guardian.check_all()
    run.beat()
    clock.set_wrong(minutes=minutes)
    clock.advance(seconds=59)
    market.trade("NSE:INFY", "1500.00")
    guardian.check_all()
    assert run.get()["status"] == "open"
    clock.advance(seconds=2)
    market.trade("NSE:INFY", "1500.00")
    guardian.check_all()
    assert (run.get()["status"], run.held) == ("closed", 0)
    assert "silent for 61 s" in str(run.get("/timeline"))


@either_way
def test_a_silent_holder_is_replaced_after_a_real_minute(
    run: Worker, clock: Any, api: Any, minutes: int
) -> None:
    clock.set_wrong(minutes=minutes)
    clock.advance(seconds=61)
    assert run.caller.post(api("runs/run-1/claim-session")).json()["takeover"] is True


@either_way
def test_a_token_from_before_is_refused_and_one_from_after_is_good(
    run: Worker, clock: Any, market: Any, buy: Any, minutes: int
) -> None:
    old = run.get("/safety-check")["safety_token"]
    clock.set_wrong(minutes=minutes)
    market.trade("NSE:INFY", "1500.00")
    refused = run.post("intents", buy("key-00002", token=old))
    assert (refused.status_code, refused.json()["detail"]) == (409, "safety_token expired")
    new = run.get("/safety-check")["safety_token"]
    assert run.post("intents", buy("key-00002", token=new)).status_code == 200


@either_way
def test_orders_and_stops_continue_with_the_next_tick(
    run: Worker, clock: Any, market: Any, guardian: Any, buy: Any, minutes: int
) -> None:
    run.protect(positions=[POSITION])
    open_order = buy("key-00002", quantity=1, order_type="LIMIT", price=1495)
    assert run.post("intents", open_order).json()["status"] == "OPEN"
    guardian.check_all()
    clock.set_wrong(minutes=minutes)
    # Ticks received before are minutes away from now: nothing is priced by them.
    refused = run.post("intents", buy("key-00003", quantity=1))
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (400, "market_data_stale")
    market.trade("NSE:INFY", "1490.00")
    wait_for(lambda: run.held == 11)
    guardian.check_all()
    assert run.held == 11
    market.trade("NSE:INFY", "1469.00")
    guardian.check_all()
    assert run.held == 1, "the ten that are protected"
    times = [event["created_at"] for event in run.get("/timeline")["events"]]
    cursors = [event["cursor"] for event in run.get("/timeline")["events"]]
    assert cursors == sorted(cursors)
    assert (times == sorted(times)) == (minutes > 0)


def test_a_server_that_was_down_waits_for_the_next_beat(
    run: Worker, clock: Any, market: Any, guardian: Any
) -> None:
    run.protect(**SILENT)
    guardian.stop()
    clock.advance(seconds=120)
    market.trade("NSE:INFY", "1500.00")
    guardian.start()
    guardian.check_all()
    assert (run.get()["status"], run.held) == ("open", 10)
    clock.advance(seconds=61)
    market.trade("NSE:INFY", "1500.00")
    guardian.check_all()
    assert run.held == 0


def test_the_time_in_which_the_database_was_away_is_not_silence(
    run: Worker, clock: Any, market: Any, guardian: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.protect(**SILENT)
    guardian.check_all()
    checked = threading.Event()

    def away(*_: Any) -> None:
        checked.set()
        raise OSError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(guardian, "check_changed", away)
        patched.setattr(guardian, "_check_all", away)
        clock.advance(seconds=120)
        checked.clear()
        market.trade("NSE:INFY", "1500.00")
        guardian.on_tick(market.tick("NSE:INFY"))
        assert checked.wait(10)
        guardian.stop()
    guardian.check_all()
    assert (run.get()["status"], run.held) == ("open", 10)
    clock.advance(seconds=61)
    market.trade("NSE:INFY", "1500.00")
    guardian.check_all()
    assert run.held == 0
