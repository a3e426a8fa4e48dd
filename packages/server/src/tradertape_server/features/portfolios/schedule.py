"""Scheduled scans: after each session's candle is final, by the exchange's calendar.

What is due follows from the portfolios alone: one whose last traded day is before the last final
day of its data is scanned, whatever became of earlier runs. A run that was missed is therefore made
up for, day by day, at the next look.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import structlog

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.models import Portfolio, PortfolioScan
from tradertape_server.features.portfolios.scanning import ScanService
from tradertape_server.features.portfolios.schedule_times import last_final_day
from tradertape_server.features.portfolios.signals import SignalService
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError
from tradertape_server.platform.processes.job_log import JobLog

EVERY_S = 60.0
logger = structlog.get_logger(__name__)


@dataclass(slots=True)
class ScanSchedule:
    """A thread of the process that trades; implements a duty's start and stop."""

    database: Database
    clock: Clock
    scans: ScanService
    signals: SignalService
    log: JobLog = field(default_factory=JobLog)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Look for what is due from now on."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="portfolio-scans", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the scan that is running, and stop."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=30)
            self._thread = None

    def run_due(self) -> int:
        """Scan every portfolio that is due, those of one person after another; how many."""
        due = self._due()
        for user_id, portfolio_id in due:
            if self._stopped.is_set():
                break
            self._scan(user_id, portfolio_id)
        return len(due)

    def _loop(self) -> None:
        while not self._stopped.wait(EVERY_S):
            try:
                with self.log.running("scans"):
                    self.run_due()
                    self.signals.expire_over()
            except Exception as error:  # noqa: BLE001 - the next look may succeed
                logger.error("portfolio_scan_failed", error=str(error))

    def _due(self) -> list[tuple[int, int]]:
        """Portfolios that have a final day after their last one."""
        with self.database.read() as session:
            rows = [
                row
                for user_id in repository.users_with_active(session)
                for row in repository.portfolios(session, user_id, ("active", "paused"))
            ]
            session.expunge_all()
        return [(row.user_id, row.id) for row in rows if self._is_due(row)]

    def _is_due(self, row: Portfolio) -> bool:
        final = last_final_day(self.clock.now(), self.scans.work.last_day(row.data_set))
        return row.traded_until is None or row.traded_until < final

    def _scan(self, user_id: int, portfolio_id: int) -> None:
        try:
            self.scans.scan(user_id, portfolio_id=portfolio_id, trigger="schedule")
        except ApiError as error:  # another scan of this person's runs: it does the same
            logger.info("portfolio_scan_put_off", portfolio=portfolio_id, reason=error.detail)
        except Exception as error:  # noqa: BLE001 - the other portfolios are scanned
            logger.error("portfolio_scan_failed", portfolio=portfolio_id, error=str(error))
            self._record_failure(user_id, str(error))

    def _record_failure(self, user_id: int, error: str) -> None:
        with self.database.write() as session:
            session.add(
                PortfolioScan(
                    user_id=user_id, trigger="schedule", as_of=None, portfolios=1, created=0,
                    exits=0, error=error[:500], took_ms=0, at=self.clock.now(),
                )
            )  # fmt: skip
