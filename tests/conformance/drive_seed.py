"""The documented raw flow with the documented bodies, by the published client's raw calls.

Environment: URL, KITE_ALGO_WORKER_TOKEN. Argument: the id of the run.
"""

from __future__ import annotations

import os
import sys

from kite_algo_worker import AlgoWorkerConfig, KiteAlgoWorkerClient, equity_market_order

RUN = sys.argv[1]

client = KiteAlgoWorkerClient(
    AlgoWorkerConfig(
        base_url=os.environ["URL"], token=os.environ["KITE_ALGO_WORKER_TOKEN"], timeout=30.0
    )
)
client.health()
run = client.create_run(
    strategy_run_id=RUN,
    template_id="basic-equity",
    account_scope="kite:paper-a",
    execution_mode="paper",
    metadata={"strategy_family": "indicator_strategy", "strategy_name": "Basic Equity"},
)
assert {"strategy_run_id", "status", "execution_mode", "account_scope", "runtime_state"} <= set(run)
result = client.place_order(
    run["strategy_run_id"],
    equity_market_order("INFY", "BUY", 1),
    idempotency_key=f"{RUN}:entry:001",
)
assert result["order_id"]
assert result["status"] == "COMPLETE"
totals = client.get_run_pnl(RUN)["totals"]
assert {"net_pnl", "gross_pnl", "charges", "brokerage", "taxes"} <= set(totals)
funds = client.get_funds(mode="paper")
assert set(funds) == {"available", "utilized", "net"}
claim = client.claim_session(RUN)
safety = client.safety_check(RUN)
assert safety.can_trade, safety.blocking_reasons
client.place_order(
    RUN,
    equity_market_order("INFY", "BUY", 1),
    idempotency_key=f"{RUN}:entry:002",
    safety_token=safety.safety_token,
    session_nonce=claim["worker_session_nonce"],
)
basket = client.place_basket(
    RUN,
    [equity_market_order("INFY", "BUY", 1), equity_market_order("RELIANCE", "BUY", 1)],
    idempotency_key=f"{RUN}:basket:001",
    all_or_none=True,
    session_nonce=claim["worker_session_nonce"],
)
assert [leg["status"] for leg in basket["result"]["legs"]] == ["COMPLETE", "COMPLETE"]
done = client.exit_run(
    RUN,
    reason="strategy complete",
    idempotency_key=f"{RUN}:exit:001",
    session_nonce=claim["worker_session_nonce"],
)
assert done["status"] == "closed"
