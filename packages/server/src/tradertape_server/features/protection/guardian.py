"""The guardian: evaluates protections on every tick of their instruments, and by the clock.

One thread evaluates; a tick wakes the owners that hold its instrument and no others. Triggered
exits run in threads of their own, so that no owner waits for another's exit and the trader takes
the exits of many owners into one batch. Until a step of its exit is done, nothing else touches an
owner.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.market.hours import intraday_closes
from tradertape_core.market.tick import Tick
from tradertape_core.risk.protection import check
from tradertape_core.risk.protection_decision import Surroundings
from tradertape_server.features.execution.loop.trader import WAIT_S
from tradertape_server.features.execution.ports import TimelineEvent
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.protection.claims import Claims, Triggered
from tradertape_server.features.protection.failure_log import FailureLog
from tradertape_server.features.protection.guarded_owners import Guarded, GuardedOwners
from tradertape_server.features.protection.owners import (
    AdvanceExit,
    Companion,
    Owners,
    watched_instruments,
)
from tradertape_server.features.protection.pending_checks import ExitThreads, PendingChecks
from tradertape_server.features.protection.prices import Prices
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError, Unavailable
from tradertape_server.platform.logging import get_logger

SAVE_EVERY_S = 5.0  # best prices: what a crash loses of a trailing stop is never older
CHECK_EVERY_S = 1.0  # the clock's rules, silent workers, exits that are not done

logger = get_logger(__name__)


class Guardian:
    """Starts by finishing the exits that a stop interrupted."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        execution: ExecutionService,
        owners: Owners,
        prices: Prices,
        failures: FailureLog,
        companions: Sequence[Companion] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._execution = execution
        self._owners = owners
        self._prices = prices
        self._companions = companions
        self.failures = failures
        self._guarded = GuardedOwners(database, clock, execution, owners, failures)
        self._claims = Claims(execution, owners, failures)
        self._pending = PendingChecks()
        self._exits = ExitThreads(self._pending, failures)
        self._triggered: list[Triggered] = []  # by the evaluation that is running
        self._checking = threading.RLock()
        self._thread: threading.Thread | None = None
        execution.trader.listen(self._on_events)

    def start(self) -> None:
        """Start the thread. A second call does nothing."""
        if self._thread is None:
            self._pending.start()
            self._owners.updates_were_lost()
            self._exits.start()
            self._thread = threading.Thread(target=self._loop, name="protection", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Finish the evaluation and the exits that were begun."""
        self._pending.stop()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None
        self._exits.stop()
        with contextlib.suppress(ApiError):
            self._save_best_prices(older_than_s=0.0)
        self._guarded.clear()  # another process may change them before the next start
        for companion in self._companions:
            companion.reset()
        self._prices.watch((), self.on_tick)

    def check_all(self) -> None:
        """Check everything once: the clock's rules, exits that are not done, all prices.

        Waits for the exits that follow from it.
        """
        self._check_all()
        self._pending.wait_for_exits(WAIT_S)

    def on_tick(self, tick: Tick) -> None:
        """Have a tick checked; called by the feed."""
        self._pending.add_tick(tick)

    # --- the thread ---------------------------------------------------------------------------

    def _loop(self) -> None:
        last_check_s = float("-inf")
        while True:
            ticks = self._pending.wait(CHECK_EVERY_S)
            if ticks is None:
                return
            try:
                with self._checking:
                    self.check_changed(ticks)
                if self._clock.monotonic() - last_check_s >= CHECK_EVERY_S:
                    last_check_s = self._clock.monotonic()
                    self._check_all()
            except Exception:
                # Protection must survive any error of one check: mostly the database is away,
                # which receives no heartbeats then either.
                self._owners.updates_were_lost()
                logger.exception("protection could not be checked")

    def _check_all(self) -> None:
        with self._checking:
            changed = self._pending.take_changed()
            for companion in self._companions:
                companion.check()
            self._guarded.reload_all(changed, self._pending.busy)
            self._prices.watch(self._guarded.instruments, self.on_tick)
            self._evaluate_all(list(self._guarded.run_ids))
            self._save_best_prices(older_than_s=SAVE_EVERY_S)
            self._advance_owner_exits()

    def check_changed(self, instruments: Collection[str]) -> None:
        """Check the owners of these instruments, and those that an event named."""
        changed = self._pending.take_changed()
        touched = self._guarded.watching(instruments)
        self._evaluate_all(touched - changed, advance=False)
        if not changed:
            return
        for companion in self._companions:
            companion.check(changed)
        self._guarded.reload(one for one in changed if not self._pending.is_deferred(one))
        self._prices.watch(self._guarded.instruments, self.on_tick)
        self._evaluate_all(changed)

    def _on_events(self, events: tuple[TimelineEvent, ...]) -> None:
        for companion in self._companions:
            companion.on_events(events)
        guarded = self._guarded.run_ids
        changed = {
            event.run_id
            for event in events
            # An order of somebody who is not guarded changes nothing here.
            if event.run_id is not None
            and (
                event.run_id in guarded
                or event.kind != "execution"
                or self._is_awaited(event.run_id)
            )
        }
        if changed:
            self._pending.add_changed(changed)

    def _is_awaited(self, run_id: str) -> bool:
        return any(companion.is_waiting_for(run_id) for companion in self._companions)

    def _save_best_prices(self, *, older_than_s: float) -> None:
        """Store the best prices that moved, from which trailing stops continue after a start."""
        moved = self._guarded.moved(older_than_s=older_than_s, busy=self._pending.busy)
        try:
            self._save(moved)
        except Unavailable:
            raise
        except Exception:
            logger.exception("best prices cannot be stored: they are, one by one")
            for one in moved:
                self._save_alone(one)

    def _save_alone(self, guarded: Guarded) -> None:
        try:
            self._save([guarded])
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one owner's error must not stop the others
            self.failures.record("best prices cannot be stored", error, guarded.run_id)

    def _save(self, moved: list[Guarded]) -> None:
        if moved:
            command = Command(lambda uow: self._guarded.save(uow, moved))
            self._guarded.saved(self._execution.trader.execute(command))

    # --- evaluation ---------------------------------------------------------------------------

    def _evaluate_all(self, run_ids: Iterable[str], *, advance: bool = True) -> None:
        """advance: exits under way too; a tick changes nothing of them, a fill and the clock do."""
        for run_id in run_ids:
            try:
                self._evaluate(run_id, advance=advance)
            except Exception as error:  # noqa: BLE001 - one owner's error must not stop the others
                self.failures.record("a protection could not be evaluated", error, run_id)
        self._exit_triggered()

    def _evaluate(self, run_id: str, *, advance: bool) -> None:
        guarded = self._guarded.get(run_id)
        if guarded is None or self._pending.is_deferred(run_id):
            return
        # Prices and the exchange's hours go by the market's time, workers by the wall's.
        market, now = self._execution.market, self._execution.clock.now()
        names = watched_instruments(guarded.state, guarded.positions)
        ticks = {name: tick for name in names if (tick := market.tick(name)) is not None}
        found = check(guarded.state, guarded.positions, ticks, self._surroundings(guarded, now))
        if found.triggers:
            self._triggered.append((guarded, found))
            return
        if found.changed:
            guarded.state = found.state
        if advance and guarded.state.is_exiting:
            self._exits.submit({run_id}, partial(self._claims.advance, guarded))

    def _surroundings(self, guarded: Guarded, now: datetime) -> Surroundings:
        return Surroundings(
            now=now,
            worker_age_s=self._owners.worker_age_s(guarded.owner, guarded.state, now),
            mis_close_at=self._mis_close_at(now),
        )

    def _mis_close_at(self, now: datetime) -> Mapping[str, datetime]:
        """When intraday positions are closed today, by exchange: contracts later than shares."""
        if self._execution.market.never_closes:
            return {}
        return intraday_closes(now.astimezone(IST).date())

    # --- exits --------------------------------------------------------------------------------

    def _exit_triggered(self) -> None:
        """Exit together what one evaluation triggered: a tick may reach many owners' stops."""
        triggered, self._triggered = self._triggered, []
        if triggered:
            run_ids = {guarded.run_id for guarded, _ in triggered}
            self._exits.submit(run_ids, partial(self._claim, triggered))

    def _claim(self, triggered: Sequence[Triggered]) -> set[str]:
        """Claim, then advance each owner's exit by itself; return the run ids of those."""
        claimed = set[str]()
        for (guarded, _), sent in zip(triggered, self._claims.claim(triggered), strict=True):
            run_id = guarded.run_id
            if sent is None:  # somebody changed the protection first: the stored one counts
                self._pending.defer(run_id)
            else:
                claimed.add(run_id)
                self._exits.submit({run_id}, partial(self._claims.advance, guarded, sent))
        return claimed

    def _advance_owner_exits(self) -> None:
        """Advance the exits of whole owners, however they were begun."""
        with self._database.read() as session:
            under_way = self._owners.exits_under_way(session)
        for run_id, advance in under_way.items():
            if not self._pending.is_deferred(run_id):
                self._exits.submit({run_id}, partial(_advance, advance))


def _advance(advance: AdvanceExit) -> None:
    with contextlib.suppress(ApiError):  # trading is paused: the next check tries again
        advance()
