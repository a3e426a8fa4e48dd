"""A bull call spread on NIFTY: resolve the contracts, preview the cost, enter, monitor, exit.

Dry by default; `KITE_ALGO_EXECUTION_MODE=paper` trades in the simulated market.
"""

from __future__ import annotations

import os

from kite_algo_worker import (
    AlgoWorkerConfig,
    KiteAlgoWorkerClient,
    KiteAlgoWorkerError,
    RunConfig,
    SpreadLegSelection,
    SpreadSpec,
    resolve_spread,
)

UNDERLYING = os.environ.get("KITE_ALGO_UNDERLYING", "NIFTY")
SPREAD = SpreadSpec(
    spread_type="bull_call_spread",
    expiry="nearest",
    legs=[
        SpreadLegSelection({"option_type": "CE", "moneyness": "ATM"}, "BUY"),
        SpreadLegSelection({"option_type": "CE", "moneyness": "+1_strike"}, "SELL"),
    ],
)


def main() -> None:
    where = RunConfig.from_env("bull-call-spread")
    with KiteAlgoWorkerClient(AlgoWorkerConfig.from_env()) as client:
        options = client.options
        options.ensure_session(UNDERLYING)
        print("expiries:", ", ".join(options.list_expiries(UNDERLYING)["expiries"][:3]))
        legs = resolve_spread(options, underlying=UNDERLYING, product="MIS", spec=SPREAD)
        for leg in legs:
            print(leg.transaction_type, leg.quantity, leg.tradingsymbol, "at", leg.ltp)

        run_id = options.create_run(
            strategy_name="Bull call spread",
            product="MIS",
            legs=legs,
            protection={"stoploss_pct": 25.0},
            metadata={
                "execution_mode": where.execution_mode,
                "account_scope": where.account_scope,
                "strategy_family": "options",
                "entry_surface": "worker",
            },
        )["strategy_run_id"]
        cost = options.preview_entry(run_id)["preview"]["cost_contract"]
        print("margin needed:", cost["margin_required"])

        safety = client.safety_check(run_id)
        if not safety.can_trade:
            raise SystemExit(f"Blocked: {', '.join(safety.blocking_reasons)}")
        options.enter(
            run_id,
            {"idempotency_key": f"{run_id}:enter:001", "all_or_none": True},
            safety_token=safety.safety_token,
        )
        print("protection:", options.get_protection_state(run_id)["status"])
        print("net P&L:", client.get_run_pnl(run_id)["totals"]["net_pnl"])
        options.exit(run_id, {"idempotency_key": f"{run_id}:leave:001"})
        print("run", run_id, client.get_run(run_id)["status"])


if __name__ == "__main__":
    try:
        main()
    except KiteAlgoWorkerError as error:  # refused, or the server is unavailable
        raise SystemExit(f"Stopped: {error}") from None
