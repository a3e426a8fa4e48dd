"""A portfolio's life: deploy, pause, resume, retire, reset."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.money import paise_from_rupees
from tradertape_core.portfolio.book import PaperBook, document
from tradertape_core.portfolio.settings import PlacedBy, PortfolioSettings
from tradertape_core.portfolio.signals import Event, Status
from tradertape_core.strategy.parse.document import parse_strategy
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.portfolios import repository, views
from tradertape_server.features.portfolios.live.accounts import PortfolioAccounts
from tradertape_server.features.portfolios.models import Portfolio, PortfolioEpoch
from tradertape_server.features.portfolios.state import (
    book_of,
    move,
    settings_document,
    settings_of,
)
from tradertape_server.features.strategies.service import StrategyService
from tradertape_server.platform.errors import ApiError, BadRequest, Conflict, NotFound

MOST_PORTFOLIOS = 200


@dataclass(frozen=True, slots=True)
class PortfolioService:
    """Use cases of portfolios; every method runs in the caller's transaction."""

    clock: Clock
    market: MarketService
    strategies: StrategyService
    accounts: PortfolioAccounts

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

    def is_own(self, user_id: int, portfolio_id: int) -> bool:
        """Whether a person has this portfolio."""
        with self.accounts.execution.database.read() as session:
            return repository.own(session, user_id, portfolio_id) is not None

    def deploy(
        self,
        session: Session,
        user_id: int,
        *,
        strategy_id: int,
        name: str,
        settings: PortfolioSettings,
        confirm_live: bool = False,
    ) -> Portfolio:
        """Put a strategy, as it is now, to work with money of its own.

        Raises NotFound, InvalidInput for an unknown universe, symbol or benchmark; of a live
        portfolio BadRequest unless it is confirmed, Conflict where no broker's account can trade.
        """
        self._demand_confirmed(settings, confirm_live)
        every = ("active", "paused")
        if len(repository.portfolios(session, user_id, every)) >= MOST_PORTFOLIOS:
            raise Conflict(f"You have {MOST_PORTFOLIOS} portfolios, the most there are: retire one")
        strategy = self.strategies.get(session, user_id, strategy_id)
        pinned = settings.applied_to(strategy.document)
        parse_strategy(pinned)
        data_set = next((one.manifest.name for one in self.market.data_sets() if one.active), None)
        self.market.require_known(settings.universe, settings.benchmark, data_set=data_set)
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
        self._open_account(session, row, settings)
        return row

    def promote(
        self, session: Session, user_id: int, portfolio_id: int, *, name: str,
        placed_by: PlacedBy = "server", confirm_live: bool,
    ) -> Portfolio:  # fmt: skip
        """Deploy a live portfolio with the pinned strategy and settings of one on paper, which goes
        on for comparison. Raises as `deploy` does, and Conflict for one that is live or retired."""
        paper = locked(session, user_id, portfolio_id)
        _demand(paper, ("active", "paused"), "promoted")
        settings = settings_of(paper)
        if not settings.paper_mode:
            raise Conflict(f"Portfolio {paper.id} is live already", code="portfolio_state")
        live = replace(settings, paper_mode=False, placed_by=placed_by)
        self._demand_confirmed(live, confirm_live)
        now = self.clock.now()
        row = Portfolio(
            user_id=user_id, name=name or f"{paper.name} (live)"[:120],
            strategy_id=paper.strategy_id, strategy_version=paper.strategy_version,
            strategy_name=paper.strategy_name, document=paper.document,
            settings=settings_document(live), data_set=paper.data_set, status="active", epoch=1,
            book=_opened(live), version=1, promoted_from=paper.id, created_at=now, updated_at=now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        self._open_account(session, row, live)
        return row

    def _demand_confirmed(self, settings: PortfolioSettings, confirm_live: bool) -> None:
        if not settings.paper_mode and not confirm_live:
            raise BadRequest(
                "A live portfolio trades with real money: send confirm_live true.",
                code="confirm_live",
            )

    def _open_account(self, session: Session, row: Portfolio, settings: PortfolioSettings) -> None:
        """Give a portfolio whose orders are executed its trading account and its candle book."""
        if not settings.is_executed:
            return
        row.account_id = self.accounts.account_of(session, row, settings)
        row.shadow = dict(row.book)
        session.flush()

    def pause(self, session: Session, user_id: int, portfolio_id: int, *, by: str) -> Portfolio:
        """Stop proposing and buying; what is held keeps its stops and exits."""
        row = locked(session, user_id, portfolio_id)
        _demand(row, ("active",), "paused")
        self._end_signals(session, row, by, "the portfolio was paused")
        return self._set(row, "paused")

    def pause_by_rule(self, uow: UnitOfWork, user_id: int, portfolio_id: str, why: str) -> None:
        """Pause a portfolio because a risk rule says so; one that is not active stays as it is."""
        with contextlib.suppress(ApiError, ValueError):
            self.pause(uow.session, user_id, int(portfolio_id), by=why[:200])

    def pause_in_other_units(self, session: Session, user_id: int, *, by: str) -> list[int]:
        """Pause what would buy in other units than its capital is in; which portfolios those are.

        Its purchases would be too large, or too small, by the factor of the person's agent.
        """
        active = repository.portfolios(session, user_id, ("active",))
        found = [row.id for row in active if self.accounts.counts_otherwise(session, row)]
        for portfolio_id in found:
            self.pause(session, user_id, portfolio_id, by=by)
        return found

    def resume(self, session: Session, user_id: int, portfolio_id: int) -> Portfolio:
        """Propose and buy again; days since the pause were traded, so nothing is made up for.

        Raises Conflict where its capital is in other units than its purchases would be.
        """
        row = locked(session, user_id, portfolio_id)
        _demand(row, ("paused",), "resumed")
        if self.accounts.counts_otherwise(session, row):
            is_of, now = ("scaled units", "rupees") if row.capital_is_scaled else (
                "rupees", "scaled units"
            )  # fmt: skip
            raise Conflict(
                f"The capital of portfolio {row.id} is in {is_of}, and its purchases would be in "
                f"{now}: obfuscation was changed since. Deploy its strategy anew with a capital in "
                f"{now}; the exits of this one still run.",
                code="capital_in_other_units",
            )
        return self._set(row, "active")

    def retire(self, session: Session, user_id: int, portfolio_id: int, *, by: str) -> Portfolio:
        """End a portfolio for good. Raises Conflict while it has open positions."""
        self.demand_flat(session, user_id, portfolio_id)
        row = locked(session, user_id, portfolio_id)
        self._demand_idle(session, row, "retired")
        self._end_signals(session, row, by, "the portfolio was retired")
        return self._set(row, "retired")

    def demand_flat(self, session: Session, user_id: int, portfolio_id: int) -> None:
        """Raise Conflict for a portfolio that is retired already, or has open positions."""
        row = locked(session, user_id, portfolio_id)
        _demand(row, ("active", "paused"), "retired")
        held = repository.count_open(session, row.id)
        if held:
            noun = "position" if held == 1 else "positions"
            raise Conflict(f"Portfolio {row.id} has {held} open {noun}", code="open_positions")

    def demand_paper(self, session: Session, user_id: int, portfolio_id: int) -> None:
        """Raise Conflict for a portfolio that is retired, BadRequest for one that is live."""
        row = locked(session, user_id, portfolio_id)
        _demand(row, ("active", "paused"), "reset")
        if not settings_of(row).paper_mode:
            raise BadRequest("Only paper portfolios can be reset", code="not_paper")

    def reset(
        self, session: Session, user_id: int, portfolio_id: int, *, is_active: bool
    ) -> Portfolio:
        """Begin anew with the starting capital; what was is kept as an epoch."""
        self.demand_paper(session, user_id, portfolio_id)
        row = locked(session, user_id, portfolio_id)
        settings, book = settings_of(row), book_of(row)
        self._demand_idle(session, row, "reset")
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
                positions=[
                    views.position(one, is_scaled=row.is_scaled).model_dump(mode="json")
                    for one in positions
                ],
                ended_at=self.clock.now(),
            )
        )
        session.flush()
        repository.clear_epoch(session, row.id)
        row.epoch += 1
        row.book, row.started_on, row.traded_until = _opened(settings), None, None
        self._open_account(session, row, settings)
        return self._set(row, "active" if is_active else row.status)

    def _set(self, row: Portfolio, status: str) -> Portfolio:
        now = self.clock.now()
        row.status, row.updated_at = status, now
        row.paused_at = now if status == "paused" else None
        row.retired_at = now if status == "retired" else None
        row.version += 1
        return row

    def _end_signals(self, session: Session, row: Portfolio, by: str, why: str) -> None:
        """Expire what waits and withdraw the entry orders. Those at a venue are marked: it is asked
        to end them once that is stored."""
        now, is_executed = self.clock.now(), row.account_id is not None
        for one in repository.live_signals(session, row.id):
            if is_executed and one.side == "SELL":
                continue
            if is_executed and one.status == Status.APPROVED:
                one.withdraw_reason = one.withdraw_reason or why
                continue
            event = Event.CANCEL if one.status == Status.APPROVED else Event.EXPIRE
            move(one, event, by=by, now=now, note=why)
        row.book = document(replace(book_of(row), resting=()))

    def withdraw_entries(
        self, session: Session, user_id: int, portfolio_id: int, *, by: str, why: str
    ) -> bool:
        """Mark the entry orders of a portfolio to be withdrawn, before it is retired or reset, and
        take it from `active`, so that none follow; whether it was active.

        Raises Conflict for one that is retired.
        """
        row = locked(session, user_id, portfolio_id)
        _demand(row, ("active", "paused"), "changed")
        was_active = row.status == "active"
        if row.account_id is not None:
            self._end_signals(session, row, by, why)
            if was_active:
                self._set(row, "paused")
        return was_active

    def _demand_idle(self, session: Session, row: Portfolio, done: str) -> None:
        """Raise Conflict while an order of an executed portfolio may still be filled."""
        if row.account_id is None:
            return
        live = repository.live_signals(session, row.id)
        if any(one.side == "BUY" and one.status == Status.APPROVED for one in live):
            raise Conflict(
                f"Portfolio {row.id} has an order that is being withdrawn or filled: it is paused, "
                f"and can be {done} once that is over. Try again in a moment.",
                code="order_in_flight",
            )


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
