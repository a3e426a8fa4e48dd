"""The kill switch (FAULTS §2): nothing new is opened once it is on; exits and cancels pass."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from tradertape_server.container import Container
from tradertape_server.features.auth.models import AuditEntry
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.store.models import ExecutionEvent

Json = dict[str, Any]
RUN = {"strategy_run_id": "run-1"}
SWITCH = "/api/risk/kill"


@pytest.fixture
def overrides() -> Json:
    return {"feed": "off", "requests_per_minute": 1_000_000}


@pytest.fixture
def caller(worker: Any, new_run: Any) -> Any:
    caller = worker()
    new_run(caller)
    return caller


@pytest.fixture
def page(sign_in: Any) -> TestClient:
    return sign_in("person@example.com")


@pytest.fixture
def place(caller: Any, api: Any, buy: Any) -> Callable[..., Any]:
    def place(key: str, **order: Any) -> Any:
        return caller.post(api("runs/run-1/intents"), json=buy(key, **order))

    return place


@pytest.fixture
def switch(clock: Any, market: Any) -> Callable[..., Json]:
    """Turns it on, or off after the minute that it is held."""

    def switch(page: TestClient, *, on: bool, scope: str = "user", **more: Any) -> Json:
        if on:
            body = {"scope": scope, "reason": "a bad day", "cancel_orders": False, **more}
            answer = page.post(SWITCH, json=body)
        else:
            clock.advance(seconds=61)
            market.refresh()
            answer = page.post(f"{SWITCH}/release", json={"confirm": "RELEASE", "scope": scope})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return switch


def test_it_denies_entries_and_lets_exits_and_cancels_pass(
    caller: Any, api: Any, page: Any, place: Any, switch: Any
) -> None:
    assert place("key-00001").status_code == 200
    open_order = place("key-00002", order_type="LIMIT", price=1450.0).json()["order_id"]
    assert page.get(SWITCH).json() == {
        "active": False, "scope": "user", "reason": None, "since": None, "by": None,
        "releasable_at": None, "open_entries": 1, "open_positions": 1,
        "cancels_waiting_for_login": 0,
    }  # fmt: skip
    switched = switch(page, on=True)
    assert (switched["active"], switched["reason"], switched["by"]) == (
        True, "a bad day", "person@example.com",
    )  # fmt: skip
    assert switched == page.get(SWITCH).json()

    entry = place("key-00003")
    assert (entry.status_code, entry.headers["X-Error-Code"]) == (400, "kill_switch_active")
    modify = {**RUN, "variety": "regular", "quantity": 9, "price": 1451.0}
    changed = caller.post(api(f"orders/{open_order}/modify"), json=modify)
    assert (changed.status_code, changed.headers["X-Error-Code"]) == (400, "kill_switch_active")
    assert place("key-00004", transaction_type="SELL").json()["status"] == "COMPLETE"
    cancelled = caller.post(api(f"orders/{open_order}/cancel"), json={**RUN, "variety": "regular"})
    assert cancelled.json()["status"] == "CANCELLED"
    assert place("key-00001").status_code == 200  # what was answered once is answered again

    assert switch(page, on=False)["active"] is False
    assert place("key-00003").json()["status"] == "COMPLETE"


def test_open_runs_are_halted_until_it_is_off(
    caller: Any, api: Any, page: Any, new_run: Any, container: Container, switch: Any
) -> None:
    """D18: `halted`. A run created meanwhile begins halted; the safety check gives the reason."""
    switch(page, on=True)
    assert new_run(caller, "run-2")["status"] == "halted"
    for run in ("run-1", "run-2"):
        check = caller.get(api(f"runs/{run}/safety-check")).json()
        assert (check["can_trade"], check["safety_token"], check["run_status"]) == (
            False, None, "halted",
        )  # fmt: skip
        assert any("(kill_switch_active)" in one for one in check["blocking_reasons"])
    switch(page, on=False)
    assert caller.get(api("runs/run-2")).json()["status"] == "open"
    assert caller.get(api("runs/run-1/safety-check")).json()["can_trade"] is True
    page_of = caller.get(api("runs/run-1/timeline")).json()["events"]
    types = [one["event_type"] for one in page_of]
    assert [one for one in types if "kill" in one] == ["kill_switch_on", "kill_switch_off"]
    with container.database.read() as session:
        audited = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert audited[-2:] == ["kill_switch_on", "kill_switch_off"]


def test_it_takes_entries_back_and_leaves_what_protects(
    caller: Any, api: Any, page: Any, place: Any, switch: Any
) -> None:
    place("key-00001", quantity=10)
    entry = place("key-00002", order_type="LIMIT", price=1450.0).json()["order_id"]
    stop = place(
        "key-00003", transaction_type="SELL", order_type="SL-M", trigger_price=1480.0
    ).json()["order_id"]
    switch(page, on=True, cancel_orders=True)
    orders = {
        one["order_id"]: one for one in caller.get(api("orders"), params=RUN).json()["orders"]
    }
    assert orders[entry]["status"] == "CANCELLED"
    assert orders[stop]["status"] == "TRIGGER PENDING"


def test_it_closes_positions_and_the_run_stays(
    caller: Any, api: Any, page: Any, place: Any, switch: Any
) -> None:
    place("key-00001", quantity=10)
    place("key-00002", transaction_type="SELL", order_type="SL-M", trigger_price=1480.0)
    switch(page, on=True, close_positions=True)
    trades = caller.get(api("trades"), params=RUN).json()["trades"]
    assert [one["transaction_type"] for one in trades] == ["BUY", "SELL"]
    orders = caller.get(api("orders"), params=RUN).json()["orders"]
    assert {one["status"] for one in orders} == {"COMPLETE", "CANCELLED"}
    assert caller.get(api("runs/run-1")).json()["status"] == "halted"
    switch(page, on=False)
    assert place("key-00003").json()["status"] == "COMPLETE"


def test_it_survives_a_restart(
    container: Container, page: Any, place: Any, market: Any, clock: Any, switch: Any
) -> None:
    switch(page, on=True)
    container.execution.trader.stop()
    again = ExecutionService.build(container.database, clock, market)
    again.trader.start()
    try:
        assert again.halt(1) is not None
        assert again.trader.is_halted
    finally:
        again.trader.stop()


def test_the_servers_switch_stops_everybody(
    worker: Any, sign_in: Any, new_run: Any, api: Any, buy: Any, switch: Any
) -> None:
    one, other = worker("a@example.com"), worker("b@example.com")
    new_run(one, "run-a")
    new_run(other, "run-b")
    admin = sign_in("admin@example.com", is_admin=True)
    own, body = sign_in("a@example.com"), {"scope": "server"}
    assert own.post(SWITCH, json=body).status_code == 403
    switch(own, on=True)
    switch(admin, on=True, scope="server")
    assert own.get(SWITCH).json()["scope"] == "server"
    for run, caller in (("run-a", one), ("run-b", other)):
        denied = caller.post(api(f"runs/{run}/intents"), json=buy("key-00001"))
        assert denied.headers["X-Error-Code"] == "kill_switch_active"
    switch(admin, on=False, scope="server")
    assert other.get(api("runs/run-b")).json()["status"] == "open"
    assert one.get(api("runs/run-a")).json()["status"] == "halted"  # its owner's own is still on
    switch(own, on=False)
    assert one.get(api("runs/run-a")).json()["status"] == "open"


def test_another_accounts_switch_is_its_own(
    caller: Any, place: Any, sign_in: Any, switch: Any
) -> None:
    switch(sign_in("other@example.com"), on=True)
    assert place("key-00001").status_code == 200


def test_nothing_is_placed_after_the_answer(
    container: Container, page: Any, place: Any, switch: Any
) -> None:
    """Flipped 20 times while 8 clients place: after each answer no entry begins."""
    stopping, flips = Event(), []

    def keep_placing(number: int) -> int:
        count = 0
        while not stopping.is_set():
            count += place(f"k-{number:02d}-{count:06d}", quantity=1).status_code == 200
        return count

    with ThreadPoolExecutor(8) as pool:
        placing = [pool.submit(keep_placing, number) for number in range(8)]
        for _ in range(20):
            switch(page, on=True)
            begun = _last_event(container)
            flips.append((begun, None))
            for _ in range(3):
                page.get(SWITCH)
            flips[-1] = (begun, _last_event(container))
            switch(page, on=False)
        stopping.set()
        placed = sum(one.result() for one in placing)
    assert placed > 0
    with container.database.read() as session:
        seqs = session.scalars(
            select(ExecutionEvent.seq).where(ExecutionEvent.event_type == "order_placed")
        ).all()
    during = [seq for seq in seqs for begun, ended in flips if begun < seq <= ended]
    assert during == []


def _last_event(container: Container) -> int:
    with container.database.read() as session:
        return session.scalars(
            select(ExecutionEvent.seq).order_by(ExecutionEvent.seq.desc()).limit(1)
        ).one()


@pytest.fixture
def trigger(caller: Any, api: Any) -> Callable[[str, float], int]:
    """Makes a single trigger of a run's account; returns its id."""

    def trigger(side: str, price: float) -> int:
        order = {
            "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": side, "quantity": 1,
            "order_type": "LIMIT", "product": "CNC", "price": price,
        }  # fmt: skip
        body = {
            "type": "single",
            "condition": {
                "exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [price],
                "last_price": 1500.0,
            },
            "orders": [order],
        }  # fmt: skip
        answer = caller.post(api("gtt/triggers"), json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["trigger_id"]

    return trigger


def test_it_cancels_triggers_that_would_open_a_position_and_keeps_the_others(
    caller: Any, api: Any, page: Any, place: Any, switch: Any, trigger: Callable[[str, float], int]
) -> None:
    """On paper as at brokers: what was cancelled does not buy after the release."""
    assert place("key-00001").status_code == 200
    entry, closing = trigger("BUY", 1490.0), trigger("SELL", 1480.0)
    assert page.get(SWITCH).json()["open_entries"] == 1
    switched = switch(page, on=True, cancel_orders=True)
    assert switched["open_entries"] == 0

    def status(trigger_id: int) -> str:
        return caller.get(api(f"gtt/triggers/{trigger_id}")).json()["status"]

    assert (status(entry), status(closing)) == ("deleted", "active")
    switch(page, on=False)
    assert status(entry) == "deleted"


def test_a_trigger_that_would_open_a_position_waits(
    caller: Any,
    api: Any,
    page: Any,
    market: Any,
    clock: Any,
    container: Container,
    switch: Any,
    trigger: Callable[[str, float], int],
) -> None:
    """GTTs: an entry is held back until it is off; one that closes a position triggers."""

    def status(trigger_id: int) -> str:
        return caller.get(api(f"gtt/triggers/{trigger_id}")).json()["status"]

    def trade(price: str) -> None:
        trader.execute(Command(lambda _uow: None))  # what was asked for before is watched
        market.trade("NSE:INFY", price)
        trader.execute(Command(lambda _uow: None))

    trader = container.execution.trader
    entry = trigger("BUY", 1490.0)
    switch(page, on=True)
    trade("1489.00")
    assert status(entry) == "active"
    switch(page, on=False)
    trade("1488.00")
    assert status(entry) == "triggered"
    closing = trigger("SELL", 1480.0)
    switch(page, on=True)
    trade("1479.00")
    assert status(closing) == "triggered"
