"""Concurrent requests and a crash: one basket for an option run (KQ-03; FAULTS §1, §2)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.wiring.trading import build_workers

RUNS = "options/runs"
CLIENTS = 64


@pytest.fixture
def caller(worker: Any) -> Any:
    return worker()


@pytest.fixture
def run_id(caller: Any, nifty: Any, option_run: Any) -> str:
    legs = [("SELL", nifty("CE", 2)), ("BUY", nifty("CE", 0)), ("BUY", nifty("PE", 0))]
    return option_run(caller, *legs, protection={"stoploss_pct": 40})["strategy_run_id"]


@pytest.mark.slow
def test_64_clients_enter_one_run_at_once_and_one_basket_is_placed(
    caller: Any, api: Any, run_id: str, container: Any
) -> None:
    def enter(_number: int) -> Any:
        return caller.post(api(f"{RUNS}/{run_id}/enter"), json={"metadata": {}})

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(enter, range(CLIENTS)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replay" not in answer.headers for answer in answers) == 1
    assert len(container.execution.orders(run_id=run_id)) == 3
    state = caller.get(api(f"{RUNS}/{run_id}/state")).json()
    assert state["protection"]["generation"] == 2  # once created, once armed


@pytest.mark.slow
def test_64_clients_with_keys_of_their_own_enter_once(
    caller: Any, api: Any, run_id: str, container: Any
) -> None:
    def enter(number: int) -> Any:
        body = {"idempotency_key": f"client-{number:03d}"}
        return caller.post(api(f"{RUNS}/{run_id}/enter"), json=body)

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(enter, range(CLIENTS)))
    codes = [answer.status_code for answer in answers]
    assert (codes.count(200), codes.count(409)) == (1, CLIENTS - 1)
    assert len(container.execution.orders(run_id=run_id)) == 3


@pytest.mark.slow
def test_entries_and_exits_that_race_leave_nothing_open(
    caller: Any, api: Any, run_id: str, container: Any, wait_for: Any
) -> None:
    def ask(number: int) -> int:
        what = "enter" if number % 2 else "exit"
        return caller.post(api(f"{RUNS}/{run_id}/{what}"), json={}).status_code

    with ThreadPoolExecutor(16) as pool:
        codes = set(pool.map(ask, range(32)))
    assert codes <= {200, 202, 409}
    container.guardian.check_all()
    wait_for(lambda: caller.get(api(f"runs/{run_id}")).json()["status"] == "closed")
    assert container.execution.positions(run_id=run_id, open_only=True) == []
    placed = container.execution.orders(run_id=run_id)
    assert len(placed) in (0, 6)  # not entered, or entered and exited


def test_the_reply_has_the_same_bytes_after_a_restart(
    caller: Any, api: Any, run_id: str, container: Any, market: Any, clock: Any
) -> None:
    first = caller.post(api(f"{RUNS}/{run_id}/enter"), json={})
    container.guardian.stop()
    container.execution.trader.stop()
    again = ExecutionService.build(container.database, clock, market)
    again.trader.start()
    _, guardian = build_workers(
        container.database, clock, container.secrets, again, container.bus, market,
        by_token=market.by_token,
    )  # fmt: skip
    try:
        (intent,) = again.intents(run_id)
        assert bytes(intent.answer) == first.content
        guardian.check_all()
        assert sorted(one.quantity for one in again.positions(run_id=run_id)) == [-65, 65, 65]
        shown = caller.get(api(f"{RUNS}/{run_id}/state")).json()
        assert (shown["option_status"], shown["protection"]["status"]) == ("entered", "armed")
    finally:
        again.trader.stop()
