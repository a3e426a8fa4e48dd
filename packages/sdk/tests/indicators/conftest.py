"""Candles to compute on, and the published indicators."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="session")
def published(published_module: Callable[[str], ModuleType]) -> ModuleType:
    """The published package's `indicators`."""
    return published_module("indicators")


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
