"""What follows when a rule triggers: the claim, then its exits until they are done.

A trigger is claimed in the database before anything is sent, and only by whoever finds the stored
state unchanged. The orders of an exit carry keys made from the claim, so that a second attempt at
the same exit, after a crash too, finds the orders of the first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.risk import protection_state as ps
from tradertape_core.risk.protection_decision import Evaluation, Trigger
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command, VenueCommand
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.protection.claim_exits import ClaimExits, FirstOrders
from tradertape_server.features.protection.failure_log import FailureLog
from tradertape_server.features.protection.guarded_owners import Guarded
from tradertape_server.features.protection.owners import Owner, Owners
from tradertape_server.platform.errors import ApiError, Unavailable
from tradertape_server.platform.logging import get_logger

Sent = Collection[str]  # ids of claims whose first orders are placed
Triggered = tuple[Guarded, Evaluation]

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Claimed:
    """Claims whose orders were sent, and the orders' commands with what was decided on each."""

    sent: Sent
    orders: list[Command[Any]]


class Claims:
    """Advances one owner at a time; different owners may be advanced from several threads."""

    def __init__(self, execution: ExecutionService, owners: Owners, failures: FailureLog) -> None:
        self._execution = execution
        self._owners = owners
        self._failures = failures
        self._exits = ClaimExits(execution, owners)

    def claim(self, triggered: Sequence[Triggered]) -> list[Sent | None]:
        """Claim what triggered and send its exits in one transaction: a tick may reach many stops.

        Returns the ids of the claims that were sent, owner by owner; None where somebody changed
        the owner's protection first.
        """
        try:
            return self._claim(triggered)
        except Unavailable:
            raise
        except Exception:
            if len(triggered) == 1:
                raise
            logger.exception("an owner cannot be exited: the others are, one by one")
        return [sent for one in triggered for sent in self._claim_alone(one)]

    def _claim_alone(self, triggered: Triggered) -> list[Sent | None]:
        try:
            return self._claim([triggered])
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - nothing is sent: the next price tries again
            self._failures.record("an owner cannot be exited", error, triggered[0].run_id)
            return [frozenset()]

    def _claim(self, triggered: Sequence[Triggered]) -> list[Sent | None]:
        states = [_exiting(found) for _, found in triggered]
        sent = self._execution.trader.execute(ClaimTriggers(self, triggered, states))
        for (guarded, _), state, claims in zip(triggered, states, sent, strict=True):
            if claims is not None:
                guarded.stored(state)
        return sent

    def decide(
        self,
        uow: UnitOfWork,
        triggered: Sequence[Triggered],
        states: Sequence[ps.ProtectionState],
    ) -> list[_Claimed | None]:
        firsts = [
            self._exits.first_orders(uow, guarded.owner, state, [t.claim for t in found.triggers])
            for (guarded, found), state in zip(triggered, states, strict=True)
        ]
        uow.check_keys([one.key for first in firsts for _, one in first if one.key is not None])
        changes = [
            (guarded.owner, state) for (guarded, _), state in zip(triggered, states, strict=True)
        ]
        ours = self._owners.save(uow.session, changes)
        return [
            self._begin(uow, guarded.owner, found.triggers, state, first)
            if guarded.run_id in ours
            else None
            for (guarded, found), state, first in zip(triggered, states, firsts, strict=True)
        ]

    def _begin(
        self,
        uow: UnitOfWork,
        owner: Owner,
        triggers: Sequence[Trigger],
        state: ps.ProtectionState,
        first: FirstOrders,
    ) -> _Claimed:
        if any(one.claim.scope == ps.BASKET for one in triggers):
            self._owners.halt(uow, owner, triggers[0].message)
        self._note(uow, owner, triggers, state.generation)
        orders: list[Command[Any]] = []
        sent, refused = {name for name, _ in first}, set[str]()
        for name, command in first:
            cursor = uow.cursor
            try:
                command.decide(uow)
                orders.append(command)
            except (ApiError, InvalidInput):
                if uow.cursor != cursor:
                    raise  # half of it is staged
                refused.add(name)  # the claim is made: `advance` tries its orders again
        return _Claimed(sent - refused, orders)

    def _note(
        self, uow: UnitOfWork, owner: Owner, triggers: Sequence[Trigger], generation: int
    ) -> None:
        for one in triggers:
            self._owners.note(
                uow, owner, "protection_triggered", one.message,
                rule=one.rule.value, claim_id=one.claim.claim_id, generation=generation,
            )  # fmt: skip
            self._owners.note(
                uow, owner, "protection_exiting", f"Exiting: {one.message}", generation=generation
            )

    # --- advancing ----------------------------------------------------------------------------

    def advance(self, guarded: Guarded, sent: Sent = frozenset()) -> None:
        """Exit what is claimed; store each step before the next is taken."""

        def keep(state: ps.ProtectionState, event_type: str, summary: str) -> None:
            self._keep(guarded, state, event_type, summary)

        self._exits.advance(guarded.owner, guarded.state, keep, sent)
        guarded.positions = self._execution.positions(run_id=guarded.run_id, open_only=True)

    def _keep(
        self, guarded: Guarded, state: ps.ProtectionState, event_type: str, summary: str
    ) -> None:
        owner = guarded.owner

        def decide(uow: UnitOfWork) -> bool:
            is_ours = bool(self._owners.save(uow.session, [(owner, state)]))
            if is_ours:
                self._owners.note(uow, owner, event_type, summary, generation=state.generation)
            return is_ours

        if self._execution.trader.execute(Command(decide)):
            owner.version += 1
        guarded.state = guarded.saved = state


class ClaimTriggers(VenueCommand[list["Sent | None"]]):
    """Claim what triggered and send its first orders; the reply names what was sent, by owner."""

    __slots__ = ("_claimed", "_claims", "_states", "_triggered")

    def __init__(
        self,
        claims: Claims,
        triggered: Sequence[Triggered],
        states: Sequence[ps.ProtectionState],
    ) -> None:
        super().__init__()
        self._claims = claims
        self._triggered = triggered
        self._states = states
        self._claimed: list[_Claimed | None] = []

    def decide(self, uow: UnitOfWork) -> None:
        self._claimed = self._claims.decide(uow, self._triggered, self._states)

    def settle(self, uow: UnitOfWork) -> list[Sent | None]:
        for one in self._claimed:
            for command in () if one is None else one.orders:
                command.settle(uow)
        return [None if one is None else one.sent for one in self._claimed]


def _exiting(found: Evaluation) -> ps.ProtectionState:
    """The state in which everything that triggered is being exited."""
    state = found.state
    for trigger in found.triggers:
        state = ps.begin_exit(state, trigger.claim.claim_id)
    return state
