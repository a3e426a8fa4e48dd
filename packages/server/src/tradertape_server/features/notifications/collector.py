"""The collector: reads the sources of the process that trades and stores what they found."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.notifications import repository
from tradertape_server.features.notifications.publishing import Notice, Publisher
from tradertape_server.features.notifications.sources.source import Source
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.job_log import JobLog

EVERY_S = 1.0
MOST_KNOWN = 20_000
KEPT = timedelta(days=90)
PRUNE_EVERY = timedelta(hours=6)

logger = get_logger(__name__)


class Collector:
    """A duty of the process that trades: one thread, which no order waits for."""

    def __init__(
        self, database: Database, clock: Clock, publisher: Publisher, sources: Sequence[Source]
    ) -> None:
        self._database, self._clock, self._publisher = database, clock, publisher
        self._sources = sources
        self.log = JobLog()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._pruned_at: datetime | None = None
        # Published by this process, so that what a source finds again needs no transaction.
        self._known: dict[tuple[int, str], None] = {}

    def start(self) -> None:
        """Read the sources from now on."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notification-sources", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop reading."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def step(self) -> None:
        """Read every source once; one that fails does not keep the others."""
        for source in self._sources:
            try:
                self._read(source)
            except Exception as error:
                logger.warning(
                    "a source of notifications failed", source=source.name,
                    reason=type(error).__name__, exc_info=True,
                )  # fmt: skip
        self._prune()

    def _read(self, source: Source) -> None:
        now = self._clock.now()
        with self._database.read() as session:
            row = repository.source_state(session, source.name)
            version, state = (row.version, row.state) if row is not None else (0, None)
            found = source.read(session, state, now)
        fresh = [one for one in found.notices if (one.user_id, one.key) not in self._known]
        if not fresh and found.state == state:
            return
        with self._database.write() as session:
            if not repository.advance_source(session, source.name, version, found.state):
                return  # another process has read the same
            self._publisher.publish(session, fresh)
        self._remember(fresh)

    def _remember(self, notices: Sequence[Notice]) -> None:
        self._known.update(dict.fromkeys((one.user_id, one.key) for one in notices))
        for oldest in list(self._known)[: max(0, len(self._known) - MOST_KNOWN)]:
            del self._known[oldest]

    def _run(self) -> None:
        while not self._stopped.wait(EVERY_S):
            try:
                with self.log.running("notifications"):
                    self.step()
            except Exception:  # this thread must survive a database that is locked or away
                logger.exception("old notifications were not deleted")

    def _prune(self) -> None:
        now = self._clock.now()
        if self._pruned_at is not None and now - self._pruned_at < PRUNE_EVERY:
            return
        with self._database.write() as session:
            repository.prune(session, now - KEPT)
        self._pruned_at = now
