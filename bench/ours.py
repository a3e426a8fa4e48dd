"""Ours, evaluator and day loop through the whole DSL: `python bench/ours.py DAYS SYMBOLS`."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import setting

from tradertape_core.backtest.reference.simulator import simulate_reference
from tradertape_core.backtest.simulation.simulate import simulate, warm_up
from tradertape_core.strategy.evaluation.cache import IndicatorCache


def main(days: int, symbols: int) -> None:
    panel, strategy, config = setting.market(days, symbols), setting.strategy(), setting.config()
    start = time.perf_counter()
    warm_up()
    load_ms = (time.perf_counter() - start) * 1_000
    simulate(panel, strategy, config, engine="numba")
    cache = IndicatorCache(panel)
    run = simulate(panel, strategy, config, cache=cache, engine="numba")
    trades = setting.closed_trades(run)
    times = 21 if days * symbols < 1_000_000 else 7
    figures: dict[str, object] = {
        "engine": "ours",
        "trades": trades,
        "warm_ms": setting.median_ms(lambda: simulate(panel, strategy, config, cache=cache), times),
        "fresh_indicators_ms": setting.median_ms(lambda: simulate(panel, strategy, config), times),
        "load_ms": load_ms,
    }
    limited = replace(config, participation_pct=5.0, circuit_limits=True)
    figures["limited_ms"] = setting.median_ms(
        lambda: simulate(panel, strategy, limited, cache=cache), times
    )
    if days * symbols < 1_000_000:
        plain = lambda: simulate(panel, strategy, config, cache=cache, engine="python")  # noqa: E731
        figures["plain_python_ms"] = setting.median_ms(plain, 3)
        reference = simulate_reference(panel, strategy, config, cache=cache)
        figures["equals_reference"] = setting.closed_trades(reference) == trades and bool(
            (reference.equity == run.equity).all()
        )
    setting.report(**figures)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
