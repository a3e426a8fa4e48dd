"""Joins the parts: the only place that picks concrete classes and reads settings into them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from tradertape_core.execution.matching import PaperRules
from tradertape_core.kernel.clock import Clock
from tradertape_server import __version__
from tradertape_server.features.activity.service import ActivityService
from tradertape_server.features.auth.credentials.passwords import Passwords
from tradertape_server.features.auth.http.credential_watch import CredentialWatch
from tradertape_server.features.auth.service import AccountPolicy, AuthService
from tradertape_server.features.auth.sign_in.sessions import SessionLife
from tradertape_server.features.backtests.jobs.job_queue import (
    RUNS,
    STUDIES,
    Attempt,
    RunJobs,
    StudyJobs,
)
from tradertape_server.features.backtests.jobs.runner import Runner
from tradertape_server.features.backtests.queries import why_strategy_in_use
from tradertape_server.features.backtests.runs.service import BacktestService
from tradertape_server.features.backtests.studies.service import StudyService
from tradertape_server.features.changelog.service import Changelog
from tradertape_server.features.execution.scheduled.corporate_actions import CorporateActions
from tradertape_server.features.execution.scheduled.expiry_settlement import ExpirySettlement
from tradertape_server.features.execution.scheduled.session_clock import Chore, ExecutionJobs
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.service import Settings as ExecutionSettings
from tradertape_server.features.feed.http.tick_socket import Channel
from tradertape_server.features.feed.live.candle_history import CandleHistory
from tradertape_server.features.feed.live.execution_market import ExecutionMarket
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.live.feed_setup import (
    FeedOptions,
    open_source,
    publish_figures,
    trading_calendar,
    trading_clock,
)
from tradertape_server.features.feed.live.tick_recorder import TickRecorder
from tradertape_server.features.feed.relay.relayed_source import MarketDuty
from tradertape_server.features.feed.sources.candle_files import Selection
from tradertape_server.features.gtts.service import GttPageService
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.market.live_world import LiveWorld
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.operations.checks import (
    feed_check,
    market_check,
    protection_check,
)
from tradertape_server.features.operations.figures import (
    publish_jobs,
    publish_streams,
    publish_trading,
)
from tradertape_server.features.operations.processes import Place, Processes
from tradertape_server.features.operations.service import Health
from tradertape_server.features.options.chains import ChainReader
from tradertape_server.features.options.service import OptionService
from tradertape_server.features.options.strategies import StrategyPreview
from tradertape_server.features.strategies.service import StrategyService, sync_templates
from tradertape_server.features.strategies.trying import TrialService
from tradertape_server.features.watchlists.service import WatchlistService
from tradertape_server.features.workers.option_services import OptionServices
from tradertape_server.features.workers.queries import WorkerQueries
from tradertape_server.features.workers.rescaling import rescale_protections
from tradertape_server.features.workers.service import Workers
from tradertape_server.features.workers.watching import FeedPrices
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.compute import numba_cache
from tradertape_server.platform.compute.job_leases import JobLeases
from tradertape_server.platform.compute.job_threads import JobThreads
from tradertape_server.platform.compute.service import Compute
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.http.idempotency import IdempotencyStore
from tradertape_server.platform.mail import Mailer, SmtpServer
from tradertape_server.platform.metrics import Metrics
from tradertape_server.platform.processes.leading import process_name
from tradertape_server.platform.processes.trader_lease import PROCESS
from tradertape_server.platform.secrets import SecretBox, private_folder
from tradertape_server.platform.streaming.bus import Bus
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
    bus: Bus
    credentials: CredentialWatch
    live_world: LiveWorld
    instruments: InstrumentService
    feed: Feed
    candle_history: CandleHistory
    execution: ExecutionService
    execution_jobs: ExecutionJobs
    workers: Workers
    watchlists: WatchlistService
    gtts: GttPageService
    activity: ActivityService
    options: OptionService
    option_strategies: StrategyPreview
    option_services: OptionServices
    strategies: StrategyService
    trials: TrialService
    backtests: BacktestService
    studies: StudyService
    runner: Runner
    compute: Compute
    run_jobs: JobThreads[int]
    study_jobs: JobThreads[Attempt]
    job_leases: JobLeases
    processes: Processes

    @property
    def channels(self) -> Mapping[str, Channel]:
        """What a page can hear of beside prices and events."""
        return {"runs": self.workers.pages.pulses, "run": self.workers.pages.live}

    def start(self) -> None:
        """What is done once when the server starts, on a migrated database."""
        with self.database.write() as session:
            self.database.alone(session, "templates")
            sync_templates(session, self.clock)
        if self.settings.role != "trader":
            self.job_leases.start()
            self.run_jobs.start()
            self.study_jobs.start()
        self.processes.start()
        self.feed.start()
        self.processes.warm(self.feed, self.instruments, self.clock)
        self.processes.leading.start(
            (
                self.database.reserve,
                *self.processes.duties,
                MarketDuty(self.feed),
                self.execution.trader,
                self.execution_jobs,
                self.workers.guardian,
                self.workers.recorder,
            )
        )

    def close(self) -> None:
        """Stop what is under way and let go of what was opened."""
        self.credentials.stop()
        self.processes.leading.stop()
        self.feed.stop()
        self.processes.stop()
        self.run_jobs.stop()
        self.study_jobs.stop()
        self.job_leases.stop()
        self.runner.close()
        self.compute.close()
        self.mailer.close()
        self.processes.trading.close()
        self.database.close()


def build_container(
    settings: Settings, *, clock: Clock | None = None, passwords: Passwords | None = None
) -> Container:
    """Open the home folder and the database and join everything up."""
    clock = clock or SystemClock()
    home = private_folder(settings.effective_home)
    database = Database(
        settings.effective_database_url,
        name=PROCESS + process_name(),
        reserve_bytes=settings.disk_reserve_mb * 1024**2,
    )
    if database.sqlite_file is not None:
        database.sqlite_file.touch(mode=0o600)
    secrets = SecretBox.open(home / "secrets")
    mailer = build_mailer(settings, clock)
    metrics = Metrics(__version__)
    market = MarketService(home, clock, data_set=settings.data_set)
    live_world = LiveWorld(market)
    instruments = InstrumentService(market, live_world, clock, home=home)
    bus = Bus()
    processes = Processes.join(
        database,
        Place(settings.role, settings.effective_address, settings.trader_lease_s),
        settings.redis_url,
        secrets,
        bus,
        instruments,
    )
    source = open_source(feed_options(settings), clock, market, live_world, instruments)
    feed = Feed(processes.shared(source), clock, bus, rate_hz=settings.feed_rate_hz)
    processes.bind(feed)
    trading = trading_clock(source, clock)
    if settings.feed_record_file is not None:
        feed.on_ticks(TickRecorder(settings.feed_record_file).hear)
    publish_figures(feed, metrics)
    any_hour = settings.feed == "simulated" and settings.feed_any_hour
    compat, rules = settings.worker_compat == "0.7.4", paper_rules(settings)
    execution = ExecutionService.build(
        database,
        trading,
        ExecutionMarket(
            feed,
            instruments,
            any_hour=any_hour,
            has_auctions=settings.feed == "simulated",
            with_depth=rules.partial_fills or rules.queue_share > 0,
            close_on=CandleHistory(market, feed).close_on,
        ),
        ExecutionSettings(strict_answers=compat, rules=rules),
        trading=processes.trading,
        fence=processes.leading.fence,
    )
    prices = FeedPrices(feed, instruments)
    workers = Workers.build(
        database,
        clock,
        secrets,
        execution,
        bus,
        prices,
        by_token=prices.by_token,
        compat=compat,
    )
    options = OptionService(ChainReader(instruments, feed), feed)
    auth = AuthService(
        database, clock, secrets, mailer, account_policy(settings), passwords or Passwords()
    )
    strategies = StrategyService(clock, used_by=(why_strategy_in_use,))
    health = Health(database, clock, home=home, mailer=mailer, metrics=metrics)
    health.add("market_data", market_check(market, clock))
    health.add("feed", feed_check(feed))
    health.add("protection", protection_check(workers.guardian))
    backtests = BacktestService(clock, market, strategies)
    studies = StudyService(clock, backtests)
    compute = Compute(
        workers=settings.workers,
        ray_address=settings.ray_address,
        numba_cache=numba_cache.numba_cache(home),
    )
    leases = JobLeases(database)
    run_jobs = JobThreads(RUNS, RunJobs(database, backtests, leases), threads=2)
    study_jobs = JobThreads(
        STUDIES, StudyJobs(database, studies, compute, clock, leases), threads=2
    )
    credentials = CredentialWatch(auth.authenticator)
    processes.publish(metrics, health)
    events = processes.events
    execution.trader.after_pause(bus.lose if events is None else events.begin_anew)
    publish_trading(metrics, execution.trader, workers.guardian.troubles)
    publish_streams(metrics, bus, credentials)
    publish_jobs(metrics, database, clock, {RUNS: run_jobs, STUDIES: study_jobs}, leases)
    return Container(
        settings=settings,
        clock=clock,
        database=database,
        secrets=secrets,
        mailer=mailer,
        metrics=metrics,
        idempotency=IdempotencyStore(database, clock, secrets),
        auth=auth,
        health=health,
        changelog=Changelog(settings.changelog_path),
        market=market,
        bus=bus,
        credentials=credentials,
        live_world=live_world,
        instruments=instruments,
        feed=feed,
        candle_history=CandleHistory(market, feed),
        execution=execution,
        execution_jobs=ExecutionJobs(
            execution, trading_calendar(source), trading, chores=chores_of(execution, market)
        ),
        workers=workers,
        watchlists=WatchlistService(clock, instruments, market),
        gtts=GttPageService(execution, instruments),
        activity=ActivityService(execution, WorkerQueries(database)),
        options=options,
        option_strategies=StrategyPreview(options),
        option_services=OptionServices.build(
            workers, execution, options.reader, feed, clock, secrets
        ),
        strategies=strategies,
        trials=TrialService(market),
        backtests=backtests,
        studies=studies,
        runner=Runner(database, backtests, run_jobs, leases),
        compute=compute,
        run_jobs=run_jobs,
        study_jobs=study_jobs,
        job_leases=leases,
        processes=processes,
    )


def chores_of(execution: ExecutionService, market: MarketService) -> list[Chore]:
    """What is done for paper accounts beside their orders, by the day."""
    actions = CorporateActions(execution, CorporateFacts(market), also=rescale_protections)
    return [actions, ExpirySettlement(execution)]


def paper_rules(settings: Settings) -> PaperRules:
    """What the settings say of how kind the paper market is."""
    return PaperRules(
        partial_fills=settings.paper_partial_fills,
        queue_share=settings.paper_queue_share,
        slippage_bps=settings.paper_slippage_bps,
    )


def feed_options(settings: Settings) -> FeedOptions:
    """What the settings say about live prices."""
    return FeedOptions(
        source=settings.feed,
        any_hour=settings.feed_any_hour,
        replay_file=settings.feed_replay_file,
        replay_speed=settings.feed_replay_speed,
        replay_loop=settings.feed_replay_loop,
        replay=Selection(
            settings.feed_replay_from, settings.feed_replay_to, settings.feed_replay_symbols
        ),
        rate_hz=settings.feed_rate_hz,
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
