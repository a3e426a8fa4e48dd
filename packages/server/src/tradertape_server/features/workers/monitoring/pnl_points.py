"""The line of a run's profit and loss: a point every few seconds while it changes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.models import PnlPoint, WorkerRun
from tradertape_server.features.workers.runs.transactions import ref
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.logging import get_logger

EVERY_S = 10.0
KEPT_FOR = timedelta(days=90)
PRUNED_EVERY = timedelta(hours=6)
PRUNED_AT_ONCE = 10_000
MOST_READ = 20_000

logger = get_logger(__name__)
Figures = tuple[int, int]


class PnlRecorder:
    """One thread that stores the P&L of open runs every few seconds, where it changed."""

    def __init__(self, database: Database, clock: Clock, execution: ExecutionService) -> None:
        self._database = database
        self._clock = clock
        self._execution = execution
        self._last: dict[int, Figures] = {}
        self._pruned_at: datetime | None = None
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread. A second call does nothing."""
        if self._thread is None:
            self._is_over.clear()
            self._thread = threading.Thread(target=self._loop, name="pnl points", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Finish the points that are being stored."""
        self._is_over.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def record(self) -> int:
        """Store a point for every run whose figures changed; return how many there were."""
        now = self._clock.now()
        with self._database.read() as session:
            runs = repository.runs_not_over(session, None)
        figures = {run.id: self._figures(run) for run in runs if run.venue != "dry_run"}
        changed = {run_id: one for run_id, one in figures.items() if one != self._known(run_id)}
        if changed:
            with self._database.write() as session:
                self._prune(session, now)
                session.execute(
                    insert(PnlPoint),
                    [
                        {"run_id": run_id, "at": now, "net_paise": net, "realised_paise": realised}
                        for run_id, (net, realised) in changed.items()
                    ],
                )
        self._last = figures
        return len(changed)

    def _prune(self, session: Session, now: datetime) -> None:
        is_due = self._pruned_at is None or now - self._pruned_at >= PRUNED_EVERY
        if is_due and not _delete_oldest(session, before=now - KEPT_FOR):
            self._pruned_at = now

    def _known(self, run_id: int) -> Figures:
        return self._last.get(run_id, (0, 0))

    def _figures(self, run: WorkerRun) -> Figures:
        totals = self._execution.pnl(ref(run)).totals
        return int(totals.net_paise), int(totals.realised_paise)

    def _loop(self) -> None:
        while not self._is_over.wait(EVERY_S):
            try:
                self.record()
            except Exception:
                # The line has a gap then; trading does not depend on it.
                logger.exception("profit and loss was not stored")


def _delete_oldest(session: Session, *, before: datetime) -> bool:
    """Delete the oldest points, some at a time; whether there may be more of them.

    Points are stored in the order of their times, so that none that is kept is read.
    """
    some = select(PnlPoint.id, PnlPoint.at).order_by(PnlPoint.id).limit(PRUNED_AT_ONCE)
    old = [point_id for point_id, at in session.execute(some) if at < before]
    if old:
        session.execute(delete(PnlPoint).where(PnlPoint.id <= old[-1]))
    return len(old) == PRUNED_AT_ONCE


def points(session: Session, run_id: int, *, since: datetime, most: int) -> Sequence[PnlPoint]:
    """A run's points since a moment, oldest first, thinned out to `most` points and the last."""
    newest = (
        select(PnlPoint)
        .where(PnlPoint.run_id == run_id, PnlPoint.at >= since)
        .order_by(PnlPoint.at.desc())
        .limit(MOST_READ)
    )
    found = list(reversed(session.scalars(newest).all()))
    step = -(-len(found) // most) if found else 1
    thinned = found[::step]
    return thinned if not found or thinned[-1] is found[-1] else [*thinned, found[-1]]
