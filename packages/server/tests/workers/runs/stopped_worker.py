"""A worker with our client that is stopped in the middle (SIGSTOP) and wakes up much later.

It holds its run, beats, and buys one share after the other until it is refused; then it tries
everything else that needs its nonce. It prints a line for each. Environment: KITE_ALGO_…, RUN_ID.
"""

from __future__ import annotations

import itertools
import os
import sys

from kite_algo_worker import (
    AlgoWorkerConfig,
    BackendProtection,
    KiteAlgoWorkerClient,
    KiteAlgoWorkerError,
    ManagedRun,
    OperationalProtection,
    RunConfig,
    equity_market_order,
)

RUN_ID = os.environ["RUN_ID"]
STALE = BackendProtection(
    operations=OperationalProtection(exit_on_worker_stale=True, worker_stale_sec=60)
)


def report(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def trade(run: ManagedRun) -> None:
    order = equity_market_order("INFY", "BUY", 1, product="MIS")
    for number in itertools.count():
        try:
            placed = run.place_order(order, idempotency_key=f"{RUN_ID}:{number:05}")
        except KiteAlgoWorkerError as error:
            report("refused", error.status_code, "order")
            return
        report("placed", f"{RUN_ID}:{number:05}", placed["order_id"])


def try_everything(run: ManagedRun) -> None:
    order = equity_market_order("INFY", "BUY", 1)
    calls = {
        "basket": lambda: run.place_basket([order], idempotency_key=f"{RUN_ID}:basket"),
        "heartbeat": run.heartbeat,
        "risk": lambda: run.patch_risk({"max_orders": 5}),
        "protection": lambda: run.update_backend_protection(STALE),
        "exit": lambda: run.exit_run(idempotency_key=f"{RUN_ID}:exit"),
        "release": lambda: run.client.release_session(RUN_ID, session_nonce=run.session_nonce),
    }
    for name, call in calls.items():
        try:
            call()
            report("done", name)
        except KiteAlgoWorkerError as error:
            report("refused", error.status_code, name)


def main() -> None:
    client = KiteAlgoWorkerClient(AlgoWorkerConfig.from_env())
    config = RunConfig("stopped", "kite:paper-a", strategy_run_id=RUN_ID)
    held = client.run(config, auto_heartbeat=True, heartbeat_interval_s=0.02, release_on_exit=False)
    with held as run:
        run.update_backend_protection(STALE)
        trade(run)
        assert run.heartbeats is not None
        run.heartbeats.stop()
        try_everything(run)


if __name__ == "__main__":
    main()
