"""Builds every feature in order: the only place that picks classes and reads settings for them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tradertape_brokers import registry
from tradertape_brokers.hosts import Hosts
from tradertape_core.kernel.clock import Clock
from tradertape_core.ledger.corporate import CorporateAction
from tradertape_core.market.calendar import Calendar, nse_calendar
from tradertape_core.market.instrument import Instrument
from tradertape_server import __version__
from tradertape_server.container import Container
from tradertape_server.features.activity.service import ActivityService
from tradertape_server.features.auth.audit import RequestOrigin
from tradertape_server.features.auth.credentials.passwords import MAX_AT_ONCE, Passwords
from tradertape_server.features.auth.http.credential_monitor import CredentialMonitor
from tradertape_server.features.auth.service import AuthService
from tradertape_server.features.backtests.build import Backtests, build_backtests
from tradertape_server.features.backtests.queries import RUNS, STUDIES, why_strategy_in_use
from tradertape_server.features.brokerage.accounts import Addresses
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.brokerage.credentials import CredentialStore
from tradertape_server.features.brokerage.postbacks import Postbacks
from tradertape_server.features.brokerage.reminders import Reminders
from tradertape_server.features.brokerage.sandbox import Sandbox
from tradertape_server.features.brokerage.sandbox_process import SandboxProcess
from tradertape_server.features.brokerage.service import BrokerageService
from tradertape_server.features.brokerage.views import Links
from tradertape_server.features.changelog.service import Changelog
from tradertape_server.features.execution.account_events import AccountEvents
from tradertape_server.features.execution.live_accounts import LiveAccounts
from tradertape_server.features.execution.scheduled.corporate_actions import CorporateActions
from tradertape_server.features.execution.scheduled.expiry_settlement import ExpirySettlement
from tradertape_server.features.execution.scheduled.mark_to_market import MarkToMarket
from tradertape_server.features.execution.scheduled.session_clock import Chore, ExecutionJobs
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.feed.build import LiveMarket, build_live_market
from tradertape_server.features.feed.http.tick_socket import events_topic
from tradertape_server.features.feed.live.feed_setup import (
    open_exchange,
    publish_metrics,
)
from tradertape_server.features.gtts.service import GttPageService
from tradertape_server.features.holdings.cache import AnswerCache
from tradertape_server.features.holdings.service import HoldingsService
from tradertape_server.features.hooks.service import HookService
from tradertape_server.features.instruments.broker_masters import BrokerMasters
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.features.instruments.traded_market import MarketChoice, TradedMarket
from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.market.live_world import LiveWorld
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.market.watch import MarketWatch
from tradertape_server.features.notifications.actions import ChatActions
from tradertape_server.features.notifications.build import (
    Notifications,
    build_notifications,
    sources,
)
from tradertape_server.features.notifications.build import Options as NotificationOptions
from tradertape_server.features.notifications.sources.risk import notice_of
from tradertape_server.features.operations.checks import (
    books_check,
    calendar_check,
    execution_check,
    feed_check,
    market_check,
    masters_check,
    protection_check,
    scans_check,
)
from tradertape_server.features.operations.figures import (
    publish_jobs,
    publish_market,
    publish_streams,
    publish_trading,
)
from tradertape_server.features.operations.processes import Place, Processes
from tradertape_server.features.operations.service import Health
from tradertape_server.features.options.chains import ChainReader
from tradertape_server.features.options.preview import StrategyPreview
from tradertape_server.features.options.service import OptionService
from tradertape_server.features.portfolios.build import Portfolios, build_portfolios
from tradertape_server.features.portfolios.external import ExternalSignals
from tradertape_server.features.portfolios.live.owners import PositionOwners
from tradertape_server.features.portfolios.live.owners import belongs_to as position_belongs_to
from tradertape_server.features.portfolios.live.rescaling import SignalRescaling
from tradertape_server.features.portfolios.queries import why_strategy_in_use as why_traded
from tradertape_server.features.protection.arming import ByToken
from tradertape_server.features.protection.failure_log import FailureLog
from tradertape_server.features.protection.guardian import Guardian
from tradertape_server.features.protection.owners import OwnersByKind
from tradertape_server.features.protection.prices import FeedPrices, Prices
from tradertape_server.features.protection.rescaling import ProtectionRescaling
from tradertape_server.features.reconciliation.cycle import ReconciliationCycle
from tradertape_server.features.reconciliation.service import ReconciliationService
from tradertape_server.features.risk.build import RiskRules, build_risk
from tradertape_server.features.risk.market_facts import MarketFacts, StoredMarketFacts
from tradertape_server.features.risk.schemas import KillIn
from tradertape_server.features.strategies.service import StrategyService
from tradertape_server.features.strategies.trial_service import TrialService
from tradertape_server.features.trading.service import TradingService
from tradertape_server.features.watchlists.service import WatchlistService
from tradertape_server.features.workers.queries import WorkerQueries, live_scopes
from tradertape_server.features.workers.runs.halting import RunHalting, belongs_to
from tradertape_server.features.workers.runs.live_gate import NO_BROKERS, BrokerAccounts
from tradertape_server.features.workers.service import OptionServices, Workers
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.compute import numba_cache
from tradertape_server.platform.compute.service import Compute
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.http.concurrency import Capacity, ConcurrencyLimit
from tradertape_server.platform.http.idempotency import IdempotencyStore
from tradertape_server.platform.mail import Mailer
from tradertape_server.platform.metrics import Metrics
from tradertape_server.platform.processes.trader_election import process_name
from tradertape_server.platform.processes.trader_lease import PROCESS
from tradertape_server.platform.secrets import SecretBox, private_folder
from tradertape_server.platform.streaming.bus import Bus
from tradertape_server.setting_groups import (
    account_policy,
    build_mailer,
    execution_settings,
    feed_options,
    is_compat,
    paper_rules,
)
from tradertape_server.settings import Settings

# Requests that write at once. A SQLite file takes one writer: a second one prepares meanwhile. A
# database server takes several; most of its connections are left to those who read.
WRITERS_OF_FILE = Capacity(at_once=2, of_one=1, waiting=2000, wait_s=15.0)
WRITERS_OF_SERVER = Capacity(at_once=8, of_one=2, waiting=2000, wait_s=15.0)
# Where a linked chat's commands come from, in the audit log.
CHAT = RequestOrigin(ip="telegram", user_agent="Telegram", request_id="telegram")
PASSWORD_CHECKS = Capacity(at_once=MAX_AT_ONCE, of_one=1, waiting=100, wait_s=15.0)


@dataclass(frozen=True, slots=True)
class Base:
    """What every feature is built on."""

    settings: Settings
    clock: Clock
    home: Path
    database: Database
    secrets: SecretBox
    mailer: Mailer
    metrics: Metrics
    bus: Bus


@dataclass(frozen=True, slots=True)
class MarketData:
    """The stored candles, the simulated market that continues them, and what is traded.

    masters: the brokers' lists, where the server trades a real market.
    """

    choice: MarketChoice
    masters: BrokerMasters | None
    market: MarketService
    world: LiveWorld
    instruments: InstrumentService


@dataclass(frozen=True, slots=True)
class Trading:
    """Orders and who places them."""

    execution: ExecutionService
    jobs: ExecutionJobs
    risk: RiskRules
    workers: Workers
    guardian: Guardian
    accounts: LiveAccounts


def build_container(
    settings: Settings, *, clock: Clock | None = None, passwords: Passwords | None = None
) -> Container:
    """Open the home folder and the database, and build every feature, the lowest first."""
    base = open_base(settings, clock or SystemClock())
    auth = AuthService(
        base.database,
        base.clock,
        base.secrets,
        base.mailer,
        account_policy(settings),
        passwords or Passwords(),
    )
    connections = build_connections(base)
    data = build_market_data(base, connections)
    processes = build_processes(base, data.instruments)
    live = build_feed(base, connections, data, processes)
    accounts = build_live_accounts(base, connections, data, live)
    trading = build_trading(base, data, processes, live, accounts)
    strategies = StrategyService(base.clock, used_by=(why_strategy_in_use, why_traded))
    backtests = build_backtests(
        base.database, base.clock, data.market, strategies, build_compute(base)
    )
    container = _join(
        base, auth, connections, data, processes, live, trading, strategies, backtests
    )
    publish(container)
    return container


def _join(
    base: Base, auth: AuthService, connections: Connections, data: MarketData, processes: Processes,
    live: LiveMarket, trading: Trading, strategies: StrategyService, backtests: Backtests,
) -> Container:  # fmt: skip
    """All parts, with the features that only read others."""
    database, clock, execution = base.database, base.clock, trading.execution
    options = OptionService(ChainReader(data.instruments, live.feed), live.feed)
    brokerage = build_brokerage(base, auth, connections)
    portfolios = build_portfolios(
        database, clock, data.market, strategies, execution, trading.accounts
    )
    trading.risk.watch.pause_with(portfolios.service.pause_by_rule)
    notifications = build_telling(base, live, trading, portfolios)
    holdings = build_holdings(base, connections, brokerage, execution)
    reconciliation = ReconciliationService(
        database, clock, execution, connections, holdings,
        CorporateFacts(data.market, is_real=data.masters is not None),
    )  # fmt: skip
    trading.risk.watch.listen(lambda notice: notifications.publish(notice_of(notice)))
    return Container(
        settings=base.settings,
        clock=clock,
        database=database,
        writers=ConcurrencyLimit(WRITERS_OF_FILE if database.is_sqlite else WRITERS_OF_SERVER),
        password_checks=ConcurrencyLimit(PASSWORD_CHECKS),
        password_checks_of_known=ConcurrencyLimit(PASSWORD_CHECKS),
        secrets=base.secrets,
        mailer=base.mailer,
        metrics=base.metrics,
        idempotency=IdempotencyStore(database, clock, base.secrets),
        bus=base.bus,
        processes=processes,
        health=build_health(base, data, live, trading, portfolios),
        changelog=Changelog(base.settings.changelog_path),
        auth=auth,
        credentials=CredentialMonitor(auth.authenticator),
        connections=connections,
        sandbox=build_sandbox(base, connections),
        brokerage=brokerage,
        holdings=holdings,
        reconciliation=reconciliation,
        reconciliation_cycle=ReconciliationCycle(reconciliation),
        reminders=build_reminders(base, connections, brokerage),
        postbacks=Postbacks(database, clock, connections, CredentialStore(base.secrets)),
        market=data.market,
        market_watch=MarketWatch(data.market),
        instruments=data.instruments,
        market_choice=data.choice,
        masters=data.masters,
        exchange=live.exchange,
        feed=live.feed,
        candle_history=live.history,
        execution=execution,
        execution_jobs=trading.jobs,
        live_accounts=trading.accounts,
        risk=trading.risk,
        workers=trading.workers,
        guardian=trading.guardian,
        options=options,
        option_strategies=StrategyPreview(options),
        option_services=build_option_services(base, trading, options, live),
        strategies=strategies,
        trials=TrialService(data.market),
        backtests=backtests,
        portfolios=portfolios,
        notifications=notifications,
        hooks=build_hooks(base, data, live, notifications),
        watchlists=WatchlistService(clock, data.instruments, data.market),
        gtts=GttPageService(execution, data.instruments, trading.accounts),
        trading=TradingService(execution, trading.accounts, data.instruments, clock),
        activity=ActivityService(execution, WorkerQueries(database)),
    )


def open_base(settings: Settings, clock: Clock) -> Base:
    """Open the home folder and the database."""
    home = private_folder(settings.effective_home)
    database = Database(
        settings.effective_database_url,
        name=PROCESS + process_name(),
        reserve_bytes=settings.disk_reserve_mb * 1024**2,
    )
    if database.sqlite_file is not None:
        database.sqlite_file.touch(mode=0o600)
    return Base(
        settings=settings,
        clock=clock,
        home=home,
        database=database,
        secrets=SecretBox.open(home / "secrets"),
        mailer=build_mailer(settings, clock),
        metrics=Metrics(__version__),
        bus=Bus(),
    )


def build_connections(base: Base) -> Connections:
    """The accounts at brokers, and where brokers answer."""
    settings = base.settings
    addresses = Addresses.of(Hosts.of_environment(settings.broker_roots), settings.sandbox_url)
    return Connections(base.database, base.clock, base.secrets, registry.broker, addresses)


def build_sandbox(base: Base, connections: Connections) -> Sandbox:
    """The sandbox that comes with the server; nothing starts it yet."""
    settings, clock = base.settings, base.clock
    log = base.home / "sandbox.log"
    is_sharing = settings.role != "all" or bool(settings.redis_url)
    return Sandbox(
        lambda restarted: SandboxProcess(log, clock, restarted),
        connections.addresses,
        connections.expire_all,
        lambda user_id: base.secrets.code_hash("sandbox", str(user_id)),
        callback=lambda broker: f"{settings.effective_public_url}/brokers/{broker}/callback",
        postback=lambda broker: f"{settings.local_url}/api/brokers/{broker}/postback",
        external_url=settings.sandbox_url,
        is_alone=not is_sharing,
    )


def build_brokerage(base: Base, auth: AuthService, connections: Connections) -> BrokerageService:
    """Credentials and logins at brokers; the account's page shows them too."""
    links = Links(public_url=base.settings.effective_public_url)
    store = CredentialStore(base.secrets)
    service = BrokerageService(
        base.database, base.clock, connections, store, registry.names(), links
    )
    auth.account.brokers_of = service.states_of
    return service


def build_reminders(base: Base, connections: Connections, brokerage: BrokerageService) -> Reminders:
    """The mails about sessions at brokers; workers know which accounts have live runs."""
    reminders = Reminders(
        base.database,
        base.clock,
        nse_calendar(),
        connections,
        base.mailer,
        brokerage.links,
        live_scopes,
    )
    reminders.listen()
    return reminders


def build_holdings(
    base: Base, connections: Connections, brokerage: BrokerageService, execution: ExecutionService
) -> HoldingsService:
    """What is at the brokers; execution knows which orders are ours."""
    return HoldingsService(connections, brokerage, AnswerCache(base.clock), execution)


def build_market_data(base: Base, connections: Connections) -> MarketData:
    """The market that is traded, the data sets and the instruments."""
    choice = MarketChoice(base.database, base.clock, feed=base.settings.feed)
    market = MarketService(base.home, base.clock, data_set=base.settings.data_set)
    world = LiveWorld(market)
    masters = build_masters(base, connections, choice)
    instruments = InstrumentService(market, world, base.clock, home=base.home, masters=masters)
    return MarketData(choice, masters, market, world, instruments)


def build_masters(
    base: Base, connections: Connections, choice: MarketChoice
) -> BrokerMasters | None:
    """The brokers' lists of instruments; None while the simulated market is traded."""
    environment = choice.current.environment
    if environment is None:
        return None
    masters = BrokerMasters(connections, environment, base.home / "instruments", base.clock)
    connections.find_with(masters.find)
    return masters


def build_processes(base: Base, instruments: InstrumentService) -> Processes:
    """This process among the others on its database."""
    settings = base.settings
    place = Place(settings.role, settings.effective_address, settings.trader_lease_s)
    return Processes.join(
        base.database, place, settings.redis_url, base.secrets, base.bus, instruments
    )


def build_feed(
    base: Base, connections: Connections, data: MarketData, processes: Processes
) -> LiveMarket:
    """The live feed, shared with the other processes."""
    rules = paper_rules(base.settings)
    exchange = None
    if data.masters is not None:
        exchange = open_exchange(
            data.choice.current, base.clock, connections, data.masters, base.home,
            any_hour=base.settings.feed_any_hour,
        )  # fmt: skip
    live = build_live_market(
        feed_options(base.settings),
        base.clock,
        base.bus,
        data.market,
        data.world,
        data.instruments,
        share=processes.shared,
        record_file=base.settings.feed_record_file,
        with_depth=rules.partial_fills or rules.queue_share > 0,
        exchange=exchange,
    )
    processes.bind(live.feed)
    return live


def build_live_accounts(
    base: Base, connections: Connections, data: MarketData, live: LiveMarket
) -> LiveAccounts:
    """The accounts at brokers as venues."""
    return LiveAccounts(
        base.database,
        base.clock,
        connections,
        is_enabled=base.settings.live_enabled,
        has_real_prices=lambda: (
            data.choice.current is TradedMarket.EXCHANGE and not live.feed.source.is_simulated
        ),
    )


def build_trading(
    base: Base, data: MarketData, processes: Processes, live: LiveMarket, accounts: LiveAccounts
) -> Trading:
    """Execution, the workers above it and the jobs of the trading day."""
    execution = ExecutionService.build(
        base.database,
        live.clock,
        live.execution,
        execution_settings(base.settings, data.choice),
        trading=processes.trading,
        fence=processes.election.fence,
        gateway_of=accounts.gateway_of,
    )
    accounts.join(execution)
    events = processes.events
    resynchronize = base.bus.mark_all_lost if events is None else events.announce_new_trader
    execution.trader.after_pause(resynchronize)
    prices = FeedPrices(live.feed, data.instruments)
    facts = StoredMarketFacts(data.market)
    risk = build_risk_rules(base.database, base.clock, execution, base.bus, facts)
    workers, guardian = build_workers(
        base.database,
        base.clock,
        base.secrets,
        execution,
        base.bus,
        prices,
        by_token=prices.by_token,
        compat=is_compat(base.settings),
        brokers=accounts,
    )
    facts = CorporateFacts(data.market, is_real=data.masters is not None)
    chores = chores_of(execution, live.calendar, facts, workers)
    jobs = ExecutionJobs(execution, live.calendar, live.clock, chores=chores)
    return Trading(execution, jobs, risk, workers, guardian, accounts)


def build_workers(
    database: Database,
    clock: Clock,
    secrets: SecretBox,
    execution: ExecutionService,
    bus: Bus,
    prices: Prices,
    *,
    by_token: ByToken,
    compat: bool = False,
    brokers: BrokerAccounts = NO_BROKERS,
) -> tuple[Workers, Guardian]:
    """Workers above an execution, and the guardian of everything that has a protection."""
    events, failures = AccountEvents(database, bus, events_topic), FailureLog(clock)
    execution.trader.listen(events.on_events)
    workers = Workers.build(
        database,
        clock,
        secrets,
        execution,
        bus,
        failures,
        by_token=by_token,
        compat=compat,
        brokers=brokers,
    )
    owners = OwnersByKind((workers.owners, PositionOwners(execution)))
    companions = (workers.entries,)
    guardian = Guardian(database, clock, execution, owners, prices, failures, companions)
    return workers, guardian


def build_risk_rules(
    database: Database, clock: Clock, execution: ExecutionService, bus: Bus, facts: MarketFacts
) -> RiskRules:
    """Rules above an execution. Runs of workers are halted with a kill switch, and are of the
    strategies that rules name."""
    events = AccountEvents(database, bus, events_topic)
    risk = build_risk(clock, execution, events, facts, (belongs_to, position_belongs_to))
    risk.kill_switch.also(RunHalting())
    return risk


def chores_of(
    execution: ExecutionService, calendar: Calendar, facts: CorporateFacts, workers: Workers
) -> list[Chore]:
    """Daily jobs on positions: mark-to-market, corporate actions, the settlement of contracts.

    In this order: a day's prices are those from before the actions of the next.
    """
    owners = OwnersByKind((workers.owners, PositionOwners(execution)))
    protections, signals = ProtectionRescaling(owners), SignalRescaling()

    def also(uow: UnitOfWork, action: CorporateAction, account_id: int | None = None) -> None:
        protections(uow, action, account_id)
        signals(uow, action, account_id)

    actions = CorporateActions(execution, facts, also=also)
    return [MarkToMarket(execution, calendar), actions, ExpirySettlement(execution)]


def build_option_services(
    base: Base, trading: Trading, options: OptionService, live: LiveMarket
) -> OptionServices:
    """The option runs of workers."""
    return OptionServices.build(
        trading.workers,
        trading.execution,
        options.reader,
        live.feed,
        base.clock,
        base.secrets,
        trading.accounts,
    )


def build_telling(
    base: Base, live: LiveMarket, trading: Trading, portfolios: Portfolios
) -> Notifications:
    """Notifications of what the other features store, and what a linked chat can ask of them."""
    settings, switch = base.settings, trading.risk.kill_switch
    actions = ChatActions(
        base.database,
        base.clock,
        portfolios.signals,
        trading.execution,
        kill=lambda who, reason: (
            switch.kill(who, KillIn(cancel_orders=False, reason=reason), CHAT) and None
        ),
    )
    market = live.execution
    return build_notifications(
        base.database,
        base.clock,
        base.secrets,
        base.mailer,
        actions,
        sources(lambda now: market.is_open(now) and market.is_stale),
        NotificationOptions(
            settings.effective_public_url,
            settings.telegram_root,
            settings.notify_private_addresses,
        ),
    )


def build_hooks(
    base: Base, data: MarketData, live: LiveMarket, notifications: Notifications
) -> HookService:
    """Incoming webhooks, whose alerts become signals of portfolios or notifications."""

    def last_price(instrument: Instrument) -> Decimal | None:
        tick = live.execution.tick(instrument.id)
        return None if tick is None else tick.last_price

    return HookService(
        base.database,
        base.clock,
        base.secrets,
        notifications.publisher,
        ExternalSignals(base.clock, data.market),
        find=lambda names: list(data.instruments.resolve_many(names).instruments.values()),
        price=last_price,
        public_url=base.settings.effective_public_url,
    )


def build_health(
    base: Base, data: MarketData, live: LiveMarket, trading: Trading, portfolios: Portfolios
) -> Health:
    """The health page with the checks of the features."""
    health = Health(
        base.database, base.clock, home=base.home, mailer=base.mailer, metrics=base.metrics
    )
    health.add("market_data", market_check(data.market, base.clock))
    health.add("calendar", calendar_check(base.clock))
    health.add("feed", feed_check(live.feed))
    if data.masters is not None:
        health.add("instruments", masters_check(data.masters))
    health.add("protection", protection_check(trading.guardian))
    health.add("execution", execution_check(trading.execution))
    health.add("broker_positions", books_check(trading.accounts))
    health.add("scans", scans_check(portfolios.lateness))
    return health


def build_compute(base: Base) -> Compute:
    """Processes for parameter sweeps."""
    return Compute(
        workers=base.settings.workers,
        ray_address=base.settings.ray_address,
        numba_cache=numba_cache.numba_cache(base.home),
    )


def publish(container: Container) -> None:
    """Publish the metrics of every part."""
    metrics, backtests = container.metrics, container.backtests
    publish_metrics(container.feed, metrics)
    container.processes.publish(metrics, container.health)
    publish_trading(metrics, container.execution.trader, container.guardian.failures)
    publish_streams(metrics, container.bus, container.credentials)
    threads = {RUNS: backtests.run_jobs, STUDIES: backtests.study_jobs}
    publish_market(metrics, container.market)
    publish_jobs(metrics, container.database, container.clock, threads, backtests.leases)
