"""Rules that trigger are claimed and exited by the server itself (KN-01 to KN-05)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tradertape_server.features.workers import repository
from tradertape_server.wiring.trading import build_workers

from ..workers.protection_calls import POSITION, RUN, held, protect, state_of, wait_for

Json = dict[str, Any]


def test_a_tick_at_the_stop_exits_once_by_itself(
    caller: Any, api: Any, buy: Any, market: Any, container: Any
) -> None:
    """KN-02: by the server's own thread; `bench/protection.py` measures how soon."""
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


def test_an_exit_above_the_freeze_quantity_is_sent_in_parts(
    caller: Any, api: Any, buy: Any, market: Any, guardian: Any
) -> None:
    """KN-02: a position built by several orders is closed although one order may not."""
    market.instruments["NSE:INFY"] = replace(market.instruments["NSE:INFY"], freeze_quantity=4)
    for number, quantity in enumerate((4, 4, 2)):
        caller.post(api("runs/run-1/intents"), json=buy(f"key-0000{number}", quantity=quantity))
    protect(caller, api, positions=[POSITION])
    market.trade("NSE:INFY", "1469.00")
    guardian.check_all()
    orders = caller.get(api("orders"), params=RUN).json()["orders"]
    assert [one["quantity"] for one in orders if one["transaction_type"] == "SELL"] == [4, 4, 2]
    assert state_of(caller, api)["status"] == "done"


def test_an_old_tick_triggers_nothing(
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
    """A stop between the claim and its order: the next check sends it, once."""
    from tradertape_core.risk.protection import check
    from tradertape_core.risk.protection_decision import Surroundings
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
    timeline = caller.get(api("runs/run-1/timeline"), params={"event_kind": "protection"}).json()
    assert timeline["events"][-1]["event_type"] in ("protection_exit_failed", "protection_exiting")
    safety = caller.get(api("runs/run-1/safety-check")).json()
    assert any("(protection_triggered)" in reason for reason in safety["blocking_reasons"])
    market.open = True
    clock.advance(seconds=61)
    market.trade("NSE:INFY", "1399.00")
    guardian.check_all()
    assert held(caller, api) in ([0], [])
    assert state_of(caller, api)["status"] == "done"


def test_the_best_price_survives_a_crash(
    caller: Any, api: Any, buy: Any, market: Any, clock: Any, container: Any, guardian: Any
) -> None:
    """It is stored while it moves: another guardian continues from it."""
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


def test_a_basket_alone_covers_all_positions_of_the_run(
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


def test_a_triggered_basket_halts_its_run_until_it_is_armed_again(
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
