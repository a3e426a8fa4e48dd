"""The container: every part of the program that a request may need, and their start and stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.activity.service import ActivityService
from tradertape_server.features.agents.build import Agents
from tradertape_server.features.auth.http.credential_monitor import CredentialMonitor
from tradertape_server.features.auth.service import AuthService
from tradertape_server.features.backtests.build import Backtests
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.brokerage.postbacks import Postbacks
from tradertape_server.features.brokerage.reminders import Reminders
from tradertape_server.features.brokerage.sandbox import Sandbox
from tradertape_server.features.brokerage.service import BrokerageService
from tradertape_server.features.changelog.service import Changelog
from tradertape_server.features.execution.live_accounts import LiveAccounts
from tradertape_server.features.execution.scheduled.session_clock import ExecutionJobs
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.family.build import Family
from tradertape_server.features.feed.http.tick_socket import Channel
from tradertape_server.features.feed.live.candle_history import CandleHistory
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.relay.relayed_source import MarketDuty
from tradertape_server.features.feed.sources.exchange_source import ExchangeSource
from tradertape_server.features.gtts.service import GttPageService
from tradertape_server.features.holdings.service import HoldingsService
from tradertape_server.features.hooks.service import HookService
from tradertape_server.features.instruments.broker_masters import BrokerMasters
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.features.instruments.traded_market import MarketChoice
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.market.watch import MarketWatch
from tradertape_server.features.notifications.build import Notifications
from tradertape_server.features.operations.jobs import Jobs
from tradertape_server.features.operations.processes import Processes
from tradertape_server.features.operations.service import Health
from tradertape_server.features.options.preview import StrategyPreview
from tradertape_server.features.options.service import OptionService
from tradertape_server.features.portfolios.build import Portfolios
from tradertape_server.features.protection.guardian import Guardian
from tradertape_server.features.reconciliation.corrections import Corrections
from tradertape_server.features.reconciliation.cycle import ReconciliationCycle
from tradertape_server.features.reconciliation.service import ReconciliationService
from tradertape_server.features.risk.build import RiskRules
from tradertape_server.features.strategies.service import StrategyService, sync_templates
from tradertape_server.features.strategies.trial_service import TrialService
from tradertape_server.features.trade_journal.service import TradeJournal
from tradertape_server.features.trading.service import TradingService
from tradertape_server.features.uploads.mappings import MappingService
from tradertape_server.features.uploads.service import UploadService
from tradertape_server.features.watchlists.service import WatchlistService
from tradertape_server.features.wealth.service import WealthService
from tradertape_server.features.workers.service import OptionServices, Workers
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.http.concurrency import ConcurrencyLimit
from tradertape_server.platform.http.idempotency import IdempotencyStore
from tradertape_server.platform.http.rate_limits import Strangers
from tradertape_server.platform.mail import Mailer
from tradertape_server.platform.metrics import Metrics
from tradertape_server.platform.secrets import SecretBox
from tradertape_server.platform.streaming.bus import Bus
from tradertape_server.settings import Settings


@dataclass(frozen=True, slots=True)
class Container:
    """Everything a request may need; one for the life of the program, on `app.state.container`."""

    settings: Settings
    clock: Clock
    database: Database
    writers: ConcurrencyLimit
    pages: ConcurrencyLimit  # that sum up all of a person's trades
    broker_reads: ConcurrencyLimit  # that may wait for a broker, each on a thread
    strangers: Strangers
    password_checks: ConcurrencyLimit
    password_checks_of_known: ConcurrencyLimit  # of browsers that have signed in before
    secrets: SecretBox
    mailer: Mailer
    metrics: Metrics
    idempotency: IdempotencyStore
    bus: Bus
    processes: Processes
    health: Health
    changelog: Changelog
    auth: AuthService
    credentials: CredentialMonitor
    connections: Connections
    sandbox: Sandbox
    brokerage: BrokerageService
    postbacks: Postbacks
    reminders: Reminders
    market: MarketService
    market_watch: MarketWatch
    instruments: InstrumentService
    market_choice: MarketChoice
    masters: BrokerMasters | None
    exchange: ExchangeSource | None
    feed: Feed
    candle_history: CandleHistory
    execution: ExecutionService
    execution_jobs: ExecutionJobs
    live_accounts: LiveAccounts
    risk: RiskRules
    workers: Workers
    guardian: Guardian
    options: OptionService
    option_strategies: StrategyPreview
    option_services: OptionServices
    strategies: StrategyService
    trials: TrialService
    backtests: Backtests
    portfolios: Portfolios
    agents: Agents
    notifications: Notifications
    hooks: HookService
    watchlists: WatchlistService
    uploads: UploadService
    upload_mappings: MappingService
    wealth: WealthService
    trade_journal: TradeJournal
    family: Family
    gtts: GttPageService
    trading: TradingService
    activity: ActivityService
    holdings: HoldingsService
    reconciliation: ReconciliationService
    corrections: Corrections
    jobs: Jobs
    reconciliation_cycle: ReconciliationCycle

    @property
    def channels(self) -> Mapping[str, Channel]:
        """Streams that a console page can subscribe to beside prices and events."""
        return {
            "runs": self.workers.pages.pulses,
            "run": self.workers.pages.live,
            "notifications": self.notifications.service.bell,
        }

    def start(self) -> None:
        """Start every thread, on a migrated database."""
        with self.database.write() as session:
            self.database.advisory_lock(session, "templates")
            sync_templates(session, self.clock)
        if self.settings.role != "trader":
            self.backtests.start()
        self.market_watch.start()
        self.notifications.courier.start()
        self.connections.start()
        self.sandbox.open()
        if self.masters is not None:
            self.masters.start()
        self.uploads.start()
        self.live_accounts.start()
        self.processes.start()
        self.feed.start()
        self.processes.warm(self.feed, self.instruments, self.clock)
        self.processes.election.start(
            (
                self.database.reserve,
                *self.processes.duties,
                MarketDuty(self.feed, None if self.exchange is None else self.exchange.close),
                self.execution.trader,
                self.execution_jobs,
                self.guardian,
                self.risk.watch,
                self.workers.recorder,
                self.portfolios.schedule,
                self.reconciliation_cycle,
                self.reminders,
                self.notifications.collector,
                self.notifications.bots,
                self.portfolios.upkeep,
                self.agents.duty,
            )
        )

    def close(self) -> None:
        """Stop every thread and close every connection."""
        self.credentials.stop()
        self.processes.election.stop()
        self.notifications.courier.stop()
        self.feed.stop()
        self.processes.stop()
        if self.masters is not None:
            self.masters.stop()
        self.live_accounts.stop()
        self.connections.stop()
        self.sandbox.close()
        self.backtests.close()
        self.uploads.close()
        self.wealth.close()
        self.trade_journal.close()
        self.market_watch.stop()
        self.mailer.close()
        self.processes.trading.close()
        self.database.close()
