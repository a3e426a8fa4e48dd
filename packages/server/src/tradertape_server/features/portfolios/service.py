"""A portfolio's life: deploy, pause, resume, retire, reset."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.money import paise_from_rupees
from tradertape_core.portfolio.book import PaperBook, document
from tradertape_core.portfolio.settings import PortfolioSettings
from tradertape_core.portfolio.signals import Event, Status
from tradertape_core.strategy.parse.document import parse_strategy
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.portfolios import repository, views
from tradertape_server.features.portfolios.models import Portfolio, PortfolioEpoch
from tradertape_server.features.portfolios.state import (
    book_of,
    move,
    settings_document,
    settings_of,
)
from tradertape_server.features.strategies.service import StrategyService
from tradertape_server.platform.errors import BadRequest, Conflict, NotFound

MOST_PORTFOLIOS = 200


@dataclass(frozen=True, slots=True)
class PortfolioService:
    """Use cases of portfolios; every method runs in the caller's transaction."""

    clock: Clock
    market: MarketService
    strategies: StrategyService

    def find(
        self, session: Session, user_id: int, statuses: Collection[str]
    ) -> Sequence[Portfolio]:
        """A person's portfolios in these states, oldest first."""
        return repository.portfolios(session, user_id, statuses)

    def get(self, session: Session, user_id: int, portfolio_id: int) -> Portfolio:
        """One of a person's portfolios. Raises NotFound."""
        row = repository.own(session, user_id, portfolio_id)
        if row is None:
            raise NotFound("Portfolio")
        return row

    def deploy(
        self,
        session: Session,
        user_id: int,
        *,
        strategy_id: int,
        name: str,
        settings: PortfolioSettings,
    ) -> Portfolio:
        """Put a strategy, as it is now, to work with money of its own.

        Raises NotFound, InvalidInput for an unknown universe, BadRequest for a live portfolio.
        """
        if not settings.paper_mode:
            raise BadRequest(
                "Live portfolios are not available yet: deploy with paper_mode true.",
                code="live_not_available",
            )
        every = ("active", "paused")
        if len(repository.portfolios(session, user_id, every)) >= MOST_PORTFOLIOS:
            raise Conflict(f"You have {MOST_PORTFOLIOS} portfolios, the most there are: retire one")
        strategy = self.strategies.get(session, user_id, strategy_id)
        pinned = settings.applied_to(strategy.document)
        parse_strategy(pinned)
        data_set = next((one.manifest.name for one in self.market.data_sets() if one.active), None)
        self.market.members(settings.universe, data_set=data_set)
        now = self.clock.now()
        row = Portfolio(
            user_id=user_id,
            name=name,
            strategy_id=strategy.id,
            strategy_version=strategy.version,
            strategy_name=strategy.name,
            document=pinned,
            settings=settings_document(settings),
            data_set=data_set,
            status="active",
            epoch=1,
            book=_opened(settings),
            version=1,
            created_at=now,
            updated_at=now,
        )
        session.add(row)
        session.flush()
        return row

    def pause(self, session: Session, user_id: int, portfolio_id: int, *, by: str) -> Portfolio:
        """Stop proposing and buying; what is held keeps its stops and exits."""
        row = locked(session, user_id, portfolio_id)
        _demand(row, ("active",), "paused")
        self._end_signals(session, row, by, "the portfolio was paused")
        return self._set(row, "paused")

    def resume(self, session: Session, user_id: int, portfolio_id: int) -> Portfolio:
        """Propose and buy again; days since the pause were traded, so nothing is made up for."""
        row = locked(session, user_id, portfolio_id)
        _demand(row, ("paused",), "resumed")
        return self._set(row, "active")

    def retire(self, session: Session, user_id: int, portfolio_id: int, *, by: str) -> Portfolio:
        """End a portfolio for good. Raises Conflict while it has open positions."""
        row = locked(session, user_id, portfolio_id)
        _demand(row, ("active", "paused"), "retired")
        held = repository.count_open(session, row.id)
        if held:
            noun = "position" if held == 1 else "positions"
            raise Conflict(f"Portfolio {row.id} has {held} open {noun}", code="open_positions")
        self._end_signals(session, row, by, "the portfolio was retired")
        return self._set(row, "retired")

    def reset(self, session: Session, user_id: int, portfolio_id: int) -> Portfolio:
        """Begin anew with the starting capital; what was is kept as an epoch."""
        row = locked(session, user_id, portfolio_id)
        _demand(row, ("active", "paused"), "reset")
        settings, book = settings_of(row), book_of(row)
        if not settings.paper_mode:
            raise BadRequest("Only paper portfolios can be reset", code="not_paper")
        signals, _ = repository.signals(session, user_id, portfolio_id=row.id)
        positions, _ = repository.positions(session, user_id, portfolio_id=row.id)
        session.add(
            PortfolioEpoch(
                portfolio_id=row.id,
                epoch=row.epoch,
                started_on=row.started_on,
                traded_until=row.traded_until,
                equity_paise=book.equity,
                signals=[views.signal(one).model_dump(mode="json") for one in signals],
                positions=[views.position(one).model_dump(mode="json") for one in positions],
                ended_at=self.clock.now(),
            )
        )
        session.flush()
        repository.clear_epoch(session, row.id)
        row.epoch += 1
        row.book, row.started_on, row.traded_until = _opened(settings), None, None
        return self._set(row, row.status)

    def _set(self, row: Portfolio, status: str) -> Portfolio:
        now = self.clock.now()
        row.status, row.updated_at = status, now
        row.paused_at = now if status == "paused" else None
        row.retired_at = now if status == "retired" else None
        row.version += 1
        return row

    def _end_signals(self, session: Session, row: Portfolio, by: str, why: str) -> None:
        """Expire what waits and withdraw the entry orders."""
        now = self.clock.now()
        for one in repository.live_signals(session, row.id):
            event = Event.CANCEL if one.status == Status.APPROVED else Event.EXPIRE
            move(one, event, by=by, now=now, note=why)
        row.book = document(replace(book_of(row), resting=()))


def locked(session: Session, user_id: int, portfolio_id: int) -> Portfolio:
    """One of a person's portfolios, locked until the transaction ends. Raises NotFound."""
    row = session.get(Portfolio, portfolio_id, with_for_update=True, populate_existing=True)
    if row is None or row.user_id != user_id:
        raise NotFound("Portfolio")
    return row


def _opened(settings: PortfolioSettings) -> dict[str, object]:
    return document(PaperBook.opened(int(paise_from_rupees(settings.starting_capital))))


def _demand(row: Portfolio, statuses: Collection[str], done: str) -> None:
    if row.status not in statuses:
        raise Conflict(
            f"Portfolio {row.id} is {row.status} and cannot be {done}", code="portfolio_state"
        )
