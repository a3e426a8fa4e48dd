"""What a worker calls for the protection of `run-1`, and what it reads of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
RUN = {"strategy_run_id": "run-1"}
POSITION = {
    "symbol": "NSE:INFY", "product": "CNC", "side": "BUY", "quantity": 10,
    "entry_price": 1500.0, "stoploss_pct": 2.0,
}  # fmt: skip
SILENT = {"operations": {"exit_on_worker_stale": True, "worker_stale_sec": 60}}


def protect(caller: Any, api: Any, **protection: Any) -> Any:
    body = {"backend_protection": protection, "reason": "test", "reset_trailing": True}
    return caller.patch(api("runs/run-1/protection"), json=body)


def state_of(caller: Any, api: Any) -> Json:
    return caller.get(api("runs/run-1")).json()["runtime_state"]["backend_protection_state"]


def held(caller: Any, api: Any) -> list[int]:
    return [leg["net_quantity"] for leg in caller.get(api("runs/run-1/pnl")).json()["legs"]]


def wait_for(what: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
