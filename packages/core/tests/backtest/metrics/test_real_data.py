"""Figures of real prices: a held stock against the NIFTY 50, beside quantstats and empyrical."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from tradertape_core.backtest.metrics.summary import summarize

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def prices(real_data_dir):
    """Dates, closes of RELIANCE and of the NIFTY 50, on days both have; 2016 to 2025."""
    table = pytest.importorskip("pyarrow.parquet")
    stock = table.read_table(
        real_data_dir / "nse_daily.parquet", filters=[("symbol", "==", "RELIANCE")]
    )
    index = table.read_table(
        real_data_dir / "nse_indices.parquet", filters=[("index", "==", "NIFTY 50")]
    )
    of_stock, of_index = (
        dict(zip(t["date"].to_pylist(), t["close"].to_pylist(), strict=True))
        for t in (stock, index)
    )
    days = sorted(d for d in of_stock.keys() & of_index.keys() if 2016 <= d.year <= 2025)
    assert len(days) > 2000
    return days, np.array([of_stock[d] for d in days]), np.array([of_index[d] for d in days])


@pytest.fixture(scope="module")
def summary(run_of, prices):
    days, stock, index = prices
    # Capital is the first close in lakhs, so that a paisa is far below any figure's tolerance.
    run = run_of(stock * 1e5, capital=float(stock[0]) * 1e5, benchmark=index, dates=days)
    return summarize(run.simulation, run.panel, run.config)


def test_growth_is_that_of_the_first_and_last_price(summary, prices):
    days, stock, index = prices
    years = (days[-1] - days[0]).days / 365.25
    assert summary["cagr"] == pytest.approx(((stock[-1] / stock[0]) ** (1 / years) - 1) * 100)
    assert summary["benchmark_return"] == pytest.approx((index[-1] / index[0] - 1) * 100)


def test_risk_agrees_with_the_libraries(summary, prices):
    import pandas

    days, stock, index = prices
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        empyrical = pytest.importorskip("empyrical")
        quantstats = pytest.importorskip("quantstats").stats
        dates = pandas.DatetimeIndex(days)
        own = pandas.Series(stock, dates).pct_change().fillna(0.0)
        other = pandas.Series(index, dates).pct_change()
        expected = {
            "volatility": float(quantstats.volatility(own)) * 100,
            "sharpe": float(quantstats.sharpe(own)),
            "sortino": float(quantstats.sortino(own)),
            "max_drawdown": empyrical.max_drawdown(own) * 100,
            "var_95": float(empyrical.value_at_risk(own)) * 100,
            "omega": empyrical.omega_ratio(own),
            "tail_ratio": empyrical.tail_ratio(own),
            "skew": float(own.skew()),
            "kurtosis": float(own.kurt()),
            "ulcer_index": float(np.sqrt((underwater(stock) ** 2).mean()) * 100),
            "beta": empyrical.beta(own[1:], other[1:]),
            "correlation": float(np.corrcoef(own[1:], other[1:])[0, 1]),
            "tracking_error": float((own - other)[1:].std()) * np.sqrt(252) * 100,
        }
    for name, value in expected.items():
        assert summary[name] == pytest.approx(value, rel=1e-4), name


def underwater(prices):
    return prices / np.maximum.accumulate(prices) - 1


def test_the_fall_of_march_2020_is_found(summary):
    assert summary["max_drawdown"] < -35
    assert summary["max_drawdown_start"] < "2020-03-23"
    assert summary["max_drawdown_end"] > "2020-03-23"
