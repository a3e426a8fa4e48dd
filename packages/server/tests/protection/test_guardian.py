"""The guardian evaluates only what ticked, and no run waits for another's exit (KP)."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_server.features.protection import guardian as guarding
from tradertape_server.features.protection.claims import Claims
from tradertape_server.features.protection.guarded_owners import Guarded
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.trading.run_owners import RunOwners

SHARES = {"run-1": "INFY", "run-2": "TCS"}
PRICES = {"INFY": 1500.0, "TCS": 3000.0}


@pytest.fixture
def runs(worker: Any, new_run: Any, api: Any, buy: Any) -> Any:
    """Two runs, each with 10 of a share and a stop 2 % below."""
    caller = worker()
    for run_id, share in SHARES.items():
        new_run(caller, run_id)
        key = f"key-{share}-1"
        placed = caller.post(api(f"runs/{run_id}/intents"), json=buy(key, tradingsymbol=share))
        assert placed.status_code == 200, placed.text
        position = {
            "symbol": f"NSE:{share}", "product": "CNC", "side": "BUY", "quantity": 10,
            "entry_price": PRICES[share], "stoploss_pct": 2.0,
        }  # fmt: skip
        body = {"backend_protection": {"positions": [position]}}
        assert caller.patch(api(f"runs/{run_id}/protection"), json=body).status_code == 200
    return caller


@pytest.mark.usefixtures("runs")
def test_a_tick_wakes_the_runs_that_hold_its_instrument_alone(
    container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    guardian = container.guardian
    guardian.stop()
    guardian.check_all()
    evaluated: list[str] = []
    check = guarding.check

    def spy(state: Any, *facts: Any) -> Any:
        evaluated.extend(leg.instrument for leg in state.legs)
        return check(state, *facts)

    monkeypatch.setattr(guarding, "check", spy)
    guardian.check_changed({"NSE:TCS", "NSE:SBIN"})
    assert evaluated == ["NSE:TCS"]


def status_of(container: Any, run_id: str) -> str:
    with container.database.read() as session:
        return str(repository.any_run(session, run_id).protection_status)


@pytest.mark.usefixtures("runs")
def test_a_slow_exit_delays_no_other_run(
    container: Any, market: Any, monkeypatch: pytest.MonkeyPatch, wait_for: Any
) -> None:
    guardian, execution = container.guardian, container.execution
    guardian.check_all()
    held, advance = threading.Event(), Claims.advance

    def slow(self: Claims, guarded: Guarded, sent: Any = ()) -> None:
        if guarded.run_id == "run-1":
            assert held.wait(30)
        advance(self, guarded, sent)

    monkeypatch.setattr(Claims, "advance", slow)
    market.trade("NSE:INFY", "1400.00")
    market.trade("NSE:TCS", "2800.00")
    wait_for(lambda: status_of(container, "run-2") == "done")
    assert status_of(container, "run-1") == "exiting"
    market.trade("NSE:INFY", "1390.00")  # triggers nothing twice
    held.set()
    guardian.check_all()
    assert status_of(container, "run-1") == "done"
    assert len(execution.orders(run_id="run-1")) == 2


@pytest.mark.usefixtures("runs")
def test_one_transaction_claims_and_exits_all_that_triggered_together(
    container: Any, market: Any
) -> None:
    guardian, batches = container.guardian, list[tuple[str, ...]]()
    guardian.stop()
    guardian.check_all()
    container.execution.trader.listen(
        lambda events: batches.append(tuple(event.event_type for event in events))
    )
    market.trade("NSE:INFY", "1400.00")
    market.trade("NSE:TCS", "2800.00")
    guardian.check_all()
    (claiming,) = (one for one in batches if "protection_triggered" in one)
    assert (claiming.count("protection_triggered"), claiming.count("order_placed")) == (2, 2)
    assert [status_of(container, run_id) for run_id in SHARES] == ["done", "done"]


@pytest.mark.usefixtures("runs")
def test_a_protection_that_was_changed_before_the_claim_is_what_counts(
    container: Any, market: Any, api: Any, runs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    guardian = container.guardian
    guardian.stop()
    guardian.check_all()
    claim = Claims.claim

    def late(self: Claims, triggered: Any) -> Any:
        monkeypatch.setattr(Claims, "claim", claim)
        body = {"backend_protection": {"basket": {"stoploss_pct": 50.0}}}
        assert runs.patch(api("runs/run-1/protection"), json=body).status_code == 200
        return claim(self, triggered)

    monkeypatch.setattr(Claims, "claim", late)
    market.trade("NSE:INFY", "1400.00")
    for _ in range(2):
        guardian.check_all()
    assert container.execution.positions(run_id="run-1", open_only=True)
    assert len(container.execution.orders(run_id="run-1")) == 1


@pytest.mark.usefixtures("runs")
def test_a_run_that_cannot_be_exited_blocks_no_other_exit(
    container: Any, market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One tick reaches both: a failure in the first must not undo the second's exit."""
    guardian, execution = container.guardian, container.execution
    guardian.stop()
    guardian.check_all()
    note = RunOwners.note

    def broken(self: RunOwners, uow: Any, owner: Any, *what: Any, **more: Any) -> int:
        cursor = note(self, uow, owner, *what, **more)
        if owner.run_id == "run-1":
            raise InvariantBroken("a claim that is half written")
        return cursor

    market.trade("NSE:INFY", "1400.00")
    market.trade("NSE:TCS", "2800.00")
    with monkeypatch.context() as patched:
        patched.setattr(RunOwners, "note", broken)
        guardian.check_all()
    assert [status_of(container, run_id) for run_id in SHARES] == ["armed", "done"]
    assert execution.trader.pauses == 0, "who else trades is not kept waiting"
    assert guardian.failures.run_ids == ["run-1"]
    guardian.check_all()
    assert [status_of(container, run_id) for run_id in SHARES] == ["done", "done"]
    assert len(execution.orders(run_id="run-1")) == 2


@pytest.mark.usefixtures("runs")
def test_a_protection_that_cannot_be_read_blocks_no_other(container: Any, market: Any) -> None:
    guardian = container.guardian
    guardian.stop()
    with container.database.write() as session:
        repository.change(session, "run-1", protection={"legs": [1]}, protection_version=9)
    guardian.check_all()
    market.trade("NSE:TCS", "2800.00")
    guardian.check_all()
    assert status_of(container, "run-2") == "done"


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("document", [{"legs": None, "basket": 5}, {"nonsense": True, "claims": 1}])
def test_a_protection_that_makes_no_sense_blocks_no_other_when_it_is_watched(
    container: Any, market: Any, document: Any
) -> None:
    """Its document can be read, and then there is nothing to watch."""
    guardian = container.guardian
    guardian.stop()
    guardian.check_all()
    with container.database.write() as session:
        repository.change(session, "run-1", protection=document, protection_version=9)
    guardian.check_all()
    guardian._pending.add_changed({"run-1", "run-2"})
    market.trade("NSE:TCS", "2800.00")
    guardian.check_changed({"NSE:TCS"})
    guardian.check_all()
    assert status_of(container, "run-2") == "done"
    assert guardian.failures.run_ids == ["run-1"]


@pytest.mark.usefixtures("runs")
def test_best_prices_that_cannot_be_stored_keep_no_others(
    container: Any, market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    guardian = container.guardian
    guardian.stop()
    guardian.check_all()
    save, saved = RunOwners.save, list[str]()

    def broken(self: RunOwners, session: Any, changes: Any) -> set[str]:
        if any(owner.run_id == "run-1" for owner, _ in changes):
            raise InvariantBroken("it cannot be written")
        saved.extend(owner.run_id for owner, _ in changes)
        return save(self, session, changes)

    monkeypatch.setattr(RunOwners, "save", broken)
    moved = [guardian._guarded.get(run_id) for run_id in SHARES]
    monkeypatch.setattr(type(guardian._guarded), "moved", lambda _self, **_how: moved)
    guardian._save_best_prices(older_than_s=0.0)
    assert saved == ["run-2"]
    assert guardian.failures.run_ids == ["run-1"]
