"""The exchange changes tick, lot or freeze quantity of open orders and protected positions (FAULTS
§4): new orders are refused before they are sent, and existing ones continue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from tradertape_server.features.execution.store.models import ExecutionEvent

from ..protection_calls import POSITION, protect, state_of

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
RUN = {"strategy_run_id": "run-1"}
Change = Callable[..., None]


@pytest.fixture
def caller(worker: Any, new_run: Any) -> Any:
    caller = worker()
    new_run(caller)
    return caller


@pytest.fixture
def place(caller: Any, api: Any, buy: Any) -> Callable[..., Any]:
    def place(key: str, **changes: Any) -> Any:
        return caller.post(api("runs/run-1/intents"), json=buy(f"key-{key}", **changes))

    return place


@pytest.fixture
def change(market: Any) -> Change:
    """Another list of instruments came in: over night, or while the server is up."""

    def change(**fields: Any) -> None:
        market.instruments["NSE:INFY"] = replace(market.instruments["NSE:INFY"], **fields)

    return change


def orders(caller: Any, api: Any) -> list[dict[str, Any]]:
    return caller.get(api("orders"), params=RUN).json()["orders"]


@pytest.mark.parametrize(
    "fields",
    [
        {"tick_size": Decimal("0.10")},
        {"tick_size": Decimal(1)},
        {"tick_size": Decimal("0.01")},
        {"lot_size": 7},
        {"freeze_quantity": 4},
        {"freeze_quantity": 4, "lot_size": 3, "tick_size": Decimal("0.50")},
    ],
    ids=str,
)
def test_a_stop_fires_and_leaves_nothing(
    caller: Any, api: Any, place: Any, market: Any, guardian: Any, change: Change, fields: Any
) -> None:
    place("00001")
    protect(caller, api, positions=[{**POSITION, "stoploss_pct": 2.03}])
    guardian.check_all()
    change(**fields)
    market.trade("NSE:INFY", "1469.00")
    guardian.check_all()
    assert state_of(caller, api)["status"] == "done"
    sold = [one for one in orders(caller, api) if one["transaction_type"] == "SELL"]
    assert {one["status"] for one in sold} == {"COMPLETE"}
    assert sum(one["filled_quantity"] for one in sold) == 10


@pytest.mark.parametrize(
    "fields",
    [{"tick_size": Decimal("0.10")}, {"lot_size": 7}, {"freeze_quantity": 4}],
    ids=str,
)
def test_a_run_is_left_whole(
    caller: Any, api: Any, place: Any, change: Change, container: Any, fields: Any
) -> None:
    place("00001")
    place("00002", order_type="LIMIT", price=1490.05)
    change(**fields)
    assert caller.post(api("runs/run-1/exit"), json={}).status_code == 200
    assert caller.get(api("runs/run-1")).json()["status"] == "closed"
    assert [one for one in container.execution.positions(run_id="run-1") if one.is_open] == []


@pytest.mark.parametrize(
    ("fields", "command", "code"),
    [
        ({"tick_size": Decimal("0.10")}, {"order_type": "LIMIT", "price": 1490.05}, "not_a_tick"),
        ({"lot_size": 7}, {}, "not_a_lot"),
        ({"freeze_quantity": 4}, {}, "over_freeze_quantity"),
    ],
)
def test_what_is_new_is_refused_and_nothing_is_sent(
    caller: Any, api: Any, place: Any, change: Change, fields: Any, command: Any, code: str
) -> None:
    assert place("00001", **command).status_code == 200
    change(**fields)
    refused = place("00002", **command)
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (400, code)
    assert len(orders(caller, api)) == 1
    change(tick_size=Decimal("0.05"), lot_size=1, freeze_quantity=None)
    assert place("00002", **command).status_code == 200, "and its key is free"


def test_an_order_that_rests_off_the_new_tick_can_be_moved_filled_and_taken_back(
    caller: Any, api: Any, place: Any, market: Any, change: Change, wait_for: Any
) -> None:
    first, second, third = (
        place(f"0000{n}", order_type="LIMIT", price=1490.05, quantity=n).json()["order_id"]
        for n in (1, 2, 3)
    )
    change(tick_size=Decimal("0.10"))
    body = {**RUN, "variety": "regular", "price": 1490.15}
    refused = caller.post(api(f"orders/{first}/modify"), json=body)
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (400, "not_a_tick")
    moved = caller.post(api(f"orders/{first}/modify"), json={**body, "price": 1490.1})
    assert moved.status_code == 200, moved.text
    assert caller.post(api(f"orders/{second}/cancel"), json=RUN).status_code == 200
    market.trade("NSE:INFY", "1490.00")

    def found() -> dict[str, Any]:
        return {one["order_id"]: one for one in orders(caller, api)}

    wait_for(lambda: found()[third]["status"] == "COMPLETE")
    assert {name: one["status"] for name, one in found().items()} == {
        first: "COMPLETE", second: "CANCELLED", third: "COMPLETE",
    }  # fmt: skip
    assert (found()[first]["average_price"], found()[third]["average_price"]) == (1490.1, 1490.05)


@pytest.fixture
def trigger(caller: Any, api: Any, market: Any, buy: Any, wait_for: Any) -> Callable[..., Any]:
    """Create a GTT at 1,450.05, change the instrument, trigger the GTT; return its API view."""

    def trigger(meanwhile: Callable[[], None], **order: Any) -> dict[str, Any]:
        market.trade("NSE:INFY", "1500.00")
        command = buy("x", order_type="LIMIT", price=1450.05, **order)["payload"]["order"]
        condition = {
            "exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [1450.05],
            "last_price": 1500.0,
        }  # fmt: skip
        body = {"type": "single", "condition": condition, "orders": [command]}
        made = caller.post(api("gtt/triggers"), json=body)
        assert made.status_code == 200, made.text
        meanwhile()
        market.trade("NSE:INFY", "1450.00")
        path = api(f"gtt/triggers/{made.json()['trigger_id']}")
        wait_for(lambda: caller.get(path).json()["status"] == "triggered")
        return caller.get(path).json()

    return trigger


def test_a_trigger_off_the_new_tick_places_its_order_on_it(
    trigger: Any, container: Any, change: Change
) -> None:
    """It triggers once and nobody can correct its limit: an entry never pays more for that."""
    triggered = trigger(lambda: change(tick_size=Decimal("0.10")))
    [placed] = container.execution.orders()
    assert triggered["orders"][0]["result"]["order_result"]["order_id"] == placed.order_id
    assert placed.request.price == Decimal(1450)
    [noted] = [one for one in timeline(container) if one.event_type == "gtt_triggered"]
    assert "BUY 10 NSE:INFY LIMIT 1,450.00 CNC" in noted.summary
    assert "its limit of 1,450.05 is not a valid price today" in noted.summary


def test_a_stop_off_the_new_tick_moves_towards_filling(
    trigger: Any, container: Any, change: Change, wait_for: Any
) -> None:
    trigger(lambda: None)  # what it bought is what the stop sells
    wait_for(lambda: container.execution.orders()[0].status == "COMPLETE")
    trigger(lambda: change(tick_size=Decimal("0.10")), transaction_type="SELL")
    sold = container.execution.orders()[-1]
    wait_for(lambda: container.execution.orders()[-1].status == "COMPLETE")
    assert (sold.request.side, sold.request.price) == ("SELL", Decimal(1450))


def test_a_trigger_above_a_new_freeze_quantity_places_its_order_in_slices(
    trigger: Any, container: Any, change: Change
) -> None:
    trigger(lambda: change(freeze_quantity=4))
    placed = [one for one in container.execution.orders() if not one.slices]
    assert sorted(one.request.quantity for one in placed) == [2, 4, 4]


def timeline(container: Any) -> list[Any]:
    with container.database.read() as session:
        return list(session.scalars(select(ExecutionEvent).order_by(ExecutionEvent.seq)))
