"""Builds every feature in order: the only place that picks classes and reads settings for them."""

from __future__ import annotations

from tradertape_core.kernel.clock import Clock
from tradertape_server.container import Container
from tradertape_server.features.activity.service import ActivityService
from tradertape_server.features.agents.build import build_agents
from tradertape_server.features.agents.obfuscation import demand_off, is_on
from tradertape_server.features.auth.credentials.passwords import MAX_AT_ONCE, Passwords
from tradertape_server.features.auth.http.credential_monitor import CredentialMonitor
from tradertape_server.features.auth.service import AuthService
from tradertape_server.features.backtests.build import Backtests, build_backtests
from tradertape_server.features.backtests.queries import why_strategy_in_use
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.brokerage.credentials import CredentialStore
from tradertape_server.features.brokerage.postbacks import Postbacks
from tradertape_server.features.changelog.service import Changelog
from tradertape_server.features.family.build import build_family
from tradertape_server.features.family.sources import MemberBooks
from tradertape_server.features.feed.build import LiveMarket
from tradertape_server.features.gtts.service import GttPageService
from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.market.watch import MarketWatch
from tradertape_server.features.notifications.sources.risk import notice_of
from tradertape_server.features.operations.processes import Processes
from tradertape_server.features.options.chains import ChainReader
from tradertape_server.features.options.preview import StrategyPreview
from tradertape_server.features.options.service import OptionService
from tradertape_server.features.portfolios.build import build_portfolios
from tradertape_server.features.portfolios.queries import why_strategy_in_use as why_traded
from tradertape_server.features.reconciliation.corrections import Corrections
from tradertape_server.features.reconciliation.cycle import ReconciliationCycle
from tradertape_server.features.reconciliation.hand_actions import HandActions
from tradertape_server.features.reconciliation.service import ReconciliationService
from tradertape_server.features.risk.names import RuleNames
from tradertape_server.features.strategies.service import StrategyService
from tradertape_server.features.strategies.trial_service import TrialService
from tradertape_server.features.trading.service import TradingService
from tradertape_server.features.uploads.labels import clear_files
from tradertape_server.features.uploads.mappings import MappingService
from tradertape_server.features.uploads.service import UploadService
from tradertape_server.features.watchlists.service import WatchlistService
from tradertape_server.features.workers.queries import WorkerQueries
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.http.concurrency import Capacity, ConcurrencyLimit
from tradertape_server.platform.http.idempotency import IdempotencyStore
from tradertape_server.platform.http.rate_limits import Strangers
from tradertape_server.setting_groups import account_policy
from tradertape_server.settings import Settings
from tradertape_server.wiring.base import Base, build_compute, open_base
from tradertape_server.wiring.brokers import (
    build_brokerage,
    build_connections,
    build_holdings,
    build_reminders,
    build_sandbox,
)
from tradertape_server.wiring.market import (
    MarketData,
    build_feed,
    build_market_data,
    build_processes,
)
from tradertape_server.wiring.reporting import (
    build_health,
    build_hooks,
    build_jobs,
    build_notification_service,
    keep_log,
    publish,
)
from tradertape_server.wiring.trading import (
    Trading,
    build_live_accounts,
    build_option_services,
    build_trading,
    rescaling_of,
    why_not_back,
)
from tradertape_server.wiring.wealth import build_journal, build_wealth

# Requests that write at once. A SQLite file takes one writer: a second one prepares meanwhile. A
# database server takes several; most of its connections are left to those who read.
WRITERS_OF_FILE = Capacity(at_once=2, of_one=1, waiting=2000, wait_s=15.0)
WRITERS_OF_SERVER = Capacity(at_once=8, of_one=2, waiting=2000, wait_s=15.0)
PAGES = Capacity(at_once=8, of_one=2, waiting=2000, wait_s=15.0)
# A broker that hangs is waited for, for seconds, on one of forty threads that serve everybody.
BROKER_READS = Capacity(at_once=16, of_one=4, waiting=2000, wait_s=15.0)
PASSWORD_CHECKS = Capacity(at_once=MAX_AT_ONCE, of_one=1, waiting=100, wait_s=15.0)


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
    keep_log(container)
    return container


def _join(
    base: Base, auth: AuthService, connections: Connections, data: MarketData, processes: Processes,
    live: LiveMarket, trading: Trading, strategies: StrategyService, backtests: Backtests,
) -> Container:  # fmt: skip
    """All parts, with the features that only read others."""
    database, clock, execution = base.database, base.clock, trading.execution
    options = OptionService(ChainReader(data.instruments, live.feed), live.feed)
    brokerage = build_brokerage(base, auth, connections)
    brokerage.preflight_of = trading.accounts.addresses.state
    brokerage.check_address_of = trading.accounts.check_address
    portfolios = build_portfolios(
        database, clock, data.market, strategies, execution, trading.accounts
    )
    trading.risk.watch.pause_with(portfolios.service.pause_by_rule)
    trading.risk.state.apart_of = portfolios.signals.rules.figures
    trading.risk.rules.check_names(RuleNames(data.instruments, portfolios.service.is_own))
    notifications = build_notification_service(base, live, trading, portfolios)
    holdings = build_holdings(base, connections, brokerage, execution)
    uploads = UploadService(database, clock)
    is_real = data.masters is not None
    corporate = CorporateFacts(data.market, is_real=is_real)
    wealth = build_wealth(base, data, uploads, corporate, is_real=is_real)
    reconciliation = ReconciliationService(
        database,
        clock,
        execution,
        connections,
        holdings,
        corporate,
        uploads,
        notifications.publish,
    )
    agents = build_agents(
        database,
        clock,
        base.secrets,
        execution,
        portfolios,
        brokerage,
        notifications.publisher,
        trading.accounts.has_real_prices,
        clear_files,
    )
    connections.demand_allowed, uploads.is_obfuscated = demand_off, is_on
    auth.account.agent_of, auth.account.is_obfuscated = (
        agents.status.of_account, agents.obfuscation.is_on,
    )  # fmt: skip
    auth.account.has_telegram = notifications.service.has_telegram
    trading.risk.watch.listen(lambda notice: notifications.publish(notice_of(notice)))
    return Container(
        settings=base.settings,
        clock=clock,
        database=database,
        writers=ConcurrencyLimit(WRITERS_OF_FILE if database.is_sqlite else WRITERS_OF_SERVER),
        strangers=Strangers(clock, base.settings.anonymous_requests_per_minute),
        pages=ConcurrencyLimit(PAGES),
        broker_reads=ConcurrencyLimit(BROKER_READS),
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
        corrections=Corrections(
            database,
            clock,
            reconciliation,
            HandActions(
                database,
                clock,
                execution,
                reconciliation.adopted,
                *rescaling_of(execution, trading.workers),
            ),
            why_not_back,
        ),
        jobs=build_jobs(base, portfolios, reconciliation),
        reconciliation_cycle=ReconciliationCycle(reconciliation),
        reminders=build_reminders(base, connections, brokerage),
        postbacks=Postbacks(
            database,
            clock,
            connections,
            CredentialStore(base.secrets),
            is_elsewhere=lambda: processes.is_shared and not processes.is_trader,
        ),
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
        agents=agents,
        notifications=notifications,
        hooks=build_hooks(base, data, live, notifications),
        uploads=uploads,
        upload_mappings=MappingService(clock),
        watchlists=WatchlistService(clock, data.instruments, data.market),
        wealth=wealth,
        trade_journal=build_journal(base, wealth, corporate, is_real=is_real),
        family=build_family(
            database,
            clock,
            base.mailer,
            base.settings.effective_public_url,
            MemberBooks(holdings, wealth, agents.obfuscation.is_on, uploads, agents.syncing, clock),
        ),
        gtts=GttPageService(execution, data.instruments, trading.accounts),
        trading=TradingService(execution, trading.accounts, data.instruments, clock),
        activity=ActivityService(execution, WorkerQueries(database)),
    )
