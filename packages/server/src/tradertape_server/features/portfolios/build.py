"""Joins the parts of model portfolios."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.portfolios.closing import ClosingService
from tradertape_server.features.portfolios.dashboard import Dashboard
from tradertape_server.features.portfolios.overview import Overview
from tradertape_server.features.portfolios.scanning import ScanService
from tradertape_server.features.portfolios.schedule import ScanSchedule
from tradertape_server.features.portfolios.service import PortfolioService
from tradertape_server.features.portfolios.signals import SignalService
from tradertape_server.features.portfolios.working import PortfolioWork
from tradertape_server.features.strategies.service import StrategyService
from tradertape_server.platform.database.engine import Database


@dataclass(frozen=True, slots=True)
class Portfolios:
    """Everything of model portfolios."""

    service: PortfolioService
    signals: SignalService
    scans: ScanService
    closing: ClosingService
    dashboard: Dashboard
    overview: Overview
    schedule: ScanSchedule


def build_portfolios(
    database: Database, clock: Clock, market: MarketService, strategies: StrategyService
) -> Portfolios:
    """Model portfolios on a market's stored candles."""
    work = PortfolioWork(database, market, clock)
    scans = ScanService(database, clock, work)
    return Portfolios(
        service=PortfolioService(clock, market, strategies),
        signals=SignalService(database, clock, market, work),
        scans=scans,
        closing=ClosingService(work),
        dashboard=Dashboard(clock),
        overview=Overview(clock),
        schedule=ScanSchedule(database, clock, scans),
    )
