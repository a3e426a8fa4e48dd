"""GTT orders: entries, and exits that follow them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from packages.sandbox.tests.upstox.served_upstox import INFY, KEY, ServedUpstox

from tradertape_sandbox.app import open_default_account

PLACE, MODIFY, CANCEL = (f"/v3/order/gtt/{word}" for word in ("place", "modify", "cancel"))
BASE = Decimal("150.00")


def entry(price: float, kind: str = "ABOVE", **more: Any) -> dict[str, Any]:
    return {"strategy": "ENTRY", "trigger_type": kind, "trigger_price": price, **more}


def leg(strategy: str, price: float, **more: Any) -> dict[str, Any]:
    return {"strategy": strategy, "trigger_type": "IMMEDIATE", "trigger_price": price, **more}


def gtt(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    kind = "SINGLE" if len(rules) == 1 else "MULTIPLE"
    return {
        "type": kind, "quantity": 4, "product": "D", "rules": list(rules),
        "instrument_token": INFY, "transaction_type": "BUY", **more,
    }  # fmt: skip


@pytest.fixture
def market(upstox: ServedUpstox) -> ServedUpstox:
    """Infosys at 150, with a day's range around it."""
    upstox.set_price(BASE)
    return upstox


def placed(market: ServedUpstox, body: dict[str, Any]) -> str:
    [name] = market.data("POST", PLACE, json=body)["gtt_order_ids"]
    assert name.startswith("GTT-C")
    return name


def shown(market: ServedUpstox, name: str) -> dict[str, Any]:
    [found] = market.data("GET", "/v3/order/gtt", params={"gtt_order_id": name})
    return found


def statuses(market: ServedUpstox, name: str) -> dict[str, str]:
    return {rule["strategy"]: rule["status"] for rule in shown(market, name)["rules"]}


def test_an_entry_waits_for_its_price_and_places_a_limit(market: ServedUpstox) -> None:
    name = placed(market, gtt(entry(151.0)))
    market.set_price(Decimal("150.99"))
    assert statuses(market, name) == {"ENTRY": "SCHEDULED"}
    market.set_price(Decimal("151.05"))
    rule = shown(market, name)["rules"][0]
    assert rule["status"] == "TRIGGERED"
    row = market.data("GET", "/v2/order/details", params={"order_id": rule["order_id"]})
    assert (row["order_type"], row["price"], row["quantity"]) == ("LIMIT", 151.0, 4)
    market.set_price(Decimal("150.5"))
    assert statuses(market, name) == {"ENTRY": "COMPLETED"}


def test_protection_sends_the_entry_to_the_market(market: ServedUpstox) -> None:
    name = placed(market, gtt(entry(151.0, market_protection=2.0)))
    market.set_price(Decimal("151.05"))
    assert statuses(market, name) == {"ENTRY": "COMPLETED"}


@pytest.mark.parametrize(
    ("price", "done", "over"), [("153.1", "TARGET", "STOPLOSS"), ("147.9", "STOPLOSS", "TARGET")]
)
def test_the_first_exit_that_is_reached_ends_the_other(
    market: ServedUpstox, price: str, done: str, over: str
) -> None:
    rules = entry(150.5, "IMMEDIATE"), leg("TARGET", 153.0), leg("STOPLOSS", 148.0)
    name = placed(market, gtt(*rules))
    assert statuses(market, name) == {"ENTRY": "COMPLETED", "TARGET": "OPEN", "STOPLOSS": "OPEN"}
    held = market.sandbox.exchange.positions(KEY).net
    assert [(row.instrument.id, row.quantity) for row in held] == [("NSE:INFY", 4)]
    market.set_price(Decimal(price))
    assert statuses(market, name) == {"ENTRY": "COMPLETED", done: "COMPLETED", over: "CANCELLED"}
    assert [row.quantity for row in market.sandbox.exchange.positions(KEY).net] == [0]


def test_a_trailing_stop_moves_by_its_gap_and_never_back(market: ServedUpstox) -> None:
    rules = (
        entry(150.5, "IMMEDIATE"), leg("TARGET", 160.0), leg("STOPLOSS", 148.0, trailing_gap=0.5)
    )  # fmt: skip
    name = placed(market, gtt(*rules))
    bought = market.sandbox.exchange.trades(KEY)[-1].price

    def stop() -> Decimal:
        return Decimal(str(shown(market, name)["rules"][2]["trigger_price"]))

    market.set_price(bought + Decimal("0.49"))
    assert stop() == 148
    market.set_price(bought + Decimal("1.20"))
    assert stop() == 149
    market.set_price(bought + Decimal("0.10"))
    assert stop() == 149
    market.set_price(Decimal("148.95"))
    assert statuses(market, name)["STOPLOSS"] == "COMPLETED"


def test_exits_of_a_sale_are_on_the_other_sides(market: ServedUpstox) -> None:
    rules = entry(149.5, "IMMEDIATE"), leg("TARGET", 147.0), leg("STOPLOSS", 152.0)
    name = placed(market, gtt(*rules, transaction_type="SELL", product="I"))
    sides = [rule["transaction_type"] for rule in shown(market, name)["rules"]]
    assert sides == ["SELL", "BUY", "BUY"]
    market.set_price(Decimal("152.1"))
    assert statuses(market, name)["STOPLOSS"] == "COMPLETED"


def test_an_entry_that_is_refused_ends_the_gtt(market: ServedUpstox) -> None:
    rules = entry(150.5, "IMMEDIATE"), leg("TARGET", 153.0)
    name = placed(market, gtt(*rules, quantity=100_000))
    assert statuses(market, name) == {"ENTRY": "FAILED", "TARGET": "CANCELLED"}
    assert "Insufficient funds" in shown(market, name)["rules"][0]["message"]


def test_a_gtt_is_modified_and_cancelled(market: ServedUpstox) -> None:
    name = placed(market, gtt(entry(151.0)))
    change = {
        "type": "SINGLE", "quantity": 6, "rules": [entry(152.0)], "gtt_order_id": name
    }  # fmt: skip
    assert market.data("PUT", MODIFY, json=change)["gtt_order_ids"] == [name]
    found = shown(market, name)
    assert (found["quantity"], found["rules"][0]["trigger_price"]) == (6, 152.0)
    market.data("DELETE", CANCEL, json={"gtt_order_id": name})
    assert statuses(market, name) == {"ENTRY": "CANCELLED"}
    for method, path, body in (
        ("DELETE", CANCEL, {"gtt_order_id": name}), ("PUT", MODIFY, change)
    ):  # fmt: skip
        assert market.error(method, path, json=body) == (400, "UDAPI100036")
    market.set_price(Decimal("152.5"))
    assert market.data("GET", "/v2/order/retrieve-all") == []


def test_after_the_entry_the_exits_alone_are_modified(market: ServedUpstox) -> None:
    first, target = entry(150.5, "IMMEDIATE"), leg("TARGET", 153.0)
    name = placed(market, gtt(first, target))
    change = {"type": "MULTIPLE", "quantity": 4, "gtt_order_id": name}
    rules = [first, leg("TARGET", 154.0)]
    market.data("PUT", MODIFY, json={**change, "rules": rules})
    market.set_price(Decimal("153.5"))
    assert statuses(market, name)["TARGET"] == "OPEN"
    for terms in (
        {"rules": rules, "quantity": 5},
        {"rules": [entry(150.6, "IMMEDIATE"), target]},
        {"rules": [first, leg("STOPLOSS", 140.0)]},
    ):
        assert market.error("PUT", MODIFY, json={**change, **terms})[1] == "UDAPI100036"


def test_a_kill_switch_holds_triggers_back_too(market: ServedUpstox) -> None:
    name = placed(market, gtt(entry(151.0)))
    rows = [{"segment": "NSE_EQ", "action": "ENABLE"}]
    market.data("POST", "/v2/user/kill-switch", json=rows)
    market.set_price(Decimal("151.5"))
    rule = shown(market, name)["rules"][0]
    assert (rule["status"], rule["order_id"]) == ("FAILED", None)
    assert "kill switch" in rule["message"]
    assert market.data("GET", "/v2/order/retrieve-all") == []


def test_an_account_that_is_begun_anew_has_no_triggers(market: ServedUpstox) -> None:
    placed(market, gtt(entry(151.0)))
    open_default_account(market.sandbox.exchange, "upstox", Decimal(1000))
    assert market.data("GET", "/v3/order/gtt") == []
    market.set_price(Decimal("151.5"))
    assert market.data("GET", "/v2/order/retrieve-all") == []


def test_a_gtt_expires_after_a_year(market: ServedUpstox) -> None:
    name = placed(market, gtt(entry(151.0)))
    found = shown(market, name)
    assert found["expires_at"] - found["created_at"] == 365 * 86_400 * 1_000_000
    market.clock.at += timedelta(days=366)
    market.step()
    market.sign_in()
    assert statuses(market, name) == {"ENTRY": "EXPIRED"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (gtt(entry(151.0), type="DOUBLE"), "UDAPI100036"),
        (gtt(entry(151.0), type="MULTIPLE"), "UDAPI100036"),
        (gtt(entry(151.0), leg("TARGET", 152.0), type="SINGLE"), "UDAPI100036"),
        (gtt(leg("TARGET", 152.0)), "UDAPI100036"),
        (gtt(entry(151.0), entry(151.1)), "UDAPI100036"),
        (gtt(entry(151.0), leg("TARGET", 150.0)), "UDAPI100036"),
        (gtt(entry(151.0), leg("STOPLOSS", 152.0)), "UDAPI100036"),
        (gtt(entry(151.0), {**leg("TARGET", 152.0), "trigger_type": "ABOVE"}), "UDAPI100036"),
        (gtt(entry(151.0), leg("TARGET", 152.0, trailing_gap=0.5)), "UDAPI100036"),
        (gtt(entry(151.0), "rule"), "UDAPI100036"),
        (gtt(entry(151.001)), "UDAPI100036"),
        (gtt(entry(0.0)), "UDAPI1036"),
        (gtt(entry(151.0, market_protection=26)), "UDAPI1159"),
        (gtt(entry(151.0), quantity=0), "UDAPI1052"),
        (gtt(entry(151.0), instrument_token="NSE_EQ|NONE"), "UDAPI100011"),
    ],
)
def test_terms_that_are_wrong_are_refused(upstox: ServedUpstox, body: Any, code: str) -> None:
    assert upstox.error("POST", PLACE, json=body) == (400, code)
    assert upstox.data("GET", "/v3/order/gtt") == []


def test_a_gtt_that_does_not_exist_is_not_found(upstox: ServedUpstox) -> None:
    query = {"gtt_order_id": "GTT-C1"}
    assert upstox.error("GET", "/v3/order/gtt", params=query) == (400, "UDAPI100010")
    assert upstox.error("DELETE", CANCEL, json=query) == (400, "UDAPI100010")
    assert upstox.error("DELETE", CANCEL, json={}) == (400, "UDAPI100036")
