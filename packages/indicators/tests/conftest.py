"""Candles to compute on, and the two engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

import tradertape_indicators as ta

Series = dict[str, np.ndarray]


@pytest.fixture(params=["numpy", "numba"])
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run a test once per engine."""
    ta.use_numba(request.param == "numba")
    yield request.param
    ta.use_numba(None)


@pytest.fixture
def on_numpy() -> Iterator[None]:
    ta.use_numba(False)
    yield
    ta.use_numba(None)


@pytest.fixture(scope="session")
def candles() -> Callable[..., Series]:
    """Make a market: candles(bars, symbols=0 for one axis, seed=, holes=share of missing bars)."""

    def make(bars: int, symbols: int = 0, *, seed: int = 1, holes: float = 0.0) -> Series:
        draw = np.random.default_rng(seed)
        shape = (bars, symbols or 1)
        close = 100.0 * np.exp(np.cumsum(draw.normal(0.0, 0.02, shape), axis=0))
        open_ = close * np.exp(draw.normal(0.0, 0.01, shape))
        high = np.maximum(open_, close) * (1.0 + np.abs(draw.normal(0.0, 0.01, shape)))
        low = np.minimum(open_, close) * (1.0 - np.abs(draw.normal(0.0, 0.01, shape)))
        volume = np.floor(draw.lognormal(10.0, 0.5, shape))
        other = close * np.exp(draw.normal(0.0, 0.02, shape))
        series = {"open": open_, "high": high, "low": low, "close": close, "volume": volume}
        series |= {"left": close, "right": other}
        missing = draw.random(shape) < holes
        for name in series:
            holed = np.where(missing, np.nan, series[name])
            series[name] = holed if symbols else holed[:, 0]
            series[name].flags.writeable = False  # whoever writes to an input fails its test
        return series

    return make


@pytest.fixture(scope="session")
def reference() -> Series:
    """The forty bars whose indicator values the published worker package gives."""
    i = np.arange(40.0)
    close = 100.0 + ((37 * i) % 11) + 0.5 * i
    return {
        "close": close,
        "high": close + 2 + (i % 3),
        "low": close - 1 - (i % 2),
        "volume": 1000.0 + ((53 * i) % 97),
    }
