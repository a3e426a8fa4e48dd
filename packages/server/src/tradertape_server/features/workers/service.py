"""Builds the services of workers and of option runs."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.options.chains import ChainReader
from tradertape_server.features.protection.arming import ByToken, Instruments
from tradertape_server.features.protection.failure_log import FailureLog
from tradertape_server.features.workers.console.option_pages import OptionPageService
from tradertape_server.features.workers.console.pages import PageService
from tradertape_server.features.workers.monitoring.pnl import PnlService
from tradertape_server.features.workers.monitoring.pnl_points import PnlRecorder
from tradertape_server.features.workers.monitoring.timeline import TimelineService
from tradertape_server.features.workers.option_runs.documents import is_awaiting_entry
from tradertape_server.features.workers.option_runs.entries import EntryWatch
from tradertape_server.features.workers.option_runs.replays import OptionReplays
from tradertape_server.features.workers.option_runs.service import OptionRunService
from tradertape_server.features.workers.option_runs.states import OptionStates
from tradertape_server.features.workers.runs.live_gate import NO_BROKERS, BrokerAccounts
from tradertape_server.features.workers.runs.liveness import Liveness
from tradertape_server.features.workers.runs.service import RunService
from tradertape_server.features.workers.runs.sessions import SessionService
from tradertape_server.features.workers.trading.account_funds import AccountService
from tradertape_server.features.workers.trading.account_gtts import GttService
from tradertape_server.features.workers.trading.exit_runs import ExitService
from tradertape_server.features.workers.trading.order_views import OrderService
from tradertape_server.features.workers.trading.place_orders import IntentService
from tradertape_server.features.workers.trading.protect_runs import ProtectionService
from tradertape_server.features.workers.trading.run_owners import RunOwners
from tradertape_server.features.workers.trading.run_risks import RunRisks
from tradertape_server.features.workers.trading.safety_check import SafetyService, SafetyTokens
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.secrets import SecretBox
from tradertape_server.platform.streaming.bus import Bus


@dataclass(frozen=True, slots=True)
class Workers:
    """The services that the worker routes call, and what runs beside them.

    owners, entries: the runs as the guardian of protections knows them, and its companion.
    """

    runs: RunService
    sessions: SessionService
    safety: SafetyService
    intents: IntentService
    orders: OrderService
    exits: ExitService
    protections: ProtectionService
    pnl: PnlService
    accounts: AccountService
    timeline: TimelineService
    gtts: GttService
    pages: PageService
    risks: RunRisks
    recorder: PnlRecorder
    owners: RunOwners
    entries: EntryWatch

    @classmethod
    def build(
        cls,
        database: Database,
        clock: Clock,
        secrets: SecretBox,
        execution: ExecutionService,
        bus: Bus,
        failures: FailureLog,
        *,
        by_token: ByToken,
        compat: bool = False,
        brokers: BrokerAccounts = NO_BROKERS,
    ) -> Workers:
        """Join the parts. compat: bodies as the published client's strict models want them."""
        tokens, liveness = SafetyTokens(secrets, clock), Liveness(clock)
        risks = RunRisks(liveness, is_awaiting_entry, brokers)
        exits = ExitService(execution)
        pnl = PnlService(execution, clock, brokers, compat=compat)
        safety = SafetyService(execution, tokens, liveness, risks, brokers)
        instruments = Instruments(execution.market, by_token)
        return cls(
            runs=RunService(database, clock, execution, instruments, liveness, brokers),
            sessions=SessionService(execution, liveness),
            safety=safety,
            intents=IntentService(execution, tokens, risks),
            orders=OrderService(execution, risks),
            exits=exits,
            protections=ProtectionService(execution, instruments),
            pnl=pnl,
            accounts=AccountService(execution, pnl, brokers),
            timeline=TimelineService(execution, bus),
            gtts=GttService(execution),
            pages=PageService(database, execution, safety, liveness, brokers),
            risks=risks,
            recorder=PnlRecorder(database, clock, execution),
            owners=RunOwners(exits, liveness),
            entries=EntryWatch(database, execution, clock, failures),
        )


@dataclass(frozen=True, slots=True)
class OptionServices:
    """The services that the routes of option runs call."""

    runs: OptionRunService
    states: OptionStates
    replays: OptionReplays
    pages: OptionPageService

    @classmethod
    def build(
        cls,
        workers: Workers,
        execution: ExecutionService,
        reader: ChainReader,
        feed: Feed,
        clock: Clock,
        secrets: SecretBox,
        brokers: BrokerAccounts = NO_BROKERS,
    ) -> OptionServices:
        """Join the parts to those of workers."""
        tokens = SafetyTokens(secrets, clock)
        states = OptionStates(execution, workers.pnl, reader, clock)
        return cls(
            runs=OptionRunService(
                execution, workers.runs, workers.exits, tokens, workers.risks, reader, brokers
            ),
            states=states,
            replays=OptionReplays(execution, feed),
            pages=OptionPageService(execution, workers.pages, states),
        )
