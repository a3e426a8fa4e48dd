"""Execution with its accounts, workers, protection, risk rules and jobs of the trading day."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.kernel.clock import Clock
from tradertape_core.ledger.corporate import CorporateAction
from tradertape_core.market.calendar import Calendar
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.execution.account_events import AccountEvents
from tradertape_server.features.execution.live_accounts import LiveAccounts
from tradertape_server.features.execution.scheduled.corporate_actions import Also, CorporateActions
from tradertape_server.features.execution.scheduled.expiry_settlement import ExpirySettlement
from tradertape_server.features.execution.scheduled.mark_to_market import MarkToMarket
from tradertape_server.features.execution.scheduled.session_clock import Chore, ExecutionJobs
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.feed.build import LiveMarket
from tradertape_server.features.feed.http.tick_socket import events_topic
from tradertape_server.features.instruments.traded_market import TradedMarket
from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.operations.processes import Processes
from tradertape_server.features.options.service import OptionService
from tradertape_server.features.portfolios.halting import CandleHalting
from tradertape_server.features.portfolios.live.owners import PositionOwners, why_over
from tradertape_server.features.portfolios.live.owners import belongs_to as position_belongs_to
from tradertape_server.features.portfolios.live.rescaling import SignalRescaling
from tradertape_server.features.protection.arming import ByToken
from tradertape_server.features.protection.failure_log import FailureLog
from tradertape_server.features.protection.guardian import Guardian
from tradertape_server.features.protection.owners import OwnersByKind
from tradertape_server.features.protection.prices import FeedPrices, Prices
from tradertape_server.features.protection.rescaling import ProtectionRescaling
from tradertape_server.features.risk.build import RiskRules, build_risk
from tradertape_server.features.risk.market_facts import MarketFacts, StoredMarketFacts
from tradertape_server.features.workers.queries import why_over as why_run_over
from tradertape_server.features.workers.runs.halting import RunHalting, belongs_to
from tradertape_server.features.workers.runs.live_gate import NO_BROKERS, BrokerAccounts
from tradertape_server.features.workers.service import OptionServices, Workers
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.secrets import SecretBox
from tradertape_server.platform.streaming.bus import Bus
from tradertape_server.setting_groups import execution_settings, is_compat
from tradertape_server.wiring.base import Base
from tradertape_server.wiring.market import MarketData


@dataclass(frozen=True, slots=True)
class Trading:
    """Orders and who places them."""

    execution: ExecutionService
    jobs: ExecutionJobs
    risk: RiskRules
    workers: Workers
    guardian: Guardian
    accounts: LiveAccounts


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
    """Rules above an execution. Runs of workers and portfolios that candles fill are halted with a
    kill switch, and are of the strategies that rules name."""
    events = AccountEvents(database, bus, events_topic)
    risk = build_risk(clock, execution, events, facts, (belongs_to, position_belongs_to))
    risk.kill_switch.also(RunHalting())
    risk.kill_switch.also(CandleHalting())
    return risk


def chores_of(
    execution: ExecutionService, calendar: Calendar, facts: CorporateFacts, workers: Workers
) -> list[Chore]:
    """Daily jobs on positions: mark-to-market, corporate actions, the settlement of contracts.

    In this order: a day's prices are those from before the actions of the next.
    """
    also, _ = rescaling_of(execution, workers)
    actions = CorporateActions(execution, facts, also=also)
    return [MarkToMarket(execution, calendar), actions, ExpirySettlement(execution)]


def rescaling_of(execution: ExecutionService, workers: Workers) -> tuple[Also, Also]:
    """What moves with the units of positions in a corporate action, and when it is taken back:
    signals that were proposed anew stay as they are then."""
    owners = OwnersByKind((workers.owners, PositionOwners(execution)))
    protections, signals = ProtectionRescaling(owners), SignalRescaling()

    def also(uow: UnitOfWork, action: CorporateAction, account_id: int | None = None) -> None:
        protections(uow, action, account_id)
        signals(uow, action, account_id)

    return also, protections


def why_not_back(uow: UnitOfWork, run_id: str) -> str:
    """Why units that were written off cannot return to a run; "" where they can."""
    return why_over(uow.session, run_id) or why_run_over(uow.session, run_id)


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
