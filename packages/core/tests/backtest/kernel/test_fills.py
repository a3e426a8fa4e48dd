"""The examples of docs/fills.md, executed by every simulator (BT-01)."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tradertape_core.backtest.config import (
    BacktestConfig,
    ExitReason,
    FlatCharges,
    Simulation,
    SkipReason,
)
from tradertape_core.backtest.reference.simulator import simulate_reference
from tradertape_core.backtest.simulation.simulate import simulate
from tradertape_core.market.panel import Dividends, Panel
from tradertape_core.strategy.language import rules as r

PAGE = Path(__file__).parents[5] / "docs" / "fills.md"
RESULTS = {"trade", "quantity", "wanted", "cash", "ambiguous", "skipped", "paid"}
BLOCKS = re.findall(r"^```fills\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


class Example:
    """A block: settings, candles, and what must come of them."""

    def __init__(self, text: str) -> None:
        self.settings: dict[str, dict] = {}
        self.expected: list[tuple[str, str]] = []
        self.candles: list[list[float]] = []
        self.signals: list[bool] = []
        for line in text.splitlines():
            key, _, value = line.partition(":")
            if key in {"stops", "config", "entry", "exits", "dividends"}:
                self.settings[key] = json.loads(value)
            elif key in RESULTS:
                self.expected.append((key, value.strip()))
            elif line.split()[0] != "open":
                _, *numbers = line.replace("signal", "").split()
                self.candles.append([float(number) for number in numbers])
                self.signals.append("signal" in line)

    def panel(self) -> Panel:
        opened, high, low, close, *given = np.array(self.candles).T[:, :, None]
        paid = self.settings.get("dividends", {})
        days = np.busday_offset("2024-01-01", np.arange(len(close))).astype("datetime64[D]")
        return Panel(
            dates=days, symbols=("A",), open=opened, high=high, low=low, close=close,
            volume=given[0] if given else np.full_like(close, np.nan),
            member=np.array(self.signals)[:, None], sectors=("",),
            dividends=Dividends(
                row=np.array([int(day) - 1 for day in paid], dtype=np.int64),
                symbol=np.zeros(len(paid), dtype=np.int64),
                amount=np.array(list(paid.values()), dtype=np.float64),
            ),
        )  # fmt: skip

    def strategy(self) -> r.Strategy:
        stops = dict(self.settings.get("stops", {}))
        if "trailing" in stops:
            stops["trailing"] = r.Trailing(**stops["trailing"])
        found = self.settings.get("exits")
        exits = ()
        if found:
            left = r.PositionValue(found["field"])
            condition = r.Compare(left, found["op"], r.Number(found["value"]))
            exits = (r.ExitRule(found["name"], 0, condition),)
        return r.Strategy(
            name="example",
            base_model="v1_momentum",
            entry_rules=r.Compare(r.Indicator("close", name="close"), ">", r.Number(0.0)),
            exit_rules=exits,
            entry=r.EntryPlan(**self.settings.get("entry", {})),
            stops=r.Stops(**stops),
        )

    def config(self) -> BacktestConfig:
        off = {"charges": "none", "slippage_bps": 0.0, "participation_pct": 0.0}
        given = (
            off
            | {"circuit_limits": False, "fill_model": "next_open"}
            | self.settings.get("config", {})
        )
        if isinstance(given["charges"], dict):
            given["charges"] = FlatCharges(**given["charges"])
        return BacktestConfig(date(2024, 1, 1), date(2024, 2, 1), **given)


def observed(run: Simulation, key: str) -> str:
    if key == "ambiguous":
        return str(run.ambiguous_bars)
    if key == "skipped":
        return " ".join(SkipReason(reason).name for reason in run.skipped_reason)
    if key == "cash":
        return str(run.cash[-1])
    if key == "quantity":
        return " ".join(map(str, run.quantity))
    if key == "wanted":
        return " ".join(map(str, run.wanted))
    if key == "paid":
        return " ".join(f"{paise / 100:.2f}" for paise in run.dividends)
    return "; ".join(_trade(run, at) for at in range(len(run.symbol)))


def _trade(run: Simulation, at: int) -> str:
    row = run.exit_row[at]
    left = f"day {run.entry_row[at] + 1} at {_price(run.entry_price[at])}"
    right = f"{'open' if row < 0 else f'day {row + 1}'} at {_price(run.exit_price[at])}"
    return f"{left} -> {right} {ExitReason(run.exit_reason[at]).name}"


def _price(price: float) -> str:
    short = f"{price:.2f}"
    return short if abs(float(short) - price) < 1e-9 else f"{price:.4f}"


@pytest.mark.parametrize("engine", ["python", "numba", "reference"])
@pytest.mark.parametrize("text", BLOCKS)
def test_an_example_of_the_fills_page_comes_out_as_written(text, engine):
    example = Example(text)
    arguments = (example.panel(), example.strategy(), example.config())
    if engine == "reference":
        run = simulate_reference(*arguments)
    else:
        run = simulate(*arguments, engine=engine)
    assert example.expected
    assert [(key, observed(run, key)) for key, _ in example.expected] == example.expected


def test_the_page_names_every_exit_and_every_skip():
    page = PAGE.read_text()
    for reason in (*ExitReason, *SkipReason):
        assert f"`{reason.name}`" in page, reason.name
