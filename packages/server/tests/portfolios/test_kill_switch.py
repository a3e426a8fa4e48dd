"""The kill switch and portfolios that candles fill: nothing is bought while it is on (SG-08).

Nobody sends their orders, so that no scan, cart or restart may buy in the trader's stead.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.service import Settings as ExecutionSettings
from tradertape_server.features.portfolios import working
from tradertape_server.features.portfolios.build import build_portfolios

from .conftest import ALWAYS, Desk, Json

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
MODELS = ("close", "next_open", "touch")


def kill(desk: Desk, **more: object) -> None:
    desk.client.post("/api/risk/kill", json={"reason": "enough", **more}).raise_for_status()


def release(desk: Desk) -> None:
    desk.clock.advance(minutes=2)
    desk.client.post("/api/risk/kill/release", json={"confirm": "RELEASE"}).raise_for_status()


def held(desk: Desk, portfolio: Json) -> list[Json]:
    return desk.get(f"positions?portfolio_id={portfolio['id']}")


@pytest.mark.parametrize("paper_fill", MODELS)
def test_sg_08_a_scan_places_nothing_while_the_kill_switch_is_on(
    desk: Desk, paper_fill: str
) -> None:
    """Signals are raised and kept in the cart; the cart places none either."""
    portfolio = desk.deploy(auto_place_signals=True, paper_fill=paper_fill)
    desk.evening_of(desk.days[-6])
    kill(desk)
    _, signals = desk.first_signals(portfolio)
    assert {(one["status"], one["gtt_status"]) for one in signals} == {("in_cart", None)}
    assert "the kill switch is on: enough" in signals[0]["actor_history"][-1]["note"]
    assert desk.post("cart/place", {"portfolio_id": portfolio["id"]})["placed"] == 0
    for day in desk.days[-5:-1]:
        desk.evening_of(day)
        desk.scan(portfolio, day)
    assert held(desk, portfolio) == []
    assert desk.get(f"portfolios/{portfolio['id']}")["equity"] == 1_000_000
    release(desk)
    assert desk.post("cart/place", {"portfolio_id": portfolio["id"]})["placed"] > 0


@pytest.mark.parametrize("cancels", [True, False])
def test_placed_orders_are_cancelled_with_the_switch_or_stay_unfilled(
    desk: Desk, *, cancels: bool
) -> None:
    portfolio = desk.deploy(auto_place_signals=True, paper_fill="touch", signal_valid_days=5)
    beside = desk.deploy(auto_place_signals=True, paper_fill="touch", signal_valid_days=5)
    at, signals = desk.first_signals(portfolio)
    desk.scan(beside, desk.days[at])
    kill(desk, cancel_orders=cancels)
    after = desk.signals(portfolio)
    if cancels:
        assert {(s["status"], s["gtt_status"]) for s in after} == {("cancelled", "cancelled")}
        assert {s["failure_reason"] for s in after} == {"kill_switch"}
        assert desk.get(f"portfolios/{portfolio['id']}")["committed_capital"] == 0
    else:
        assert {s["gtt_status"] for s in after} == {"active"}
    for day in desk.days[at + 1 : at + 3]:
        desk.evening_of(day)
        desk.scan(portfolio, day)
    assert held(desk, portfolio) == []
    ids = {one["id"] for one in signals}
    release(desk)
    for day in desk.days[at + 3 : at + 5]:
        desk.evening_of(day)
        desk.scan(portfolio, day)
    bought = {one["signal_id"] for one in held(desk, portfolio)} & ids
    assert bool(bought) is not cancels


def test_what_the_open_filled_before_the_switch_is_held_and_later_orders_are_not(
    desk: Desk,
) -> None:
    portfolio = desk.deploy(auto_place_signals=True, paper_fill="next_open")
    at, first = desk.first_signals(portfolio)
    noon = datetime.combine(desk.days[at + 1], time(12), IST)
    desk.clock.set_wrong(seconds=(noon - desk.clock.now()).total_seconds())
    kill(desk)
    desk.evening_of(desk.days[at + 1])
    desk.scan(portfolio, desk.days[at + 1])
    bought = {one["signal_id"] for one in held(desk, portfolio)}
    assert bought
    assert bought <= {one["id"] for one in first}
    desk.evening_of(desk.days[at + 2])
    desk.scan(portfolio, desk.days[at + 2])
    assert {one["signal_id"] for one in held(desk, portfolio)} == bought


def test_an_order_for_the_open_that_the_switch_kept_says_so(desk: Desk) -> None:
    portfolio = desk.deploy(auto_place_signals=True, paper_fill="next_open")
    at, _ = desk.first_signals(portfolio)
    kill(desk, cancel_orders=False)
    desk.evening_of(desk.days[at + 1])
    desk.scan(portfolio, desk.days[at + 1])
    kept = [s for s in desk.signals(portfolio) if s["signal_date"] == str(desk.days[at])]
    assert {(s["status"], s["failure_reason"]) for s in kept} == {("expired", "kill_switch")}


@pytest.mark.parametrize("way", ["scan", "cart"])
def test_a_switch_turned_on_while_a_portfolio_is_computed_wins(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """What was computed without it is not stored after its 200."""
    portfolio = desk.deploy(auto_place_signals=way == "scan")
    turned: list[str] = []

    def meanwhile(step: str) -> None:
        if step == "before_portfolio_store" and not turned:
            turned.append(step)
            kill(desk)

    if way == "cart":
        _, signals = desk.first_signals(portfolio)
        desk.post(f"signals/{signals[0]['id']}/approve")
        monkeypatch.setattr(working, "crash_point", meanwhile)
        assert desk.post("cart/place")["placed"] == 0
    else:
        desk.evening_of(desk.days[-3])
        monkeypatch.setattr(working, "crash_point", meanwhile)
        desk.scan(portfolio, desk.days[-3])
    assert turned
    assert held(desk, portfolio) == []
    assert desk.signals(portfolio, "approved", "executed") == []


def test_after_a_restart_the_scheduled_scan_places_nothing_either(desk: Desk) -> None:
    portfolio, old = desk.deploy(auto_place_signals=True), desk.container
    kill(desk)
    desk.evening_of(desk.days[-3])
    old.execution.trader.stop()
    market = old.execution.market
    execution = ExecutionService.build(old.database, desk.clock, market, ExecutionSettings())
    again = build_portfolios(
        old.database, desk.clock, old.market, old.strategies, execution, old.live_accounts
    )
    assert again.schedule.run_due() == 1
    assert {one["status"] for one in desk.signals(portfolio)} == {"in_cart"}
    assert held(desk, portfolio) == []


def test_the_switch_of_one_person_keeps_nobody_else(desk: Desk, sign_in: Any) -> None:
    other = Desk(sign_in("other@example.com"), desk.container, desk.clock)
    portfolio = other.deploy(auto_place_signals=True)
    resting = other.deploy(auto_place_signals=True, paper_fill="touch")
    _, signals = other.first_signals(resting)
    kill(desk)
    assert other.signals(resting) == signals
    other.scan(portfolio)
    assert held(other, portfolio)


@pytest.mark.parametrize("paper_fill", MODELS)
@pytest.mark.parametrize("why", ["kill switch", "pause"])
def test_nothing_is_added_to_a_position_while_entries_are_stopped(
    desk: Desk, paper_fill: str, why: str
) -> None:
    addons = {"enabled": True, "condition": ALWAYS, "max_addons": 3, "min_gap_pct": 0}
    strategy = desk.strategy(addon_rules=addons)
    portfolio = desk.deploy(
        strategy, auto_place_signals=True, paper_fill=paper_fill, position_size_pct=5
    )
    at = len(desk.days) - 12

    def added(first: int, last: int) -> int:
        """Scan some days; how many add-ons have been made until then."""
        for day in desk.days[first:last]:
            desk.evening_of(day)
            desk.scan(portfolio, day)
        return sum(one["addons"] for one in held(desk, portfolio))

    added(at, at + 2)
    if why == "pause":
        desk.post(f"portfolios/{portfolio['id']}/pause")
    else:
        kill(desk)
    before = added(at, at)
    assert held(desk, portfolio)
    assert added(at + 2, at + 7) == before
    if why == "pause":
        desk.post(f"portfolios/{portfolio['id']}/resume")
    else:
        release(desk)
    assert added(at + 7, at + 12) > before
