import { installLine, serverAddress } from "@/lib/install-line"

/** The environment variables of a worker. */
export function environmentSnippet(token: string, account = "kite:paper-a"): string {
  return [
    `export KITE_ALGO_API_BASE=${serverAddress()}`,
    `export KITE_ALGO_WORKER_TOKEN=${token}`,
    `export KITE_ALGO_ACCOUNT_SCOPE=${account}`,
    "export KITE_ALGO_EXECUTION_MODE=paper",
  ].join("\n")
}

/** A complete worker: buys one share on paper, protects it, and runs until stopped. */
export function pythonSnippet(): string {
  return `# ${installLine("tradertape-worker")}
# Or run it with the Python of TraderTape: .venv/bin/python
import os, time
from kite_algo_worker import (
    AlgoWorkerConfig, BackendProtection, KiteAlgoWorkerClient, KiteAlgoWorkerError,
    OperationalProtection, ProtectedPosition, RunConfig, equity_market_order,
)

client = KiteAlgoWorkerClient(AlgoWorkerConfig(
    base_url=os.environ["KITE_ALGO_API_BASE"],
    token=os.environ["KITE_ALGO_WORKER_TOKEN"],
))
config = RunConfig(
    strategy_run_id=f"first-{int(time.time())}",
    template_id="first-worker",
    account_scope=os.environ["KITE_ALGO_ACCOUNT_SCOPE"],
    execution_mode=os.environ["KITE_ALGO_EXECUTION_MODE"],
    metadata={"strategy_name": "First worker"},
)
with client.run(config) as run:
    safety = run.safety_check()
    if not safety.can_trade:
        raise SystemExit("; ".join(safety.blocking_reasons))
    run.place_order(
        equity_market_order("INFY", "BUY", 1),
        idempotency_key="first-entry-1", safety_token=safety.safety_token,
    )
    price = client.get_run_pnl(run.run_id)["legs"][0]["average_price"]
    client.update_backend_protection(run.run_id, BackendProtection(
        positions=[ProtectedPosition(
            symbol="NSE:INFY", product="CNC", side="BUY", quantity=1,
            entry_price=price, stoploss_pct=2.0,
        )],
        operations=OperationalProtection(exit_on_worker_stale=True, worker_stale_sec=300),
    ), session_nonce=run.session_nonce)
    print("Holding", run.run_id)
    is_open = True
    while is_open:
        try:
            run.heartbeat()
            time.sleep(20)
            is_open = client.get_run(run.run_id)["status"] == "open"
        except (KiteAlgoWorkerError, OSError) as error:
            if 400 <= getattr(error, "status_code", 0) < 500:
                raise SystemExit(f"Stopped: {error}") from None
            print(f"The server is away, trying again: {error}")
            time.sleep(5)
`
}
