"""A whole backtest: which fill model it takes, and what it says of liquidity and dividends."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from tradertape_core.backtest.config import BacktestConfig
from tradertape_core.backtest.run import run_backtest
from tradertape_core.market.panel import Dividends, Panel
from tradertape_core.strategy.parse.document import complete

DAYS = 120


def document(order: str = "gtt", **more):
    rules = {
        "name": "Always", "base_model": "v1_momentum",
        "entry_rules": {
            "type": "compare",
            "left": {"type": "indicator", "name": "close"},
            "op": ">",
            "right": {"type": "literal", "value": 0},
        },
        "entry": {"order": order}, "stops": {"time_exit_days": 5},
    }  # fmt: skip
    return complete(rules | more)


def panel(volume: float = 1e9, **more) -> Panel:
    rng = np.random.default_rng(3)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0.001, 0.02, (DAYS, 3)), axis=0)), 2)
    opened = np.round(close * (1 + rng.normal(0, 0.005, close.shape)), 2)
    return Panel(
        dates=np.busday_offset("2024-01-01", np.arange(DAYS)).astype("datetime64[D]"),
        symbols=("A", "B", "C"),
        open=opened,
        high=np.maximum(opened, close) + 1,
        low=np.minimum(opened, close) - 1,
        close=close,
        volume=np.full(close.shape, volume),
        member=np.ones(close.shape, dtype=bool),
        sectors=("", "", ""),
        **more,
    )


def report(order: str = "gtt", prices: Panel | None = None, **config):
    settings = BacktestConfig(date(2024, 1, 1), date(2024, 12, 31), **config)
    return run_backtest(prices or panel(), document(order), settings, engine="python")


@pytest.mark.parametrize(
    ("order", "model"), [("gtt", "gtt_touch"), ("limit", "gtt_touch"), ("market", "next_open")]
)
def test_the_fill_model_is_that_of_the_strategys_entry(order, model):
    found = report(order)
    assert found["config"]["fill_model"] == model
    assert found["as_entered"] is None
    assert found["hash"] == report(order, fill_model=model)["hash"]


def test_another_fill_model_warns_with_the_figures_of_both():
    own, other = report(), report(fill_model="next_open")
    assert other["as_entered"]["fill_model"] == "gtt_touch"
    for name in ("cagr", "total_return", "max_drawdown", "total_trades", "sharpe"):
        assert other["as_entered"][name] == own["summary"][name]
    (warning,) = [one for one in other["warnings"] if "fills are those of next_open" in one]
    assert other["warnings"][0] == warning
    for figures in (own, other):
        assert f"{figures['summary']['cagr']:+.2f}".lstrip("+-") in warning


def test_a_thin_market_cuts_purchases_and_delays_exits():
    thin = report(prices=panel(volume=4_000.0))
    trade = thin["trades"][0]
    assert trade["quantity"] == 200  # 5 % of the volume, and of its median
    assert trade["wanted_quantity"] > 200
    assert thin["summary"]["cut_purchases"] > 0
    assert any("cut to 5 % of the volume" in one for one in thin["warnings"])
    free = report(prices=panel(volume=4_000.0), participation_pct=0)
    assert free["trades"][0]["quantity"] == free["trades"][0]["wanted_quantity"]
    assert any("participation_pct is 0" in one for one in free["warnings"])


def test_dividends_are_profit_and_stand_in_the_costs():
    paid = Dividends(np.array([50, 60]), np.array([0, 1]), np.array([3.0, 1.5]))
    prices = panel(dividends=paid)
    with_them, without = report(prices=prices), report(prices=prices, dividends=False)
    total = with_them["costs"]["dividends"]
    assert total == with_them["summary"]["total_dividends"] > 0
    assert total == pytest.approx(sum(row["dividends"] for row in with_them["trades"]))
    assert without["costs"]["dividends"] == 0
    net = sum(row["net_pnl"] for row in [*with_them["trades"], *with_them["open_positions"]])
    assert with_them["summary"]["net_profit"] == pytest.approx(net, abs=0.01)


def test_a_stock_without_volumes_is_not_limited_and_that_is_said():
    found = report(prices=panel(volume=float("nan")))
    assert found["summary"]["cut_purchases"] == 0
    assert any("have no volumes" in one for one in found["warnings"])


@pytest.mark.parametrize("engine", ["python", "auto"])
def test_nothing_is_bought_while_the_atr_of_its_stop_is_unknown(engine):
    settings = BacktestConfig(date(2024, 1, 1), date(2024, 12, 31))
    stops = {"atr_stop_mult": 2, "time_exit_days": 5}
    found = run_backtest(panel(), document(stops=stops), settings, engine=engine)
    without = [one for one in found["skipped_signals"] if one["reason"] == "no_atr"]
    first = min(one["entry_date"] for one in found["trades"])
    assert {one["symbol"] for one in without} == {"A", "B", "C"}
    assert max(one["date"] for one in without) < first
    assert any(
        f"{len(without)} signals were skipped: stop or size" in one for one in found["warnings"]
    )
    assert report()["trades"][0]["entry_date"] < first
