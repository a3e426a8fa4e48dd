"""Protections of option runs: endpoints 56 and 57, and exits by the server (KQ-03)."""

from __future__ import annotations

from typing import Any

import pytest

from tradertape_server.features.protection.failure_log import FailureLog
from tradertape_server.features.workers.option_runs.entries import EntryWatch

from .option_calls import RUNS, Json, enter, events, guard, protect, state

# --- arming ---------------------------------------------------------------------------------------


def test_a_protection_is_armed_at_the_prices_of_the_entry(
    caller: Any, api: Any, nifty: Any, option_run: Any
) -> None:
    legs = [("SELL", nifty("CE", 0)), ("SELL", nifty("PE", 0))]
    run_id = option_run(caller, *legs, protection={"stoploss_pct": 20.0})["strategy_run_id"]
    before = guard(caller, api, run_id)
    assert (before["status"], before["generation"]) == ("unarmed", 1)
    assert before["waits_for_entry"]
    enter(caller, api, run_id)
    after = guard(caller, api, run_id)
    assert (after["status"], after["generation"]) == ("armed", 2)
    assert [leg["entry_price"] for leg in after["legs"]] == [100.0, 100.0]
    assert after["protection"] == {"stoploss_pct": 20.0}
    assert after["profit_pct"] == 0.0
    safety = caller.get(api(f"runs/{run_id}/safety-check")).json()
    assert safety["options_protection"]["status"] == "armed"
    assert safety["generic_protection"] == {}


def test_a_new_protection_increases_the_generation_and_voids_tokens(
    caller: Any, api: Any, straddle: Any
) -> None:
    run_id = straddle(protection={"stoploss_pct": 20.0})
    token = caller.get(api(f"runs/{run_id}/safety-check")).json()["safety_token"]
    changed = protect(caller, api, run_id, target_pct=30.0, basis="premium").json()
    assert changed["protection_state"]["generation"] == 3
    assert changed["protection_state"]["backend_protection"]["basket"]["basis"] == "premium"
    body = {"safety_token": token, "idempotency_key": "exit-0001"}
    assert caller.post(api(f"{RUNS}/{run_id}/exit"), json=body).status_code == 409


def test_limits_in_percent_are_changed_before_the_entry_and_measured_from_it(
    caller: Any, api: Any, nifty: Any, option_run: Any
) -> None:
    legs = (("SELL", nifty("CE", 0)), ("SELL", nifty("PE", 0)))
    run_id = option_run(caller, *legs, protection={"stoploss_pct": 20.0})["strategy_run_id"]
    changed = protect(caller, api, run_id, stoploss_pct=30.0, basis="premium")
    assert changed.status_code == 200, changed.text
    before = guard(caller, api, run_id)
    assert (before["status"], before["waits_for_entry"]) == ("unarmed", True)
    assert enter(caller, api, run_id).status_code == 200
    after = guard(caller, api, run_id)
    assert (after["status"], after["waits_for_entry"]) == ("armed", False)
    assert after["backend_protection"]["basket"]["stoploss_pct"] == 30.0
    assert all(leg["entry_price"] for leg in after["legs"])


def test_a_protection_can_be_set_after_the_entry_and_turned_off(
    caller: Any, api: Any, straddle: Any
) -> None:
    run_id = straddle()
    assert guard(caller, api, run_id)["generation"] == 0
    assert protect(caller, api, run_id, stoploss_pct=5).json()["protection_state"]["legs"]
    off = protect(caller, api, run_id, enabled=False).json()["protection_state"]
    assert (off["status"], off["generation"]) == ("unarmed", 2)


def test_a_broken_rule_names_its_field_and_changes_nothing(
    caller: Any, api: Any, straddle: Any, nifty: Any
) -> None:
    run_id = straddle(protection={"stoploss_pct": 20.0})
    refused = protect(caller, api, run_id, stop_loss_pct=2)
    assert refused.status_code == 422
    assert "did you mean stoploss_pct?" in refused.json()["detail"][0]["msg"]
    assert guard(caller, api, run_id)["generation"] == 2
    one = nifty("CE", 0)
    leg = {"tradingsymbol": one.tradingsymbol, "transaction_type": "BUY", "quantity": one.lot_size}
    body = {"strategy_name": "x", "product": "MIS", "legs": [leg], "protection": {"basis": "x"}}
    new = caller.post(api(RUNS), json=body)
    assert new.json()["detail"][0]["pointer"].startswith("/protection/")


def test_the_ordinary_protection_replaces_that_of_the_options(
    caller: Any, api: Any, straddle: Any, nifty: Any
) -> None:
    """Endpoint 19 on an option run."""
    run_id = straddle(protection={"stoploss_pct": 20.0})
    position = {
        "symbol": nifty("CE", 0).id, "product": "NRML", "side": "SELL", "quantity": 65,
        "entry_price": 100.0, "stoploss_pct": 50.0,
    }  # fmt: skip
    body = {"backend_protection": {"positions": [position]}}
    assert caller.patch(api(f"runs/{run_id}/protection"), json=body).status_code == 200
    now = guard(caller, api, run_id)
    assert (now["protection"], now["generation"], len(now["legs"])) == (None, 3, 1)


def test_percentages_of_no_premium_are_refused_by_name(
    caller: Any, api: Any, nifty: Any, option_run: Any, market: Any
) -> None:
    legs = [("BUY", nifty("CE", 0)), ("SELL", nifty("PE", 0))]
    market.trade(legs[1][1].id, "100.05")  # bought at the ask of 100.05
    run_id = option_run(caller, *legs)["strategy_run_id"]
    enter(caller, api, run_id)
    refused = protect(caller, api, run_id, stoploss_pct=10, basis="premium")
    assert refused.status_code == 400
    assert "entry_value" in refused.json()["detail"]


# --- firing ---------------------------------------------------------------------------------------


def test_a_stop_on_the_premium_exits_the_whole_run_once(
    caller: Any, api: Any, straddle: Any, nifty: Any, market: Any, container: Any, wait_for: Any
) -> None:
    """KP: by the server's own thread: both short legs are bought back, the run is closed."""
    run_id = straddle(protection={"stoploss_pct": 20.0, "basis": "premium"})
    container.guardian.check_all()
    market.trade(nifty("CE", 0).id, "125.00")
    assert guard(caller, api, run_id)["status"] == "armed"  # 25 of 200: 12.5 %
    market.trade(nifty("PE", 0).id, "115.05")
    wait_for(lambda: len(container.execution.orders(run_id=run_id)) == 4)  # how soon: bench/
    wait_for(lambda: state(caller, api, run_id)["status"] == "closed")
    for price in ("200.00", "300.00"):
        market.trade(nifty("CE", 0).id, price)
    container.guardian.check_all()
    assert len(container.execution.orders(run_id=run_id)) == 4
    shown = guard(caller, api, run_id)
    assert shown["triggered_rule"] == "basket_stoploss"
    assert "of the net premium" in shown["reason"]
    now = state(caller, api, run_id)
    assert (now["option_status"], now["pnl"]["net_pnl"] < -2_600) == ("exited", True)
    kinds = [one["event_type"] for one in events(caller, api, run_id)]
    assert kinds.count("protection_triggered") == 1


@pytest.mark.parametrize(
    ("rules", "prices", "rule"),
    [
        ({"target_pct": 30}, ["60.00", "75.00"], "basket_target"),
        ({"stoploss_inr": 1000}, ["110.00", "106.00"], "basket_stoploss"),
        ({"stoploss_premium": 230}, ["115.00", "116.00"], "basket_stoploss"),
        ({"target_premium": 150}, ["80.00", "69.00"], "basket_target"),
        ({"trailing_stoploss_pct": 4}, ["80.00", "90.00"], None),
    ],
)
def test_each_limit_triggers_at_its_level(
    caller: Any, api: Any, straddle: Any, nifty: Any, market: Any, guardian: Any, wait_for: Any,
    rules: Json, prices: list[str], rule: str | None,
) -> None:  # fmt: skip
    """Both options move alike: 200 rupees of premium were received for a unit."""
    run_id = straddle(protection=rules)
    call, put = nifty("CE", 0).id, nifty("PE", 0).id
    market.trade(call, prices[0])
    guardian.check_all()
    assert guard(caller, api, run_id)["status"] == "armed"
    market.trade(put, prices[1])
    guardian.check_all()
    if rule is None:  # the peak is +15 %; back at +10 %
        market.trade(call, "96.00")
        guardian.check_all()
        rule = "basket_trailing"
    wait_for(lambda: state(caller, api, run_id)["status"] == "closed")
    assert guard(caller, api, run_id)["triggered_rule"] == rule


def test_a_rule_of_one_leg_exits_that_leg_and_the_last_one_closes_the_run(
    caller: Any, api: Any, straddle: Any, nifty: Any, market: Any, guardian: Any, wait_for: Any
) -> None:
    run_id = straddle(protection={"leg_stoploss_pct": 30})
    market.trade(nifty("CE", 0).id, "131.00")
    guardian.check_all()
    wait_for(lambda: state(caller, api, run_id)["legs"][0]["net_quantity"] == 0)
    one_left = state(caller, api, run_id)
    assert (one_left["status"], one_left["legs"][1]["net_quantity"]) == ("open", -65)
    market.trade(nifty("PE", 0).id, "131.00")
    guardian.check_all()
    wait_for(lambda: state(caller, api, run_id)["status"] == "closed")
    assert state(caller, api, run_id)["option_status"] == "exited"


def test_the_silence_limit_applies_to_option_runs(
    caller: Any, api: Any, straddle: Any, market: Any, guardian: Any, clock: Any, wait_for: Any
) -> None:
    rules = {"operations": {"exit_on_worker_stale": True, "worker_stale_sec": 60}}
    run_id = straddle(protection=rules)
    clock.advance(seconds=61)
    market.refresh()
    guardian.check_all()
    wait_for(lambda: state(caller, api, run_id)["status"] == "closed")
    assert guard(caller, api, run_id)["triggered_rule"] == "worker_stale"


def test_what_a_stop_interrupted_is_armed_after_the_start(
    caller: Any, api: Any, nifty: Any, option_run: Any, container: Any, monkeypatch: Any
) -> None:
    """The server crashes after the legs filled and before the entry was settled."""
    container.guardian.stop()
    run = option_run(caller, ("SELL", nifty("CE", 0)), protection={"stoploss_pct": 20})
    run_id = run["strategy_run_id"]
    module = "tradertape_server.features.workers.option_runs.entry_command.settle_entry"
    with monkeypatch.context() as stopped:
        stopped.setattr(module, lambda _uow, _run: None)
        enter(caller, api, run_id)
    assert guard(caller, api, run_id)["status"] == "unarmed"
    clock = container.clock
    # As a new guardian does.
    EntryWatch(container.database, container.execution, clock, FailureLog(clock)).check()
    assert guard(caller, api, run_id)["status"] == "armed"
    assert state(caller, api, run_id)["option_status"] == "entered"
