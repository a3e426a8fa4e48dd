"""Fixtures for the tests of strategies: small panels, and documents around one condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from tradertape_core.market.panel import IndexSeries, Panel
from tradertape_core.strategy.language.rules import Strategy
from tradertape_core.strategy.parse.document import parse_strategy

START = np.datetime64("2024-01-01", "D")
Column = Sequence[float | None]


@pytest.fixture(scope="session")
def make_panel() -> Callable[..., Panel]:
    """A panel from closes by symbol; None is a missing candle. Candles are flat, volume 1000."""

    def make(closes: Mapping[str, Column], **changes: object) -> Panel:
        close = np.array([list(column) for column in closes.values()], dtype=np.float64).T
        volume = np.where(np.isnan(close), np.nan, 1000.0)
        fields: dict[str, object] = {
            "dates": START + np.arange(close.shape[0]),
            "symbols": tuple(closes),
            "open": close,
            "high": close,
            "low": close,
            "close": close,
            "volume": volume,
            "member": np.ones(close.shape, dtype=np.bool_),
            "sectors": ("",) * close.shape[1],
        }
        return Panel(**{**fields, **changes})

    return make


@pytest.fixture(scope="session")
def make_index() -> Callable[[Column], IndexSeries]:
    """An index whose candles are flat at the given closes; None where it has no value."""

    def make(closes: Column) -> IndexSeries:
        values = np.array(list(closes), dtype=np.float64)
        return IndexSeries(open=values, high=values, low=values, close=values)

    return make


@pytest.fixture(scope="session")
def strategy_with() -> Callable[..., Strategy]:
    """A bare strategy that buys on one condition: no exits, no stops, no filters, no scores."""

    def make(condition: Mapping[str, object], **blocks: object) -> Strategy:
        bare: dict[str, object] = {
            "name": "Test",
            "base_model": "v0_dart_monkey",
            "entry_rules": condition,
            "exit_rules": [],
        }
        return parse_strategy({**bare, **blocks})

    return make
