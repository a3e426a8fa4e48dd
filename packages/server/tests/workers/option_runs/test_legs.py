"""Option runs: their legs, and who may use them (KQ-03)."""

from __future__ import annotations

from typing import Any

import pytest

from .option_calls import RUNS, Json, enter, exit_run, orders


@pytest.fixture
def caller(worker: Any) -> Any:
    return worker()


@pytest.fixture
def spread(caller: Any, nifty: Any, option_run: Any) -> Json:
    """A call bought at the money, one sold two strikes up."""
    return option_run(caller, ("SELL", nifty("CE", 2)), ("BUY", nifty("CE", 0)))


def test_underlying_and_expiry_follow_from_the_legs(spread: Json, nifty: Any) -> None:
    """Contract Q12."""
    assert spread["strategy_run_id"]
    assert (spread["status"], spread["option_status"]) == ("open", "created")
    assert spread["underlying"] == "NIFTY"
    assert spread["expiry"] == nifty("CE", 0).expiry.isoformat()
    assert (spread["execution_mode"], spread["account_scope"]) == ("paper", "kite:paper-a")
    assert spread["metadata"]["strategy_name"] == "Test strategy"
    first = spread["legs"][0]
    assert (first["strike"], first["lots"]) == (float(nifty("CE", 2).strike), 1)


def test_its_id_works_like_that_of_an_ordinary_run(caller: Any, api: Any, spread: Json) -> None:
    run_id = spread["strategy_run_id"]
    shown = caller.get(api(f"runs/{run_id}")).json()
    assert shown["template_id"] == "option-run"
    nonce = caller.post(api(f"runs/{run_id}/claim-session")).json()["worker_session_nonce"]
    headers = {"X-Worker-Session-Nonce": nonce}
    assert caller.post(api(f"runs/{run_id}/heartbeat"), json={}, headers=headers).is_success
    safety = caller.get(api(f"runs/{run_id}/safety-check")).json()
    assert (safety["can_trade"], safety["generic_protection"]) == (True, {})
    assert caller.get(api(f"runs/{run_id}/pnl")).json()["totals"]["net_pnl"] == 0
    assert orders(caller, api, run_id) == []


def test_a_leg_on_bfo_may_be_given_as_nfo(caller: Any, nifty: Any, option_run: Any) -> None:
    """Contract Q7: the selection endpoints give NFO for every option."""
    sensex = nifty("PE", 0, "SENSEX")
    made = option_run(caller, ("BUY", sensex))
    assert sensex.exchange == "BFO"
    assert made["legs"][0]["exchange"] == "BFO"
    assert made["underlying"] == "SENSEX"


def test_mode_and_account_come_from_the_metadata(
    caller: Any, api: Any, nifty: Any, option_run: Any
) -> None:
    caller.post(api("accounts"), json={"account_scope": "kite:paper-b"})
    wanted = {"execution_mode": "dry_run", "account_scope": "kite:paper-b"}
    made = option_run(caller, ("BUY", nifty("CE", 0)), metadata=wanted)
    assert (made["execution_mode"], made["account_scope"]) == ("dry_run", "kite:paper-b")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"tradingsymbol": "NIFTY26FEB1CE"}, "/legs/0/tradingsymbol"),
        ({"tradingsymbol": "RELIANCE", "exchange": "NSE"}, "/legs/0/tradingsymbol"),
        ({"quantity": 7}, "/legs/0/quantity"),
        ({"instrument_token": 1}, "/legs/0/instrument_token"),
        ({"order_type": "LIMIT"}, "/legs/0/price"),
        ({"order_type": "SL", "price": 10}, "/legs/0/trigger_price"),
        ({"exit_order_type": "LIMIT", "exit_price": 4}, "/legs/0/exit_order_type"),
    ],
)
def test_an_invalid_leg_is_named(
    caller: Any, api: Any, nifty: Any, change: Json, pointer: str
) -> None:
    one = nifty("CE", 0)
    leg = {"tradingsymbol": one.tradingsymbol, "transaction_type": "BUY", "quantity": one.lot_size}
    body = {"strategy_name": "x", "product": "MIS", "legs": [{**leg, **change}], "metadata": {}}
    refused = caller.post(api(RUNS), json=body)
    assert refused.status_code == 422, refused.text
    assert pointer in [problem["pointer"] for problem in refused.json()["detail"]]


def test_legs_are_of_one_underlying_and_each_once(caller: Any, api: Any, nifty: Any) -> None:
    def leg(one: Any) -> Json:
        return {
            "tradingsymbol": one.tradingsymbol, "transaction_type": "BUY",
            "quantity": one.lot_size, "leg_id": "same",
        }  # fmt: skip

    call, other = nifty("CE", 0), nifty("CE", 0, "BANKNIFTY")
    body = {"strategy_name": "x", "product": "MIS", "legs": [leg(call), leg(call), leg(other)]}
    found = caller.post(api(RUNS), json=body).json()["detail"]
    messages = " ".join(problem["msg"] for problem in found)
    assert "one underlying" in messages
    assert "is in 2 legs" in messages
    assert "leg_id same" in messages


def test_live_is_refused_and_so_is_a_wrong_scope(caller: Any, api: Any, nifty: Any) -> None:
    one = nifty("CE", 0)
    leg = {"tradingsymbol": one.tradingsymbol, "transaction_type": "BUY", "quantity": one.lot_size}
    body = {"strategy_name": "x", "product": "MIS", "legs": [leg]}
    live = caller.post(api(RUNS), json={**body, "metadata": {"execution_mode": "live"}})
    assert live.status_code == 422  # a live run names its strategy first
    wrong = caller.post(api(RUNS), json={**body, "metadata": {"account_scope": "paper a"}})
    assert wrong.json()["detail"][0]["pointer"] == "/metadata/account_scope"


def test_another_user_sees_nothing_and_an_ordinary_run_is_not_an_option_run(
    caller: Any, api: Any, worker: Any, spread: Json, new_run: Any
) -> None:
    other = worker("b@example.com")
    assert other.get(api(f"{RUNS}/{spread['strategy_run_id']}/state")).status_code == 404
    new_run(caller, "run-1")
    refused = caller.get(api(f"{RUNS}/run-1/state"))
    assert refused.status_code == 404
    assert "not an option run" in refused.json()["detail"]


def test_a_claimed_run_requires_its_nonce_and_a_valid_token(
    caller: Any, api: Any, spread: Json, clock: Any, market: Any
) -> None:
    run_id = spread["strategy_run_id"]
    old = caller.post(api(f"runs/{run_id}/claim-session")).json()["worker_session_nonce"]
    clock.advance(seconds=61)
    market.refresh()
    nonce = caller.post(api(f"runs/{run_id}/claim-session")).json()["worker_session_nonce"]
    held, stale = ({"X-Worker-Session-Nonce": one} for one in (nonce, old))
    assert enter(caller, api, run_id).headers["X-Error-Code"] == "session_claimed"
    assert enter(caller, api, run_id, headers=stale).headers["X-Error-Code"] == "session_conflict"
    safety = caller.get(api(f"runs/{run_id}/safety-check")).json()
    clock.advance(seconds=31)
    market.refresh()
    late = enter(caller, api, run_id, headers=held, safety_token=safety["safety_token"])
    assert (late.status_code, late.json()["detail"]) == (409, "safety_token expired")
    assert orders(caller, api, run_id) == []
    caller.post(api(f"runs/{run_id}/heartbeat"), json={}, headers=held)
    token = caller.get(api(f"runs/{run_id}/safety-check")).json()["safety_token"]
    assert enter(caller, api, run_id, headers=held, safety_token=token).status_code == 200
    assert exit_run(caller, api, run_id, headers=stale).status_code == 409
    used = exit_run(caller, api, run_id, headers=held, safety_token=token)
    assert used.json()["detail"] == "safety_token was used already"
    assert exit_run(caller, api, run_id, headers=held).json()["status"] == "closed"


def test_a_token_of_another_run_or_generation_is_refused(
    caller: Any, api: Any, nifty: Any, option_run: Any
) -> None:
    runs = [option_run(caller, ("BUY", nifty("CE", 0)))["strategy_run_id"] for _ in range(2)]
    tokens = [
        caller.get(api(f"runs/{run_id}/safety-check")).json()["safety_token"] for run_id in runs
    ]
    foreign = enter(caller, api, runs[0], safety_token=tokens[1])
    assert foreign.headers["X-Error-Code"] == "safety_token_refused"
    caller.put(api(f"{RUNS}/{runs[0]}/protection"), json={"stoploss_pct": 5})
    assert enter(caller, api, runs[0], safety_token=tokens[0]).status_code == 409


def test_a_required_protection_may_be_armed_by_the_entry(
    caller: Any, api: Any, nifty: Any, option_run: Any
) -> None:
    demand = {"metadata": {"require_protection": True}}
    bare = option_run(caller, ("BUY", nifty("CE", 0)), **demand)["strategy_run_id"]
    guarded = option_run(caller, ("BUY", nifty("CE", 0)), protection={"stoploss_pct": 5}, **demand)[
        "strategy_run_id"
    ]
    blocked = caller.get(api(f"runs/{bare}/safety-check")).json()
    assert "protection_unarmed" in blocked["blocking_reasons"][0]
    assert caller.get(api(f"runs/{guarded}/safety-check")).json()["can_trade"]
