"""Joins the parts of model portfolios."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.execution.agent_venue import AgentVenue
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.portfolios.candle_rules import CandleRules
from tradertape_server.features.portfolios.checking import Checking
from tradertape_server.features.portfolios.closing import ClosingService
from tradertape_server.features.portfolios.dashboard import Dashboard
from tradertape_server.features.portfolios.handing import Handing
from tradertape_server.features.portfolios.lateness import Lateness
from tradertape_server.features.portfolios.live.accounts import BrokerAccounts, PortfolioAccounts
from tradertape_server.features.portfolios.live.arming import Arming
from tradertape_server.features.portfolios.live.changes import LiveChanges
from tradertape_server.features.portfolios.live.closing import LiveClosing
from tradertape_server.features.portfolios.live.findings import Findings
from tradertape_server.features.portfolios.live.marking import Marking
from tradertape_server.features.portfolios.live.mirror import Mirror
from tradertape_server.features.portfolios.live.orders import Orders
from tradertape_server.features.portfolios.live.placing import Placing
from tradertape_server.features.portfolios.live.standing import Standing
from tradertape_server.features.portfolios.live.upkeep import Upkeep
from tradertape_server.features.portfolios.live.verdicts import Verdicts
from tradertape_server.features.portfolios.live.withdrawing import Withdrawing
from tradertape_server.features.portfolios.overview import Overview
from tradertape_server.features.portfolios.scanning import ScanService
from tradertape_server.features.portfolios.schedule import ScanSchedule
from tradertape_server.features.portfolios.service import PortfolioService
from tradertape_server.features.portfolios.signals import SignalService
from tradertape_server.features.portfolios.twin import TwinService
from tradertape_server.features.portfolios.working import PortfolioWork
from tradertape_server.features.strategies.service import StrategyService
from tradertape_server.platform.database.engine import Database


@dataclass(frozen=True, slots=True)
class Portfolios:
    """Everything of model portfolios."""

    service: PortfolioService
    signals: SignalService
    checking: Checking
    scans: ScanService
    closing: ClosingService
    dashboard: Dashboard
    overview: Overview
    lateness: Lateness
    twin: TwinService
    schedule: ScanSchedule
    changes: LiveChanges
    upkeep: Upkeep
    handing: Handing


def build_portfolios(
    database: Database,
    clock: Clock,
    market: MarketService,
    strategies: StrategyService,
    execution: ExecutionService,
    brokers: BrokerAccounts,
) -> Portfolios:
    """Model portfolios on a market's stored candles, and on live prices through execution."""
    work = PortfolioWork(database, market, clock)
    rules = CandleRules(database, execution)
    scans = ScanService(database, clock, work, execution.halt, rules)
    accounts = PortfolioAccounts(execution, brokers)
    upkeep = build_upkeep(database, clock, execution, accounts)
    placing, withdrawing = upkeep.placing, upkeep.withdrawing
    execution.trader.listen(upkeep.on_events)
    lateness = Lateness(database, clock, work.last_day)
    signals = SignalService(database, clock, market, work, placing, withdrawing, rules)
    return Portfolios(
        service=PortfolioService(clock, market, strategies, accounts),
        signals=signals,
        checking=Checking(database, clock, Verdicts(execution, placing.orders)),
        scans=scans,
        closing=ClosingService(work, LiveClosing(database, clock, placing, upkeep.standing)),
        dashboard=Dashboard(clock),
        overview=Overview(clock, lateness),
        lateness=lateness,
        twin=TwinService(database, market),
        schedule=ScanSchedule(database, clock, scans, signals),
        changes=LiveChanges(database, withdrawing),
        upkeep=upkeep,
        handing=Handing(database, clock, AgentVenue(execution), upkeep),
    )


def build_upkeep(
    database: Database, clock: Clock, execution: ExecutionService, accounts: PortfolioAccounts
) -> Upkeep:
    """What follows execution, and does what is due."""
    mirror = Mirror(database, clock, execution)
    arming, orders = Arming(database, execution), Orders(execution)
    return Upkeep(
        database,
        clock,
        mirror,
        Placing(database, clock, execution, orders, mirror, accounts),
        Withdrawing(database, clock, execution, mirror),
        arming,
        Marking(database, clock, execution),
        Findings(database, clock, execution, arming),
        Standing(database, clock, execution, orders, arming),
    )
