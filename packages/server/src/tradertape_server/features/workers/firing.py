"""What follows when a protection fires: the claim, then its exits until they are done.

A trigger is claimed in the database before anything is sent, and only by whoever finds the state as
it was; what an exit sends carries keys made from the claim, so that a second attempt at the same
exit, after a crash too, finds the orders of the first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.ledger.position import Position
from tradertape_core.risk import protection_state as ps
from tradertape_core.risk.protection_decision import Evaluation, Trigger
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.exiting_claims import ClaimExits, FirstOrders
from tradertape_server.features.workers.failure_log import Troubles
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.protections import stored
from tradertape_server.features.workers.runs.batches import Turns, note
from tradertape_server.features.workers.runs.halting import halt_by_protection
from tradertape_server.features.workers.trading.exit_runs import LeavingService
from tradertape_server.platform.errors import ApiError, Unavailable
from tradertape_server.platform.logging import get_logger

Sent = Collection[str]  # ids of claims whose first orders are placed

logger = get_logger(__name__)


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


Fired = tuple[Guarded, Evaluation]


@dataclass(frozen=True, slots=True)
class Begun:
    """Claims whose orders were sent, and the orders with what was decided on each."""

    sent: Sent
    orders: list[tuple[Command, Any]]


class Firing:
    """Takes one run at a time; different runs may be taken at once, from several threads."""

    def __init__(
        self, execution: ExecutionService, leaving: LeavingService, troubles: Troubles
    ) -> None:
        self._execution = execution
        self._troubles = troubles
        self._exits = ClaimExits(execution, leaving)
        self._turns = Turns(execution)

    def claim(self, fired: Sequence[Fired]) -> list[Sent | None]:
        """Claim what fired and send what exits it, all in one transaction: one tick may reach the
        stops of many runs.

        Returns the ids of the claims that were sent, run by run; None where somebody changed the
        run's protection first.
        """
        try:
            return self._claim(fired)
        except Unavailable:
            raise
        except Exception:
            if len(fired) == 1:
                raise
            logger.exception("a run cannot be exited: the others are, one by one")
        return [sent for one in fired for sent in self._alone(one)]

    def _alone(self, fired: Fired) -> list[Sent | None]:
        try:
            return self._claim([fired])
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - nothing is sent: the next price tries again
            self._troubles.met("a run cannot be exited", error, fired[0].run.strategy_run_id)
            return [frozenset()]

    def _claim(self, fired: Sequence[Fired]) -> list[Sent | None]:
        states = [_begun(found) for _, found in fired]
        command = Command(lambda uow: self._decide(uow, fired, states), _settle)
        sent: list[Sent | None] = self._execution.trader.execute(command)
        for (guarded, _), state, claims in zip(fired, states, sent, strict=True):
            if claims is not None:
                guarded.run.protection_version += 1
                guarded.state = guarded.saved = state
        return sent

    def _decide(
        self, uow: UnitOfWork, fired: Sequence[Fired], states: Sequence[ps.ProtectionState]
    ) -> list[Begun | None]:
        firsts = [
            self._exits.first_orders(uow, guarded.run, state, [t.claim for t in found.triggers])
            for (guarded, found), state in zip(fired, states, strict=True)
        ]
        uow.check_keys([one.key for first in firsts for _, one in first if one.key is not None])
        changes = {
            guarded.run.strategy_run_id: (guarded.run.protection_version, stored(state))
            for (guarded, _), state in zip(fired, states, strict=True)
        }
        ours = repository.change_protections(uow.session, changes)
        return [
            _begin(uow, guarded.run, found.triggers, state, first)
            if guarded.run.strategy_run_id in ours
            else None
            for (guarded, found), state, first in zip(fired, states, firsts, strict=True)
        ]

    def go_on(self, guarded: Guarded, sent: Sent = frozenset()) -> None:
        """Exit what is claimed; keep each step before the next is taken."""

        def keep(state: ps.ProtectionState, event_type: str, words: str) -> None:
            self._keep(guarded, state, event_type, words)

        self._exits.go_on(guarded.run, guarded.state, keep, sent)
        run_id = guarded.run.strategy_run_id
        guarded.positions = self._execution.positions(run_id=run_id, open_only=True)

    def _keep(
        self, guarded: Guarded, state: ps.ProtectionState, event_type: str, words: str
    ) -> None:
        run = guarded.run

        def decide(uow: UnitOfWork) -> None:
            if repository.change_protection(
                uow.session, run.strategy_run_id, version=run.protection_version, **stored(state)
            ):
                note(uow, run, "protection", event_type, words, generation=state.generation)
                run.protection_version += 1

        self._turns.do(decide)
        guarded.state = guarded.saved = state


def _begun(found: Evaluation) -> ps.ProtectionState:
    """The state in which everything that fired is being exited."""
    state = found.state
    for trigger in found.triggers:
        state = ps.begin_exit(state, trigger.claim.claim_id)
    return state


def _begin(
    uow: UnitOfWork,
    run: WorkerRun,
    triggers: Sequence[Trigger],
    state: ps.ProtectionState,
    first: FirstOrders,
) -> Begun:
    if any(one.claim.scope == ps.BASKET for one in triggers):
        halt_by_protection(uow, run, triggers[0].message)
    _tell(uow, run, triggers, state.generation)
    orders: list[tuple[Command, Any]] = []
    sent, refused = {name for name, _ in first}, set[str]()
    for name, command in first:
        cursor = uow.cursor
        try:
            orders.append((command, command.decide(uow)))
        except (ApiError, InvalidInput):
            if uow.cursor != cursor:
                raise  # half of it is staged
            refused.add(name)  # the claim stands, and is gone on with
    return Begun(sent - refused, orders)


def _settle(uow: UnitOfWork, begun: list[Begun | None]) -> list[Sent | None]:
    for one in begun:
        for command, carry in () if one is None else one.orders:
            if command.settle is not None:
                command.settle(uow, carry)
    return [None if one is None else one.sent for one in begun]


def _tell(uow: UnitOfWork, run: WorkerRun, triggers: Sequence[Trigger], generation: int) -> None:
    for trigger in triggers:
        note(
            uow, run, "protection", "protection_triggered", trigger.message,
            rule=trigger.rule.value, claim_id=trigger.claim.claim_id, generation=generation,
        )  # fmt: skip
        note(
            uow, run, "protection", "protection_exiting", f"Exiting: {trigger.message}",
            generation=generation,
        )  # fmt: skip
