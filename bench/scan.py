"""How long a portfolio's daily scan takes: `python bench/scan.py [UNIVERSE]`, by default `all`.

A portfolio of two years on the simulated world is scanned for one day more: candles are read, the
strategy is evaluated, the day is traded and stored. The first scan is cold, the others are warm.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from tradertape_core.portfolio.settings import PortfolioSettings
from tradertape_server.features.auth.models import User
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.portfolios.build import build_portfolios
from tradertape_server.features.strategies import repository
from tradertape_server.features.strategies.service import StrategyService, sync_templates
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.database.schema_migration import upgrade

MODELS = ("v1_momentum", "v3_dip_buyer", "v4_alpha")
DAYS, HISTORY = 20, 500


@dataclass
class StoppedClock:
    """Always the same evening; durations are real."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic()


def main(universe: str) -> None:
    """Scan twenty days with each of three strategies."""
    with tempfile.TemporaryDirectory() as folder:
        clock = StoppedClock(datetime(2026, 1, 5, 12, tzinfo=UTC))
        market = MarketService(Path(folder), clock)
        market.ensure_simulated_world()
        database = Database(f"sqlite:///{folder}/bench.db")
        upgrade(database.engine)
        strategies = StrategyService(clock)
        portfolios = build_portfolios(database, clock, market, strategies)
        with database.write() as session:
            sync_templates(session, clock)
            user = User(email="bench@example.com", name="", is_admin=False, created_at=clock.now())
            session.add(user)
            session.flush()
            user_id = user.id
        stocks = len(market.members(universe)[2])
        days = market.columns()[1].dates.astype("datetime64[D]").tolist()
        for model in MODELS:
            with database.write() as session:
                template = repository.template(session, model)
                assert template is not None
                settings = PortfolioSettings(
                    universe=universe, auto_place_signals=True, paper_fill="touch"
                )
                row = portfolios.service.deploy(
                    session, user_id, strategy_id=template.id, name=model, settings=settings
                )
                portfolio_id = row.id
            portfolios.scans.scan(user_id, portfolio_id=portfolio_id, as_of=days[-HISTORY])
            portfolios.scans.scan(user_id, portfolio_id=portfolio_id, as_of=days[-DAYS - 1])
            took = [_scan(portfolios.scans, user_id, portfolio_id, day) for day in days[-DAYS:]]
            median = statistics.median(took) * 1000
            print(
                f"{universe} ({stocks} stocks) {model}: median {median:.0f} ms, "
                f"worst {max(took) * 1000:.0f} ms, {len(took)} scans after {HISTORY - DAYS} days"
            )
        database.close()


def _scan(scans: object, user_id: int, portfolio_id: int, day: date) -> float:
    started = time.perf_counter()
    scans.scan(user_id, portfolio_id=portfolio_id, as_of=day)  # type: ignore[attr-defined]
    return time.perf_counter() - started


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "all")
