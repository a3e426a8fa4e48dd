"""Joins the parts of backtests."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.backtests.jobs.job_queue import Attempt, RunJobs, StudyJobs
from tradertape_server.features.backtests.jobs.runner import Runner
from tradertape_server.features.backtests.queries import RUNS, STUDIES
from tradertape_server.features.backtests.runs.service import BacktestService
from tradertape_server.features.backtests.studies.service import StudyService
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.strategies.service import StrategyService
from tradertape_server.platform.compute.job_leases import JobLeases
from tradertape_server.platform.compute.job_threads import JobThreads
from tradertape_server.platform.compute.service import Compute
from tradertape_server.platform.database.engine import Database

_RUN_THREADS = 2
_STUDY_THREADS = 2


@dataclass(frozen=True, slots=True)
class Backtests:
    """The services of backtests, and the job threads that compute what is queued."""

    runs: BacktestService
    studies: StudyService
    runner: Runner
    run_jobs: JobThreads[int]
    study_jobs: JobThreads[Attempt]
    leases: JobLeases
    compute: Compute

    def start(self) -> None:
        """Start the job threads."""
        self.leases.start()
        self.run_jobs.start()
        self.study_jobs.start()

    def close(self) -> None:
        """Stop the job threads, the runner and the compute processes; jobs resume at a start."""
        self.run_jobs.stop()
        self.study_jobs.stop()
        self.leases.stop()
        self.runner.close()
        self.compute.close()


def build_backtests(
    database: Database,
    clock: Clock,
    market: MarketService,
    strategies: StrategyService,
    compute: Compute,
) -> Backtests:
    """Join the parts; nothing runs before `start`."""
    runs = BacktestService(clock, market, strategies)
    studies = StudyService(clock, runs)
    leases = JobLeases(database)
    run_source = RunJobs(database, runs, leases)
    study_source = StudyJobs(database, studies, compute, clock, leases)
    run_jobs = JobThreads(RUNS, run_source, threads=_RUN_THREADS)
    return Backtests(
        runs=runs,
        studies=studies,
        runner=Runner(database, runs, run_jobs, leases),
        run_jobs=run_jobs,
        study_jobs=JobThreads(STUDIES, study_source, threads=_STUDY_THREADS),
        leases=leases,
        compute=compute,
    )
