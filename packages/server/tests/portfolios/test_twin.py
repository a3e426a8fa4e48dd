"""A portfolio beside its twin: the gap is told to the paisa, by cause. PF-03, PF-09"""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Desk, Json
from .test_same_as_backtest import MODELS, backtest

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def paise(amount: float) -> int:
    return round(amount * 100)


def adds_up(desk: Desk, portfolio: Json) -> dict[str, int]:
    """The amounts by cause; they are the gap, and that is the difference of both equities."""
    twin = desk.get(f"portfolios/{portfolio['id']}/twin")
    causes = {one["cause"]: paise(one["amount"]) for one in twin["causes"]}
    assert sum(causes.values()) == paise(twin["gap"])
    assert paise(twin["gap"]) == paise(twin["equity"]) - paise(twin["twin_equity"])
    assert sum(paise(one["amount"]) for one in twin["parts"]) == paise(twin["gap"])
    page = desk.get(f"dashboard?portfolio_id={portfolio['id']}")
    assert twin["equity"] == page["kpis"]["equity"]
    assert "other" not in causes
    return causes


@pytest.mark.parametrize("paper_fill", sorted(MODELS))
def test_a_portfolio_that_places_everything_is_its_twin(desk: Desk, paper_fill: str) -> None:
    portfolio = desk.deploy(paper_fill=paper_fill, auto_place_signals=True)
    desk.scan(portfolio, desk.days[-41])
    desk.scan(portfolio, desk.days[-1])
    assert adds_up(desk, portfolio) == {}
    assert desk.get(f"portfolios/{portfolio['id']}/twin")["gap"] == 0


@pytest.mark.parametrize("paper_fill", sorted(MODELS))
def test_skipped_and_late_signals_make_the_gap_to_the_paisa(desk: Desk, paper_fill: str) -> None:
    """Of every few signals one is rejected, one never decided, one approved and not placed, one
    closed by hand at once; the other is placed."""
    settings = {"signal_valid_days": 3} if paper_fill == "touch" else {}
    strategy_id = desk.strategy("v2_breakout")
    portfolio = desk.deploy(strategy_id, paper_fill=paper_fill, **settings)
    days, seen = desk.days[-45:], 0
    for day in days:
        desk.evening_of(day)
        desk.scan(portfolio, day)
        for one in desk.signals(portfolio, "pending_approval"):
            if one["signal_date"] != day.isoformat():
                continue
            seen += 1
            _decide(desk, portfolio, one, seen)
        if seen % 4 == 3:
            _close_one(desk, portfolio)
    causes = adds_up(desk, portfolio)
    assert {"skipped", "late_approval", "exits"} <= causes.keys()
    report = backtest(desk, strategy_id, days[0], days[-1], paper_fill)
    twin = desk.get(f"portfolios/{portfolio['id']}/twin")
    curve = [(one["date"], one["twin_equity"]) for one in twin["curve"]]
    assert curve == [(one["date"], one["equity"]) for one in report["equity_curve"]]
    assert {one["words"] for one in twin["parts"]} >= {"The signal was rejected."}


def _decide(desk: Desk, portfolio: Json, one: Json, number: int) -> None:
    if number % 5 == 0:
        desk.post(f"signals/{one['id']}/reject")
    elif number % 5 != 1:
        desk.client.post(f"/api/model/signals/{one['id']}/approve")
        if number % 5 != 2:
            body = {"portfolio_id": portfolio["id"], "signal_ids": [one["id"]]}
            desk.client.post("/api/model/cart/place", json=body)


def _close_one(desk: Desk, portfolio: Json) -> None:
    held: list[Any] = desk.get(f"positions?portfolio_id={portfolio['id']}&status=open")
    if held:
        desk.client.post(f"/api/model/positions/{held[0]['id']}/close")


def test_before_the_first_scan_there_is_nothing_to_compare(desk: Desk, sign_in: Any) -> None:
    portfolio = desk.deploy()
    twin = desk.get(f"portfolios/{portfolio['id']}/twin")
    assert (twin["as_of"], twin["gap"], twin["causes"]) == (None, None, [])
    stranger = sign_in("stranger@example.com")
    assert stranger.get(f"/api/model/portfolios/{portfolio['id']}/twin").status_code == 404
