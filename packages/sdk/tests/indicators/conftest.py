"""The published package beside ours, and candles to compute on."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[4]
WHEEL = "kite-algo-worker==0.7.4"
ASIDE = ROOT / ".tools" / "published-worker-0.7.4"
ALIAS = "published_worker"  # it is loaded under this name, so that both fit in one process


@pytest.fixture(scope="session")
def published_folder() -> Path:
    """The folder with the published package, unpacked once, without what it depends on."""
    if not ASIDE.is_dir():
        partial = ASIDE.with_name(f"{ASIDE.name}.{os.getpid()}")
        found = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
        command = [found, "pip", "install", "-q", "--no-deps", "--target", str(partial), WHEEL]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"the published package could not be installed: {done.stderr.strip()}")
        try:
            partial.rename(ASIDE)
        except OSError:  # another test run was first
            shutil.rmtree(partial)
    return ASIDE


@pytest.fixture(scope="session")
def published(published_folder: Path) -> ModuleType:
    """The published package's `indicators`; its modules are found beside it."""
    package = published_folder / "kite_algo_worker"
    if ALIAS not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            ALIAS, package / "__init__.py", submodule_search_locations=[str(package)]
        )
        assert spec is not None
        assert spec.loader is not None
        sys.modules[ALIAS] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[ALIAS])
    return importlib.import_module(f"{ALIAS}.indicators")


@pytest.fixture(scope="session")
def candles() -> Callable[..., pd.DataFrame]:
    """Make a market: candles(bars, seed=, holes=share of missing bars, ticks=few prices)."""

    def make(bars: int, *, seed: int = 1, holes: float = 0.0, ticks: bool = False) -> pd.DataFrame:
        draw = np.random.default_rng(seed)
        if ticks:
            close = 100.0 + draw.integers(-2, 3, bars)
            high, low = close + draw.integers(0, 3, bars), close - draw.integers(0, 3, bars)
            volume = draw.integers(1, 4, bars).astype(float)
        else:
            close = 100.0 * np.exp(np.cumsum(draw.normal(0.0, 0.02, bars)))
            high = close * (1.0 + np.abs(draw.normal(0.0, 0.01, bars)))
            low = close * (1.0 - np.abs(draw.normal(0.0, 0.01, bars)))
            volume = np.floor(draw.lognormal(10.0, 0.5, bars))
        index = pd.date_range("2024-01-01 09:15", periods=bars, freq="5min", name="ts")
        columns: dict[str, Any] = {"open": low + 0.3 * (high - low), "high": high, "low": low}
        frame = pd.DataFrame({**columns, "close": close, "volume": volume}, index=index)
        frame[draw.random(bars) < holes] = np.nan
        return frame

    return make


@pytest.fixture(scope="session")
def reference() -> pd.DataFrame:
    """The forty bars whose values the contract writes down."""
    i = np.arange(40.0)
    close = 100.0 + ((37 * i) % 11) + 0.5 * i
    return pd.DataFrame(
        {
            "high": close + 2 + (i % 3),
            "low": close - 1 - (i % 2),
            "close": close,
            "volume": 1000.0 + ((53 * i) % 97),
        }
    )
