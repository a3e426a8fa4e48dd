"""Whose positions a protection guards: the value that describes an owner, and the owners' port."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from tradertape_core.ledger.position import Position
from tradertape_core.orders.codec import from_document
from tradertape_core.risk.protection_state import ProtectionState
from tradertape_server.features.execution.orders.replies import Reply
from tradertape_server.features.execution.orders.run_ref import RunRef
from tradertape_server.features.execution.ports import TimelineEvent
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork

Json = dict[str, Any]
AdvanceExit = Callable[[], object]


@dataclass(slots=True)
class Owner:
    """An owner as last read.

    kind: of its `Owners`; owner_id: its id there. ref: how execution attributes its orders and
    positions; no two owners share a run id. version: of the protection, one more with every change.
    document: the protection's state as stored; None where there never was one.
    closes_when_flat: it ends with its positions, as an option run does; others may trade again.
    heartbeat_at, claimed_at: signs of life of its worker; None for an owner without one.
    """

    kind: str
    owner_id: str
    ref: RunRef
    version: int
    document: Json | None
    closes_when_flat: bool = False
    heartbeat_at: datetime | None = None
    claimed_at: datetime | None = None

    @property
    def run_id(self) -> str:
        """The run id that its orders and positions carry."""
        return self.ref.run_id

    def state(self) -> ProtectionState:
        """Parse the stored state; that of generation 0 where there is none."""
        if self.document is None:
            return ProtectionState()
        return from_document(ProtectionState, self.document)


Change = tuple[Owner, ProtectionState]


class Owners(Protocol):
    """Owners of one kind: what the guardian asks of the feature that keeps them."""

    @property
    def kind(self) -> str:
        """What their `Owner.kind` is."""
        ...

    def guarded(self, session: Session) -> Sequence[Owner]:
        """Every owner that is not over and whose protection may still have to act."""
        ...

    def find(self, session: Session, run_id: str) -> Owner | None:
        """One of them by its run id; None where `guarded` would not return it."""
        ...

    def save(self, session: Session, changes: Sequence[Change]) -> set[str]:
        """Store new states, each only if its owner still has the version that was read.

        Returns the run ids of those that were stored. The stored version is one more; the given
        values stay as they are.
        """
        ...

    def note(
        self, uow: UnitOfWork, owner: Owner, event_type: str, summary: str, **payload: Any
    ) -> int:
        """Write an event of kind `protection` into the owner's timeline; return its cursor."""
        ...

    def halt(self, uow: UnitOfWork, owner: Owner, reason: str) -> None:
        """Stop an owner that is active from opening positions; a basket rule has triggered."""
        ...

    def exit_command(self, owner: Owner, *, key: str, reason: str) -> Command[Any]:
        """The command that begins to exit the whole owner; the same key does it once."""
        ...

    def exit(self, owner: Owner, *, key: str, reason: str) -> Reply:
        """Begin or advance the exit of the whole owner; 200 once it is done, 202 before."""
        ...

    def exits_under_way(self, session: Session) -> Mapping[str, AdvanceExit]:
        """What advances each exit of a whole owner that is not done, by run id."""
        ...

    def worker_age_s(self, owner: Owner, state: ProtectionState, now: datetime) -> float:
        """Seconds since the owner's worker was last known to be alive. now: the market's time."""
        ...

    def updates_were_lost(self) -> None:
        """No heartbeats could be received until now: do not count that time as silence."""
        ...


class OwnersByKind:
    """Several kinds of owners as one; implements `Owners`."""

    kind = ""

    def __init__(self, owners: Iterable[Owners]) -> None:
        self._by_kind = {one.kind: one for one in owners}

    def guarded(self, session: Session) -> list[Owner]:
        """Of every kind."""
        return [owner for one in self._by_kind.values() for owner in one.guarded(session)]

    def find(self, session: Session, run_id: str) -> Owner | None:
        """The first that is found."""
        found = (one.find(session, run_id) for one in self._by_kind.values())
        return next((owner for owner in found if owner is not None), None)

    def save(self, session: Session, changes: Sequence[Change]) -> set[str]:
        """Each kind by its own `Owners`."""
        stored = set[str]()
        for kind, owners in self._by_kind.items():
            mine = [change for change in changes if change[0].kind == kind]
            if mine:
                stored |= owners.save(session, mine)
        return stored

    def note(
        self, uow: UnitOfWork, owner: Owner, event_type: str, summary: str, **payload: Any
    ) -> int:
        """See `Owners.note`."""
        return self._by_kind[owner.kind].note(uow, owner, event_type, summary, **payload)

    def halt(self, uow: UnitOfWork, owner: Owner, reason: str) -> None:
        """See `Owners.halt`."""
        self._by_kind[owner.kind].halt(uow, owner, reason)

    def exit_command(self, owner: Owner, *, key: str, reason: str) -> Command[Any]:
        """See `Owners.exit_command`."""
        return self._by_kind[owner.kind].exit_command(owner, key=key, reason=reason)

    def exit(self, owner: Owner, *, key: str, reason: str) -> Reply:
        """See `Owners.exit`."""
        return self._by_kind[owner.kind].exit(owner, key=key, reason=reason)

    def exits_under_way(self, session: Session) -> dict[str, AdvanceExit]:
        """Of every kind."""
        return {
            run_id: advance
            for one in self._by_kind.values()
            for run_id, advance in one.exits_under_way(session).items()
        }

    def worker_age_s(self, owner: Owner, state: ProtectionState, now: datetime) -> float:
        """See `Owners.worker_age_s`."""
        return self._by_kind[owner.kind].worker_age_s(owner, state, now)

    def updates_were_lost(self) -> None:
        """Tell every kind."""
        for one in self._by_kind.values():
            one.updates_were_lost()


class Companion(Protocol):
    """Something else that follows the owners' orders on the guardian's thread.

    Option runs have one: their entries are settled, and their protection armed, as legs fill.
    """

    def on_events(self, events: Iterable[TimelineEvent]) -> None:
        """Take note of events; called on the trader's thread, so never wait."""
        ...

    def is_waiting_for(self, run_id: str) -> bool:
        """Whether an event of this run id has to be followed by `check`."""
        ...

    def check(self, run_ids: Iterable[str] | None = None) -> None:
        """Do what is due for these run ids, by default for all."""
        ...

    def reset(self) -> None:
        """Forget what is known: another process may change it before the next check."""
        ...


def watched_instruments(
    state: ProtectionState, positions: Sequence[Position] = ()
) -> frozenset[str]:
    """The ids of the instruments whose ticks a protection is evaluated on.

    positions: the owner's; a basket without legs of its own covers all of them.
    """
    if state.legs or state.basket is None:
        return frozenset(leg.instrument for leg in state.legs)
    return frozenset(one.key.instrument for one in positions if one.is_open)
