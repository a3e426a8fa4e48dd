"""Buy oversold shares: the RSI of daily candles, decided here, executed by the server.

Dry by default; `KITE_ALGO_EXECUTION_MODE=paper` trades in the simulated market. The extra
`[indicators]` makes the RSI fast; without it the same numbers come from plain Python.
"""

from __future__ import annotations

import os

from kite_algo_worker import (
    AlgoWorkerConfig,
    KiteAlgoWorkerClient,
    KiteAlgoWorkerError,
    ManagedRun,
    RunConfig,
    equity_market_order,
    ta,
    warmup_history,
)

SYMBOLS = os.environ.get("KITE_ALGO_SYMBOLS", "NSE:INFY,NSE:RELIANCE,NSE:HDFCBANK").split(",")
PERIOD, OVERSOLD = 14, float(os.environ.get("KITE_ALGO_OVERSOLD", "30"))


def latest_rsi(client: KiteAlgoWorkerClient, symbol: str) -> tuple[str, float]:
    """Return the last complete day and its RSI, 0 to 100."""
    history = warmup_history(
        client, symbol, timeframe="day", min_candles=PERIOD * 4, lookback_days=180, attempts=3
    )
    days = [candle for candle in history.candles if candle.is_complete]
    values = ta.rsi([candle.close for candle in days], PERIOD)
    return days[-1].ts, float(values[-1])


def decide(client: KiteAlgoWorkerClient, run: ManagedRun, symbol: str) -> None:
    """Check one symbol; buy one share if it is oversold."""
    day, rsi = latest_rsi(client, symbol)
    wants = rsi < OVERSOLD
    run.log_decision_event(
        event_type="signal.generated" if wants else "signal.none",
        summary=f"RSI of {symbol} is {rsi:.1f}",
        details={"symbol": symbol, "rsi": rsi, "day": day},
    )
    print(f"{symbol}: RSI {rsi:.1f} on {day[:10]}{' - buy' if wants else ''}")
    if not wants:
        return
    safety = run.safety_check()
    if not safety.can_trade:
        print("blocked:", ", ".join(safety.blocking_reasons))
        return
    # One entry per symbol and candle, however often this is started.
    placed = run.place_order(
        equity_market_order(symbol.partition(":")[2], "BUY", 1),
        idempotency_key=f"{run.run_id}:entry:{symbol}:{day}",
        metadata={"rsi": rsi},
        safety_token=safety.safety_token,
    )
    print("order", placed["order_id"], placed["status"])


def main() -> None:
    config = RunConfig.from_env(
        "mean-reversion", strategy_run_id=os.environ.get("KITE_ALGO_RUN_ID")
    ).with_metadata(
        strategy_family="mean_reversion", strategy_name="RSI dip", entry_surface="worker"
    )
    with KiteAlgoWorkerClient(AlgoWorkerConfig.from_env()) as client:
        with client.run(config, auto_heartbeat=True) as run:
            for symbol in SYMBOLS:
                decide(client, run, symbol)
            print("net P&L:", client.get_run_pnl_snapshot(run.run_id).totals.net_pnl)


if __name__ == "__main__":
    try:
        main()
    except KiteAlgoWorkerError as error:  # refused, or the server is unavailable
        raise SystemExit(f"Stopped: {error}") from None
