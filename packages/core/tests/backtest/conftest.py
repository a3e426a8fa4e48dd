"""Made-up runs for the report: a panel, a simulation and a configuration that fit together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest

from tradertape_core.backtest.config import BacktestConfig, ExitReason, Simulation, SkipReason
from tradertape_core.market.panel import IndexSeries, Panel
from tradertape_core.strategy.language.rules import (
    Compare,
    ExitRule,
    Indicator,
    Number,
    Strategy,
)

STRATEGY = Strategy(
    name="Sample",
    base_model="v1_momentum",
    entry_rules=Compare(Indicator("close"), ">", Number(10)),
    exit_rules=(ExitRule("hot", 0, Compare(Indicator("close"), ">", Number(20))),),
)
DOCUMENT = {"name": "Sample", "base_model": "v1_momentum"}


@dataclass(frozen=True)
class Run:
    simulation: Simulation
    panel: Panel
    config: BacktestConfig
    strategy: Strategy = STRATEGY


def weekdays(count: int, start: str = "2024-01-01") -> np.ndarray:
    return np.busday_offset(start, np.arange(count), roll="forward").astype("datetime64[D]")


def make_run(
    equity, *, capital=1000.0, benchmark=None, trades=(), skipped=(), dates=None, first=0, **config
) -> Run:
    """A run of two symbols with the given equity in rupees.

    trades: dicts with symbol, entry, exit (rows; -1 open), price, exit_price, quantity and, when
    they matter, charges (rupees), stop, reason, rule, conviction.
    """
    dates = weekdays(len(equity)) if dates is None else np.asarray(dates, "datetime64[D]")
    length = len(dates)
    close = np.full((length, 2), 100.0)
    index = np.full(length, np.nan) if benchmark is None else np.asarray(benchmark, float)
    panel = Panel(
        dates=dates, symbols=("AAA", "BBB"), open=close, high=close, low=close, close=close,
        volume=np.full((length, 2), 1000.0), member=np.ones((length, 2), bool),
        sectors=("Banks", "IT"), indices={"NIFTY 50": IndexSeries(index, index, index, index)},
        first=first, data_version="v1",
    )  # fmt: skip
    settings = {
        "start_date": dates[0].item(), "end_date": max(dates[-1].item(), date(2030, 1, 1)),
        "starting_capital": capital, "fill_model": "next_open",
    } | config  # fmt: skip
    return Run(make_simulation(equity, trades, skipped), panel, BacktestConfig(**settings))


def make_simulation(equity, trades=(), skipped=()) -> Simulation:
    paise = np.round(np.asarray(equity, float) * 100).astype(np.int64)

    def column(name, default, kind=np.int64):
        return np.array([trade.get(name, default) for trade in trades], dtype=kind)

    price, exit_price = column("price", 100.0, float), column("exit_price", 100.0, float)
    quantity = column("quantity", 1)
    gross = np.round((exit_price - price) * quantity * 100).astype(np.int64)
    entry = column("entry", 0)
    return Simulation(
        symbol=column("symbol", 0), signal_row=np.maximum(entry - 1, 0), entry_row=entry,
        exit_row=column("exit", -1), entry_price=price, exit_price=exit_price, quantity=quantity,
        invested=np.round(price * quantity * 100).astype(np.int64), gross_pnl=gross,
        charges=np.round(column("charges", 0.0, float) * 100).astype(np.int64),
        slippage=np.zeros(len(trades), np.int64), initial_stop=column("stop", np.nan, float),
        bars_held=np.maximum(column("exit", -1) - entry, 0),
        exit_reason=column("reason", int(ExitReason.STOP)), exit_rule=column("rule", -1),
        conviction=column("conviction", 50.0, float), addons=np.zeros(len(trades), np.int64),
        wanted=column("wanted", 0) + (column("wanted", 0) == 0) * quantity,
        dividends=np.round(column("dividends", 0.0, float) * 100).astype(np.int64),
        mae_pct=np.full(len(trades), -1.0), mfe_pct=np.full(len(trades), 2.0),
        equity=paise, cash=paise // 2, positions=np.ones(len(paise), np.int64),
        turnover=np.zeros(len(paise), np.int64),
        skipped_row=np.array([s[0] for s in skipped], np.int64),
        skipped_symbol=np.array([s[1] for s in skipped], np.int64),
        skipped_reason=np.array([s[2] for s in skipped], np.int64),
        skipped_conviction=np.full(len(skipped), 50.0),
        signals_total=len(trades) + len(skipped), engine="python",
    )  # fmt: skip


@pytest.fixture(scope="session")
def run_of():
    """The factory `make_run`."""
    return make_run


@pytest.fixture
def busy_run() -> Run:
    """1,500 days, 400 trades, 900 skipped signals: everything a report can show at once."""
    draw = np.random.default_rng(7)
    market = draw.normal(0.0004, 0.01, 1500)
    equity = 1e6 * np.cumprod(1 + 0.8 * market + draw.normal(0.0002, 0.004, 1500))
    trades = [
        {
            "symbol": int(draw.integers(2)), "entry": entry, "exit": entry + int(draw.integers(15)),
            "price": 100.0, "exit_price": float(100 * (1 + draw.normal(0.01, 0.05))),
            "quantity": int(draw.integers(1, 500)), "charges": 35.0, "stop": 95.0,
            "reason": int(draw.choice([1, 4, 5, 6, 9])), "rule": 0,
            "conviction": float(draw.integers(40, 90)),
        }
        for entry in np.sort(draw.integers(1, 1480, 400)).tolist()
    ]  # fmt: skip
    trades[-1]["exit"], trades[-1]["reason"] = -1, int(ExitReason.OPEN)
    harmless = [reason for reason in SkipReason if reason != SkipReason.NO_ATR]
    skipped = [(int(draw.integers(1500)), 0, int(draw.choice(harmless))) for _ in range(900)]
    index = 20_000 * np.cumprod(1 + market)
    return make_run(equity, capital=1e6, benchmark=index, trades=trades, skipped=skipped)
