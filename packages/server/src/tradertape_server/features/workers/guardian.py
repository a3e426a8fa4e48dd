"""Looks after protected runs: every tick of what they hold, and the clock, against their rules.

One thread looks; a tick wakes the runs that hold its instrument and no other. What fires is taken
on in threads of its own, so that no run waits for another's exit and the trader takes the exits of
many runs into one turn. Until it is done, nothing else touches the run.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.ledger.position import Position
from tradertape_core.market.hours import intraday_closes
from tradertape_core.market.tick import Tick
from tradertape_core.risk.protection import check
from tradertape_core.risk.protection_decision import Surroundings
from tradertape_server.features.execution.loop.trader import MOST_AT_ONCE, WAIT_S
from tradertape_server.features.execution.ports import Happened
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.failure_log import Troubles
from tradertape_server.features.workers.firing import Fired, Firing, Guarded
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.option_runs.entries import EntryWatch
from tradertape_server.features.workers.protections import stored, watched
from tradertape_server.features.workers.runs.batches import Turns
from tradertape_server.features.workers.runs.liveness import Presence
from tradertape_server.features.workers.runs.views import protection_of
from tradertape_server.features.workers.trading.exit_runs import LeavingService
from tradertape_server.features.workers.watching import Prices
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError
from tradertape_server.platform.logging import get_logger

SAVE_EVERY_S = 5.0  # best prices: what a crash forgets of a trail is never older
LOOK_EVERY_S = 1.0  # at the clock, at workers that went silent, at exits that were not done
READ_EVERY_S = 10.0  # the positions of runs that nothing is known to have happened to
EXITS_AT_ONCE = MOST_AT_ONCE  # what the trader takes into a turn: all are claimed, then all sent
# Does something for runs; the ids of those that something else goes on with, if any.
Work = Callable[[], set[str] | None]

logger = get_logger(__name__)


class Guardian:
    """Starts by finishing what a stop interrupted."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        execution: ExecutionService,
        leaving: LeavingService,
        prices: Prices,
        presence: Presence,
    ) -> None:
        self._prices = prices
        self._presence = presence
        self._database = database
        self._clock = clock
        self._execution = execution
        self._leaving = leaving
        self.troubles = Troubles(clock)
        self._firing = Firing(execution, leaving, self.troubles)
        self._entries = EntryWatch(database, execution, clock, self.troubles)
        self._turns = Turns(execution)
        self._runs: dict[str, Guarded] = {}
        self._by_name: dict[str, set[str]] = {}  # run ids by the instruments they watch
        self._read_s = float("-inf")  # when the positions of all were read last
        self._pool: ThreadPoolExecutor | None = None  # None: in the thread that looks
        self._fired: list[Fired] = []  # what this look found
        self._busy: set[str] = set()
        self._later: set[str] = set()  # of the busy ones: what happened to them meanwhile
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
            self._presence.was_deaf()
            self._pool = ThreadPoolExecutor(EXITS_AT_ONCE, thread_name_prefix="protection-exit")
            self._thread = threading.Thread(target=self._loop, name="protection", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Finish the look and the exits that were begun."""
        with self._bell:
            self._is_stopping = True
            self._bell.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
        with contextlib.suppress(ApiError):
            self._save_trails(older_than_s=0.0)
        self._runs.clear()  # another process may change them before we look again
        self._entries.forget()
        self._prices.watch((), self.on_tick)

    def look(self) -> None:
        """Look at everything once: the clock's rules, exits that are not done, all prices.

        Waits for the exits that follow from it.
        """
        self._look()
        with self._bell:
            self._bell.wait_for(lambda: not self._busy, WAIT_S)

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
            try:
                with self._looking:
                    self.react(ticks)
                if self._clock.monotonic() - last_look >= LOOK_EVERY_S:
                    last_look = self._clock.monotonic()
                    self._look()
            except Exception:
                # Protection must survive whatever one look at it met: the database away, mostly,
                # which takes no heartbeats then either.
                self._presence.was_deaf()
                logger.exception("protection could not be looked at")

    def _look(self) -> None:
        with self._looking:
            with self._bell:
                dirty, self._dirty = self._dirty, set()
            self._entries.look()
            self._reload_all(dirty)
            self._evaluate_all(list(self._runs))
            self._save_trails(older_than_s=SAVE_EVERY_S)
            self._finish_exits()

    def _has_work(self) -> bool:
        return bool(self._is_stopping or self._ticks or self._dirty)

    def react(self, names: Collection[str]) -> None:
        """Look at the runs that watch these instruments, and at those something happened to."""
        with self._bell:
            dirty, self._dirty = self._dirty, set()
        touched = {run_id for name in names for run_id in self._by_name.get(name, ())}
        self._evaluate_all(touched - dirty, go_on=False)
        if not dirty:
            return
        self._entries.look(dirty)
        for run_id in dirty:
            self._reload(run_id)
        self._watch()
        self._evaluate_all(dirty)

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
            self._later |= names & self._busy
            self._dirty |= names - self._busy
            if self._dirty:
                self._bell.notify_all()

    def _save_trails(self, *, older_than_s: float) -> None:
        """Write the best prices down that moved since: a start goes on from them."""
        now_s = self._clock.monotonic()
        moved = [
            one
            for one in self._runs.values()
            if one.state != one.saved
            and now_s - one.saved_s >= older_than_s
            and one.run.strategy_run_id not in self._busy
        ]
        if not moved:
            return

        def decide(uow: UnitOfWork) -> list[Guarded]:
            return [
                one
                for one in moved
                if repository.change_protection(
                    uow.session,
                    one.run.strategy_run_id,
                    version=one.run.protection_version,
                    **stored(one.state),
                )
            ]

        for one in self._turns.do(decide):
            one.run.protection_version += 1
            one.saved, one.saved_s = one.state, now_s

    # --- what is known ------------------------------------------------------------------------

    def _reload_all(self, dirty: set[str]) -> None:
        """Read the runs; positions of those that something happened to, and of all now and then."""
        with self._database.read() as session:
            found = {run.strategy_run_id: run for run in repository.protected_runs(session)}
        for run_id in set(self._runs) - set(found) - self._busy:
            del self._runs[run_id]
        now_s = self._clock.monotonic()
        unread = {run_id for run_id, run in found.items() if self._is_news(run_id, run, dirty)}
        if now_s - self._read_s >= READ_EVERY_S or len(unread) > 1:
            self._read_s, unread = now_s, set(found)
        held = self._positions(unread)
        for run_id, run in found.items():
            try:
                self._keep(run_id, run, held.get(run_id))
            except Exception as error:  # noqa: BLE001 - no run is looked at less because of another
                self.troubles.met("a protection could not be read", error, run_id)
        self._watch()

    def _is_news(self, run_id: str, run: WorkerRun, dirty: set[str]) -> bool:
        known = self._runs.get(run_id)
        is_changed = known is None or known.run.protection_version != run.protection_version
        return is_changed or run_id in dirty

    def _positions(self, run_ids: set[str]) -> dict[str, list[Position]]:
        if not run_ids:
            return {}
        only = next(iter(run_ids)) if len(run_ids) == 1 else None
        held: dict[str, list[Position]] = {run_id: [] for run_id in run_ids}
        for one in self._execution.positions(run_id=only, open_only=True):
            if one.key.run_id in held:
                held[one.key.run_id].append(one)
        return held

    def _reload(self, run_id: str) -> None:
        if run_id in self._busy:
            self._put_off(run_id)
            return
        with self._database.read() as session:
            run = repository.any_run(session, run_id)
        if run is None or run.protection_status in ("unarmed", "done") or run.status == "closed":
            self._runs.pop(run_id, None)
        else:
            self._keep(run_id, run, self._positions({run_id})[run_id])

    def _keep(self, run_id: str, run: WorkerRun, positions: list[Position] | None) -> None:
        known, now_s = self._runs.get(run_id), self._clock.monotonic()
        if run_id in self._busy:
            return
        if known is not None and known.run.protection_version > run.protection_version:
            return  # read before an exit that has ended meanwhile
        if known is not None and known.run.protection_version == run.protection_version:
            # Ours may have newer best prices than the table.
            known.run = run
            known.positions = known.positions if positions is None else positions
            return
        state = protection_of(run)
        self._runs[run_id] = Guarded(run, state, positions or [], state, now_s)

    def _watch(self) -> None:
        by_name: dict[str, set[str]] = {}
        for run_id, guarded in self._runs.items():
            for name in watched(guarded.state, guarded.positions):
                by_name.setdefault(name, set()).add(run_id)
        self._by_name = by_name
        self._prices.watch(by_name.keys(), self.on_tick)

    # --- looking ------------------------------------------------------------------------------

    def _evaluate_all(self, run_ids: Iterable[str], *, go_on: bool = True) -> None:
        """go_on: with exits under way too; a tick tells them nothing, a fill and the clock do."""
        for run_id in run_ids:
            try:
                self._evaluate(run_id, go_on=go_on)
            except Exception as error:  # noqa: BLE001 - no run is looked at less because of another
                self.troubles.met("a protection could not be looked at", error, run_id)
        self._fire()

    def _evaluate(self, run_id: str, *, go_on: bool) -> None:
        guarded = self._runs.get(run_id)
        if guarded is None or self._put_off(run_id):
            return
        # Prices and the exchange's hours go by the market's time, workers by the wall's.
        market, now = self._execution.market, self._execution.clock.now()
        names = watched(guarded.state, guarded.positions)
        ticks = {name: tick for name in names if (tick := market.tick(name)) is not None}
        found = check(guarded.state, guarded.positions, ticks, self._around(guarded, now))
        if found.triggers:
            self._fired.append((guarded, found))
            return
        if found.changed:
            guarded.state = found.state
        if go_on and guarded.state.is_exiting:
            self._take_on({run_id}, partial(self._firing.go_on, guarded))

    def _fire(self) -> None:
        """Take on together what one look found: a tick may reach the stops of many runs."""
        fired, self._fired = self._fired, []
        if fired:
            run_ids = {guarded.run.strategy_run_id for guarded, _ in fired}
            self._take_on(run_ids, partial(self._claim, fired))

    def _claim(self, fired: Sequence[Fired]) -> set[str]:
        """Claim, then let each run go its own way; ids of the runs that do."""
        going: set[str] = set()
        for (guarded, _), sent in zip(fired, self._firing.claim(fired), strict=True):
            run_id = guarded.run.strategy_run_id
            if sent is None:  # somebody changed it first: their state counts
                with self._bell:
                    self._later.add(run_id)
            else:
                going.add(run_id)
                self._take_on({run_id}, partial(self._firing.go_on, guarded, sent))
        return going

    def _put_off(self, run_id: str) -> bool:
        """Whether a run is busy; then it is looked at when it is no more."""
        with self._bell:
            is_busy = run_id in self._busy
            if is_busy:
                self._later.add(run_id)
            return is_busy

    def _take_on(self, run_ids: set[str], work: Work) -> None:
        """Do what exits runs, beside what exits others."""
        with self._bell:
            self._busy |= run_ids
        if self._pool is None:
            self._do(run_ids, work)
        else:
            self._pool.submit(self._try, run_ids, work)

    def _try(self, run_ids: set[str], work: Work) -> None:
        try:
            self._do(run_ids, work)
        except Exception as error:  # noqa: BLE001 - the next look tries again
            self.troubles.met("an exit by a protection failed", error, *run_ids)

    def _do(self, run_ids: set[str], work: Work) -> None:
        going: set[str] | None = None
        try:
            going = work()
        finally:
            done = run_ids - (going or set())
            with self._bell:
                self._busy -= done
                self._dirty |= self._later & done
                self._later -= done
                self._bell.notify_all()

    def _around(self, guarded: Guarded, now: datetime) -> Surroundings:
        return Surroundings(
            now=now,
            worker_age_s=self._presence.worker_age_s(guarded.run, guarded.state, now),
            mis_close_at=self._mis_close_at(now),
        )

    def _mis_close_at(self, now: datetime) -> Mapping[str, datetime]:
        """When intraday positions are closed today, by exchange: contracts later than shares."""
        if self._execution.market.never_closes:
            return {}
        return intraday_closes(now.astimezone(IST).date())

    def _finish_exits(self) -> None:
        with self._database.read() as session:
            leaving = list(repository.runs_with_status(session, "exiting"))
        for run in leaving:
            if not self._put_off(run.strategy_run_id):
                self._take_on({run.strategy_run_id}, partial(self._resume, run))

    def _resume(self, run: WorkerRun) -> None:
        with contextlib.suppress(ApiError):  # trading is paused: the next look goes on
            self._leaving.resume(run)
