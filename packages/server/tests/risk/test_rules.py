"""Risk rules over HTTP: RK-01 to RK-07, on every path of an order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradertape_core.risk.rulebook.catalogue import CATALOGUE
from tradertape_core.risk.rulebook.rule import RuleType
from tradertape_server.container import Container

Json = dict[str, Any]
RULES = "/api/risk/rules"
RUN = {"strategy_run_id": "run-1"}


def test_rk_01_the_active_rules_are_listed_and_the_others_on_request(
    page: Any, make_rule: Any, sign_in: Any
) -> None:
    first, second = make_rule("max_positions", n=3), make_rule("max_order_value", is_active=False)
    assert page.get(RULES).json() == [first]
    assert page.get(RULES, params={"all_rules": True}).json() == [first, second]
    assert sign_in("other@example.com").get(RULES).json() == []


def test_rk_02_a_rule_is_created_with_the_defaults_of_its_type(page: Any, make_rule: Any) -> None:
    made = make_rule("daily_loss")
    assert made["name"] == "Daily loss limit"
    assert made["params"] == {
        "amount": None, "pct": 2, "include_unrealised": True, "capital": None,
    }  # fmt: skip
    assert (made["action"], made["applies_to"], made["trigger_count"]) == (
        "halt_entries", "entries", 0,
    )  # fmt: skip
    wrong = page.post(RULES, json={"type": "daily_loss", "params": {"pct": -1}})
    assert wrong.status_code in (400, 422)
    assert "/params/pct" in wrong.text
    assert page.post(RULES, json={"type": "no_such_rule"}).status_code == 422
    needs_id = page.post(RULES, json={"type": "max_positions", "scope": {"level": "symbol"}})
    assert "must name a symbol" in needs_id.text


def test_rk_03_a_rule_is_replaced_and_changed_in_part(
    page: Any, make_rule: Any, sign_in: Any
) -> None:
    made = make_rule("max_positions", n=3)
    path = f"{RULES}/{made['id']}"
    changed = page.patch(path, json={"name": "Few", "params": {"n": 4}}).json()
    assert (changed["name"], changed["params"], changed["action"]) == ("Few", {"n": 4}, "reject")
    off = page.patch(path, json={"is_active": False}).json()
    assert (off["is_active"], off["params"]) == (False, {"n": 4})
    replaced = page.put(path, json={"type": "max_order_value"}).json()
    assert (replaced["type"], replaced["params"], replaced["is_active"]) == (
        "max_order_value", {"amount": 200_000}, True,
    )  # fmt: skip
    other = sign_in("other@example.com")
    assert other.patch(path, json={"name": "Mine"}).status_code == 404
    assert other.put(path, json={"type": "max_positions"}).status_code == 404


def test_rk_04_a_rule_is_deleted(page: Any, make_rule: Any, place: Any, sign_in: Any) -> None:
    path = f"{RULES}/{make_rule('max_order_value', amount=1)['id']}"
    assert place("key-00001").status_code == 400
    assert sign_in("other@example.com").delete(path).status_code == 404
    assert page.delete(path).status_code == 204
    assert page.delete(path).status_code == 404
    assert place("key-00001").status_code == 200


def test_rk_05_the_state_says_how_each_limit_stands(
    page: Any, make_rule: Any, place: Any, market: Any
) -> None:
    make_rule("daily_loss", amount=1_000)
    make_rule("max_positions", n=1)
    make_rule("max_orders_per_day", n=5)
    assert place("key-00001").status_code == 200  # 10 INFY at 1500.05
    market.trade("NSE:INFY", "1415.00")
    state = page.get("/api/risk/state").json()
    assert (state["trading_state"], state["money"]) == ("active", "paper")
    assert state["today"]["pnl"] < -850
    assert state["today"]["loss"] == -state["today"]["pnl"]
    assert state["today"]["loss_limit"] == 1_000
    assert (state["today"]["orders"], state["today"]["trades"]) == (1, 1)
    assert state["positions"] == {"open": 1, "max": 1}
    assert state["exposure"]["gross"] == pytest.approx(14_150)
    assert state["exposure"]["net"] == pytest.approx(14_150)
    assert state["exposure"]["by_symbol_top"][0]["name"] == "NSE:INFY"
    equity = state["capital"]["equity"]
    assert equity == pytest.approx(1_000_000 + state["today"]["pnl"], abs=0.01)
    assert [one["status"] for one in state["rules"]] == ["near", "near", "ok"]
    assert state["kill_switch"]["active"] is False
    assert state["kill_switch"]["open_positions"] == 1


@pytest.mark.parametrize(
    ("kind", "params", "words"),
    [
        ("max_order_value", {"amount": 10_000}, "the order's value ₹15,000 is over the limit"),
        ("max_positions", {"n": 1}, "the number of open positions 2 is over the limit 1"),
        ("exposure_cap", {"pct": 1}, "the exposure"),
        ("max_per_symbol", {"pct": 1, "capital": 10_000}, "the share of NSE:INFY"),
        ("cash_buffer", {"pct": 99}, "the free cash"),
        ("per_trade_risk", {"pct": 1}, "the risk without a stop 1.5"),
        ("max_orders_per_day", {"n": 1}, "the number of orders today 2 is over the limit 1"),
        ("max_trades_per_day", {"n": 1}, "the number of trades today 2 is over the limit 1"),
        ("max_orders_per_second", {"n": 1}, "the number of orders in a second 2 is over"),
        ("symbol_blacklist", {"symbols": ["INFY"]}, "NSE:INFY is on the list of blocked symbols"),
        ("symbol_whitelist", {"symbols": ["TCS"]}, "NSE:INFY is not on the list of allowed"),
        ("time_window", {"start": "11:00", "end": "12:00"}, "is outside the window"),
        ("max_per_sector", {"n": 2}, "the sector of NSE:INFY is not known"),
        ("min_liquidity", {}, "the turnover of NSE:INFY is not known"),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_rk_06_an_entry_is_rejected_with_the_reason_logged(
    kind: str, params: Json, words: str, page: Any, make_rule: Any, place: Any
) -> None:
    assert place("key-00001", tradingsymbol="TCS", quantity=1).status_code == 200
    made = make_rule(kind, **params)
    refused = place("key-00002")
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (400, "risk_rule")
    assert words in refused.json()["detail"]
    assert f'Rejected by rule "{made["name"]}": ' in refused.json()["detail"]
    (logged,) = page.get("/api/risk/evaluations").json()
    assert (logged["passed"], logged["subject"], logged["instrument"]) == (
        False, "order", "NSE:INFY",
    )  # fmt: skip
    assert words in logged["reason"]
    assert page.get(RULES).json()[0]["trigger_count"] == 1


def test_rk_06_all_rules_are_evaluated_and_each_reason_is_given(
    page: Any, make_rule: Any, place: Any
) -> None:
    make_rule("max_order_value", amount=10_000)
    make_rule("symbol_blacklist", symbols=["INFY"])
    make_rule("max_positions", n=9)
    refused = place("key-00001").json()["detail"]
    assert "Order value" in refused
    assert "Blocked symbols" in refused
    (logged,) = page.get("/api/risk/evaluations", params={"passed": False}).json()
    assert [one["status"] for one in logged["outcomes"]] == ["breached", "breached", "ok"]


def test_rk_06_a_rule_that_warns_lets_the_order_pass_and_is_logged(
    page: Any, make_rule: Any, place: Any
) -> None:
    make_rule("max_order_value", amount=10_000, action="warn")
    assert place("key-00001").status_code == 200
    (logged,) = page.get("/api/risk/evaluations").json()
    assert (logged["passed"], logged["action"]) == (True, "warn")
    assert logged["reason"].startswith('Warning of rule "Order value": ')


def test_rk_07_no_rule_and_no_look_places_an_order(
    page: Any, make_rule: Any, place: Any, look: Any, caller: Any, api: Any
) -> None:
    """Only exits that a rule's action asks for are placed: nothing without a position."""
    for kind in RuleType:
        if kind not in (RuleType.SYMBOL_BLACKLIST, RuleType.SYMBOL_WHITELIST,
                        RuleType.DAILY_PROFIT_LOCK):  # fmt: skip
            make_rule(kind.value, action="flatten")
    for _ in range(3):
        assert look() == 1
    assert caller.get(api("orders"), params=RUN).json()["orders"] == []


def test_exits_are_refused_by_no_rule(
    page: Any, make_rule: Any, place: Any, caller: Any, api: Any
) -> None:
    assert place("key-00001").status_code == 200
    for kind, params in (
        ("max_order_value", {"amount": 1}), ("max_orders_per_day", {"n": 1}),
        ("symbol_blacklist", {"symbols": ["INFY"]}), ("time_window", {"end": "09:21"}),
        ("daily_loss", {"amount": 0.01}), ("max_trades_per_day", {"n": 1}),
        ("per_trade_risk", {"pct": 0.01}), ("cash_buffer", {"pct": 100}),
        ("duplicate_guard", {"seconds": 86_400}), ("stale_data", {"seconds": 1}),
    ):  # fmt: skip
        make_rule(kind, applies_to="all", action="kill", **params)
    assert place("key-00002", transaction_type="BUY").status_code == 400
    assert place("key-00003", transaction_type="SELL", quantity=4).json()["status"] == "COMPLETE"
    ended = caller.post(api("runs/run-1/exit"), json={"reason": "enough"})
    assert ended.status_code == 200, ended.text
    trades = caller.get(api("trades"), params=RUN).json()["trades"]
    assert [one["quantity"] for one in trades] == [10, 4, 6]
    logged = page.get("/api/risk/evaluations").json()
    assert [one["passed"] for one in logged if one["side"] == "SELL"] == [True]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kinds=st.lists(st.sampled_from(["max_order_value", "daily_loss", "max_orders_per_day",
                                    "max_positions", "exposure_cap"]), min_size=1, max_size=4),
    action=st.sampled_from(["reject", "halt_entries", "kill"]),
    quantity=st.integers(1, 5),
)  # fmt: skip
def test_exits_pass_whatever_rules_there_are(
    kinds: list[str], action: str, quantity: int, request: Any, page: Any, make_rule: Any,
    place: Any, clock: Any, market: Any,
) -> None:  # fmt: skip
    for one in page.get(RULES).json():
        page.delete(f"{RULES}/{one['id']}")
    number = clock.now().timestamp()
    clock.advance(seconds=61)
    market.refresh()
    page.post("/api/risk/kill/release", json={"confirm": "RELEASE"})
    for halt in page.get("/api/risk/halts").json():
        page.post(f"/api/risk/halts/{halt['id']}/release", json={"confirm": "RELEASE"})
    assert place(f"in-{number}", quantity=quantity).status_code == 200
    tight = {
        "max_order_value": {"amount": 1}, "daily_loss": {"amount": 0.01},
        "max_orders_per_day": {"n": 1}, "max_positions": {"n": 1}, "exposure_cap": {"pct": 0.01},
    }  # fmt: skip
    for kind in kinds:
        make_rule(kind, action=action, applies_to="all", **tight[kind])
    out = place(f"out-{number}", transaction_type="SELL", quantity=quantity)
    assert (out.status_code, out.json()["status"]) == (200, "COMPLETE")


def test_a_scope_binds_what_it_names_and_nothing_else(
    make_rule: Any, place: Any, new_run: Any, caller: Any, worker: Any
) -> None:
    new_run(caller, "run-2", template_id="other")
    make_rule("max_order_value", amount=1, scope={"level": "strategy", "id": "t"})
    make_rule("max_order_value", amount=1, scope={"level": "symbol", "id": "TCS"})
    make_rule("max_order_value", amount=1, scope={"level": "broker", "id": "kite"})
    assert place("key-00001").status_code == 400
    assert place("key-00001", run="run-2").status_code == 200
    assert place("key-00002", run="run-2", tradingsymbol="TCS").status_code == 400
    another = worker("b@example.com")
    new_run(another, "run-b")
    assert place("key-00001", run="run-b", by=another).status_code == 200


def test_a_limit_of_a_scope_counts_what_is_in_it(
    make_rule: Any, place: Any, new_run: Any, caller: Any
) -> None:
    new_run(caller, "run-2", template_id="other")
    make_rule("max_orders_per_day", n=1, scope={"level": "strategy", "id": "other"})
    assert place("key-00001").status_code == 200
    assert place("key-00002", run="run-2").status_code == 200
    assert place("key-00003", run="run-2").status_code == 400
    assert place("key-00004").status_code == 200


def test_a_basket_is_judged_leg_by_leg(make_rule: Any, caller: Any, api: Any, buy: Any) -> None:
    make_rule("max_positions", n=1)
    orders = [buy("x", tradingsymbol=name)["payload"]["order"] for name in ("INFY", "TCS")]
    body = {
        "intent_type": "place_basket",
        "payload": {"basket": {"orders": orders, "all_or_none": True}},
        "idempotency_key": "key-00001",
        "metadata": {},
    }
    refused = caller.post(api("runs/run-1/intents"), json=body)
    assert refused.status_code == 400, refused.text
    assert "the number of open positions 2 is over the limit 1" in refused.json()["detail"]


def test_a_change_of_an_order_is_judged_and_is_no_new_order(
    make_rule: Any, place: Any, caller: Any, api: Any
) -> None:
    order = place("key-00001", order_type="LIMIT", price=1450.0, quantity=1).json()["order_id"]
    make_rule("max_order_value", amount=10_000)
    make_rule("max_orders_per_day", n=1)
    body = {**RUN, "variety": "regular", "order_type": "LIMIT", "price": 1451.0}
    path = api(f"orders/{order}/modify")
    assert caller.post(path, json={**body, "quantity": 2}).status_code == 200
    refused = caller.post(path, json={**body, "quantity": 100})
    assert refused.headers["X-Error-Code"] == "risk_rule"


def test_a_preview_warns_and_keeps_nothing(
    page: Any, make_rule: Any, caller: Any, api: Any, buy: Any
) -> None:
    make_rule("max_order_value", amount=1)
    body = {"order": buy("x")["payload"]["order"]}
    shown = caller.post(api("runs/run-1/preview/order"), json=body)
    assert shown.status_code == 200, shown.text
    assert "risk_rule" in {one["code"] for one in shown.json()["preview"]["order"]["warnings"]}
    assert page.get("/api/risk/evaluations").json() == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_counts_of_the_day_hold_over_a_restart(
    container: Container, make_rule: Any, place: Any, market: Any, clock: Any
) -> None:
    make_rule("max_orders_per_day", n=2)
    make_rule("duplicate_guard", seconds=60)
    assert place("key-00001").status_code == 200
    container.risk.gate.forget()  # as another process would begin
    assert "was ordered 0 s ago" in place("key-00002").json()["detail"]
    clock.advance(seconds=61)
    market.refresh()
    assert place("key-00002").status_code == 200
    container.risk.gate.forget()
    clock.advance(seconds=61)
    market.refresh()
    assert "the number of orders today 3" in place("key-00003").json()["detail"]
    clock.advance(days=1)
    market.refresh()
    assert place("key-00003").status_code == 200


def test_the_catalogue_describes_every_type(page: Any) -> None:
    types = page.get("/api/risk/rule-types").json()
    assert [one["type"] for one in types] == [kind.value for kind in CATALOGUE]
    window = next(one for one in types if one["type"] == "time_window")
    assert [one["kind"] for one in window["parameters"]] == ["clock_time", "clock_time", "choices"]


def test_nobody_has_a_rule_to_begin_with(page: Any, place: Any, container: Container) -> None:
    assert place("key-00001").status_code == 200
    assert page.get(RULES).json() == []
    assert page.get("/api/risk/evaluations").json() == []
    assert container.risk.gate.memory.tallies == {}
