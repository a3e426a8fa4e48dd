"""A portfolio scanned day by day raises the signals and fills of the backtest, to the paisa."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from .conftest import Desk

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
MODELS = {"close": "close", "next_open": "next_open", "touch": "gtt_touch"}


def backtest(desk: Desk, strategy_id: int, start: date, end: date, paper_fill: str, **more: Any):
    body = {"strategy_id": strategy_id, "universe": "nifty_50", "start_date": start.isoformat(),
            "end_date": end.isoformat(), "fill_model": MODELS[paper_fill], "save": False,
            **more}  # fmt: skip
    answer = desk.client.post("/api/backtest/run", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def assert_same(desk: Desk, paper_fill: str, model: str, days: list[date]) -> int:
    strategy_id = desk.strategy(model)
    portfolio = desk.deploy(strategy_id, paper_fill=paper_fill, auto_place_signals=True)
    for day in days:
        desk.scan(portfolio, day)
    report = backtest(desk, strategy_id, days[0], days[-1], paper_fill)
    page = desk.get(f"dashboard?portfolio_id={portfolio['id']}")

    ours = [(str(one["date"]), one["equity"], one["cash"]) for one in page["equity_curve"]]
    theirs = [(one["date"], one["equity"], one["cash"]) for one in report["equity_curve"]]
    assert ours == theirs

    positions = desk.get(f"positions?portfolio_id={portfolio['id']}&limit=500")
    sold = sorted(
        (one["symbol"], one["entry_date"], sale["date"], sale["quantity"], sale["charges"])
        for one in positions for sale in one["sales"]
    )  # fmt: skip
    closed = sorted(
        (one["symbol"], one["entry_date"], one["exit_date"], one["quantity"], one["charges"])
        for one in report["trades"]
    )
    assert sold == closed
    # Every signal that was bought is executed, and none else.
    bought = {(one["symbol"], one["signal_date"]) for one in desk.signals(portfolio, "executed")}
    wanted = {(one["symbol"], one["signal_date"]) for one in
              [*report["trades"], *report["open_positions"]]}  # fmt: skip
    assert bought == wanted
    return len(bought)


@pytest.mark.parametrize("paper_fill", sorted(MODELS))
def test_three_months_of_daily_scans_equal_the_backtest(desk: Desk, paper_fill: str) -> None:
    assert assert_same(desk, paper_fill, "v1_momentum", desk.days[-62:]) >= 5


@pytest.mark.parametrize("paper_fill", sorted(MODELS))
def test_days_that_were_missed_are_traded_one_after_the_other(desk: Desk, paper_fill: str) -> None:
    days = desk.days[-40:]
    strategy_id = desk.strategy("v2_breakout")
    settings = {"paper_fill": paper_fill, "auto_place_signals": True}
    daily, rarely = (desk.deploy(strategy_id, **settings) for _ in range(2))
    for day in days:
        desk.scan(daily, day)
    for day in (days[0], days[17], days[-1]):
        desk.scan(rarely, day)
    curves = [
        desk.get(f"dashboard?portfolio_id={one['id']}")["equity_curve"] for one in (daily, rarely)
    ]
    assert len(curves[0]) == len(days)
    assert curves[0] == curves[1]


@pytest.mark.slow
@pytest.mark.parametrize("paper_fill", sorted(MODELS))
@pytest.mark.parametrize("model", ["v1_momentum", "v2_breakout", "v3_dip_buyer", "v4_alpha"])
def test_two_years_of_daily_scans_equal_the_backtest(
    desk: Desk, paper_fill: str, model: str
) -> None:
    days = [day for day in desk.days if day.year in (2024, 2025)]
    assert assert_same(desk, paper_fill, model, days) > 0


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("paper_fill", sorted(MODELS))
@pytest.mark.parametrize("model", ["v1_momentum", "v2_breakout", "v3_dip_buyer", "v4_alpha"])
def test_two_years_of_daily_scans_on_real_prices_equal_the_backtest(
    real_desk: Desk, paper_fill: str, model: str
) -> None:
    days = [day for day in real_desk.days if day.year in (2024, 2025)]
    assert len(days) > 480
    assert assert_same(real_desk, paper_fill, model, days) > 0


def test_a_scan_that_runs_twice_changes_nothing(desk: Desk) -> None:
    """SG-06: the same candles raise the same signals once."""
    portfolio = desk.deploy()
    first = desk.scan(portfolio, desk.days[-3])
    before = desk.signals(portfolio)
    again = desk.scan(portfolio, desk.days[-3])
    assert first["created"] == len(before) > 0
    assert (again["days"], again["created"]) == (0, 0)
    assert desk.signals(portfolio) == before
