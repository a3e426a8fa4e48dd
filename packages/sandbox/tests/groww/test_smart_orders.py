"""Smart orders: triggers, targets and stops."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from packages.sandbox.tests.groww.served_groww import KEY, ServedGroww

from tradertape_core.ledger.corporate import CorporateAction
from tradertape_sandbox.app import open_default_account
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan


def gtt(**terms: Any) -> dict[str, Any]:
    return {
        "reference_id": "smart-000001", "smart_order_type": "GTT", "segment": "CASH",
        "trading_symbol": "INFY", "quantity": 5, "product_type": "CNC", "exchange": "NSE",
        "duration": "DAY", "trigger_price": "140.00", "trigger_direction": "DOWN",
        "order": {"order_type": "LIMIT", "price": "141.00", "transaction_type": "BUY"},
        **terms,
    }  # fmt: skip


EXITS = {
    "target": {"trigger_price": "160.00", "order_type": "LIMIT", "price": "159.00"},
    "stop_loss": {"trigger_price": "130.00", "order_type": "SL_M"},
}


def oco(**terms: Any) -> dict[str, Any]:
    return {
        "reference_id": "smart-000002", "smart_order_type": "OCO", "segment": "CASH",
        "trading_symbol": "INFY", "quantity": 5, "product_type": "CNC", "exchange": "NSE",
        "duration": "DAY", "net_position_quantity": 5, "transaction_type": "SELL", **EXITS, **terms,
    }  # fmt: skip


def create(groww: ServedGroww, body: dict[str, Any]) -> str:
    return groww.payload("POST", "/order-advance/create", json=body)["smart_order_id"]


def state(groww: ServedGroww, name: str) -> dict[str, Any]:
    kind = name[:3].upper()
    return groww.payload("GET", f"/order-advance/status/CASH/{kind}/internal/{name}")


def orders(groww: ServedGroww) -> list[tuple[str, int, str]]:
    rows = groww.payload("GET", "/order/list")["order_list"]
    return [(one["transaction_type"], one["quantity"], one["order_status"]) for one in rows]


def test_a_gtt_places_its_order_at_its_price_and_is_completed_by_the_fill(
    groww: ServedGroww,
) -> None:
    name = create(groww, gtt())
    groww.price("140.50")
    assert state(groww, name)["status"] == "ACTIVE"
    assert orders(groww) == []
    groww.price("140.00")
    assert orders(groww) == [("BUY", 5, "DELIVERY_AWAITED")]
    after = state(groww, name)
    assert after["status"] == "COMPLETED"
    assert after["triggered_at"] is not None
    assert not after["is_modification_allowed"]


@pytest.mark.parametrize(
    "kind", [FaultKind.UPDATES_LOST, FaultKind.UPDATES_DUPLICATED, FaultKind.UPDATES_SHUFFLED]
)
def test_a_smart_order_is_followed_whatever_becomes_of_updates(
    groww: ServedGroww, kind: FaultKind
) -> None:
    groww.sandbox.faults.add(FaultPlan(kind=kind, broker="groww"))
    name = create(groww, gtt(child_legs=EXITS))
    groww.price("139.00")
    groww.step()
    assert state(groww, name)["status"] == "COMPLETED"
    rows = groww.payload("GET", "/order-advance/list")["orders"]
    assert [(one["remark"], one["transaction_type"]) for one in rows] == [
        (f"Follows {name}", "SELL")
    ]


@pytest.mark.parametrize(("price", "filled_near"), [("160.00", 160), ("129.00", 129)])
def test_of_a_target_and_a_stop_one_is_placed(
    groww: ServedGroww, price: str, filled_near: int
) -> None:
    groww.place(quantity=5)
    name = create(groww, oco())
    groww.price(price)
    groww.price("150.00")
    rows = groww.payload("GET", "/order/list")["order_list"]
    sold = [one for one in rows if one["transaction_type"] == "SELL"]
    assert [one["filled_quantity"] for one in sold] == [5]
    assert sold[0]["average_fill_price"] == pytest.approx(filled_near, abs=1.5)
    assert state(groww, name)["status"] == "COMPLETED"


def test_an_order_that_is_refused_fails_its_smart_order_with_the_reason(
    groww: ServedGroww,
) -> None:
    name = create(groww, gtt(quantity=60_000, order={**gtt()["order"], "price": "141.00"}))
    groww.price("140.00")
    after = state(groww, name)
    assert after["status"] == "FAILED"
    assert after["remark"]
    assert orders(groww) == []


def test_a_smart_order_ends_after_a_year(groww: ServedGroww) -> None:
    name = create(groww, gtt())
    groww.clock.at += timedelta(days=364)
    groww.sign_in()
    assert state(groww, name)["status"] == "ACTIVE"
    groww.clock.at += timedelta(days=1)
    groww.sign_in()
    groww.step()
    assert state(groww, name)["status"] == "EXPIRED"


def test_a_split_cancels_what_waits_for_a_price_from_before_it(groww: ServedGroww) -> None:
    name = create(groww, gtt())
    far = {"trigger_price": "1.00", "order": {**gtt()["order"], "price": "1.00"}}
    other = create(groww, gtt(reference_id="smart-000003", trading_symbol="SBIN", **far))
    tomorrow = (groww.clock.at + timedelta(days=1)).date()
    groww.sandbox.exchange.corporate.announce(
        CorporateAction(action_id="split-1", instrument="NSE:INFY", ex_date=tomorrow, new=5, old=1)
    )
    groww.clock.at += timedelta(days=1)
    groww.sign_in()
    assert state(groww, name)["status"] == "CANCELLED"
    assert state(groww, other)["status"] == "ACTIVE"


def test_an_account_that_is_opened_anew_has_no_smart_orders(groww: ServedGroww) -> None:
    name = create(groww, gtt())
    open_default_account(groww.sandbox.exchange, KEY.broker, Decimal(1_000_000))
    groww.price("139.00")
    assert orders(groww) == []
    path = f"/order-advance/status/CASH/GTT/internal/{name}"
    assert groww.error("GET", path)[:2] == (404, "GA004")


def test_a_reference_is_used_once(groww: ServedGroww) -> None:
    create(groww, gtt())
    assert groww.error("POST", "/order-advance/create", json=gtt())[:2] == (409, "GA007")


def test_statuses_of_success_are_those_of_the_documentation(groww: ServedGroww) -> None:
    made = groww.call("POST", "/v1/order-advance/create", json=gtt())
    name = made.json()["payload"]["smart_order_id"]
    change = {"smart_order_type": "GTT", "segment": "CASH", "quantity": 6}
    changed = groww.call("PUT", f"/v1/order-advance/modify/{name}", json=change)
    ended = groww.call("POST", f"/v1/order-advance/cancel/CASH/GTT/{name}")
    assert [one.status_code for one in (made, changed, ended)] == [201, 202, 202]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (gtt(trigger_direction="UP"), "above the last price"),
        (gtt(trigger_price="150.003"), "multiple"),
        (gtt(segment="COMMODITY"), "CASH and FNO"),
        (gtt(product_type="NRML"), "CNC, MIS, MTF"),
        (gtt(order={"order_type": "LIMIT", "transaction_type": "BUY"}), "price"),
        (oco(net_position_quantity=4), "above the net position of 4"),
        (oco(transaction_type="BUY"), "close the net position"),
        (oco(target={**EXITS["target"], "trigger_price": "120"}), "side of profit"),
        (oco(stop_loss={**EXITS["stop_loss"], "trigger_price": "155"}), "between"),
        (oco(stop_loss=None), "stop_loss must be an object"),
    ],
)
def test_what_a_smart_order_is_refused_for(
    groww: ServedGroww, body: dict[str, Any], words: str
) -> None:
    status, code, message = groww.error("POST", "/order-advance/create", json=body)
    assert (status, code) == (400, "GA001")
    assert words in message


def test_the_list_has_one_kind_and_one_status(groww: ServedGroww) -> None:
    first = create(groww, gtt())
    second = create(groww, oco())
    create(groww, gtt(reference_id="smart-000003"))
    groww.call("POST", f"/v1/order-advance/cancel/CASH/GTT/{first}")

    def names(**query: Any) -> list[str]:
        rows = groww.payload("GET", "/order-advance/list", params=query)["orders"]
        return [one["smart_order_id"] for one in rows]

    assert names() == [second]
    assert names(smart_order_type="GTT", status="CANCELLED") == [first]
    assert len(names(smart_order_type="GTT")) == 1
    assert names(segment="FNO") == []
    assert names(start_date_time="2026-11-24T00:00:00") == []
    wide = {"start_date_time": "2026-09-01T00:00:00", "end_date_time": "2026-11-24T00:00:00"}
    assert groww.error("GET", "/order-advance/list", params=wide)[2].endswith("start_date_time")
