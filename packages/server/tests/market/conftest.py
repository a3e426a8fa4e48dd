"""Fixtures of the market tests: small data sets built through the same draft the product uses.

market       a MarketService on an empty home
make_set     writes a data set and makes it active: `make_set("toy", ["INFY", "TCS"], days=40)`
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tradertape_core.market.calendar import nse_calendar
from tradertape_server.features.market.data_sets.candles import CandleRows, rows_from
from tradertape_server.features.market.data_sets.draft import new_manifest, open_draft
from tradertape_server.features.market.data_sets.manifest import Manifest
from tradertape_server.features.market.data_sets.reference_rows import (
    Action,
    Dividend,
    Spell,
)
from tradertape_server.features.market.service import MarketService

MakeSet = Callable[..., Manifest]
FIRST = date(2024, 1, 1)


@pytest.fixture
def market(tmp_path: Path, clock) -> MarketService:
    return MarketService(tmp_path, clock)


@pytest.fixture
def make_set(market: MarketService) -> MakeSet:
    def make(
        name: str,
        symbols: Sequence[str],
        *,
        days: int = 40,
        index: str = "NIFTY 50",
        spells: Sequence[Spell] = (),
        basis: str = "split",
        gaps: Sequence[tuple[str, int]] = (),
        actions: Sequence[Action] = (),
        dividends: Sequence[Dividend] = (),
        into: MarketService | None = None,
    ) -> Manifest:
        service = into or market
        manifest = new_manifest(
            name, basis=basis, stored_basis=basis, clock=service.clock, source="test"
        )
        with open_draft(service.store, name, new=manifest) as draft:
            candles = walk(symbols, days)
            draft.candles = without(candles, gaps)
            draft.indices = walk([index], days) if index else draft.indices
            draft.membership = list(spells)
            draft.actions, draft.dividends = list(actions), list(dividends)
            draft.commit(service.clock)
        return service.use(name).manifest

    return make


def sessions(count: int) -> list[date]:
    return list(nse_calendar().sessions_between(FIRST, date(2026, 10, 30))[:count])


def walk(symbols: Sequence[str], days: int, *, seed: int = 7) -> CandleRows:
    """A random walk for each symbol over the first sessions of 2024."""
    rng = np.random.default_rng(seed)
    day = np.array(sessions(days), "datetime64[D]")
    name = np.repeat(np.array(symbols), days)
    close = np.concatenate([100 * np.exp(np.cumsum(rng.normal(0, 0.01, days))) for _ in symbols])
    close = np.round(close, 2)
    values = {
        "open": close,
        "high": np.round(close * 1.01, 2),
        "low": np.round(close * 0.99, 2),
        "close": close,
        "volume": np.full(len(close), 1000.0),
    }
    return rows_from(name, np.tile(day, len(symbols)), values)


def without(rows: CandleRows, gaps: Sequence[tuple[str, int]]) -> CandleRows:
    kept = np.ones(len(rows), bool)
    day = np.array(sessions(int(len(rows) / len(rows.names))), "datetime64[D]")
    for symbol, position in gaps:
        kept &= ~((rows.code == rows.names.index(symbol)) & (rows.day == day[position]))
    return rows.take(kept)
