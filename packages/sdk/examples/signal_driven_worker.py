"""Place orders for signals from elsewhere: one JSON object per line, from a file or a pipe.

    {"id": "sig-001", "symbol": "NSE:INFY", "side": "BUY", "quantity": 1}

    my_model | python signal_driven_worker.py -

The signal's id is in the order's key, so a repeated signal is executed once. Dry by
default; `KITE_ALGO_EXECUTION_MODE=paper` trades in the simulated market.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kite_algo_worker import (
    AlgoWorkerConfig,
    BrokerValidationError,
    KiteAlgoWorkerClient,
    KiteAlgoWorkerError,
    ManagedRun,
    OrderBuilder,
    RunConfig,
)

SAMPLE = """
{"id": "sig-001", "symbol": "NSE:INFY", "side": "BUY", "quantity": 1}
{"id": "sig-002", "symbol": "NSE:RELIANCE", "side": "BUY", "quantity": 0}
{"id": "sig-001", "symbol": "NSE:INFY", "side": "BUY", "quantity": 1}
"""


def signals(source: str) -> Iterator[dict[str, Any]]:
    """Return the signals of a file, of standard input (`-`), or the sample."""
    lines: Iterable[str] = SAMPLE.splitlines()
    if source == "-":
        lines = sys.stdin
    elif source:
        lines = Path(source).read_text(encoding="utf-8").splitlines()
    return (json.loads(line) for line in lines if line.strip())


def carry_out(run: ManagedRun, signal: dict[str, Any]) -> None:
    """Place a signal's order; print a refusal and continue."""
    exchange, _, name = signal["symbol"].partition(":")
    builder = OrderBuilder(exchange, name, signal["side"], "CNC", signal["quantity"])
    safety = run.safety_check()
    if not safety.can_trade:
        print(signal["id"], "blocked:", ", ".join(safety.blocking_reasons))
        return
    try:
        placed = run.place_order(
            builder.market().regular().build(),
            idempotency_key=f"{run.run_id}:signal:{signal['id']}",
            metadata={"signal": signal},
            safety_token=safety.safety_token,
        )
    except BrokerValidationError as error:
        run.log_decision_event(
            event_type="signal.refused", summary=f"{signal['id']}: {error}", details=signal
        )
        print(signal["id"], "refused:", error)
        return
    print(signal["id"], "order", placed["order_id"], placed["status"])


def main() -> None:
    config = RunConfig.from_env(
        "signal-driven", strategy_run_id=os.environ.get("KITE_ALGO_RUN_ID")
    ).with_metadata(strategy_family="external", strategy_name="Signals", entry_surface="worker")
    source = sys.argv[1] if len(sys.argv) > 1 else ""
    with KiteAlgoWorkerClient(AlgoWorkerConfig.from_env()) as client:
        with client.run(config, auto_heartbeat=True) as run:
            for signal in signals(source):
                carry_out(run, signal)
            print("orders:", len(client.get_orders_snapshot(run.run_id).orders))


if __name__ == "__main__":
    try:
        main()
    except KiteAlgoWorkerError as error:  # refused, or the server is unavailable
        raise SystemExit(f"Stopped: {error}") from None
