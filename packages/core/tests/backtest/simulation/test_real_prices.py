"""The base models on real NSE prices: all simulators agree, and the money adds up (BT-01)."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import numpy as np
import pytest

from tradertape_core.backtest.config import BacktestConfig, Simulation
from tradertape_core.backtest.reference.simulator import simulate_reference
from tradertape_core.backtest.simulation.simulate import simulate
from tradertape_core.market.panel import IndexSeries, Panel
from tradertape_core.strategy.evaluation.cache import IndicatorCache
from tradertape_core.strategy.language.base_models import BASE_MODELS
from tradertape_core.strategy.parse.document import parse_strategy

parquet = pytest.importorskip("pyarrow.parquet")
pytestmark = pytest.mark.real_data

START, FIRST, END = np.datetime64("2020-01-01"), np.datetime64("2021-06-01"), "2023-05-01"
SYMBOLS = 40


@pytest.fixture(scope="module")
def cache(real_data_dir) -> IndicatorCache:
    """Forty stocks, lost and late ones among them, with NIFTY 50."""
    rows = parquet.read_table(real_data_dir / "nse_daily.parquet").to_pandas()
    rows["day"] = rows["date"].astype("datetime64[s]").dt.normalize()
    rows = rows[(rows["day"] >= str(START)) & (rows["day"] < END)]
    symbols = sorted(rows["symbol"].unique())[:: rows["symbol"].nunique() // SYMBOLS]
    rows = rows[rows["symbol"].isin(symbols)]
    wide = {
        name: rows.pivot(index="day", columns="symbol", values=name).astype(float)
        for name in ("open", "high", "low", "close", "volume")
    }
    dates = wide["close"].index.to_numpy().astype("datetime64[D]")
    index = parquet.read_table(real_data_dir / "nse_indices.parquet").to_pandas()
    nifty = index[index["index"] == "NIFTY 50"].set_index("date").reindex(dates.tolist())
    candle = [nifty[name].to_numpy(dtype=float) for name in ("open", "high", "low", "close")]
    panel = Panel(
        dates=dates,
        symbols=tuple(wide["close"].columns),
        **{name: np.ascontiguousarray(frame.to_numpy()) for name, frame in wide.items()},
        member=np.ones(wide["close"].shape, dtype=bool),
        sectors=tuple(f"sector {column % 6}" for column in range(wide["close"].shape[1])),
        indices={"NIFTY 50": IndexSeries(*candle)},
        first=int(np.searchsorted(dates, FIRST)),
    )
    return IndicatorCache(panel)


@pytest.mark.parametrize("fill_model", ["next_open", "close", "gtt_touch"])
@pytest.mark.parametrize("name", sorted(BASE_MODELS))
def test_a_base_model_trades_the_same_in_every_simulator(cache, name, fill_model):
    strategy = parse_strategy(BASE_MODELS[name])
    config = BacktestConfig(date(2021, 6, 1), date(2023, 5, 1), fill_model=fill_model)
    run = simulate(cache.panel, strategy, config, cache=cache, engine="python")
    compiled = simulate(cache.panel, strategy, config, cache=cache, engine="numba")
    reference = simulate_reference(cache.panel, strategy, config, cache=cache)
    assert len(run.symbol) > 20
    for field in (each.name for each in fields(Simulation) if each.name != "engine"):
        expected = getattr(reference, field)
        np.testing.assert_array_equal(getattr(run, field), expected, err_msg=field)
        np.testing.assert_array_equal(getattr(compiled, field), expected, err_msg=field)
    assert run.equity[-1] == run.equity[0] + int((run.gross_pnl - run.charges).sum())
