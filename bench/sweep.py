"""A sweep of 200 combinations in one process, ours: `python bench/sweep.py`."""

from __future__ import annotations

import itertools
import time

import setting

from tradertape_core.backtest.simulation.simulate import simulate, warm_up
from tradertape_core.strategy.evaluation.cache import IndicatorCache

DIPS = [0.94 + 0.005 * step for step in range(8)]
LEVELS = [25.0, 30.0, 35.0, 40.0, 45.0]
TARGETS = [4.0, 6.0, 8.0, 10.0, 12.0]


def main() -> None:
    panel, config = setting.market(1_500, 100), setting.config()
    warm_up()
    cache = IndicatorCache(panel)
    start = time.perf_counter()
    for dip, oversold, target in itertools.product(DIPS, LEVELS, TARGETS):
        strategy = setting.strategy(dip=dip, oversold=oversold, target=target)
        simulate(panel, strategy, config, cache=cache)
    setting.report(engine="ours", sweep_s=time.perf_counter() - start)


if __name__ == "__main__":
    main()
