"""What follows when a protection fires: the claim, then its exits until they are done.

A trigger is claimed in the database before anything is sent, and only by whoever finds the state as
it was; what an exit sends carries keys made from the claim, so that a second attempt at the same
exit, after a crash too, finds the orders of the first.
"""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.ledger.position import Position
from tradertape_core.risk import protection_state as ps
from tradertape_core.risk.protection import Evaluation
from tradertape_server.features.execution.desk import Desk
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.exiting_claims import ClaimExits
from tradertape_server.features.workers.halting_runs import halt_by_protection
from tradertape_server.features.workers.leaving import LeavingService
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.protections import stored
from tradertape_server.features.workers.turns import Turns, note


@dataclass(slots=True)
class Guarded:
    """A protected run as it was last read.

    state: with the best prices since; saved: as the table has it, written at `saved_s`.
    """

    run: WorkerRun
    state: ps.ProtectionState
    positions: list[Position]
    saved: ps.ProtectionState
    saved_s: float


class Firing:
    """Takes one run at a time; different runs may be taken at once, from several threads."""

    def __init__(self, execution: ExecutionService, leaving: LeavingService) -> None:
        self._execution = execution
        self._exits = ClaimExits(execution, leaving)
        self._turns = Turns(execution)

    def claim(self, guarded: Guarded, found: Evaluation) -> bool:
        """Claim what fired and begin to exit it, in one transaction; False if somebody changed the
        run's protection first."""
        run, state = guarded.run, found.state
        for trigger in found.triggers:
            state = ps.begin_exit(state, trigger.claim.claim_id)

        def decide(desk: Desk) -> bool:
            if not repository.change_protection(
                desk.session, run.strategy_run_id, version=run.protection_version, **stored(state)
            ):
                return False
            if any(one.claim.scope == ps.BASKET for one in found.triggers):
                halt_by_protection(desk, run, found.triggers[0].message)
            for trigger in found.triggers:
                note(
                    desk, run, "protection", "protection_triggered", trigger.message,
                    rule=trigger.rule.value, claim_id=trigger.claim.claim_id,
                    generation=state.generation,
                )  # fmt: skip
                note(
                    desk, run, "protection", "protection_exiting", f"Exiting: {trigger.message}",
                    generation=state.generation,
                )  # fmt: skip
            return True

        if not self._turns.do(decide):
            return False
        run.protection_version += 1
        guarded.state = guarded.saved = state
        return True

    def go_on(self, guarded: Guarded) -> None:
        """Exit what is claimed; keep each step before the next is taken."""
        run_id = guarded.run.strategy_run_id

        def keep(state: ps.ProtectionState, event_type: str, words: str) -> None:
            self._keep(guarded, state, event_type, words)

        guarded.positions = self._execution.positions(run_id=run_id, open_only=True)
        self._exits.go_on(guarded.run, guarded.state, guarded.positions, keep)

    def _keep(
        self, guarded: Guarded, state: ps.ProtectionState, event_type: str, words: str
    ) -> None:
        run = guarded.run

        def decide(desk: Desk) -> None:
            if repository.change_protection(
                desk.session, run.strategy_run_id, version=run.protection_version, **stored(state)
            ):
                note(desk, run, "protection", event_type, words, generation=state.generation)
                run.protection_version += 1

        self._turns.do(decide)
        guarded.state = guarded.saved = state
