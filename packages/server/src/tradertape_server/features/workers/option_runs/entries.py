"""Settles the entry of an option run, and arms its protection at the prices of the fills.

Both follow from the present state of the entry's orders, so that settling is repeated: with the
entry's reply, when an open order of a leg fills, after a start.
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
from tradertape_core.risk.protection_state import LegState
from tradertape_server.features.execution.orders import unwinding
from tradertape_server.features.execution.ports import TimelineEvent
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.protection.arming import NO_RULES, Arming
from tradertape_server.features.protection.failure_log import FailureLog
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.option_runs.documents import (
    Entry,
    EntryStatus,
    LegEntry,
    OptionRun,
    option_run_of,
    stored_option_run,
)
from tradertape_server.features.workers.runs.protection_columns import (
    protection_of,
    set_protection,
)
from tradertape_server.features.workers.runs.transactions import RunTransactions, note
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError

Json = dict[str, Any]
ENTERING = "option_run_entering"  # the event with which an entry begins
_S = EntryStatus
_UNFINISHED = frozenset({_S.ENTERING, _S.PARTIAL})
AGAIN_AFTER_S = 10.0  # an entry whose check failed


def begin_entry(uow: UnitOfWork, run: WorkerRun, option_run: OptionRun, key: str) -> None:
    """Store that a run is being entered, in the transaction that reserves the key."""
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
    """Update a run's entry from its orders, and arm the protection on the legs that filled."""
    option_run = option_run_of(run)
    entry = option_run.entry
    row = None if entry is None else uow.intent(run.strategy_run_id, entry.key)
    if entry is None or row is None or entry.status not in _UNFINISHED:
        return
    if protection_of(run).is_exiting and run.status != "exiting":
        return  # no leg can be armed now: it is settled again when the exit is done
    legs = tuple(_leg(uow, leg) for leg in row["details"]["legs"])
    after = Entry(key=entry.key, at=entry.at, status=_status(uow, row, legs), legs=legs)
    if after == entry:
        return
    option_run = option_run.with_entry(after)
    run.option_run = dict(stored_option_run(option_run))
    run.updated_at = uow.now
    if after.status is not entry.status:
        _note(uow, run, option_run)
    arm_entered(uow, run, option_run)
    uow.session.flush()


def arm_entered(uow: UnitOfWork, run: WorkerRun, option_run: OptionRun) -> None:
    """Arm the run's rules on the legs that filled, unless exactly these are armed already."""
    if not option_run.entered_legs:
        return
    try:
        wanted = arming_of(option_run)
        if wanted is NO_RULES or _is_armed(run, wanted):
            return
        state = wanted.applied_to(
            protection_of(run), uow.now, reason="entered", reset_trailing=False
        )
    except InvalidInput as error:
        note(uow, run, "protection", "protection_unarmed", f"Not protected: {error.message}")
        return
    set_protection(run, state)
    note(
        uow, run, "protection", "protection_updated",
        f"Protection armed at the entry's prices, generation {state.generation}",
        generation=state.generation,
    )  # fmt: skip


def arming_of(option_run: OptionRun) -> Arming:
    """The run's rules on the legs that filled. Raises InvalidInput where they do not apply."""
    rules = option_run.rules
    if rules is None:
        return NO_RULES
    protection = backend_protection(rules, option_run.entered_legs)
    return Arming(protection, tuple(one.symbol or "" for one in protection.positions))


class EntryWatch:
    """Settles entries that their request left unfinished: an order is open, or the server stopped.

    A companion of the guardian. Runs that no event has named since their last check are skipped;
    one whose check failed is tried again by itself.
    """

    def __init__(
        self, database: Database, execution: ExecutionService, clock: Clock, failures: FailureLog
    ) -> None:
        self._database = database
        self._clock = clock
        self._failures = failures
        self._failed_s: dict[str, float] = {}  # when the check of a run failed
        self._transactions = RunTransactions(execution)
        self._lock = threading.Lock()
        self._unfinished: set[str] | None = None  # None: not read from the database yet
        self._unchanged: set[str] = set()  # of the unfinished ones, since their last check
        execution.trader.after_pause(self._check_all_again)

    def is_waiting_for(self, run_id: str) -> bool:
        """Whether an event of the run may finish its entry."""
        return self._unfinished is not None and run_id in self._unfinished

    def on_events(self, events: Iterable[TimelineEvent]) -> None:
        """Take note of new entries, and of changed runs."""
        happened = [(event.run_id, event.event_type) for event in events if event.run_id]
        with self._lock:
            self._unchanged -= {run_id for run_id, _ in happened}
            if self._unfinished is not None:
                self._unfinished |= {run_id for run_id, what in happened if what == ENTERING}

    def check(self, run_ids: Iterable[str] | None = None) -> None:
        """Settle the entries of these runs as far as their orders are, by default of all."""
        with self._lock:
            if self._unfinished is None:
                self._unfinished = self._read_unfinished()
            self._unchanged -= self._due_again()
            due = self._unfinished - self._unchanged
        for run_id in due if run_ids is None else due.intersection(run_ids):
            self._check(run_id)

    def reset(self) -> None:
        """Read the database again at the next check."""
        with self._lock:
            self._unfinished = None
            self._unchanged.clear()

    def _check(self, run_id: str) -> None:
        with self._lock:
            self._unchanged.add(run_id)  # an event from now on takes it out again
        try:
            is_unfinished = self._transactions.execute(lambda uow: _step(uow, run_id))
        except ApiError:
            self._check_all_again()
            raise
        except Exception as error:  # noqa: BLE001 - one run's error must not stop the others
            self._failures.record("an option entry could not be settled", error, run_id)
            self._failed_s[run_id] = self._clock.monotonic()
            return
        if not is_unfinished:
            with self._lock:
                if self._unfinished is not None:
                    self._unfinished.discard(run_id)

    def _due_again(self) -> set[str]:
        until_s = self._clock.monotonic() - AGAIN_AFTER_S
        due = {run_id for run_id, at_s in self._failed_s.items() if at_s <= until_s}
        for run_id in due:
            del self._failed_s[run_id]
        return due

    def _check_all_again(self) -> None:
        """Events may have been lost: take no run for unchanged."""
        with self._lock:
            self._unchanged.clear()

    def _read_unfinished(self) -> set[str]:
        with self._database.read() as session:
            runs = repository.runs_not_over(session, None)
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
    """Whether exactly these legs are armed already."""
    watched = [_place(leg) for leg in protection_of(run).legs]
    return watched == [
        (name, one.side, one.quantity, one.entry_price)
        for one, name in zip(wanted.protection.positions, wanted.instruments, strict=True)
    ] and bool(watched)


def _place(leg: LegState) -> tuple[Any, ...]:
    return leg.instrument, leg.side, leg.quantity, leg.entry_price


def _note(uow: UnitOfWork, run: WorkerRun, option_run: OptionRun) -> None:
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
    summary = f"{_SUMMARIES[status]} {option_run.strategy_name}"
    details = "; ".join([*parts, *why]) if status is not _S.DRY_RUN else ""
    if details:
        summary += f": {details}"
    note(
        uow, run, "execution", f"option_run_{status.value}", summary,
        legs=[one.leg_id for one in refused], entry_status=status.value,
    )  # fmt: skip


_SUMMARIES = {
    _S.CREATED: "Created",
    _S.ENTERING: "Entering",
    _S.ENTERED: "Entered",
    _S.PARTIAL: "Partly entered",
    _S.UNWOUND: "Entered and reversed, because a leg was refused,",
    _S.REJECTED: "Not entered",
    _S.DRY_RUN: "Recorded, not sent:",
}
