"""Loading a portfolio's days for work outside of a transaction, and storing what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.portfolio.book import document, from_document
from tradertape_core.portfolio.daily import PaperTrading
from tradertape_core.portfolio.executed import ExecutedTrading
from tradertape_core.portfolio.signals import placement_key
from tradertape_core.strategy.language.walk import warm_up_bars
from tradertape_core.strategy.parse.document import parse_strategy
from tradertape_server.features.market.data_sets.universes import about
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.days import PortfolioDays
from tradertape_server.features.portfolios.executed_days import ExecutedDays
from tradertape_server.features.portfolios.models import Portfolio
from tradertape_server.features.portfolios.state import book_of, settings_of
from tradertape_server.platform.crash_points import crash_point
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict, NotFound

TRIES = 3  # somebody may approve while a day is computed


@dataclass(frozen=True, slots=True)
class Loaded:
    """A portfolio as read, and its days to work on."""

    row: Portfolio
    work: PortfolioDays


@dataclass(frozen=True, slots=True)
class PortfolioWork:
    """Works on one portfolio at a time: read, compute, store if nobody changed it meanwhile."""

    database: Database
    market: MarketService
    clock: Clock

    def change(
        self,
        user_id: int,
        portfolio_id: int,
        until: Callable[[Portfolio], date],
        do: Callable[[Loaded], bool],
    ) -> Loaded:
        """Have `do` change what is loaded; store it where `do` returns true.

        until: the last day whose prices are needed. Raises NotFound, Conflict when the portfolio
        is changed again and again meanwhile.
        """
        for _ in range(TRIES):
            loaded = self._load(user_id, portfolio_id, until)
            if not do(loaded):
                return loaded
            self.market.require_unchanged(loaded.row.data_set)
            crash_point("before_portfolio_store")
            with self.database.write() as session:
                if self._store(session, loaded):
                    crash_point("before_portfolio_commit")
                    return loaded
        raise Conflict(
            f"Portfolio {portfolio_id} was changed at the same time. Try again.",
            code="portfolio_busy",
        )

    def last_day(self, data_set: str) -> date:
        """The last day of a data set."""
        manifest, _ = self.market.columns(data_set)
        return date.fromisoformat(manifest.last or "1900-01-01")

    def _load(self, user_id: int, portfolio_id: int, until: Callable[[Portfolio], date]) -> Loaded:
        with self.database.read() as session:
            row = repository.own(session, user_id, portfolio_id)
            if row is None:
                raise NotFound("Portfolio")
            signals = list(repository.live_signals(session, portfolio_id))
            positions = list(repository.open_positions(session, portfolio_id))
            session.expunge_all()
        last = until(row)
        settings, strategy = settings_of(row), parse_strategy(row.document)
        start = row.started_on or last
        panel = self.market.panel(
            settings.universe, start, last, data_set=row.data_set,
            warm_up_bars=warm_up_bars(strategy), benchmark=settings.benchmark,
        )  # fmt: skip
        _, columns = self.market.columns(row.data_set)
        common: dict[str, Any] = {
            "portfolio_id": row.id,
            "epoch": row.epoch,
            "strategy_name": row.strategy_name,
            "settings": settings,
            "is_paused": row.status != "active",
            "book": book_of(row),
            "signals": signals,
            "positions": positions,
            "rules": [rule.name for rule in strategy.exit_rules],
            "about": lambda symbol: about(columns, symbol)[:2],
            "now": self.clock.now(),
        }
        if not settings.is_executed:
            trader = PaperTrading(panel, strategy, settings.backtest(start))
            return Loaded(row, PortfolioDays(trader=trader, **common))
        executed = ExecutedTrading(panel, strategy, settings.backtest(start))
        return Loaded(row, ExecutedDays(
            trader=executed, executed=executed, shadow=from_document(row.shadow or row.book),
            cash_paise=book_of(row).cash, run_prefix=f"portfolio:{row.id}:{row.epoch}:", **common,
        ))  # fmt: skip

    def _store(self, session: Session, loaded: Loaded) -> bool:
        """Store everything, unless somebody changed the portfolio since it was read."""
        work = loaded.work
        row = session.get(Portfolio, loaded.row.id)
        if row is None or row.version != loaded.row.version:
            return False
        if not repository.advance(session, row):
            return False
        row.book, row.updated_at = document(work.book), work.now
        if work.days:
            row.started_on = row.started_on or work.days[0].day
            row.traded_until = work.days[-1].day
            session.add_all(work.days)
        else:
            repository.revalue_day(session, row.id, work.epoch, work.book)
        work.signals[:] = [session.merge(one) if one.id else one for one in work.signals]
        session.add_all(work.signals)
        session.flush()
        if isinstance(work, ExecutedDays):
            row.shadow = document(work.shadow)
            work.name_runs()
            work.store_positions(session)
            session.flush()
            return True
        for signal in work.signals:
            if signal.attempts:
                signal.placement_key = placement_key(signal.id, signal.attempts)
        by_candle = {(one.symbol, one.signal_date): one.id for one in work.signals}
        for position in work.positions:
            signal = work.bought_by.get(position.sequence)
            if signal is not None:
                position.signal_id = by_candle[(signal.symbol, signal.signal_date)]
        work.positions[:] = [session.merge(one) if one.id else one for one in work.positions]
        session.add_all(work.positions)
        session.flush()
        return True
