"""Looks after protected runs: every tick of what they hold, and the clock, against their rules.

One thread. A trigger is claimed in the database before anything is sent, and only by whoever finds
the state as it was; what an exit sends carries keys made from the claim, so that a second attempt
at the same exit, after a crash too, finds the orders of the first.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from datetime import datetime

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.ledger.position import Position
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.hours import intraday_due
from tradertape_core.market.tick import Tick
from tradertape_core.risk import protection_state as ps
from tradertape_core.risk.protection import Evaluation, Surroundings, check
from tradertape_server.features.execution.desk import Desk
from tradertape_server.features.execution.ports import Happened
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.exiting_claims import ClaimExits
from tradertape_server.features.workers.halting_runs import halt_by_protection
from tradertape_server.features.workers.leaving import LeavingService
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.option_entries import EntryWatch
from tradertape_server.features.workers.presenting import protection_of, worker_age_s
from tradertape_server.features.workers.protections import stored, watched
from tradertape_server.features.workers.turns import Turns, note
from tradertape_server.features.workers.watching import Prices
from tradertape_server.platform.database import Database
from tradertape_server.platform.errors import ApiError
from tradertape_server.platform.logging import get_logger

SAVE_EVERY_S = 5.0  # best prices: what a crash forgets of a trail is never older
LOOK_EVERY_S = 1.0  # at the clock, at workers that went silent, at exits that were not done

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


class Guardian:
    """Starts by finishing what a stop interrupted."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        execution: ExecutionService,
        leaving: LeavingService,
        prices: Prices,
    ) -> None:
        self._prices = prices
        self._database = database
        self._clock = clock
        self._execution = execution
        self._leaving = leaving
        self._exits = ClaimExits(execution, leaving)
        self._entries = EntryWatch(database, execution)
        self._turns = Turns(execution)
        self._runs: dict[str, Guarded] = {}
        self._dirty: set[str] = set()
        self._ticks: dict[str, Tick] = {}
        self._bell = threading.Condition()
        self._looking = threading.RLock()
        self._is_stopping = False
        self._thread: threading.Thread | None = None
        execution.trader.listen(self._heard)

    def start(self) -> None:
        """Begin to look. A second call does nothing."""
        if self._thread is None:
            self._is_stopping = False
            self._thread = threading.Thread(target=self._loop, name="protection", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Finish the look that was begun."""
        with self._bell:
            self._is_stopping = True
            self._bell.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None
        with contextlib.suppress(ApiError):
            self._save_trails(older_than_s=0.0)
        self._runs.clear()  # another process may change them before we look again
        self._entries.forget()
        self._prices.watch((), self.on_tick)

    def look(self) -> None:
        """Look at everything once: the clock's rules, exits that are not done, all prices."""
        with self._looking:
            self._entries.look()
            self._reload_all()
            for run_id in list(self._runs):
                self._evaluate(run_id)
            self._save_trails(older_than_s=SAVE_EVERY_S)
            self._finish_exits()

    def on_tick(self, tick: Tick) -> None:
        """Take a tick in; called by the feed."""
        with self._bell:
            self._ticks[tick.instrument_id] = tick
            self._bell.notify_all()

    # --- the thread ---------------------------------------------------------------------------

    def _loop(self) -> None:
        last_look = float("-inf")
        while True:
            with self._bell:
                self._bell.wait_for(self._has_work, LOOK_EVERY_S)
                if self._is_stopping:
                    return
                ticks, self._ticks = self._ticks, {}
                dirty, self._dirty = self._dirty, set()
            try:
                if self._clock.monotonic() - last_look >= LOOK_EVERY_S:
                    last_look = self._clock.monotonic()
                    self.look()
                else:
                    with self._looking:
                        self._react(ticks, dirty)
            except Exception:
                # Protection must survive whatever one look at it met.
                logger.exception("protection could not be looked at")

    def _has_work(self) -> bool:
        return bool(self._is_stopping or self._ticks or self._dirty)

    def _react(self, ticks: dict[str, Tick], dirty: set[str]) -> None:
        self._entries.look(dirty)
        for run_id in dirty:
            self._reload(run_id)
        for run_id, guarded in list(self._runs.items()):
            if run_id in dirty or not watched(guarded.state, guarded.positions).isdisjoint(ticks):
                self._evaluate(run_id)

    def _heard(self, events: tuple[Happened, ...]) -> None:
        self._entries.heard(events)
        names = {
            event.run_id
            for event in events
            # An order of a run without a protection changes nothing here.
            if event.run_id is not None
            and (
                event.run_id in self._runs
                or event.kind != "execution"
                or self._entries.waits_for(event.run_id)
            )
        }
        with self._bell:
            self._dirty |= names
            self._bell.notify_all()

    def _save_trails(self, *, older_than_s: float) -> None:
        """Write the best prices down that moved since: a start goes on from them."""
        now_s = self._clock.monotonic()
        moved = [
            one
            for one in self._runs.values()
            if one.state != one.saved and now_s - one.saved_s >= older_than_s
        ]
        if not moved:
            return

        def decide(desk: Desk) -> list[Guarded]:
            return [
                one
                for one in moved
                if repository.change_protection(
                    desk.session,
                    one.run.strategy_run_id,
                    version=one.run.protection_version,
                    **stored(one.state),
                )
            ]

        for one in self._turns.do(decide):
            one.run.protection_version += 1
            one.saved, one.saved_s = one.state, now_s

    # --- what is known ------------------------------------------------------------------------

    def _reload_all(self) -> None:
        with self._database.read() as session:
            runs = list(repository.protected_runs(session))
        found = {run.strategy_run_id: run for run in runs}
        for run_id in set(self._runs) - set(found):
            del self._runs[run_id]
        for run_id, run in found.items():
            self._keep(run_id, run)
        self._watch()

    def _reload(self, run_id: str) -> None:
        with self._database.read() as session:
            run = repository.any_run(session, run_id)
        if run is None or run.protection_status in ("unarmed", "done") or run.status == "closed":
            self._runs.pop(run_id, None)
        else:
            self._keep(run_id, run)
        self._watch()

    def _keep(self, run_id: str, run: WorkerRun) -> None:
        known, now_s = self._runs.get(run_id), self._clock.monotonic()
        positions = self._execution.positions(run_id=run_id, open_only=True)
        if known is not None and known.run.protection_version == run.protection_version:
            # Ours may have newer best prices than the table.
            known.run, known.positions = run, positions
            return
        state = protection_of(run)
        self._runs[run_id] = Guarded(run, state, positions, state, now_s)

    def _watch(self) -> None:
        names: set[str] = set()
        for guarded in self._runs.values():
            names |= watched(guarded.state, guarded.positions)
        self._prices.watch(names, self.on_tick)

    # --- looking ------------------------------------------------------------------------------

    def _evaluate(self, run_id: str) -> None:
        guarded = self._runs.get(run_id)
        if guarded is None:
            return
        if guarded.state.is_exiting:
            self._go_on(guarded)
            return
        # Prices and the exchange's hours go by the market's time, workers by the wall's.
        market, now = self._execution.market, self._execution.clock.now()
        names = watched(guarded.state, guarded.positions)
        ticks = {name: tick for name in names if (tick := market.tick(name)) is not None}
        found = check(guarded.state, guarded.positions, ticks, self._around(guarded, now))
        if not found.changed:
            return
        guarded.state = found.state
        if found.triggers:
            if not self._claim(guarded, found):
                self._reload(run_id)  # somebody changed it first: their state counts
                return
            self._go_on(guarded)

    def _claim(self, guarded: Guarded, found: Evaluation) -> bool:
        def decide(desk: Desk) -> bool:
            run = guarded.run
            if not repository.change_protection(
                desk.session,
                run.strategy_run_id,
                version=run.protection_version,
                **stored(found.state),
            ):
                return False
            if any(one.claim.scope == ps.BASKET for one in found.triggers):
                halt_by_protection(desk, run, found.triggers[0].message)
            for trigger in found.triggers:
                note(
                    desk, run, "protection", "protection_triggered", trigger.message,
                    rule=trigger.rule.value, claim_id=trigger.claim.claim_id,
                    generation=found.state.generation,
                )  # fmt: skip
            return True

        if not self._turns.do(decide):
            return False
        guarded.run.protection_version += 1
        guarded.saved = found.state
        return True

    def _go_on(self, guarded: Guarded) -> None:
        """Exit what is claimed; keep each step before the next is taken."""
        run_id = guarded.run.strategy_run_id

        def keep(state: ps.ProtectionState, event_type: str, words: str) -> None:
            self._keep_state(guarded, state, event_type, words)

        guarded.positions = self._execution.positions(run_id=run_id, open_only=True)
        self._exits.go_on(guarded.run, guarded.state, guarded.positions, keep)

    def _keep_state(
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

    def _around(self, guarded: Guarded, now: datetime) -> Surroundings:
        return Surroundings(
            now=now,
            worker_age_s=worker_age_s(guarded.run, guarded.state, self._clock.now()),
            mis_close_at=self._mis_close_at(now),
        )

    def _mis_close_at(self, now: datetime) -> datetime | None:
        if self._execution.market.never_closes:
            return None
        return intraday_due(nse_calendar(), now.astimezone(IST).date())

    def _finish_exits(self) -> None:
        with self._database.read() as session:
            leaving = list(repository.runs_with_status(session, "exiting"))
        for run in leaving:
            with contextlib.suppress(ApiError):  # trading is paused: the next look goes on
                self._leaving.resume(run)
