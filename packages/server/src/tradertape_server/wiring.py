"""Joins the parts: the only place that picks concrete classes and reads settings into them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import timedelta

from tradertape_core.kernel.clock import Clock
from tradertape_server import __version__
from tradertape_server.features.auth.passwords import Passwords
from tradertape_server.features.auth.service import AccountPolicy, AuthService
from tradertape_server.features.auth.sessions import SessionLife
from tradertape_server.features.backtests.jobs import Attempt, RunJobs, StudyJobs
from tradertape_server.features.backtests.repository import in_use
from tradertape_server.features.backtests.running import Runner
from tradertape_server.features.backtests.service import BacktestService
from tradertape_server.features.backtests.studies import StudyService
from tradertape_server.features.changelog.service import Changelog
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.operations.checks import market_check
from tradertape_server.features.operations.service import Health
from tradertape_server.features.strategies.service import StrategyService, sync_templates
from tradertape_server.features.strategies.trying import TrialService
from tradertape_server.platform import warming
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.compute import Compute
from tradertape_server.platform.database import Database
from tradertape_server.platform.idempotency import IdempotencyStore
from tradertape_server.platform.jobs import JobThreads
from tradertape_server.platform.mail import Mailer, SmtpServer
from tradertape_server.platform.metrics import Metrics
from tradertape_server.platform.secrets import SecretBox, private_folder
from tradertape_server.settings import Settings


@dataclass(frozen=True, slots=True)
class Container:
    """Everything a request may need; one for the life of the program, on `app.state.container`."""

    settings: Settings
    clock: Clock
    database: Database
    secrets: SecretBox
    mailer: Mailer
    metrics: Metrics
    idempotency: IdempotencyStore
    auth: AuthService
    health: Health
    changelog: Changelog
    market: MarketService
    strategies: StrategyService
    trials: TrialService
    backtests: BacktestService
    studies: StudyService
    runner: Runner
    compute: Compute
    run_jobs: JobThreads[int]
    study_jobs: JobThreads[Attempt]

    def start(self) -> None:
        """What is done once when the server starts, on a migrated database."""
        with self.database.write() as session:
            sync_templates(session, self.clock)
        self.run_jobs.start()
        self.study_jobs.start()

    def close(self) -> None:
        """Stop what is under way and let go of what was opened."""
        self.run_jobs.stop()
        self.study_jobs.stop()
        self.runner.close()
        self.compute.close()
        self.mailer.close()
        self.database.close()


def build_container(
    settings: Settings, *, clock: Clock | None = None, passwords: Passwords | None = None
) -> Container:
    """Open the home folder and the database and join everything up."""
    clock = clock or SystemClock()
    home = private_folder(settings.effective_home)
    database = Database(settings.effective_database_url)
    if database.sqlite_file is not None:
        database.sqlite_file.touch(mode=0o600)
    secrets = SecretBox.open(home / "secrets")
    mailer = build_mailer(settings, clock)
    metrics = Metrics(__version__)
    market = MarketService(home, clock, data_set=settings.data_set)
    strategies = StrategyService(clock, used_by=(in_use,))
    health = Health(database, clock, home=home, mailer=mailer, metrics=metrics)
    health.add("market_data", market_check(market, clock))
    backtests = BacktestService(clock, market, strategies)
    studies = StudyService(clock, backtests)
    compute = Compute(
        workers=settings.workers,
        ray_address=settings.ray_address,
        numba_cache=warming.numba_cache(home),
    )
    run_jobs = JobThreads("runs", RunJobs(database, backtests), threads=2)
    study_jobs = JobThreads("studies", StudyJobs(database, studies, compute, clock), threads=2)
    return Container(
        settings=settings,
        clock=clock,
        database=database,
        secrets=secrets,
        mailer=mailer,
        metrics=metrics,
        idempotency=IdempotencyStore(database, clock, secrets),
        auth=AuthService(
            database, clock, secrets, mailer, account_policy(settings), passwords or Passwords()
        ),
        health=health,
        changelog=Changelog(settings.changelog_path),
        market=market,
        strategies=strategies,
        trials=TrialService(market),
        backtests=backtests,
        studies=studies,
        runner=Runner(database, backtests, run_jobs),
        compute=compute,
        run_jobs=run_jobs,
        study_jobs=study_jobs,
    )


def account_policy(settings: Settings) -> AccountPolicy:
    """What the settings say about accounts."""
    return AccountPolicy(
        life=SessionLife(
            idle=timedelta(days=settings.session_idle_days),
            at_most=timedelta(days=settings.session_max_days),
        ),
        public_url=settings.effective_public_url,
        allow_signup=settings.allow_signup,
    )


def build_mailer(settings: Settings, clock: Clock) -> Mailer:
    """The mail queue, with a server where one is set."""
    server = (
        SmtpServer(
            host=settings.smtp_host,
            port=settings.smtp_port,
            user=settings.smtp_user,
            password=settings.smtp_password.get_secret_value(),
            security=settings.smtp_security,
        )
        if settings.smtp_host
        else None
    )
    return Mailer(
        outbox=settings.effective_home / "outbox",
        clock=clock,
        server=server,
        announce=_announce,
        sender=settings.smtp_from,
    )


def _announce(text: str) -> None:
    # Not a log line: logs never hold a link, and this is how one reaches the person at the machine.
    sys.stdout.write(f"\n{text}\n\n")
    sys.stdout.flush()
