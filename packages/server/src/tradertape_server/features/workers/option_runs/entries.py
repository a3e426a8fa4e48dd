"""What became of an option run's entry, and its protection armed at the prices that it got.

Follows from the orders of the moment, so it is asked again and again: with the entry's answer, when
a resting leg fills, after a start.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.kernel.format import grouped
from tradertape_core.orders.order import Order
from tradertape_core.risk.option_protection import backend_protection
from tradertape_core.risk.protection_document import BackendProtection
from tradertape_core.risk.protection_state import LegState
from tradertape_server.features.execution.orders import unwinding
from tradertape_server.features.execution.ports import Happened
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.failure_log import Troubles
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.option_documents import (
    Entry,
    EntryStatus,
    LegEntry,
    OptionRun,
    option_run_of,
    stored_option_run,
)
from tradertape_server.features.workers.protections import Arming, armed_values
from tradertape_server.features.workers.runs.batches import Turns, note
from tradertape_server.features.workers.runs.views import protection_of
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError

Json = dict[str, Any]
ENTERING = "option_run_entering"  # the event with which an entry begins
_S = EntryStatus
_UNFINISHED = frozenset({_S.ENTERING, _S.PARTIAL})
NO_RULES = Arming(BackendProtection(enabled=False), ())
AGAIN_AFTER_S = 10.0  # an entry that could not be looked at


def begin_entry(uow: UnitOfWork, run: WorkerRun, option_run: OptionRun, key: str) -> None:
    """Write down that a run is being entered, in the transaction that takes the key."""
    entry = Entry(key=key, at=uow.now)
    run.option_run = dict(stored_option_run(option_run.with_entry(entry)))
    run.updated_at = uow.now
    note(
        uow, run, "execution", ENTERING,
        f"Entering {option_run.strategy_name}: {len(option_run.legs)} legs as one basket",
        key=key,
    )  # fmt: skip
    uow.session.flush()


def settle_entry(uow: UnitOfWork, run: WorkerRun) -> None:
    """Take a run's entry as far as its orders are, and arm what stands."""
    option_run = option_run_of(run)
    entry = option_run.entry
    row = None if entry is None else uow.intent(run.strategy_run_id, entry.key)
    if entry is None or row is None or entry.status not in _UNFINISHED:
        return
    if protection_of(run).is_exiting and run.status != "exiting":
        return  # no leg can be armed now: what filled is looked at again when the exit is done
    legs = tuple(_leg(uow, leg) for leg in row["details"]["legs"])
    after = Entry(key=entry.key, at=entry.at, status=_status(uow, row, legs), legs=legs)
    if after == entry:
        return
    option_run = option_run.with_entry(after)
    run.option_run = dict(stored_option_run(option_run))
    run.updated_at = uow.now
    if after.status is not entry.status:
        _tell(uow, run, option_run)
    arm_entered(uow, run, option_run)
    uow.session.flush()


def arm_entered(uow: UnitOfWork, run: WorkerRun, option_run: OptionRun) -> None:
    """Arm the run's rules on the legs that filled; those that are armed so already stay."""
    if not option_run.entered_legs:
        return
    try:
        wanted = arming_of(option_run)
        if wanted is NO_RULES or _is_armed(run, wanted):
            return
        values = armed_values(run, wanted, uow.now, reason="entered", reset_trailing=False)
    except InvalidInput as error:
        note(uow, run, "protection", "protection_unarmed", f"Not protected: {error.message}")
        return
    apply(run, values)
    generation = protection_of(run).generation
    note(
        uow, run, "protection", "protection_updated",
        f"Protection armed at the entry's prices, generation {generation}", generation=generation,
    )  # fmt: skip


def arming_of(option_run: OptionRun) -> Arming:
    """The run's rules on the legs that filled. Raises InvalidInput where they cannot be counted."""
    rules = option_run.rules
    if rules is None:
        return NO_RULES
    protection = backend_protection(rules, option_run.entered_legs)
    return Arming(protection, tuple(one.symbol or "" for one in protection.positions))


def apply(run: WorkerRun, values: Json) -> None:
    """Write columns of a run that this transaction holds."""
    for name, value in values.items():
        setattr(run, name, value)


class EntryWatch:
    """Finishes entries whose answer did not: a leg rests, or the server stopped between.

    Runs to which nothing has happened since they were looked at are left alone; one that could not
    be looked at is tried again by itself.
    """

    def __init__(
        self, database: Database, execution: ExecutionService, clock: Clock, troubles: Troubles
    ) -> None:
        self._database = database
        self._clock = clock
        self._troubles = troubles
        self._failed_s: dict[str, float] = {}  # when a run could not be looked at
        self._turns = Turns(execution)
        self._lock = threading.Lock()
        self._waiting: set[str] | None = None  # None: not looked at the database yet
        self._quiet: set[str] = set()
        execution.trader.after_pause(self._look_at_all)

    def waits_for(self, run_id: str) -> bool:
        """Whether an event of the run may finish its entry."""
        return self._waiting is not None and run_id in self._waiting

    def heard(self, events: Iterable[Happened]) -> None:
        """Take new entries in."""
        happened = [(event.run_id, event.event_type) for event in events if event.run_id]
        with self._lock:
            self._quiet -= {run_id for run_id, _ in happened}
            if self._waiting is not None:
                self._waiting |= {run_id for run_id, what in happened if what == ENTERING}

    def look(self, run_ids: Iterable[str] | None = None) -> None:
        """Take the entries of these runs further, by default of all that wait."""
        with self._lock:
            if self._waiting is None:
                self._waiting = self._unfinished()
            self._quiet -= self._due_again()
            waiting = self._waiting - self._quiet
        for run_id in waiting if run_ids is None else waiting.intersection(run_ids):
            with self._lock:
                self._quiet.add(run_id)  # what happens from now on is heard
            try:
                goes_on = self._turns.do(lambda uow, name=run_id: _step(uow, name))
            except ApiError:
                self._look_at_all()
                raise
            except Exception as error:  # noqa: BLE001 - no run is looked at less because of another
                self._troubles.met("an entry could not be looked at", error, run_id)
                self._failed_s[run_id] = self._clock.monotonic()
                continue
            if not goes_on:
                with self._lock:
                    self._waiting.discard(run_id)

    def forget(self) -> None:
        """Read the database again at the next look."""
        with self._lock:
            self._waiting = None
            self._quiet.clear()

    def _due_again(self) -> set[str]:
        until_s = self._clock.monotonic() - AGAIN_AFTER_S
        due = {run_id for run_id, at_s in self._failed_s.items() if at_s <= until_s}
        for run_id in due:
            del self._failed_s[run_id]
        return due

    def _look_at_all(self) -> None:
        """Something may have happened that nobody said."""
        with self._lock:
            self._quiet.clear()

    def _unfinished(self) -> set[str]:
        with self._database.read() as session:
            runs = repository.runs_with_status(
                session, "open", "halted", "recovering", "error", "exiting"
            )
            return {run.strategy_run_id for run in runs if _is_unfinished(run)}


def _step(uow: UnitOfWork, run_id: str) -> bool:
    run = repository.any_run(uow.session, run_id, lock=True)
    if run is None or run.status == "closed":
        return False
    settle_entry(uow, run)
    return _is_unfinished(run)


def _is_unfinished(run: WorkerRun) -> bool:
    return bool(run.option_run) and option_run_of(run).status in _UNFINISHED


def _leg(uow: UnitOfWork, leg: Json) -> LegEntry:
    name = leg["order_id"]
    order = None if name is None else uow.order(name)
    if order is None:
        return LegEntry(
            leg_id=leg["leg_id"], order_id=None, status=leg.get("status", "DENIED"),
            detail=leg.get("detail"),
        )  # fmt: skip
    return LegEntry(
        leg_id=leg["leg_id"],
        order_id=name,
        status=order.status.value,
        quantity=order.filled_quantity,
        price=order.average_price if order.filled_quantity else None,
        detail=order.status_message,
    )


def _status(uow: UnitOfWork, row: Json, legs: tuple[LegEntry, ...]) -> EntryStatus:
    if row["venue"] == "dry_run":
        return _S.DRY_RUN
    unwound = unwinding.outcome(uow, row)
    if unwound is not None and unwound["status"] == "done":
        return _S.UNWOUND
    if any(leg.is_open for leg in legs):
        return _S.ENTERING
    if all(_is_whole(uow.order(leg.order_id or "")) for leg in legs):
        return _S.ENTERED
    return _S.PARTIAL if any(leg.quantity for leg in legs) else _S.REJECTED


def _is_whole(order: Order | None) -> bool:
    return order is not None and order.filled_quantity == order.request.quantity


def _is_armed(run: WorkerRun, wanted: Arming) -> bool:
    """Whether exactly these legs are watched already."""
    watched = [_place(leg) for leg in protection_of(run).legs]
    return watched == [
        (name, one.side, one.quantity, one.entry_price)
        for one, name in zip(wanted.protection.positions, wanted.instruments, strict=True)
    ] and bool(watched)


def _place(leg: LegState) -> tuple[Any, ...]:
    return leg.instrument, leg.side, leg.quantity, leg.entry_price


def _tell(uow: UnitOfWork, run: WorkerRun, option_run: OptionRun) -> None:
    entry = option_run.entry
    made = {} if entry is None else {leg.leg_id: leg for leg in entry.legs}
    parts = [
        f"{leg.side} {grouped(made[leg.leg_id].quantity)} {leg.instrument} "
        f"at {grouped(made[leg.leg_id].price, 2)}"
        for leg in option_run.legs
        if leg.leg_id in made and made[leg.leg_id].quantity
    ]
    refused = [one for one in made.values() if one.status in ("REJECTED", "DENIED", "CANCELLED")]
    why = [f"{one.leg_id}: {one.detail}" for one in refused if one.detail]
    status = option_run.status
    text = f"{_WORDS[status]} {option_run.strategy_name}"
    told = "; ".join([*parts, *why]) if status is not _S.DRY_RUN else ""
    note(
        uow, run, "execution", f"option_run_{status.value}", f"{text}: {told}" if told else text,
        legs=[one.leg_id for one in refused], entry_status=status.value,
    )  # fmt: skip


_WORDS = {
    _S.CREATED: "Created",
    _S.ENTERING: "Waiting to enter",
    _S.ENTERED: "Entered",
    _S.PARTIAL: "Partly entered",
    _S.UNWOUND: "Entered and reversed, because a leg was refused,",
    _S.REJECTED: "Not entered",
    _S.DRY_RUN: "Recorded, not sent:",
}
