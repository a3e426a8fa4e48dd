"""The kill switch of an account, and the one of the whole server.

While it is on, nothing new is opened on any path: the trader itself checks, order by order. Exits
and cancellations are allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tradertape_server.features.auth.audit import RequestOrigin, record
from tradertape_server.features.execution import queries
from tradertape_server.features.execution.account_events import AccountEvents
from tradertape_server.features.execution.exits import kill_switch_exits
from tradertape_server.features.execution.exits.kill_switch_exits import Exit
from tradertape_server.features.execution.halts import SERVER, USER, Halt
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import VenueCommand
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.runs.halting import halt_runs, release_runs
from tradertape_server.features.workers.schemas import KillSwitchIn, KillSwitchOut
from tradertape_server.platform.http.identity import Identity

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Switched:
    """The exits that were begun, and the users whose pages are notified."""

    exits: tuple[Exit, ...]
    user_ids: tuple[int, ...]
    cursor: int


class KillSwitch:
    """On and off are one transaction each, with the audit log, the timelines and the outbox."""

    def __init__(self, execution: ExecutionService, events: AccountEvents) -> None:
        self._execution = execution
        self._events = events

    def status(self, user_id: int, *, is_server: bool = False) -> KillSwitchOut:
        """Whether it is on; a person's also when the server's is."""
        halt = self._execution.server_halt() if is_server else self._execution.halt(user_id)
        if halt is None:
            return KillSwitchOut(active=False, scope=SERVER if is_server else USER)
        return KillSwitchOut(
            active=True, scope=halt.scope, reason=halt.reason or None, since=halt.since, by=halt.by
        )

    def set(
        self,
        caller: Identity,
        wanted: KillSwitchIn,
        where: RequestOrigin,
        *,
        is_server: bool = False,
    ) -> KillSwitchOut:
        """Turn it on or off. A second `on` keeps its time, and cancels and exits again."""
        # The reply comes once the venue has answered the cancellations.
        command = VenueCommand(
            lambda uow: self._decide(uow, caller, wanted, where, is_server=is_server)
        )
        switched = self._execution.trader.execute(command)
        for run_id, key in switched.exits:
            self._execution.advance_exit(run_id, key)
        for user_id in switched.user_ids:
            data = {"event": "kill_switch", **self.status(user_id).model_dump(mode="json")}
            self._events.publish(user_id, switched.cursor, data)
        return self.status(caller.id, is_server=is_server)

    def _decide(
        self,
        uow: UnitOfWork,
        caller: Identity,
        wanted: KillSwitchIn,
        where: RequestOrigin,
        *,
        is_server: bool,
    ) -> _Switched:
        user_id = None if is_server else caller.id
        known = uow.halts.by_user.get(user_id)
        record(
            uow.session,
            f"{'server_' if is_server else ''}kill_switch_{'on' if wanted.active else 'off'}",
            user_id=caller.id, actor=caller.email, origin=where, now=uow.now,
            **wanted.model_dump(exclude={"active"}),
        )  # fmt: skip
        runs = repository.runs_not_over(uow.session, user_id)
        exits: list[Exit] = []
        if wanted.active:
            halt = Halt(
                user_id=user_id,
                reason=wanted.reason,
                by=caller.email,
                since=known.since if known else uow.now,
            )
            uow.switch(user_id, halt)
            halt_runs(uow, runs, halt)
            exits = _clear_out(uow, queries.account_ids(uow.session, user_id), wanted)
        else:
            uow.switch(user_id, None)
            release_runs(uow, runs, by=caller.email)
        affected = {run.user_id for run in runs} | {caller.id}
        return _Switched(tuple(exits), tuple(sorted(affected)), uow.cursor)


def _clear_out(uow: UnitOfWork, account_ids: Sequence[int], wanted: KillSwitchIn) -> list[Exit]:
    if wanted.cancel_orders or wanted.exit_positions:
        kill_switch_exits.cancel_entries(uow, account_ids)
    if not wanted.exit_positions:
        return []
    reason = f"kill switch: {wanted.reason}" if wanted.reason else "kill switch"
    return kill_switch_exits.begin_exits(uow, account_ids, reason=reason)
