"""Risk rules on portfolios that candles fill: entries are judged, exits are not (RK-06)."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Desk, Json

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def rule(desk: Desk, kind: str, **given: Any) -> Json:
    body = {
        "type": kind,
        **{name: given.pop(name) for name in ("action", "scope") if name in given},
    }
    made = desk.client.post("/api/risk/rules", json={**body, "params": given})
    assert made.status_code == 201, made.text
    return made.json()


def held(desk: Desk, portfolio: Json) -> list[Json]:
    return desk.get(f"positions?portfolio_id={portfolio['id']}&status=open")


def evaluations(desk: Desk) -> list[Json]:
    return desk.client.get("/api/risk/evaluations").json()


@pytest.mark.parametrize(
    ("more", "where", "words"),
    [
        ({"scope": {"level": "symbol", "id": "INFI"}}, "/scope/id", "no instrument INFI"),
        ({"scope": {"level": "portfolio", "id": "Mine"}}, "/scope/id", "give its number"),
        ({"scope": {"level": "portfolio", "id": "999"}}, "/scope/id", "no portfolio 999"),
        ({"scope": {"level": "broker", "id": "zerodha"}}, "/scope/id", "kite, upstox, groww"),
        ({"params": {"symbols": ["TCS", "INFI"]}}, "/params/symbols", "no instrument INFI"),
    ],
)
def test_rk_02_a_rule_that_names_what_is_not_there_is_refused(
    desk: Desk, more: Json, where: str, words: str
) -> None:
    """It would protect nothing, and nobody would see it."""
    page, rules = desk.client, "/api/risk/rules"
    portfolio = {"level": "portfolio", "id": str(desk.deploy()["id"])}
    made = rule(desk, "symbol_blacklist", symbols=["NSE:TCS", "infy"], scope=portfolio)
    body = {"type": "symbol_blacklist", "params": {"symbols": ["TCS"]}, **more}
    path = f"{rules}/{made['id']}"
    for refused in (page.post(rules, json=body), page.put(path, json=body),
                    page.patch(path, json=more)):  # fmt: skip
        assert refused.status_code == 422, refused.text
        assert (words in refused.text, where in refused.text) == (True, True), refused.text
    assert page.patch(path, json={"name": "These two"}).status_code == 200
    ours = {"scope": {"level": "symbol", "id": "tcs"}}
    assert page.patch(path, json=ours).json()["scope"]["id"] == "TCS"
    assert page.get(rules).json()[0]["params"] == {"symbols": ["NSE:TCS", "infy"]}


def test_rk_05_the_state_of_portfolios_that_candles_fill_is_shown(desk: Desk) -> None:
    """They are most people's first ones: gauges of empty paper accounts say nothing of them."""
    portfolio = desk.deploy(auto_place_signals=True)
    desk.first_signals(portfolio)
    scope = {"level": "portfolio", "id": str(portfolio["id"])}
    rule(desk, "max_positions", n=5, scope=scope)
    rule(desk, "daily_loss", amount=1, action="halt_entries")
    page = desk.client
    state = page.get("/api/risk/state").json()
    assert state["money"] == "candles"
    assert state == {**page.get("/api/risk/state?money=candles").json(), "as_of": state["as_of"]}
    opened = held(desk, portfolio)
    book = desk.get(f"portfolios/{portfolio['id']}")
    assert state["positions"]["open"] == len(opened) > 5
    assert state["exposure"]["gross"] == pytest.approx(book["deployed_capital"], abs=0.05)
    assert state["capital"]["equity"] == book["equity"]
    assert state["today"]["pnl"] == pytest.approx(book["day_pnl"], abs=0.01) != 0
    assert [(one["type"], one["status"]) for one in state["rules"]] == [
        ("max_positions", "breached"), ("daily_loss", "breached"),
    ]  # fmt: skip
    paper = page.get("/api/risk/state?money=paper").json()
    assert (paper["money"], paper["positions"]["open"]) == ("paper", 0)


@pytest.mark.parametrize("paper_fill", ["close", "next_open", "touch"])
def test_rk_06_a_scan_that_places_by_itself_rejects_what_a_rule_refuses(
    desk: Desk, paper_fill: str
) -> None:
    rule(desk, "max_positions", n=2)
    portfolio = desk.deploy(auto_place_signals=True, paper_fill=paper_fill)
    at, signals = desk.first_signals(portfolio)
    assert len(signals) > 2
    refused = [one for one in signals if one["status"] == "rejected"]
    assert len(signals) - len(refused) == 2
    assert "over the limit 2" in refused[0]["failure_reason"]
    assert refused[0]["actor_history"][-1]["by"] == "risk rules"
    if paper_fill == "close":
        assert len(held(desk, portfolio)) == 2
    for day in desk.days[at + 1 : at + 4]:
        desk.evening_of(day)
        desk.scan(portfolio, day)
        assert len(held(desk, portfolio)) <= 2
    stored = evaluations(desk)
    assert {one["money"] for one in stored} == {"candles"}
    assert {one["passed"] for one in stored} == {True, False}
    assert "over the limit 2" in next(o for o in stored if not o["passed"])["reason"]


def test_rk_06_a_cart_skips_what_a_rule_refuses_and_keeps_it(desk: Desk) -> None:
    portfolio = desk.deploy()
    _, signals = desk.first_signals(portfolio)
    one, two = signals[:2]
    rule(desk, "symbol_blacklist", symbols=[one["symbol"]])
    for signal in (one, two):
        desk.post(f"signals/{signal['id']}/approve")
    dry = desk.post("cart/place", {"dry_run": True})
    assert (dry["placed"], dry["skipped"]) == (1, 1)
    assert evaluations(desk) == []
    answer = desk.post("cart/place")
    assert (answer["placed"], answer["skipped"]) == (1, 1)
    (skipped,) = [line for line in answer["results"] if line["outcome"] == "skipped"]
    assert skipped["symbol"] == one["symbol"]
    assert "Rejected by rule" in skipped["detail"]
    assert {o["instrument"]: o["passed"] for o in evaluations(desk)} == {
        f"NSE:{one['symbol']}": False, f"NSE:{two['symbol']}": True,
    }  # fmt: skip


def test_rk_03_a_dry_scan_keeps_nothing(desk: Desk) -> None:
    rule(desk, "max_order_value", amount=1)
    portfolio = desk.deploy(auto_place_signals=True)
    desk.evening_of(desk.days[-3])
    assert desk.scan(portfolio, desk.days[-3], dry_run=True)["created"] > 0
    assert evaluations(desk) == []


def test_exits_are_never_refused_by_a_rule(desk: Desk) -> None:
    portfolio = desk.deploy(auto_place_signals=True)
    desk.first_signals(portfolio)
    (first, *_) = held(desk, portfolio)
    rule(desk, "max_order_value", amount=1)
    rule(desk, "symbol_blacklist", symbols=[first["symbol"]])
    desk.post(f"positions/{first['id']}/close")
    assert first["id"] not in {one["id"] for one in held(desk, portfolio)}


def test_rk_06_a_loss_begins_a_halt_that_ends_by_its_time(desk: Desk) -> None:
    """The drawdown of candle portfolios halts what they buy, and nothing of paper accounts."""
    portfolio = desk.deploy(auto_place_signals=True, position_size_pct=10)
    at, _ = desk.first_signals(portfolio, back=12)
    rule(desk, "monthly_loss", amount=1, action="halt_entries")
    for day in desk.days[at + 1 :]:
        desk.evening_of(day)
        desk.scan(portfolio, day)
    halts = desk.client.get("/api/risk/halts").json()
    refused = [o for o in evaluations(desk) if not o["passed"]]
    assert bool(halts) == bool(refused)
    assert {one["money"] for one in halts} <= {"candles"}


def test_people_without_rules_are_scanned_as_before(desk: Desk) -> None:
    portfolio = desk.deploy(auto_place_signals=True)
    desk.first_signals(portfolio)
    assert held(desk, portfolio)
    assert evaluations(desk) == []
