"""Option runs: entry and exit, endpoints 50 to 55 (KQ-03)."""

from __future__ import annotations

from typing import Any

import pytest

from .option_calls import RUNS, Json, enter, events, exit_run, orders, state


@pytest.fixture
def caller(worker: Any) -> Any:
    return worker()


@pytest.fixture
def spread(caller: Any, nifty: Any, option_run: Any) -> Json:
    """A call bought at the money, one sold two strikes up."""
    return option_run(caller, ("SELL", nifty("CE", 2)), ("BUY", nifty("CE", 0)))


# --- entering -------------------------------------------------------------------------------------


def test_all_legs_are_placed_as_one_basket_purchases_first(
    caller: Any, api: Any, spread: Json, nifty: Any
) -> None:
    run_id = spread["strategy_run_id"]
    answer = enter(caller, api, run_id).json()
    assert (answer["status"], answer["result"]["status"]) == ("accepted", "accepted")
    legs = answer["result"]["legs"]
    assert [leg["leg_id"] for leg in legs] == ["leg_0", "leg_1"]
    assert [leg["status"] for leg in legs] == ["COMPLETE", "COMPLETE"]
    accepted = [
        one["summary"] for one in events(caller, api, run_id) if one["event_type"] == "order_filled"
    ]
    assert [text.split()[1] for text in accepted] == ["BUY", "SELL"]
    now = state(caller, api, run_id)
    assert (now["option_status"], now["status"]) == ("entered", "open")
    sold, bought = now["legs"]
    assert (sold["entry_price"], bought["entry_price"]) == (100.0, 100.05)
    assert (sold["net_quantity"], bought["net_quantity"]) == (-65, 65)
    assert now["premium"]["entry"] == {"net": 3.25, "per_unit": 0.05}
    assert now["greeks"] is None  # no chain is quoted here
    noted = [one["event_type"] for one in events(caller, api, run_id)]
    assert noted.index("option_run_entering") < noted.index("option_run_entered")
    entered = next(
        one for one in events(caller, api, run_id) if one["event_type"] == "option_run_entered"
    )
    assert entered["summary"].endswith(" at 100.05")


def test_a_second_entry_gives_the_same_bytes_and_no_order(
    caller: Any, api: Any, spread: Json
) -> None:
    run_id = spread["strategy_run_id"]
    first, again = enter(caller, api, run_id), enter(caller, api, run_id)
    assert again.content == first.content
    assert again.headers["Idempotent-Replay"] == "true"
    assert len(orders(caller, api, run_id)) == 2
    other = enter(caller, api, run_id, idempotency_key="another-key")
    assert (other.status_code, other.headers["X-Error-Code"]) == (409, "already_entered")
    changed = enter(caller, api, run_id, metadata={"signal": 2})
    assert changed.headers["X-Error-Code"] == "idempotency_key_reused"


def test_the_hedge_makes_the_sale_affordable(
    caller: Any, api: Any, nifty: Any, option_run: Any
) -> None:
    """The margin is that of the whole: a naked call of this size would need more than there is."""
    sold, bought = nifty("CE", 2), nifty("CE", 3)
    naked = option_run(caller, ("SELL", sold))
    hedged = option_run(caller, ("SELL", sold), ("BUY", bought))

    def needed(run: Json) -> float:
        preview = caller.post(api(f"{RUNS}/{run['strategy_run_id']}/preview-entry"), json={}).json()
        return preview["preview"]["cost_contract"]["margin_required"]

    assert needed(hedged) < needed(naked) / 4


def test_an_entry_beyond_the_funds_is_refused_and_can_be_tried_again(
    caller: Any, api: Any, nifty: Any, option_run: Any
) -> None:
    sold = nifty("CE", 0)
    legs = [
        {
            "tradingsymbol": sold.tradingsymbol, "transaction_type": "SELL",
            "quantity": sold.lot_size * 20,
        }
    ]  # fmt: skip
    run = option_run(caller, legs=legs)
    refused = enter(caller, api, run["strategy_run_id"])
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (400, "insufficient_margin")
    now = state(caller, api, run["strategy_run_id"])
    assert (now["option_status"], now["entered_at"]) == ("created", None)
    assert "Denied" in events(caller, api, run["strategy_run_id"])[-1]["summary"]


def test_a_leg_above_the_freeze_quantity_is_sliced(
    caller: Any, api: Any, nifty: Any, option_run: Any, market: Any
) -> None:
    one = nifty("CE", 0)
    market.trade(one.id, "10.00")
    units = one.freeze_quantity // one.lot_size * one.lot_size + one.lot_size
    legs = [{"tradingsymbol": one.tradingsymbol, "transaction_type": "BUY", "quantity": units}]
    run = option_run(caller, legs=legs)
    answer = enter(caller, api, run["strategy_run_id"])
    assert answer.status_code == 200, answer.text
    (leg,) = answer.json()["result"]["legs"]
    assert len(leg["children"]) == 2


def test_a_basket_with_a_refused_leg_is_reversed_and_reported(
    caller: Any, api: Any, spread: Json, nifty: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D18: the venue refuses the sale after the purchase has filled."""
    sold, run_id = nifty("CE", 2).tradingsymbol, spread["strategy_run_id"]

    def refusal(request: Any, _tick: Any) -> str | None:
        same = request.tradingsymbol == sold
        return "the exchange does not take this strike" if same else None

    with monkeypatch.context() as patch:
        patch.setattr("tradertape_core.execution.matching.refusal_of", refusal)
        result = enter(caller, api, run_id).json()["result"]
    assert (result["status"], result["unwind"]["status"]) == ("rejected", "done")
    now = state(caller, api, run_id)
    assert now["option_status"] == "unwound"
    assert [leg["net_quantity"] for leg in now["legs"]] == [0, 0]
    noted = [one["summary"] for one in events(caller, api, run_id)]
    assert any("does not take this strike" in text and "reversed" in text for text in noted)
    assert enter(caller, api, run_id).json()["result"]["unwind"]["status"] == "done"  # the same
    better = enter(caller, api, run_id, idempotency_key="second-try").json()
    assert better["result"]["status"] == "accepted"
    assert state(caller, api, run_id)["option_status"] == "entered"


def test_a_run_is_entering_until_the_open_order_of_a_leg_fills(
    caller: Any, api: Any, nifty: Any, option_run: Any, market: Any, wait_for: Any
) -> None:
    """The fill is noticed without a request."""
    one = nifty("CE", 0)
    leg = {
        "leg_id": "leg_a", "tradingsymbol": one.tradingsymbol, "transaction_type": "BUY",
        "quantity": 65, "order_type": "LIMIT", "price": 95.0,
    }  # fmt: skip
    run = option_run(caller, legs=[leg], protection={"stoploss_pct": 10})
    run_id = run["strategy_run_id"]
    assert enter(caller, api, run_id).json()["result"]["legs"][0]["status"] == "OPEN"
    waiting = state(caller, api, run_id)
    assert (waiting["option_status"], waiting["protection"]["status"]) == ("entering", "unarmed")
    market.trade(one.id, "94.00")
    wait_for(lambda: state(caller, api, run_id)["option_status"] == "entered")
    now = state(caller, api, run_id)
    assert (now["option_status"], now["protection"]["status"]) == ("entered", "armed")
    assert now["legs"][0]["entry_price"] == 95.0


def test_a_dry_run_records_and_sends_nothing(
    caller: Any, api: Any, nifty: Any, option_run: Any
) -> None:
    run = option_run(caller, ("BUY", nifty("CE", 0)), metadata={"mode": "dry_run"})
    run_id = run["strategy_run_id"]
    answer = enter(caller, api, run_id).json()
    assert answer["mode"] == "dry_run"
    assert answer["result"]["preview"]["cost_contract"]["margin_required"] > 0
    assert state(caller, api, run_id)["option_status"] == "dry_run"
    assert caller.get(api(f"runs/{run_id}/pnl")).json()["legs"] == []


def test_an_action_may_choose_what_the_creation_left_open_and_nothing_else(
    caller: Any, api: Any, nifty: Any, option_run: Any
) -> None:
    open_run = option_run(caller, ("BUY", nifty("CE", 0)))["strategy_run_id"]
    caller.post(api("accounts"), json={"account_scope": "kite:paper-c"})
    answer = enter(caller, api, open_run, execution_mode="dry_run", account_scope="kite:paper-c")
    assert answer.json()["mode"] == "dry_run"
    shown = caller.get(api(f"runs/{open_run}")).json()
    assert (shown["execution_mode"], shown["account_scope"]) == ("dry_run", "kite:paper-c")
    fixed = option_run(caller, ("BUY", nifty("CE", 0)), metadata={"execution_mode": "paper"})
    refused = enter(caller, api, fixed["strategy_run_id"], mode="dry_run")
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (409, "run_mismatch")
    live = enter(caller, api, fixed["strategy_run_id"], mode="live")
    assert (live.status_code, live.headers["X-Error-Code"]) == (403, "live_disabled")


def test_results_from_elsewhere_are_not_accepted(caller: Any, api: Any, spread: Json) -> None:
    refused = enter(caller, api, spread["strategy_run_id"], order_results=[{"order_id": "1"}])
    assert refused.json()["detail"][0]["pointer"] == "/order_results"
    assert enter(caller, api, spread["strategy_run_id"], order_results=[]).status_code == 200


# --- exits ----------------------------------------------------------------------------------------


def test_an_exit_buys_the_short_back_first_and_closes_the_run_once(
    caller: Any, api: Any, spread: Json, nifty: Any
) -> None:
    run_id = spread["strategy_run_id"]
    enter(caller, api, run_id)
    preview = caller.post(api(f"{RUNS}/{run_id}/preview-exit"), json={}).json()
    assert [one["transaction_type"] for one in preview["close"]] == ["BUY", "SELL"]
    assert preview["cost_contract"]["total_charges"] > 0
    assert len(orders(caller, api, run_id)) == 2
    done, again = exit_run(caller, api, run_id), exit_run(caller, api, run_id)
    assert done.json()["status"] == "closed"
    assert [one["transaction_type"] for one in done.json()["orders"]] == ["BUY", "SELL"]
    assert again.content == done.content
    assert len(orders(caller, api, run_id)) == 4
    now = state(caller, api, run_id)
    assert (now["status"], now["option_status"]) == ("closed", "exited")
    assert now["pnl"]["net_pnl"] < 0  # the spread between bid and ask, and charges
    assert enter(caller, api, run_id, idempotency_key="too-late-1").status_code == 409


def test_an_exit_before_the_entry_closes_the_run(caller: Any, api: Any, spread: Json) -> None:
    run_id = spread["strategy_run_id"]
    assert exit_run(caller, api, run_id).json()["status"] == "closed"
    now = state(caller, api, run_id)
    assert (now["option_status"], now["legs"][0]["order_id"]) == ("closed", None)


def test_the_ordinary_exit_exits_an_option_run_too(caller: Any, api: Any, spread: Json) -> None:
    run_id = spread["strategy_run_id"]
    enter(caller, api, run_id)
    assert caller.post(api(f"runs/{run_id}/exit"), json={}).json()["status"] == "closed"
    assert state(caller, api, run_id)["option_status"] == "exited"
