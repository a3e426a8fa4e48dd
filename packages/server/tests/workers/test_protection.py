"""Protection: endpoint 19, and what the server does by itself (KN-01 to KN-05)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tradertape_core.ledger.corporate import CorporateAction
from tradertape_server.features.execution.scheduled.corporate_actions import Adjust
from tradertape_server.features.protection.rescaling import ProtectionRescaling
from tradertape_server.features.workers import repository
from tradertape_server.wiring import build_workers

Json = dict[str, Any]
RUN = {"strategy_run_id": "run-1"}
POSITION = {
    "symbol": "NSE:INFY", "product": "CNC", "side": "BUY", "quantity": 10,
    "entry_price": 1500.0, "stoploss_pct": 2.0,
}  # fmt: skip


@pytest.fixture
def caller(worker: Any, new_run: Any) -> Any:
    caller = worker()
    new_run(caller)
    return caller


def protect(caller: Any, api: Any, **protection: Any) -> Any:
    body = {"backend_protection": protection, "reason": "test", "reset_trailing": True}
    return caller.patch(api("runs/run-1/protection"), json=body)


def state_of(caller: Any, api: Any) -> Json:
    return caller.get(api("runs/run-1")).json()["runtime_state"]["backend_protection_state"]


def held(caller: Any, api: Any) -> list[int]:
    return [leg["net_quantity"] for leg in caller.get(api("runs/run-1/pnl")).json()["legs"]]


def wait_for(what: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_a_protection_is_armed_and_its_generation_moves_on(caller: Any, api: Any) -> None:
    """KN-05."""
    first = protect(caller, api, positions=[POSITION]).json()["backend_protection_state"]
    assert (first["status"], first["generation"]) == ("armed", 1)
    second = protect(caller, api, basket={"stoploss_pct": 4.0}).json()
    assert second["backend_protection_state"]["generation"] == 2
    assert second["backend_protection"]["version"] == 2
    kinds = [
        event["event_type"]
        for event in caller.get(
            api("runs/run-1/timeline"), params={"event_kind": "protection"}
        ).json()["events"]
    ]
    assert kinds == ["protection_updated", "protection_updated"]


def test_a_run_can_be_made_with_a_protection(worker: Any, new_run: Any) -> None:
    """KN-01."""
    made = new_run(worker(), runtime_state={"backend_protection": {"positions": [POSITION]}})
    assert made["runtime_state"]["backend_protection_state"]["status"] == "armed"


def test_a_position_is_found_by_its_token(caller: Any, api: Any) -> None:
    """KN-02."""
    by_token = {key: value for key, value in POSITION.items() if key != "symbol"}
    found = protect(caller, api, positions=[{**by_token, "instrument_token": 408065}]).json()
    assert found["backend_protection_state"]["legs"][0]["instrument"] == "NSE:INFY"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"quantity": 0}, "quantity"),
        ({"product": "MTF"}, "product"),
        ({"stoploss_pct": -1}, "stoploss_pct"),
        ({"symbol": "NSE:NOTHING"}, "symbol"),
        ({"symbol": "INFY"}, "symbol"),
        ({"instrument_token": 2953217}, "instrument_token"),  # that of NSE:TCS
    ],
)
def test_a_broken_rule_names_its_field(caller: Any, api: Any, change: Json, pointer: str) -> None:
    """KN-02."""
    answer = protect(caller, api, positions=[{**POSITION, **change}])
    assert answer.status_code == 422
    problem = answer.json()["detail"][0]
    assert problem["pointer"].endswith(pointer)
    assert "None" not in problem["msg"]


def test_a_tick_at_the_stop_exits_once_without_anybody_looking(
    caller: Any, api: Any, buy: Any, market: Any, container: Any
) -> None:
    """KN-02: the tick is heard by the server's own thread; `bench/protection.py` says how soon."""
    caller.post(api("runs/run-1/intents"), json=buy("key-00001"))
    protect(caller, api, positions=[POSITION])
    container.guardian.check_all()
    market.trade("NSE:INFY", "1469.00")
    wait_for(lambda: len(container.execution.orders(run_id="run-1")) == 2)
    wait_for(lambda: state_of(caller, api)["status"] == "done")
    for price in ("1468.00", "1460.00"):
        market.trade("NSE:INFY", price)
    container.guardian.check_all()
    orders = caller.get(api("orders"), params=RUN).json()["orders"]
    assert [(one["transaction_type"], one["status"]) for one in orders] == [
        ("BUY", "COMPLETE"), ("SELL", "COMPLETE"),
    ]  # fmt: skip
    assert state_of(caller, api)["triggered_rule"] == "position_stoploss"
    assert state_of(caller, api)["legs"][0]["exit_price"] == 1469.0


def test_a_part_that_is_protected_is_exited_and_the_rest_stays(
    caller: Any, api: Any, buy: Any, market: Any, guardian: Any, clock: Any
) -> None:
    """KN-02: the quantity of a protected position is all that its rule may close."""
    caller.post(api("runs/run-1/intents"), json=buy("key-00001", quantity=10))
    protect(caller, api, positions=[{**POSITION, "quantity": 4}])
    market.trade("NSE:INFY", "1469.00")
    guardian.check_all()
    assert (held(caller, api), state_of(caller, api)["status"]) == ([6], "done")
    for _ in range(3):
        clock.advance(seconds=30)
        market.trade("NSE:INFY", "1400.00")
        guardian.check_all()
    assert held(caller, api) == [6]
    assert state_of(caller, api)["legs"][0]["exit_price"] == 1469.0


def test_an_exit_above_the_freeze_quantity_goes_in_parts(
    caller: Any, api: Any, buy: Any, market: Any, guardian: Any
) -> None:
    """KN-02: what came in several orders leaves, though one order could not hold it."""
    market.instruments["NSE:INFY"] = replace(market.instruments["NSE:INFY"], freeze_quantity=4)
    for number, quantity in enumerate((4, 4, 2)):
        caller.post(api("runs/run-1/intents"), json=buy(f"key-0000{number}", quantity=quantity))
    protect(caller, api, positions=[POSITION])
    market.trade("NSE:INFY", "1469.00")
    guardian.check_all()
    orders = caller.get(api("orders"), params=RUN).json()["orders"]
    assert [one["quantity"] for one in orders if one["transaction_type"] == "SELL"] == [4, 4, 2]
    assert state_of(caller, api)["status"] == "done"


def test_an_old_tick_fires_nothing(
    caller: Any, api: Any, buy: Any, market: Any, guardian: Any, clock: Any
) -> None:
    caller.post(api("runs/run-1/intents"), json=buy("key-00001"))
    protect(caller, api, positions=[POSITION])
    market._watched.clear()
    market.trade("NSE:INFY", "1400.00")
    clock.advance(seconds=6)
    guardian.check_all()
    assert state_of(caller, api)["status"] == "armed"
    market.refresh()
    guardian.check_all()
    assert state_of(caller, api)["status"] == "done"


def test_a_basket_stop_halts_nothing_twice(
    caller: Any, api: Any, buy: Any, market: Any, guardian: Any
) -> None:
    """KN-03."""
    caller.post(api("runs/run-1/intents"), json=buy("key-00001"))
    caller.post(api("runs/run-1/intents"), json=buy("key-00002", tradingsymbol="TCS", quantity=5))
    tcs = {
        **POSITION,
        "symbol": "NSE:TCS",
        "quantity": 5,
        "entry_price": 3000.0,
        "stoploss_pct": 50.0,
    }
    infy = {**POSITION, "stoploss_pct": 50.0}
    protect(caller, api, positions=[infy, tcs], basket={"stoploss_pct": 3.0})
    market.trade("NSE:INFY", "1440.00")
    market.trade("NSE:TCS", "2880.00")
    guardian.check_all()
    wait_for(lambda: state_of(caller, api)["status"] == "done")
    orders = caller.get(api("orders"), params=RUN).json()["orders"]
    assert [one["transaction_type"] for one in orders].count("SELL") == 2
    assert state_of(caller, api)["triggered_rule"] == "basket_stoploss"


def test_a_silent_worker_is_exited_once_and_its_run_closed(
    caller: Any, api: Any, buy: Any, market: Any, guardian: Any, clock: Any
) -> None:
    """KN-04; FAULTS §2."""
    nonce = caller.post(api("runs/run-1/claim-session")).json()["worker_session_nonce"]
    headers = {"X-Worker-Session-Nonce": nonce}
    caller.post(api("runs/run-1/intents"), json=buy("key-00001"), headers=headers)
    caller.patch(
        api("runs/run-1/protection"), headers=headers,
        json={"backend_protection": {
            "operations": {"exit_on_worker_stale": True, "worker_stale_sec": 60}}},
    )  # fmt: skip
    clock.advance(seconds=59)
    caller.post(api("runs/run-1/heartbeat"), json={}, headers=headers)
    guardian.check_all()  # a tick alone does not read signs of life, and its thread runs
    clock.advance(seconds=59)
    market.refresh()
    guardian.check_all()
    assert caller.get(api("runs/run-1")).json()["status"] == "open"
    clock.advance(seconds=2)
    market.refresh()
    guardian.check_all()
    wait_for(lambda: caller.get(api("runs/run-1")).json()["status"] == "closed")
    guardian.check_all()
    orders = caller.get(api("orders"), params=RUN).json()["orders"]
    assert [one["transaction_type"] for one in orders] == ["BUY", "SELL"]
    assert state_of(caller, api)["triggered_rule"] == "worker_stale"


def test_intraday_positions_are_squared_off_before_the_close(
    caller: Any, api: Any, buy: Any, market: Any, guardian: Any, clock: Any
) -> None:
    """KN-04."""
    caller.post(api("runs/run-1/intents"), json=buy("key-00001", product="MIS"))
    protect(caller, api, operations={"mis_squareoff_buffer_sec": 600})
    clock.advance(hours=5)  # 15:00 in India; the close of intraday positions is 15:20
    market.refresh()
    guardian.check_all()
    assert held(caller, api) == [10]
    clock.advance(minutes=11)
    market.refresh()
    guardian.check_all()
    wait_for(lambda: held(caller, api) in ([0], []))
    assert state_of(caller, api)["triggered_rule"] == "mis_squareoff"


def test_a_trigger_that_was_claimed_is_finished_after_a_restart(
    caller: Any, api: Any, buy: Any, market: Any, container: Any
) -> None:
    """A stop between the claim and its order: the next look sends it, once."""
    from tradertape_core.risk.protection import check
    from tradertape_core.risk.protection_decision import Surroundings
    from tradertape_server.features.workers import repository
    from tradertape_server.features.workers.runs.protection_columns import (
        columns_of,
        protection_of,
    )

    guardian = container.guardian
    guardian.stop()
    caller.post(api("runs/run-1/intents"), json=buy("key-00001"))
    protect(caller, api, positions=[POSITION])
    market.trade("NSE:INFY", "1400.00")
    now = container.clock.now()
    with container.database.write() as session:
        run = repository.any_run(session, "run-1")
        assert run is not None
        positions = container.execution.positions(run_id="run-1")
        ticks = {"NSE:INFY": market.tick("NSE:INFY")}
        found = check(protection_of(run), positions, ticks, Surroundings(now=now))
        assert len(found.triggers) == 1
        assert repository.change_protection(
            session, "run-1", version=run.protection_version, **columns_of(found.state)
        )
    for _ in range(3):
        guardian.check_all()
    orders = caller.get(api("orders"), params=RUN).json()["orders"]
    assert [one["transaction_type"] for one in orders] == ["BUY", "SELL"]
    assert state_of(caller, api)["status"] == "done"


def test_an_exit_that_finds_no_price_is_tried_again(
    caller: Any, api: Any, buy: Any, market: Any, container: Any, clock: Any
) -> None:
    guardian = container.guardian
    guardian.stop()
    caller.post(api("runs/run-1/intents"), json=buy("key-00001"))
    protect(caller, api, positions=[POSITION])
    market.trade("NSE:INFY", "1400.00")
    market.open = False
    guardian.check_all()
    assert held(caller, api) == [10]
    told = caller.get(api("runs/run-1/timeline"), params={"event_kind": "protection"}).json()
    assert told["events"][-1]["event_type"] in ("protection_exit_failed", "protection_exiting")
    safety = caller.get(api("runs/run-1/safety-check")).json()
    assert any("(protection_triggered)" in reason for reason in safety["blocking_reasons"])
    market.open = True
    clock.advance(seconds=61)
    market.trade("NSE:INFY", "1399.00")
    guardian.check_all()
    assert held(caller, api) in ([0], [])
    assert state_of(caller, api)["status"] == "done"


def test_a_split_over_night_moves_the_stop_and_fires_nothing(
    caller: Any, api: Any, buy: Any, market: Any, container: Any, clock: Any
) -> None:
    """FAULTS §4: a 1:10 split between 15:30 and 09:15, exits sent 0."""
    caller.post(api("runs/run-1/intents"), json=buy("key-00001"))
    protect(caller, api, positions=[POSITION])
    guardian = container.guardian
    guardian.check_all()
    clock.advance(hours=22)
    action = CorporateAction(
        action_id="split", instrument="NSE:INFY", ex_date=clock.now().date(), new=10, old=1
    )
    execution, rescaling = container.execution, ProtectionRescaling(container.workers.owners)
    execution.trader.execute(Adjust(action, "split", execution.gtt, rescaling))
    market.trade("NSE:INFY", "149.00")
    guardian.check_all()
    assert held(caller, api) == [100]
    assert state_of(caller, api)["status"] == "armed"
    assert len(execution.orders(run_id="run-1")) == 1
    market.trade("NSE:INFY", "146.90")
    guardian.check_all()
    assert state_of(caller, api)["triggered_rule"] == "position_stoploss"
    assert held(caller, api) == [0]


def test_a_split_of_years_ago_says_nothing(
    caller: Any, api: Any, buy: Any, container: Any, clock: Any
) -> None:
    """What is read again at every start: nothing moved, so nothing is said."""
    caller.post(api("runs/run-1/intents"), json=buy("key-00001"))
    protect(caller, api, positions=[POSITION])
    before = state_of(caller, api)
    long_ago = clock.now().date().replace(year=2020, month=1, day=2)
    action = CorporateAction(
        action_id="old", instrument="NSE:INFY", ex_date=long_ago, new=10, old=1
    )
    execution, rescaling = container.execution, ProtectionRescaling(container.workers.owners)
    execution.trader.execute(Adjust(action, "split", execution.gtt, rescaling))
    assert state_of(caller, api) == before
    events = container.workers.timeline.events
    with container.database.read() as session:
        run = repository.any_run(session, "run-1")
    assert "protection_rescaled" not in {one["event_type"] for one in events(run, after=0)}


def test_a_trail_is_remembered_when_the_server_dies(
    caller: Any, api: Any, buy: Any, market: Any, clock: Any, container: Any, guardian: Any
) -> None:
    """The best price is written down while it moves: another guardian goes on from it."""
    caller.post(api("runs/run-1/intents"), json=buy("key-00001"))
    trailing = {**POSITION, "trailing_stoploss_pct": 2.0}
    assert protect(caller, api, positions=[trailing]).status_code == 200
    guardian.check_all()
    clock.advance(seconds=6)
    market.trade("NSE:INFY", "1600.00")
    guardian.check_all()
    _, again = build_workers(
        container.database, clock, container.secrets, container.execution, container.bus, market,
        by_token=market.by_token,
    )  # fmt: skip
    market.trade("NSE:INFY", "1565.00")  # 2.2 % below the best, far above the stop
    again.check_all()
    again.check_all()
    assert held(caller, api) in ([], [0])
    rule = [
        event["payload"].get("rule")
        for event in caller.get(api("runs/run-1/timeline")).json()["events"]
        if event["event_type"] == "protection_triggered"
    ]
    assert rule == ["position_trailing_stoploss"]


def test_a_basket_alone_guards_whatever_the_run_holds(
    caller: Any, api: Any, buy: Any, market: Any, guardian: Any
) -> None:
    """KN-03."""
    protect(caller, api, basket={"stoploss_pct": 3.0})
    guardian.check_all()
    caller.post(api("runs/run-1/intents"), json=buy("key-00001"))
    caller.post(api("runs/run-1/intents"), json=buy("key-00002", tradingsymbol="TCS", quantity=5))
    guardian.check_all()
    assert state_of(caller, api)["status"] == "armed"
    market.trade("NSE:INFY", "1440.00")
    market.trade("NSE:TCS", "2880.00")
    guardian.check_all()
    wait_for(lambda: state_of(caller, api)["status"] == "done")
    assert held(caller, api) == [0, 0]
    assert state_of(caller, api)["triggered_rule"] == "basket_stoploss"


def test_a_basket_that_fired_halts_its_run_until_it_is_armed_anew(
    caller: Any, api: Any, buy: Any, market: Any, guardian: Any
) -> None:
    """D18: `halted`."""
    caller.post(api("runs/run-1/intents"), json=buy("key-00001"))
    protect(caller, api, positions=[POSITION], basket={"stoploss_pct": 1.0})
    market.trade("NSE:INFY", "1480.00")
    guardian.check_all()
    guardian.check_all()
    assert caller.get(api("runs/run-1")).json()["status"] == "halted"
    refused = caller.post(api("runs/run-1/intents"), json=buy("key-00002"))
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (400, "trading_halted")
    protect(caller, api, positions=[{**POSITION, "entry_price": 1480.0}])
    assert caller.get(api("runs/run-1")).json()["status"] == "open"
    assert caller.post(api("runs/run-1/intents"), json=buy("key-00002")).status_code == 200
