"""A worker that buys one share a step, and comes back after a crash by the documented restart flow.

Its plan is a list of steps with deterministic keys. It writes down nothing: what was done it learns
from the server. Environment: KITE_ALGO_…, RUN_ID, STEPS; it prints a line a step.
"""

from __future__ import annotations

import os
import sys

from kite_algo_worker import (
    AlgoWorkerConfig,
    KiteAlgoWorkerClient,
    KiteAlgoWorkerError,
    RunConfig,
    equity_market_order,
    ta,
    warmup_history,
)

RUN_ID, STEPS = os.environ["RUN_ID"], int(os.environ["STEPS"])


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def main() -> None:
    client = KiteAlgoWorkerClient(AlgoWorkerConfig.from_env())
    config = RunConfig.from_env("restarting", strategy_run_id=RUN_ID)
    # 1. what the server knows of the run
    try:
        run = client.get_run(RUN_ID)
    except KiteAlgoWorkerError as error:
        if error.status_code != 404:
            raise
        run = client.create_run_from_config(config)
    # 2. and 3. the data, and the indicators made from it
    history = warmup_history(client, "NSE:INFY", timeframe="day", min_candles=30, lookback_days=120)
    level = ta.sma([candle.close for candle in history.candles], 20)[-1]
    say("recovered", run["status"], f"sma {level:.2f}")
    # 4. the stream, from its beginning: each event once
    events = client.stream_timeline(RUN_ID)
    for step in range(STEPS):
        order = equity_market_order("INFY", "BUY", 1)
        placed = client.place_order(RUN_ID, order, f"{RUN_ID}:step:{step:03}")
        say("step", step, placed["order_id"])
    seen = [next(events)["cursor"] for _ in range(len(client.list_timeline(RUN_ID)["events"]))]
    assert seen == sorted(set(seen))
    say("done", len(seen))


if __name__ == "__main__":
    main()
