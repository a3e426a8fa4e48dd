"""The owners under guard, as the guardian's thread knows them, and who watches what."""

from __future__ import annotations

from collections.abc import Iterable, KeysView
from dataclasses import dataclass

from tradertape_core.kernel.clock import Clock
from tradertape_core.ledger.position import Position
from tradertape_core.risk.protection_state import ProtectionState
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.protection.failure_log import FailureLog
from tradertape_server.features.protection.owners import Owner, Owners, watched_instruments
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.database.outage import is_outage

READ_POSITIONS_EVERY_S = 10.0  # of owners that no event has named


@dataclass(slots=True)
class Guarded:
    """An owner with its positions.

    state: with the best prices since; saved: as stored, at `saved_s` of the monotonic clock.
    """

    owner: Owner
    state: ProtectionState
    positions: list[Position]
    saved: ProtectionState
    saved_s: float

    @property
    def run_id(self) -> str:
        """The owner's run id."""
        return self.owner.run_id

    def stored(self, state: ProtectionState) -> None:
        """Take over a state that was written: the owner's version is one more."""
        self.owner.version += 1
        self.state = self.saved = state


class GuardedOwners:
    """Used by the guardian's thread alone, but for membership, which any thread may ask."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        execution: ExecutionService,
        owners: Owners,
        failures: FailureLog,
    ) -> None:
        self._database = database
        self._clock = clock
        self._execution = execution
        self._owners = owners
        self._failures = failures
        self._guarded: dict[str, Guarded] = {}
        self._by_instrument: dict[str, set[str]] = {}  # run ids
        self._positions_read_s = float("-inf")

    @property
    def run_ids(self) -> KeysView[str]:
        """Of every owner under guard; a live view, cheap to ask for membership."""
        return self._guarded.keys()

    @property
    def instruments(self) -> KeysView[str]:
        """Every instrument that one of them is evaluated on."""
        return self._by_instrument.keys()

    def get(self, run_id: str) -> Guarded | None:
        """An owner under guard."""
        return self._guarded.get(run_id)

    def watching(self, instruments: Iterable[str]) -> set[str]:
        """Run ids of the owners that are evaluated on any of these."""
        return {run_id for name in instruments for run_id in self._by_instrument.get(name, ())}

    def clear(self) -> None:
        """Forget all of them."""
        self._guarded.clear()
        self._by_instrument.clear()

    # --- reading ------------------------------------------------------------------------------

    def reload_all(self, changed: set[str], busy: set[str]) -> None:
        """Read every owner; positions of those that changed, and of all every few seconds.

        changed: run ids that an event named. busy: run ids that are being exited; they stay as
        they are.
        """
        with self._database.read() as session:
            guarded = list(self._owners.guarded(session))
        resting = self._execution.resting_accounts()
        found = {one.run_id: one for one in guarded if one.ref.account_id not in resting}
        for run_id in set(self._guarded) - set(found) - busy:
            del self._guarded[run_id]
        now_s = self._clock.monotonic()
        unread = {one for one, owner in found.items() if one in changed or self._is_new(owner)}
        if now_s - self._positions_read_s >= READ_POSITIONS_EVERY_S or len(unread) > 1:
            self._positions_read_s, unread = now_s, set(found)
        held = self._positions(unread)
        for run_id, owner in found.items():
            if run_id in busy:
                continue
            try:
                self._keep(owner, held.get(run_id))
            except Exception as error:  # noqa: BLE001 - the other owners are read
                self._cannot_be_read(run_id, error)
        self._index()

    def reload(self, run_ids: Iterable[str]) -> None:
        """Read these owners with their positions."""
        for run_id in run_ids:
            with self._database.read() as session:
                owner = self._owners.find(session, run_id)
            if owner is None or not self._execution.is_traded(owner.ref.account_id):
                self._guarded.pop(run_id, None)
                continue
            try:
                self._keep(owner, self._positions({run_id})[run_id])
            except Exception as error:  # noqa: BLE001 - the other owners are read
                self._cannot_be_read(run_id, error)
        self._index()

    def _is_new(self, owner: Owner) -> bool:
        known = self._guarded.get(owner.run_id)
        return known is None or known.owner.version != owner.version

    def _positions(self, run_ids: set[str]) -> dict[str, list[Position]]:
        if not run_ids:
            return {}
        only = next(iter(run_ids)) if len(run_ids) == 1 else None
        held: dict[str, list[Position]] = {run_id: [] for run_id in run_ids}
        for one in self._execution.positions(run_id=only, open_only=True):
            if one.key.run_id in held:
                held[one.key.run_id].append(one)
        return held

    def _keep(self, owner: Owner, positions: list[Position] | None) -> None:
        known = self._guarded.get(owner.run_id)
        if known is not None and known.owner.version > owner.version:
            return  # read before an exit that has ended meanwhile
        if known is not None and known.owner.version == owner.version:
            # The state in memory may have newer best prices than the stored one.
            known.owner = owner
            known.positions = known.positions if positions is None else positions
            return
        state = owner.state()
        now_s = self._clock.monotonic()
        self._guarded[owner.run_id] = Guarded(owner, state, positions or [], state, now_s)

    def _index(self) -> None:
        by_instrument: dict[str, set[str]] = {}
        for run_id, one in list(self._guarded.items()):
            try:
                names = watched_instruments(one.state, one.positions)
            except Exception as error:  # noqa: BLE001 - the other owners are read
                self._cannot_be_read(run_id, error)
                del self._guarded[run_id]  # there is nothing to evaluate it on
                continue
            for name in names:
                by_instrument.setdefault(name, set()).add(run_id)
        self._by_instrument = by_instrument

    def _cannot_be_read(self, run_id: str, error: Exception) -> None:
        """Note one owner's error, which must not stop the others: what is known of it stays."""
        if is_outage(error):
            raise error
        self._failures.record("a protection could not be read", error, run_id)

    # --- writing ------------------------------------------------------------------------------

    def moved(self, *, older_than_s: float, busy: set[str]) -> list[Guarded]:
        """Owners whose best prices moved since they were stored, at least that long ago."""
        now_s = self._clock.monotonic()
        return [
            one
            for one in self._guarded.values()
            if one.state != one.saved
            and now_s - one.saved_s >= older_than_s
            and one.run_id not in busy
        ]

    def save(self, uow: UnitOfWork, moved: Iterable[Guarded]) -> list[Guarded]:
        """Store best prices; return those that nobody changed meanwhile."""
        return [one for one in moved if self._owners.save(uow.session, [(one.owner, one.state)])]

    def saved(self, stored: Iterable[Guarded]) -> None:
        """Take note of what `save` has stored, once it is on disk."""
        now_s = self._clock.monotonic()
        for one in stored:
            one.stored(one.state)
            one.saved_s = now_s
