"""What the guardian has to check next, from ticks and events, and what is deferred."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tradertape_core.market.tick import Tick
from tradertape_server.features.execution.loop.trader import MOST_AT_ONCE
from tradertape_server.features.protection.failure_log import FailureLog

EXITS_AT_ONCE = MOST_AT_ONCE  # of one batch of the trader: all are claimed, then all are sent
# Exits owners; returns the run ids, if any, that other submitted work continues with.
ExitWork = Callable[[], set[str] | None]


class PendingChecks:
    """Ticks and changed owners until they are taken; thread-safe.

    An owner that is being exited is *busy*: what happens to it meanwhile is deferred until the
    exit's step is done, so that nothing else touches it.
    """

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._ticks: dict[str, Tick] = {}
        self._changed = set[str]()
        self._busy = set[str]()
        self._deferred = set[str]()  # busy ones that changed meanwhile
        self._is_stopping = False

    def start(self) -> None:
        """Begin again after `stop`."""
        self._is_stopping = False

    def stop(self) -> None:
        """Have `wait` return None."""
        with self._wake:
            self._is_stopping = True
            self._wake.notify_all()

    def add_tick(self, tick: Tick) -> None:
        """Have the tick's instrument checked; the latest tick of each counts."""
        with self._wake:
            self._ticks[tick.instrument_id] = tick
            self._wake.notify_all()

    def add_changed(self, run_ids: set[str]) -> None:
        """Have these owners read again and checked."""
        with self._wake:
            self._deferred |= run_ids & self._busy
            self._changed |= run_ids - self._busy
            if self._changed:
                self._wake.notify_all()

    def wait(self, timeout_s: float) -> dict[str, Tick] | None:
        """Wait for something to check; return the ticks, None once stopped."""
        with self._wake:
            self._wake.wait_for(self._has_work, timeout_s)
            if self._is_stopping:
                return None
            ticks, self._ticks = self._ticks, {}
            return ticks

    def wait_for_exits(self, timeout_s: float) -> None:
        """Wait until no owner is busy."""
        with self._wake:
            self._wake.wait_for(lambda: not self._busy, timeout_s)

    def take_changed(self) -> set[str]:
        """The run ids that changed since."""
        with self._wake:
            changed, self._changed = self._changed, set[str]()
            return changed

    # --- busy owners --------------------------------------------------------------------------

    @property
    def busy(self) -> set[str]:
        """Run ids of owners that are being exited."""
        with self._wake:
            return set(self._busy)

    def is_deferred(self, run_id: str) -> bool:
        """Whether the owner is busy; then it is checked once it is not."""
        with self._wake:
            is_busy = run_id in self._busy
            if is_busy:
                self._deferred.add(run_id)
            return is_busy

    def defer(self, run_id: str) -> None:
        """Have a busy owner checked once it is not."""
        with self._wake:
            self._deferred.add(run_id)

    def begin(self, run_ids: set[str]) -> None:
        """Make these owners busy."""
        with self._wake:
            self._busy |= run_ids

    def end(self, run_ids: set[str]) -> None:
        """Make them free again, with what was deferred."""
        with self._wake:
            self._busy -= run_ids
            self._changed |= self._deferred & run_ids
            self._deferred -= run_ids
            self._wake.notify_all()

    def _has_work(self) -> bool:
        return bool(self._is_stopping or self._ticks or self._changed)


class ExitThreads:
    """Exits owners in threads of their own, so that none waits for another's exit."""

    def __init__(self, pending: PendingChecks, failures: FailureLog) -> None:
        self._pending = pending
        self._failures = failures
        self._pool: ThreadPoolExecutor | None = None  # None: in the calling thread

    def start(self) -> None:
        """Use threads from now on."""
        self._pool = ThreadPoolExecutor(EXITS_AT_ONCE, thread_name_prefix="protection-exit")

    def stop(self) -> None:
        """Wait for the exits that were begun; use the calling thread from now on."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def submit(self, run_ids: set[str], work: ExitWork) -> None:
        """Do work that exits these owners; they are busy until it is done."""
        self._pending.begin(run_ids)
        if self._pool is None:
            self._do(run_ids, work)
        else:
            self._pool.submit(self._try, run_ids, work)

    def _try(self, run_ids: set[str], work: ExitWork) -> None:
        try:
            self._do(run_ids, work)
        except Exception as error:  # noqa: BLE001 - the next check tries again
            self._failures.record("an exit by a protection failed", error, *run_ids)

    def _do(self, run_ids: set[str], work: ExitWork) -> None:
        continued: set[str] | None = None
        try:
            continued = work()
        finally:
            self._pending.end(run_ids - (continued or set()))
