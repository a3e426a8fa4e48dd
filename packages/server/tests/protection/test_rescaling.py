"""A split or bonus moves the levels of protections (FAULTS §4)."""

from __future__ import annotations

from typing import Any

from tradertape_core.ledger.corporate import CorporateAction
from tradertape_server.features.execution.scheduled.corporate_actions import Adjust
from tradertape_server.features.protection.rescaling import ProtectionRescaling
from tradertape_server.features.workers import repository

from ..workers.protection_calls import POSITION, held, protect, state_of


def test_a_split_over_night_moves_the_stop_and_triggers_nothing(
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


def test_a_split_of_years_ago_changes_nothing(
    caller: Any, api: Any, buy: Any, container: Any, clock: Any
) -> None:
    """Actions are applied again at every start: without a change there is no event."""
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
