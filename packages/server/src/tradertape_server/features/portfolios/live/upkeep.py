"""The thread of the process that trades: follows execution, and does what is due."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tradertape_core.kernel.clock import Clock
from tradertape_core.portfolio.signals import Status
from tradertape_server.features.execution.ports import TimelineEvent
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.live.arming import Arming
from tradertape_server.features.portfolios.live.findings import Findings
from tradertape_server.features.portfolios.live.marking import Marking
from tradertape_server.features.portfolios.live.mirror import Mirror
from tradertape_server.features.portfolios.live.placing import Placing
from tradertape_server.features.portfolios.live.run_ids import OURS
from tradertape_server.features.portfolios.live.standing import Standing
from tradertape_server.features.portfolios.live.withdrawing import Withdrawing
from tradertape_server.features.portfolios.state import settings_of
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict, Unavailable
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.job_log import JobLog

EVERY_S = 1.0
MARK_EVERY, FIND_EVERY = 15, 60  # passes
AUTOMATIC = "portfolio"  # who placed it, in a signal's history
logger = get_logger(__name__)


@dataclass(slots=True)
class Upkeep:
    """Implements a duty's start and stop."""

    database: Database
    clock: Clock
    mirror: Mirror
    placing: Placing
    withdrawing: Withdrawing
    arming: Arming
    marking: Marking
    findings: Findings
    standing: Standing
    log: JobLog = field(default_factory=JobLog)
    _wake: threading.Event = field(default_factory=threading.Event)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _passes: int = 0

    def start(self) -> None:
        """Find what happened while nobody looked, and follow from now on."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="portfolios", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the pass that is running, and stop."""
        self._stopped.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=30)
            self._thread = None

    def on_events(self, events: tuple[TimelineEvent, ...]) -> None:
        """Events that are on disk; called on the trader's thread, so never wait."""
        if any((one.run_id or "").startswith(OURS) for one in events):
            self._wake.set()

    def recover(self) -> None:
        """What a start begins with: lost answers, and everything that is not over, read anew."""
        self.placing.settle_doubts(at_start=True)
        self.mirror.refresh_all()
        self.run_once()

    def run_once(self) -> None:
        """Do everything that is due; each step is as if the ones before had failed."""
        steps: list[Callable[[], Any]] = [
            self.mirror.follow, self.placing.settle_doubts, self.withdrawing.mark_due,
            self.withdrawing.withdraw_marked, self.place_due, self.standing.keep_all,
            self.arming.arm_all,
        ]  # fmt: skip
        if self._passes % MARK_EVERY == 0:
            steps.append(self.marking.mark_all)
        if self._passes % FIND_EVERY == 0:
            steps.append(self.findings.find)
        self._passes += 1
        for step in steps:
            try:
                step()
            except Unavailable:
                return  # trading is paused: the next pass tries again
            except Exception:
                logger.exception("a step of the portfolios' upkeep failed")

    def place_due(self) -> int:
        """Place sales that were approved, and entries of portfolios that ask nobody; how many."""
        due: dict[int, list[int]] = {}
        with self.database.read() as session:
            for row, portfolio in repository.executed_signals(session, (Status.IN_CART,)):
                is_entry = row.side == "BUY"
                settings = settings_of(portfolio)
                if is_entry and (settings.is_placed_by_agent or not settings.auto_place_signals):
                    continue  # an agent takes entries when it asks for them
                due.setdefault(portfolio.id, []).append(row.id)
        for portfolio_id, ids in due.items():
            try:
                self.placing.place(portfolio_id, ids, by=AUTOMATIC, alone=False)
            except Conflict as error:
                logger.info("portfolio_placement_put_off", reason=error.detail)
        return len(due)

    def _loop(self) -> None:
        is_recovered = False
        while not self._stopped.is_set():
            try:
                with self.log.running("portfolios"):
                    if is_recovered:
                        self.run_once()
                    else:
                        self.recover()
                        is_recovered = True
            except Exception:
                logger.exception("the portfolios' upkeep failed")
            self._wake.wait(EVERY_S)
            self._wake.clear()
