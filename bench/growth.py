"""How the time grows with the length of history: `python bench/growth.py`.

500 symbols, so that both lengths exceed the processor's cache: below it, short histories gain.
"""

from __future__ import annotations

import setting

from tradertape_core.backtest.simulation.simulate import simulate, warm_up
from tradertape_core.strategy.evaluation.cache import IndicatorCache


def main() -> None:
    warm_up()
    strategy, config = setting.strategy(), setting.config()
    took: list[float] = []
    for days in (1_500, 15_000):
        panel = setting.market(days, 500)
        cache = IndicatorCache(panel)
        simulate(panel, strategy, config, cache=cache)
        once = lambda: simulate(panel, strategy, config, cache=cache)  # noqa: B023, E731
        took.append(setting.median_ms(once, 7))
    setting.report(engine="ours", short_ms=took[0], long_ms=took[1])


if __name__ == "__main__":
    main()
