"""The simulated world held against real prices: aggregate figures only."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tradertape_core.market.world import DEFAULT_SEED, generate

# How far each moment may lie from the real one: below and above.
STOCKS = {
    "volatility, median": (0.04, 0.04),
    "volatility, 1st decile": (0.04, 0.04),
    "volatility, 9th decile": (0.06, 0.06),
    "excess kurtosis, median": (2.5, 2.5),
    "maximum drawdown, median": (0.12, 0.12),
    "maximum drawdown, 1st decile": (0.10, 0.10),
    "maximum drawdown, 9th decile": (0.12, 0.12),
    "autocorrelation of r, lag 1, median": (0.025, 0.025),
    "autocorrelation of abs(r), lag 1, median": (0.06, 0.06),
    "autocorrelation of abs(r), lag 5, median": (0.05, 0.05),
    "autocorrelation of abs(r), lag 20, median": (0.04, 0.05),
    "variance ratio, 5 days, median": (0.06, 0.06),
    "variance ratio, 20 days, median": (0.10, 0.10),
    "overnight share of variance, median": (0.04, 0.04),
    "overnight with daytime, median": (0.04, 0.04),
    "overnight return a year, median": (0.15, 0.10),
    "daytime return a year, median": (0.10, 0.12),
    "range variance over daytime variance, median": (0.06, 0.06),
    "volume with range, median": (0.05, 0.05),
    "volume, deviation from its trend, median": (0.05, 0.05),
    "correlation of two stocks, mean": (0.07, 0.07),
    "correlation within a sector, mean": (0.07, 0.07),
    "rank correlation, 5 days with next 5": (0.02, 0.04),
    "rank correlation, 250 days with next 20": (0.06, 0.03),
}
INDEX = {
    "volatility": (0.03, 0.03),
    "maximum drawdown": (0.15, 0.12),
    "autocorrelation of r, lag 1": (0.06, 0.08),
    "autocorrelation of abs(r), lag 1": (0.10, 0.10),
    "autocorrelation of abs(r), lag 5": (0.15, 0.10),
    "autocorrelation of abs(r), lag 20": (0.12, 0.10),
}
FEAR = {
    "level, median": (2.5, 2.5),
    "level, 5th percentile": (2.0, 2.0),
    "level, 95th percentile": (5.0, 5.0),
    "daily change": (0.015, 0.015),
    "with the index's return": (0.12, 0.15),
}
BANDS = {"Stocks": STOCKS, "NIFTY 50": INDEX, "NIFTY BANK": INDEX, "INDIA VIX": FEAR}


def load_script() -> ModuleType:
    path = Path(__file__).parents[5] / "scripts" / "calibrate_world.py"
    spec = importlib.util.spec_from_file_location("calibrate_world", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.real_data
def test_the_moments_of_the_default_world_lie_near_the_real_ones(real_data_dir: Path) -> None:
    script = load_script()
    real = script.measure_real(real_data_dir)
    simulated = script.measure_world(generate(DEFAULT_SEED, end=script.END))
    far = [
        f"{group}, {name}: real {real[group][name]:.3f}, simulated {simulated[group][name]:.3f}"
        for group, bands in BANDS.items()
        for name, (below, above) in bands.items()
        if not -below <= simulated[group][name] - real[group][name] <= above
    ]
    assert not far
    # Both have crises; how large the largest is, is chance: see the seeds in the docs.
    assert real["NIFTY 50"]["excess kurtosis"] > 5
    assert simulated["NIFTY 50"]["excess kurtosis"] > 5
