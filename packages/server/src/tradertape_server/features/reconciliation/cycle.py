"""Compares everybody's books with their brokers' every five minutes, on a thread of its own."""

from __future__ import annotations

import threading
from typing import Final

from tradertape_server.features.reconciliation.service import ReconciliationService
from tradertape_server.platform.errors import ApiError
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.job_log import JobLog

EVERY_S: Final = 300.0

logger = get_logger(__name__)


class ReconciliationCycle:
    """Runs in the process that trades: a broker that does not answer delays nothing else."""

    def __init__(self, service: ReconciliationService, every_s: float = EVERY_S) -> None:
        self.log = JobLog()
        self._service = service
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; the first comparison is made after one interval."""
        self._thread = threading.Thread(target=self._run, name="reconciliation", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End. A comparison that waits for a broker is left behind."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(2)

    def step(self) -> None:
        """Compare once for everybody who has a broker connected."""
        for user_id in sorted(self._service.connected_users()):
            if self._stopping.is_set():
                return
            try:
                self._service.check(user_id)
            except ApiError as error:
                logger.info("a comparison was not made", user=user_id, reason=error.detail)
            except Exception:
                logger.exception("a comparison failed", user=user_id)

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            with self.log.running("reconciliation"):
                self.step()
