"""A backtest within a request: for a minute at most, then it continues as an asynchronous run."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from tradertape_server.features.backtests.jobs.job_queue import reason
from tradertape_server.features.backtests.models import BacktestRun
from tradertape_server.features.backtests.queries import RUNS
from tradertape_server.features.backtests.runs.schemas import BacktestRequest
from tradertape_server.features.backtests.runs.service import BacktestService, PreparedBacktest
from tradertape_server.platform.compute.job_leases import JobLeases
from tradertape_server.platform.compute.job_threads import JobThreads
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.logging import get_logger

Json = dict[str, Any]

BUDGET_S = 60.0
_THREADS = 4

logger = get_logger(__name__)


class Runner:
    """Runs the backtests of requests. No transaction is open while one computes."""

    def __init__(
        self,
        database: Database,
        service: BacktestService,
        jobs: JobThreads,
        leases: JobLeases,
        *,
        budget_s: float = BUDGET_S,
    ) -> None:
        self.budget_s = budget_s
        self._database = database
        self._service = service
        self._jobs = jobs
        self._leases = leases
        self._threads = ThreadPoolExecutor(_THREADS, "backtest")

    def run(self, user_id: int, request: BacktestRequest) -> Json | BacktestRun:
        """Run a backtest and return its report.

        Returns the row of the run instead where the request is asynchronous, or when it is not
        finished in time: it then continues, and is stored even where the request said not to.
        """
        with self._database.read() as session:
            prepared = self._service.prepare(session, user_id, request)
        if request.is_async:
            with self._database.write() as session:
                self._jobs.wake_after_commit(session)
                return self._service.enqueue(session, user_id, prepared)
        computing = self._threads.submit(self._service.simulate_timed, prepared)
        try:
            report = computing.result(self.budget_s)
        except TimeoutError:
            return self._detach(user_id, prepared, computing)
        if not request.save:
            with self._database.read() as session:
                return self._service.store(session, user_id, prepared, report)
        with self._database.write() as session:
            return self._service.store(session, user_id, prepared, report)

    def close(self) -> None:
        """Start nothing more; unfinished runs are run again at the next start."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _detach(
        self, user_id: int, prepared: PreparedBacktest, computing: Future[Json]
    ) -> BacktestRun:
        with self._database.write() as session:
            row = self._service.enqueue(session, user_id, prepared, status="running")
            self._leases.take(session, RUNS, row.id)
        self._leases.start_renewing(RUNS, row.id)
        computing.add_done_callback(partial(self._settle, row.id))
        return row

    def _settle(self, run: int, computed: Future[Json]) -> None:
        if computed.cancelled():
            return
        error = computed.exception()
        self._leases.stop_renewing(RUNS, run)
        with self._database.write() as session:
            if not self._leases.release(session, RUNS, run):
                return  # its lease expired: another process runs it again
            if error is None:
                self._service.finish(session, run, computed.result())
            else:
                logger.warning("backtest failed", run=run, exc_info=error)
                self._service.fail(session, run, reason(error))  # pyright: ignore[reportArgumentType]
