"""Calls of a worker on an option run, one line each."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
RUNS = "options/runs"


def enter(caller: Any, api: Any, run_id: str, headers: Json | None = None, **action: Any) -> Any:
    body = {"all_or_none": False, "metadata": {}, **action}
    return caller.post(api(f"{RUNS}/{run_id}/enter"), json=body, headers=headers)


def exit_run(caller: Any, api: Any, run_id: str, headers: Json | None = None, **action: Any) -> Any:
    body = {"all_or_none": False, "metadata": {}, **action}
    return caller.post(api(f"{RUNS}/{run_id}/exit"), json=body, headers=headers)


def state(caller: Any, api: Any, run_id: str) -> Json:
    answer = caller.get(api(f"{RUNS}/{run_id}/state"))
    assert answer.status_code == 200, answer.text
    return answer.json()


def orders(caller: Any, api: Any, run_id: str) -> list[Json]:
    return caller.get(api("orders"), params={"strategy_run_id": run_id}).json()["orders"]


def events(caller: Any, api: Any, run_id: str) -> list[Json]:
    return caller.get(api(f"runs/{run_id}/timeline"), params={"limit": 500}).json()["events"]


def guard(caller: Any, api: Any, run_id: str) -> Json:
    """The run's protection, and what has triggered."""
    return caller.get(api(f"{RUNS}/{run_id}/protection/state")).json()


def protect(caller: Any, api: Any, run_id: str, **rules: Any) -> Any:
    return caller.put(api(f"{RUNS}/{run_id}/protection"), json=rules)


def replay(caller: Any, api: Any, run_id: str, snapshots: Any, **more: Any) -> Any:
    body = {"metric_snapshots": snapshots, **more}
    return caller.post(api(f"{RUNS}/{run_id}/protection/replay"), json=body)
