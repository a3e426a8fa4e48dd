"""The kill switch of a person, and the one of the whole server: one for every path.

While it is on, nothing new is opened: the trader itself checks, order by order. Exits and
cancellations are allowed. It is held for a minute at least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tradertape_server.features.auth.audit import RequestOrigin, record
from tradertape_server.features.execution import queries
from tradertape_server.features.execution.account_events import AccountEvents
from tradertape_server.features.execution.exits import kill_switch_exits
from tradertape_server.features.execution.exits.kill_switch_exits import Exit
from tradertape_server.features.execution.gtt.gtt_commands import GttCommands
from tradertape_server.features.execution.halts import SERVER, USER, Halt
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import VenueCommand
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.risk import repository
from tradertape_server.features.risk.gate import RiskGate
from tradertape_server.features.risk.schemas import KillIn, KillSwitchOut
from tradertape_server.features.risk.service import HOLD, demand_held
from tradertape_server.platform.http.identity import Identity


class Halting(Protocol):
    """What a feature above does in the same transaction when a switch is turned."""

    def halt(self, uow: UnitOfWork, user_id: int | None, halt: Halt) -> set[int]:
        """Halt what it runs; returns the users whose pages are to hear of it."""
        ...

    def release(self, uow: UnitOfWork, user_id: int | None, *, by: str) -> set[int]:
        """Release what no switch halts any more."""
        ...


@dataclass(frozen=True, slots=True)
class Switched:
    """The exits that were begun, and the users whose pages are notified."""

    exits: tuple[Exit, ...]
    user_ids: tuple[int, ...]
    cursor: int


class KillSwitch:
    """On and off are one transaction each, with the audit log, the timelines and the outbox."""

    def __init__(self, execution: ExecutionService, events: AccountEvents, gate: RiskGate) -> None:
        self._execution = execution
        self._events = events
        self._gate = gate
        self._halting: list[Halting] = []

    @property
    def gtts(self) -> GttCommands:
        """The triggers of paper accounts."""
        return self._execution.gtt

    def also(self, halting: Halting) -> None:
        """Have a feature above halt what it runs too."""
        self._halting.append(halting)

    def status(self, user_id: int, *, is_server: bool = False) -> KillSwitchOut:
        """Whether it is on, a person's also when the server's is, and what it would close."""
        halt = self._execution.server_halt() if is_server else self._execution.halt(user_id)
        entries, positions = self._execution.open_counts(None if is_server else user_id)
        found = KillSwitchOut(
            active=halt is not None,
            scope=SERVER if is_server else USER,
            open_entries=entries,
            open_positions=positions,
            cancels_waiting_for_login=self._execution.cancels_waiting(
                None if is_server else user_id
            ),
        )
        if halt is None:
            return found
        return found.model_copy(
            update={
                "scope": halt.scope,
                "reason": halt.reason or None,
                "since": halt.since,
                "by": halt.by,
                "releasable_at": halt.since + HOLD,
            }
        )

    def kill(self, caller: Identity, wanted: KillIn, origin: RequestOrigin) -> KillSwitchOut:
        """Turn it on. A second time keeps its time, and cancels and exits again.

        The reply comes once the venues have answered the cancellations.
        """
        is_server = wanted.scope == SERVER

        def decide(uow: UnitOfWork) -> Switched:
            prefix = "server_" if is_server else ""
            record(
                uow.session, f"{prefix}kill_switch_on", user_id=caller.id, actor=caller.email,
                origin=origin, now=uow.now, **wanted.model_dump(exclude={"scope"}),
            )  # fmt: skip
            return self.turn_on(
                uow, None if is_server else caller.id, wanted, by=caller.email, caller_id=caller.id
            )

        self.follow_up(self._execution.trader.execute(VenueCommand(decide)))
        return self.status(caller.id, is_server=is_server)

    def release(
        self,
        caller: Identity,
        origin: RequestOrigin,
        *,
        is_server: bool = False,
        is_held: bool = True,
    ) -> KillSwitchOut:
        """Turn it off, and end the halts of rules that turned it on. Raises Conflict within a
        minute of its beginning. is_held: False for an operator whose server is stopped."""

        def decide(uow: UnitOfWork) -> Switched:
            user_id = None if is_server else caller.id
            known = uow.halts.by_user.get(user_id)
            if known is not None and is_held:
                demand_held(uow.now - known.since)
            prefix = "server_" if is_server else ""
            record(
                uow.session, f"{prefix}kill_switch_off", user_id=caller.id, actor=caller.email,
                origin=origin, now=uow.now,
            )  # fmt: skip
            uow.switch(user_id, None)
            if user_id is not None:
                self._end_halts(uow, user_id, by=caller.email)
            affected = {caller.id}
            for one in self._halting:
                affected |= one.release(uow, user_id, by=caller.email)
            return Switched((), tuple(sorted(affected)), uow.cursor)

        self.follow_up(self._execution.trader.execute(VenueCommand(decide)))
        return self.status(caller.id, is_server=is_server)

    def turn_on(
        self,
        uow: UnitOfWork,
        user_id: int | None,
        wanted: KillIn,
        *,
        by: str,
        caller_id: int | None = None,
    ) -> Switched:
        """Turn it on in a transaction. user_id: whose; None for everybody's."""
        known = uow.halts.by_user.get(user_id)
        halt = Halt(
            user_id=user_id,
            reason=wanted.reason,
            by=by,
            since=known.since if known else uow.now,
            cancels=wanted.cancel_orders or wanted.close_positions or bool(known and known.cancels),
        )
        uow.switch(user_id, halt)
        affected = {one for one in (user_id, caller_id) if one is not None}
        for one in self._halting:
            affected |= one.halt(uow, user_id, halt)
        exits = self._clear_out(uow, queries.account_ids(uow.session, user_id), wanted)
        return Switched(tuple(exits), tuple(sorted(affected)), uow.cursor)

    def _clear_out(self, uow: UnitOfWork, account_ids: Sequence[int], wanted: KillIn) -> list[Exit]:
        if wanted.cancel_orders or wanted.close_positions:
            why = "the kill switch is on"
            kill_switch_exits.cancel_entries(uow, account_ids, self.gtts, why=why)
        if not wanted.close_positions:
            return []
        reason = f"kill switch: {wanted.reason}" if wanted.reason else "kill switch"
        return kill_switch_exits.begin_exits(uow, account_ids, reason=reason)

    def follow_up(self, switched: Switched) -> None:
        """Advance the exits that were begun, and notify pages."""
        for run_id, key in switched.exits:
            self._execution.advance_exit(run_id, key)
        for user_id in switched.user_ids:
            data = {"event": "kill_switch", **self.status(user_id).model_dump(mode="json")}
            self._events.publish(user_id, switched.cursor, data)

    def _end_halts(self, uow: UnitOfWork, user_id: int, *, by: str) -> None:
        """The halts of rules that turned it on end with it, and drawdowns begin anew."""
        person = self._gate.book.person(uow.session, user_id)
        killed = [one.id for one in person.halts if one.latch.action.value == "kill"]
        if not killed:
            return
        repository.end_halts(uow.session, killed, at=uow.now, by=by)
        self._gate.look(uow, user_id)
        self._gate.memory.histories.begin_peak(user_id)
        self._gate.memory.histories.write(uow.session, user_id, uow.now)
        uow.rules_changed()
