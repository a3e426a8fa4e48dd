"""The verdict of rules and kill switch on a signal before it is approved (SG-02, SG-05, RK-06), and
what to set before orders are real (PF-02)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.risk.models import RiskHalt

from .conftest import BrokerDesk

Json = dict[str, Any]


def make_rule(desk: BrokerDesk, kind: str, *, scope: Json | None = None, **params: Any) -> int:
    body: Json = {"type": kind, "params": params, "scope": scope or {"level": "user"}}
    made = desk.client.post("/api/risk/rules", json=body)
    assert made.status_code == 201, made.text
    return made.json()["id"]


def refused_by(check: Json) -> dict[str, str]:
    return {one["name"]: one["text"] for one in check["results"] if not one["passed"]}


def test_sg_02_the_verdict_of_the_risk_rules_is_seen_before_the_approval(desk: BrokerDesk) -> None:
    portfolio = desk.deploy_live()
    rule = make_rule(desk, "max_order_value", amount=100)
    make_rule(desk, "symbol_blacklist", symbols=["NIFTYBEES"])
    at, (one, *_) = desk.first_signals(portfolio)
    listed = next(s for s in desk.signals(portfolio, "pending_approval") if s["id"] == one["id"])
    for check in (
        listed["risk_check"],
        desk.get(f"signals/{one['id']}")["risk_check"],
        desk.get(f"signals/{one['id']}/check"),
    ):
        assert (check["passed"], check["can_approve"]) == (False, True)
        assert refused_by(check).keys() == {"risk_rules"}
        words = refused_by(check)["risk_rules"]
        assert words.startswith('Rejected by rule "Order value": the order\'s value ₹')
        assert words.endswith("is over the limit ₹100")
    assert desk.client.get("/api/risk/evaluations").json() == []  # a look is no order

    assert desk.post(f"signals/{one['id']}/approve")["status"] == "in_cart"
    desk.at(desk.days[at + 1])
    desk.market.trade(f"NSE:{one['symbol']}", f"{one['ref_price']:.2f}")
    tried = desk.post("cart/place", {"portfolio_id": portfolio["id"]})
    assert (tried["placed"], tried["skipped"]) == (0, 1)
    assert "is over the limit ₹100" in tried["results"][0]["detail"]

    assert desk.client.delete(f"/api/risk/rules/{rule}").status_code == 204
    assert desk.signal(one["id"])["risk_check"]["passed"]
    assert desk.post("cart/place", {"portfolio_id": portfolio["id"]})["placed"] == 1
    desk.settle()
    assert desk.signal(one["id"])["risk_check"] is None  # it waits for nobody


def test_rk_06_every_rule_that_would_refuse_is_named_with_the_kill_switch(
    desk: BrokerDesk,
) -> None:
    portfolio = desk.deploy_live()
    _, (one, *_) = desk.first_signals(portfolio)
    make_rule(desk, "max_order_value", amount=100)
    make_rule(desk, "symbol_blacklist", symbols=[one["symbol"]])
    killed = desk.client.post("/api/risk/kill", json={"reason": "enough"})
    assert killed.status_code == 200, killed.text
    check = desk.get(f"signals/{one['id']}/check")
    failed = [r["name"] for r in check["results"] if not r["passed"]]
    assert failed.count("risk_rules") >= 2
    assert failed.count("kill_switch") == 1
    assert "enough" in refused_by(check)["kill_switch"]
    assert not check["passed"]


def test_rk_06_a_halt_of_a_rule_keeps_entries_in_the_cart(desk: BrokerDesk) -> None:
    """It lasts for the day, though its loss is gone; refused by the market, they would be over."""
    portfolio = desk.deploy_live()
    at, (one, *_) = desk.first_signals(portfolio)
    desk.post(f"signals/{one['id']}/approve")
    desk.at(desk.days[at + 1])
    desk.market.trade(f"NSE:{one['symbol']}", f"{one['ref_price']:.2f}")
    now = desk.clock.now()

    def halt(uow: UnitOfWork) -> None:
        uow.session.add(
            RiskHalt(
                user_id=1, money="live", rule_id=1, rule_name="Daily loss limit",
                rule_type="daily_loss", scope_level="user", scope_id=None, action="halt_entries",
                message="today's loss was over the limit", since=now,
                until=now + timedelta(hours=9),
            )
        )  # fmt: skip
        uow.session.flush()
        uow.rules_changed()

    desk.container.execution.trader.execute(Command(halt))
    tried = desk.post("cart/place", {"portfolio_id": portfolio["id"]})
    assert (tried["skipped"], tried["failed"]) == (1, 0), tried
    assert "today's loss was over the limit" in tried["results"][0]["detail"]
    assert desk.signal(one["id"])["status"] == "in_cart"


@pytest.mark.parametrize(
    ("scope", "is_covered"),
    [
        ({"level": "user"}, True),
        ({"level": "broker", "id": "kite"}, True),
        ({"level": "broker", "id": "paper"}, False),
        ({"level": "portfolio", "id": "{id}"}, True),
        ({"level": "portfolio", "id": "{other}"}, False),
        ({"level": "strategy", "id": "{strategy}"}, True),
        ({"level": "symbol", "id": "INFY"}, False),
    ],
)
def test_pf_02_a_live_portfolio_without_a_daily_loss_limit_says_what_to_set(
    desk: BrokerDesk, scope: Json, is_covered: bool
) -> None:
    portfolio = desk.deploy_live(starting_capital=500_000)
    (warning,) = portfolio["live_warnings"]
    assert warning["code"] == "no_daily_loss"
    assert "`daily_loss`" in warning["text"]
    assert "`amount` 10000" in warning["text"]
    other = desk.deploy()
    names = {"id": portfolio["id"], "strategy": portfolio["strategy_id"], "other": other["id"]}
    if "id" in scope:
        scope = {**scope, "id": scope["id"].format(**names)}
    make_rule(desk, "max_positions", n=3)
    make_rule(desk, "daily_loss", scope=scope, amount=10_000)
    for shown in (
        desk.get(f"portfolios/{portfolio['id']}"),
        desk.get("portfolios")[0],
        desk.get(f"dashboard?portfolio_id={portfolio['id']}")["portfolio"],
    ):
        assert (shown["live_warnings"] == []) is is_covered
    rules = desk.client.get("/api/risk/rules").json()
    daily = next(one["id"] for one in rules if one["type"] == "daily_loss")
    desk.client.patch(f"/api/risk/rules/{daily}", json={"is_active": False})
    assert desk.get(f"portfolios/{portfolio['id']}")["live_warnings"] == [warning]


def test_pf_09_a_promotion_says_what_to_set_and_is_not_covered_by_the_paper_portfolios_rule(
    desk: BrokerDesk,
) -> None:
    paper = desk.deploy()
    make_rule(desk, "daily_loss", scope={"level": "portfolio", "id": str(paper["id"])}, amount=9)
    shown = desk.get(f"portfolios/{paper['id']}")
    assert [one["code"] for one in shown["live_warnings"]] == ["no_daily_loss"]
    live = desk.post(f"portfolios/{paper['id']}/promote", {"confirm_live": True}, status=201)
    assert [one["code"] for one in live["live_warnings"]] == ["no_daily_loss"]
    make_rule(desk, "daily_loss", scope={"level": "broker", "id": "kite"}, amount=9)
    assert desk.get(f"portfolios/{paper['id']}")["live_warnings"] == []
