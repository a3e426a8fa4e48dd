"""What a tick costs the workers' live indicators: ours beside the published engine.

    .venv/bin/python bench/live_indicators.py

A tick is an update of the candle in the making. Times are those of the processor, medians, after a
history of 300 and of 3,000 candles: ours costs the same after both, and the published engine
computes the whole history each time. It is installed aside, into `.tools/`.
"""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from kite_algo_worker.indicators import LiveIndicatorEngine

ASIDE = Path(__file__).parents[1] / ".tools" / "published-worker-0.7.4"
HISTORIES = (300, 3_000)
CLOSE = {"source": "close"}
INDICATORS: dict[str, dict[str, Any]] = {
    "sma": {"period": 20, **CLOSE},
    "ema": {"period": 20, **CLOSE},
    "wma": {"period": 20, **CLOSE},
    "vwma": {"period": 14, "source": ("close", "volume")},
    "supertrend": {},
    "rsi": CLOSE,
    "macd": CLOSE,
    "ppo": CLOSE,
    "dpo": CLOSE,
    "stochastic": {},
    "cci": {},
    "williamsr": {},
    "linreg": CLOSE,
    "atr": {},
    "bbands": CLOSE,
    "keltner": {},
    "adx": {},
    "aroon": {},
    "sar": {},
    "obv": {},
    "vwap": {},
    "mfi": {},
    "highest": {"period": 20, **CLOSE},
    "lowest": {"period": 20, **CLOSE},
    "rising": {"period": 3, **CLOSE},
    "falling": {"period": 3, **CLOSE},
    "crossover": {"source": ("close", "open")},
    "crossunder": {"source": ("close", "open")},
}


def published() -> ModuleType:
    """The published package under a name of its own."""
    if not ASIDE.is_dir():
        uv = shutil.which("uv") or str(ASIDE.parent / "bin" / "uv")
        wheel = "kite-algo-worker==0.7.4"
        command = [uv, "pip", "install", "-q", "--no-deps", "--target", str(ASIDE), wheel]
        subprocess.run(command, check=True)
    package = ASIDE / "kite_algo_worker"
    spec = importlib.util.spec_from_file_location(
        "published_worker", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    assert spec is not None
    assert spec.loader is not None
    sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[spec.name])
    return importlib.import_module("published_worker.indicators")


def market(candles: int) -> pd.DataFrame:
    draw = np.random.default_rng(7)
    close = 100.0 * np.exp(np.cumsum(draw.normal(0.0, 0.002, candles)))
    index = pd.date_range("2024-01-01 09:15", periods=candles, freq="5min", tz="Asia/Kolkata")
    columns = {"open": close, "high": close * 1.002, "low": close * 0.998, "close": close}
    return pd.DataFrame({**columns, "volume": 1_000.0}, index=index)


def microseconds(engine: Any, ticks: list[dict[str, Any]]) -> float:
    """Median time of a tick, from several takes."""
    takes: list[float] = []
    while len(takes) < 5 and sum(takes) < 0.2:
        start = time.process_time()
        for tick in ticks:
            engine.update_provisional(tick)
        takes.append(time.process_time() - start)
    return statistics.median(takes) / len(ticks) * 1e6


def measured(engine_of: Any, configs: list[Any], history: int, ticks: int) -> float:
    frame = market(history + 1)
    engine = engine_of.from_history(frame.iloc[:-1], configs)
    last = {"ts": frame.index[-1].isoformat(), **frame.iloc[-1].to_dict()}
    return microseconds(engine, [{**last, "close": last["open"] + i * 0.01} for i in range(ticks)])


def main() -> None:
    other = published().LiveIndicatorEngine
    sets: dict[str, list[Any]] = {name: [(name, params)] for name, params in INDICATORS.items()}
    sets["all 28"] = [*INDICATORS.items()]
    few, many = HISTORIES
    print("Microseconds per tick; the ratio is published to ours\n")
    print(f"| indicator | ours, {few} | ours, {many:,} | published, {few} | {many:,} | ratio |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, configs in sets.items():
        ours = [measured(LiveIndicatorEngine, configs, history, 500) for history in HISTORIES]
        theirs = [measured(other, configs, history, 2) for history in HISTORIES]
        cells = [f"{one:.1f}" for one in ours] + [f"{one:,.0f}" for one in theirs]
        ratios = f"{theirs[0] / ours[0]:,.0f}–{theirs[1] / ours[1]:,.0f}"
        print(f"| {name} | {' | '.join(cells)} | {ratios} |", flush=True)


if __name__ == "__main__":
    main()
