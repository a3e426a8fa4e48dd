"""How long a daily scan and the pages of portfolios take.

`python bench/scan.py [UNIVERSE] [FOLDER]`: a portfolio of two years is scanned for one day more:
candles are read, the strategy is evaluated, the day is traded and stored. The first scan is cold
and not counted. Then the pages of 20 such portfolios are built and written as JSON. UNIVERSE: a
name, `all` by default, or how many stocks. FOLDER: where `nse_daily.parquet` and
`nse_indices.parquet` are; by default the simulated world is measured.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

from tradertape_core.portfolio.settings import PortfolioSettings
from tradertape_server.features.auth.models import User
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.market.importing.request import ImportRequest
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.portfolios import repository as portfolio_rows
from tradertape_server.features.portfolios.candle_rules import CandleRules
from tradertape_server.features.portfolios.dashboard import Dashboard
from tradertape_server.features.portfolios.dashboard_schemas import DashboardOut
from tradertape_server.features.portfolios.lateness import Lateness
from tradertape_server.features.portfolios.live.accounts import PortfolioAccounts
from tradertape_server.features.portfolios.overview import Overview
from tradertape_server.features.portfolios.reading_schemas import PortfoliosOverviewOut
from tradertape_server.features.portfolios.scanning import ScanService
from tradertape_server.features.portfolios.service import PortfolioService
from tradertape_server.features.portfolios.twin import TwinService
from tradertape_server.features.portfolios.working import PortfolioWork
from tradertape_server.features.strategies import repository
from tradertape_server.features.strategies.service import StrategyService, sync_templates
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.database.schema_migration import upgrade

MODELS = ("v1_momentum", "v3_dip_buyer", "v4_alpha")
DAYS, HISTORY = 20, 500
PORTFOLIOS, TIMES = 20, 9
# No portfolio of this measurement has an account.
NO_ACCOUNTS = cast(PortfolioAccounts, None)


@dataclass
class StoppedClock:
    """Always the same evening; durations are real."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic()


def main(universe: str, prices: str) -> None:
    """Scan twenty days with each of three strategies."""
    with tempfile.TemporaryDirectory() as folder:
        clock = StoppedClock(datetime(2026, 11, 20, 12, tzinfo=UTC))
        market = MarketService(Path(folder), clock)
        if prices:
            _import(market, Path(prices))
        else:
            market.ensure_simulated_world()
        database = Database(f"sqlite:///{folder}/bench.db")
        upgrade(database.engine)
        strategies = StrategyService(clock)
        work = PortfolioWork(database, market, clock)
        rules = CandleRules(database, cast("ExecutionService", None))
        scans = ScanService(database, clock, work, lambda _user: None, rules)
        service = PortfolioService(clock, market, strategies, NO_ACCOUNTS)
        with database.write() as session:
            sync_templates(session, clock)
            user = User(email="bench@example.com", name="", is_admin=False, created_at=clock.now())
            session.add(user)
            session.flush()
            user_id = user.id
        if universe.isdigit():
            universe = f"custom:{','.join(market.columns()[1].symbols[: int(universe)])}"
        stocks = len(market.members(universe)[2])
        days = market.columns()[1].dates.astype("datetime64[D]").tolist()

        def deployed(model: str, over: str) -> int:
            with database.write() as session:
                template = repository.template(session, model)
                assert template is not None
                settings = PortfolioSettings(
                    universe=over, auto_place_signals=True, paper_fill="touch"
                )
                row = service.deploy(
                    session, user_id, strategy_id=template.id, name=model, settings=settings
                )
                return row.id

        portfolio_id = 0
        for model in MODELS:
            portfolio_id = deployed(model, universe)
            scans.scan(user_id, portfolio_id=portfolio_id, as_of=days[-HISTORY])
            scans.scan(user_id, portfolio_id=portfolio_id, as_of=days[-DAYS - 1])
            took = [_scan(scans, user_id, portfolio_id, day) for day in days[-DAYS:]]
            median = statistics.median(took) * 1000
            print(
                f"{stocks} stocks, {model}: median {median:.0f} ms, "
                f"worst {max(took) * 1000:.0f} ms, {len(took)} scans after {HISTORY - DAYS} days"
            )
        for number in range(PORTFOLIOS - len(MODELS)):
            one = deployed(MODELS[number % len(MODELS)], "nifty_50")
            scans.scan(user_id, portfolio_id=one, as_of=days[-HISTORY])
            scans.scan(user_id, portfolio_id=one, as_of=days[-1])
        _pages(database, clock, work, user_id, portfolio_id)
        database.close()


def _import(market: MarketService, folder: Path) -> None:
    market.import_files(ImportRequest((folder / "nse_daily.parquet",), basis="split"))
    market.import_files(ImportRequest((folder / "nse_indices.parquet",), kind="indices"))


def _pages(
    database: Database, clock: StoppedClock, work: PortfolioWork, user_id: int, portfolio_id: int
) -> None:
    """The page of all portfolios, of one, and of one beside its backtest."""
    overview = Overview(clock, Lateness(database, clock, work.last_day))
    dashboard, twin = Dashboard(clock), TwinService(database, work.market)

    def of_all() -> object:
        with database.read() as session:
            page = overview.of(session, user_id)
            return PortfoliosOverviewOut.model_validate(page).model_dump_json()

    def of_one() -> object:
        with database.read() as session:
            row = portfolio_rows.own(session, user_id, portfolio_id)
            assert row is not None
            return DashboardOut.model_validate(dashboard.of(session, row)).model_dump_json()

    _print_page(f"Home, {PORTFOLIOS} portfolios of {HISTORY} days", of_all)
    _print_page("one portfolio's page", of_one)
    _print_page("one portfolio beside its backtest", lambda: twin.of(user_id, portfolio_id))


def _print_page(name: str, build: Callable[[], object]) -> None:
    took: list[float] = []
    for _ in range(TIMES):
        started = time.perf_counter()
        build()
        took.append((time.perf_counter() - started) * 1000)
    print(f"{name}: median {statistics.median(took):.0f} ms, worst {max(took):.0f} ms")


def _scan(scans: object, user_id: int, portfolio_id: int, day: date) -> float:
    started = time.perf_counter()
    scans.scan(user_id, portfolio_id=portfolio_id, as_of=day)  # type: ignore[attr-defined]
    return time.perf_counter() - started


if __name__ == "__main__":
    universe_of, prices_of = (*sys.argv[1:3], *("all", "")[len(sys.argv) - 1 :])
    main(universe_of, prices_of)
