"""Legs that fill after the reply of the entry, whatever else happens in the run."""

from __future__ import annotations

from typing import Any

import pytest

from tradertape_server.features.operations.checks import protection_check
from tradertape_server.features.workers.option_runs import entries

from .option_calls import Json, enter, exit_run, guard, state

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def caller(worker: Any) -> Any:
    return worker()


@pytest.fixture
def entering(caller: Any, api: Any, nifty: Any, option_run: Any) -> Any:
    """A call bought at the market and a put waited for at 95, each with a stop of its own."""
    legs: list[Json] = [
        {
            "leg_id": f"leg_{kind}", "tradingsymbol": nifty(kind, 0).tradingsymbol,
            "transaction_type": "BUY", "quantity": 65, "order_type": order_type, "price": price,
        }
        for kind, order_type, price in (("CE", "MARKET", None), ("PE", "LIMIT", 95.0))
    ]  # fmt: skip
    run = option_run(caller, legs=legs, protection={"leg_stoploss_pct": 20})
    run_id = run["strategy_run_id"]
    assert enter(caller, api, run_id).status_code == 200
    return run_id


def armed(caller: Any, api: Any, run_id: str) -> list[tuple[str, str]]:
    return [(leg["leg_id"], leg["status"]) for leg in guard(caller, api, run_id)["legs"]]


def test_an_unfinished_entry_takes_no_batch_until_an_event_names_it(
    caller: Any, api: Any, entering: str, nifty: Any, market: Any, container: Any, guardian: Any
) -> None:
    guardian.stop()
    guardian.check_all()
    batches = container.execution.trader.batches
    for _ in range(3):
        guardian.check_all()
    assert container.execution.trader.batches == batches
    market.trade(nifty("PE", 0).id, "94.00")
    leave_nothing_waiting(container)
    guardian.check_all()
    assert state(caller, api, entering)["option_status"] == "entered"


def test_an_entry_whose_check_fails_is_checked_again_by_itself(
    caller: Any, api: Any, entering: str, nifty: Any, market: Any, container: Any, guardian: Any,
    clock: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    guardian.stop()
    guardian.check_all()
    assert protection_check(guardian)().status == "ok"
    market.trade(nifty("PE", 0).id, "94.00")
    leave_nothing_waiting(container)
    with monkeypatch.context() as patch:
        patch.setattr(entries, "settle_entry", lambda *_: 1 / 0)
        guardian.check_all()
    found = protection_check(guardian)()
    assert (found.status, found.facts) == ("down", {"runs": 1})
    clock.advance(seconds=11)
    guardian.check_all()
    assert state(caller, api, entering)["option_status"] == "entered"
    clock.advance(seconds=60)
    assert protection_check(guardian)().status == "ok"


def test_a_leg_that_fills_while_another_is_exited_is_protected_after_it(
    caller: Any, api: Any, entering: str, nifty: Any, market: Any, container: Any, guardian: Any,
    clock: Any,
) -> None:  # fmt: skip
    guardian.stop()
    guardian.check_all()
    call, put = nifty("CE", 0).id, nifty("PE", 0).id
    market.no_bids.add(call)
    market.trade(call, "79.00")
    guardian.check_all()
    assert guard(caller, api, entering)["status"] == "exiting"
    market.trade(put, "94.00")
    leave_nothing_waiting(container)
    guardian.check_all()
    assert [leg["net_quantity"] for leg in state(caller, api, entering)["legs"]] == [65, 65]
    market.no_bids.clear()
    market.trade(call, "79.00")
    leave_nothing_waiting(container)
    for _ in range(3):
        guardian.check_all()
    assert [leg["net_quantity"] for leg in state(caller, api, entering)["legs"]] == [0, 65]
    market.trade(put, "75.00")
    for _ in range(3):
        guardian.check_all()
    now = state(caller, api, entering)
    assert ([leg["net_quantity"] for leg in now["legs"]], now["status"]) == ([0, 0], "closed")


def test_a_closed_option_run_cannot_be_opened_again(
    caller: Any, api: Any, entering: str, new_run: Any, wait_for: Any
) -> None:
    """Its legs are entered once, and the key of its exit has been used."""
    assert exit_run(caller, api, entering).json()["status"] in {"exiting", "closed"}
    wait_for(lambda: state(caller, api, entering)["status"] == "closed")
    body = {
        "strategy_run_id": entering, "template_id": "option-run", "account_scope": "kite:paper-a",
        "execution_mode": "paper", "metadata": {"restart_of": entering},
    }  # fmt: skip
    answer = caller.post(api("runs"), json=body)
    assert (answer.status_code, state(caller, api, entering)["status"]) == (409, "closed")


def leave_nothing_waiting(container: Any) -> None:
    """Ticks are processed beside the commands of a batch."""
    for _ in range(2):
        container.execution.funds(1)
