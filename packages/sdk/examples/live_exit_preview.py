"""Preview the orders of a run's exit, and exit only when it is confirmed.

    KITE_ALGO_RUN_ID=run_managed_001 python live_exit_preview.py
    KITE_ALGO_CONFIRM_FLATTEN=YES KITE_ALGO_RUN_ID=run_managed_001 python live_exit_preview.py

The first only previews, in live runs too. Without a run's id a small run is created, in the mode of
the environment, `dry_run` by default.
"""

from __future__ import annotations

import json
import os

from kite_algo_worker import (
    AlgoWorkerConfig,
    KiteAlgoWorkerClient,
    KiteAlgoWorkerError,
    RunConfig,
    equity_market_order,
)


def small_run(client: KiteAlgoWorkerClient) -> str:
    """Create a run with one share."""
    run = client.create_run_from_config(RunConfig.from_env("exit-preview"))
    run_id = run["strategy_run_id"]
    client.place_order(run_id, equity_market_order("INFY", "BUY", 1), f"{run_id}:entry:001")
    return run_id


def main() -> None:
    with KiteAlgoWorkerClient(AlgoWorkerConfig.from_env()) as client:
        run_id = os.environ.get("KITE_ALGO_RUN_ID") or small_run(client)
        run = client.get_run(run_id)
        print("run", run_id, run["status"], run["execution_mode"])
        for leg in client.get_run_pnl_snapshot(run_id).legs:
            print("holds", leg.net_quantity, leg.tradingsymbol, "net", leg.net_pnl)
        preview = client.exit_run(run_id, reason="preview", dry_run=True)
        print(json.dumps(preview, indent=2))
        if os.environ.get("KITE_ALGO_CONFIRM_FLATTEN") != "YES":
            print("Nothing was sent. KITE_ALGO_CONFIRM_FLATTEN=YES leaves the run.")
            return
        left = client.exit_run(
            run_id, reason="flattened by hand", idempotency_key=f"{run_id}:flatten:001"
        )
        print("run", run_id, left["status"])


if __name__ == "__main__":
    try:
        main()
    except KiteAlgoWorkerError as error:  # refused, or the server is unavailable
        raise SystemExit(f"Stopped: {error}") from None
