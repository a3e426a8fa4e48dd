"""A worker with a managed run: claimed, kept alive, checked before each order, protected, released.

Dry by default; `KITE_ALGO_EXECUTION_MODE=paper` trades in the simulated market. Started again with
the same `KITE_ALGO_RUN_ID` it finds its run, and its keys place nothing twice.
"""

from __future__ import annotations

import os

from kite_algo_worker import (
    AlgoWorkerConfig,
    BackendProtection,
    BasketProtection,
    KiteAlgoWorkerClient,
    KiteAlgoWorkerError,
    OperationalProtection,
    RunConfig,
    equity_market_order,
)


def config_of_environment() -> RunConfig:
    """Return the run of this worker, with the account and mode of the environment."""
    return (
        RunConfig.from_env("managed-demo", strategy_run_id=os.environ.get("KITE_ALGO_RUN_ID"))
        .with_metadata(strategy_family="demo", strategy_name="Managed demo", entry_surface="worker")
        .with_summary_field("signal", "none", label="Last signal")
        .with_backend_protection(
            BackendProtection(
                basket=BasketProtection(stoploss_pct=4.0),
                operations=OperationalProtection(exit_on_worker_stale=True, worker_stale_sec=300),
            )
        )
    )


def main() -> None:
    with KiteAlgoWorkerClient(AlgoWorkerConfig.from_env()) as client:
        with client.run(config_of_environment(), auto_heartbeat=True) as run:
            print("holding", run.run_id, "in", run.run["execution_mode"])
            safety = run.safety_check()
            if not safety.can_trade:
                raise SystemExit(f"Blocked: {', '.join(safety.blocking_reasons)}")
            placed = run.place_order(
                equity_market_order("INFY", "BUY", 1),
                idempotency_key=f"{run.run_id}:entry:001",
                safety_token=safety.safety_token,
            )
            print("order", placed["order_id"], placed["status"])
            run.heartbeat(metrics={"last_signal": "entry-001"})
            run.log_decision_event(event_type="signal.generated", summary="The demo's only signal")
            for event in run.list_timeline(limit=20)["events"]:
                print(event["cursor"], event["event_type"], event["summary"])
        print("let go of", run.run_id, "- its protection stays with the server")


if __name__ == "__main__":
    try:
        main()
    except KiteAlgoWorkerError as error:  # refused, or the server is unavailable
        raise SystemExit(f"Stopped: {error}") from None
