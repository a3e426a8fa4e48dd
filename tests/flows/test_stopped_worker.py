"""A worker process stopped for a real minute on a real server: `make soak` (FAULTS §2)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flow_clients import PREFIX
from flow_servers import HTTP, Servers, eventually

from tradertape_server.platform.database.engine import Database

SCRIPT = Path(__file__).parents[2] / "packages/server/tests/workers/stopped_worker.py"
LIMIT_S, LATE_S = 60, 5  # `worker_stale_sec` of its protection, and how late its exit may be
RUN = "stopped-for-a-minute"


@pytest.mark.slow
@pytest.mark.skipif("TRADERTAPE_SOAK" not in os.environ, reason="takes minutes: make soak")
def test_its_run_is_left_in_time_and_takes_nothing_more(
    alone: Servers, oracles: ModuleType
) -> None:
    token = alone.headers["Authorization"].removeprefix("Bearer ")
    url = alone.servers[0].url
    environment = {
        **os.environ,
        "KITE_ALGO_API_BASE": url,
        "KITE_ALGO_WORKER_TOKEN": token,
        "RUN_ID": RUN,
    }
    command = [sys.executable, str(SCRIPT)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        told = [worker.stdout.readline() for _ in range(20)]
        worker.send_signal(signal.SIGSTOP)
        silent_s = time.monotonic()
        path = f"{url}{PREFIX}/runs/{RUN}"

        def run() -> Any:
            return HTTP.get(path, headers=alone.headers, timeout=10).json()

        eventually(lambda: run()["status"] == "closed", LIMIT_S + 60, "the run is left")
        took_s = time.monotonic() - silent_s
        assert LIMIT_S - 1 < took_s < LIMIT_S + LATE_S
        worker.send_signal(signal.SIGCONT)
        told += worker.communicate(timeout=60)[0].splitlines()
    placed = [line.split()[2] for line in told if line.startswith("placed")]
    assert {"refused 409 order", "refused 409 basket"} <= set(told)
    found = HTTP.get(
        f"{url}{PREFIX}/orders", params={"strategy_run_id": RUN}, headers=alone.headers
    ).json()["orders"]
    bought = [one["order_id"] for one in found if one["transaction_type"] == "BUY"]
    (sold,) = [one for one in found if one["transaction_type"] == "SELL"]
    assert sorted(bought) == sorted(placed)
    assert (sold["quantity"], sold["status"]) == (len(bought), "COMPLETE")
    database = Database(alone.database_url)
    oracles.check(database)
    database.close()
    sys.stdout.write(f"\nleft {took_s:.1f} s after {len(bought)} orders\n")
