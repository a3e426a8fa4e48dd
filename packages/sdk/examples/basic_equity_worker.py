"""A worker without a session: create a run, place one order, read its result.

Dry by default; `KITE_ALGO_EXECUTION_MODE=paper` fills the order in the simulated market.
Needs KITE_ALGO_WORKER_TOKEN.
"""

from __future__ import annotations

from kite_algo_worker import (
    AlgoWorkerConfig,
    KiteAlgoWorkerClient,
    KiteAlgoWorkerError,
    RunConfig,
    equity_market_order,
    wait_for_terminal_order_state,
)


def main() -> None:
    with KiteAlgoWorkerClient(AlgoWorkerConfig.from_env()) as client:
        print("server:", client.health()["status"])
        config = RunConfig.from_env("basic-equity").with_metadata(
            strategy_family="indicator_strategy",
            strategy_name="Basic Equity",
            entry_surface="worker",
        )
        run_id = client.create_run_from_config(config)["strategy_run_id"]

        order = equity_market_order("INFY", "BUY", 1)
        cost = client.preview_order(run_id, order)["preview"]["cost_contract"]
        print("margin needed:", cost["margin_required"], "charges:", cost["total_charges"])

        # The key names the order: started again, this places nothing twice.
        placed = client.place_order(run_id, order, idempotency_key=f"{run_id}:entry:001")
        print("order", placed["order_id"], placed["status"])
        if placed["mode"] != "dry_run":
            done = wait_for_terminal_order_state(client, run_id, placed["order_id"])
            print("filled at", done.average_price if done else "no price yet")

        print("net P&L:", client.get_run_pnl(run_id)["totals"]["net_pnl"])
        left = client.exit_run(
            run_id, reason="strategy complete", idempotency_key=f"{run_id}:exit:001"
        )
        print("run", run_id, left["status"])


if __name__ == "__main__":
    try:
        main()
    except KiteAlgoWorkerError as error:  # refused, or the server is unavailable
        raise SystemExit(f"Stopped: {error}") from None
