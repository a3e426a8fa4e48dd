"""What other features may read of portfolios, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.models import (
    Portfolio,
    PortfolioPosition,
    PortfolioScan,
    PortfolioSignal,
)

# The rows that these return; others name them from here.
__all__ = ["Portfolio", "PortfolioPosition", "PortfolioScan", "PortfolioSignal"]


def why_strategy_in_use(session: Session, strategy_id: int) -> str | None:
    """Why a strategy cannot be deleted, when portfolios trade it; else None."""
    found = repository.count_using(session, strategy_id)
    if not found:
        return None
    noun = "portfolio" if found == 1 else "portfolios"
    return f"Strategy {strategy_id} is used by {found} active or paused {noun}."


def users_with_active(session: Session) -> Collection[int]:
    """People who have an active portfolio."""
    return repository.users_with_active(session)


def own(session: Session, user_id: int, portfolio_id: int) -> Portfolio | None:
    """One of a person's portfolios."""
    return repository.own(session, user_id, portfolio_id)


def active(session: Session, user_id: int) -> Sequence[Portfolio]:
    """A person's portfolios that are active or paused."""
    return repository.portfolios(session, user_id, ("active", "paused"))


def money_of(portfolio: Portfolio) -> str:
    """Whose money its orders move, as every page and message says it."""
    return "PAPER" if portfolio.settings["paper_mode"] else "LIVE"


def signals_in(session: Session, user_id: int, *statuses: str) -> Sequence[PortfolioSignal]:
    """A person's signals in these statuses, newest first."""
    return repository.signals(session, user_id, statuses=statuses)[0]


def own_signal(session: Session, user_id: int, signal_id: int) -> PortfolioSignal | None:
    """One of a person's signals."""
    found = repository.signal(session, signal_id)
    if found is None or repository.own(session, user_id, found.portfolio_id) is None:
        return None
    return found


def open_positions_of(session: Session, user_id: int) -> Sequence[PortfolioPosition]:
    """A person's open positions over all portfolios."""
    return repository.positions(session, user_id, statuses=repository.OPEN)[0]


def changed_signals(
    session: Session, since: datetime
) -> Sequence[tuple[PortfolioSignal, Portfolio]]:
    """Signals that changed since a time, with their portfolio, the oldest change first."""
    return repository.changed_since(session, PortfolioSignal, since)


def changed_positions(
    session: Session, since: datetime
) -> Sequence[tuple[PortfolioPosition, Portfolio]]:
    """The same for positions."""
    return repository.changed_since(session, PortfolioPosition, since)


def scans_since(session: Session, since: datetime) -> Sequence[PortfolioScan]:
    """Everybody's scans since a time, oldest first."""
    return repository.scans_since(session, since)


def positions_by_candles(
    session: Session, user_id: int
) -> Sequence[tuple[PortfolioPosition, str]]:  # fmt: skip
    """All positions by candles of a person's portfolios, open or closed, each with its portfolio's
    name."""
    query = (
        select(PortfolioPosition, Portfolio.name)
        .join(Portfolio, Portfolio.id == PortfolioPosition.portfolio_id)
        .where(Portfolio.user_id == user_id, PortfolioPosition.run_id.is_(None))
        .order_by(PortfolioPosition.id)
    )
    return [(row, name) for row, name in session.execute(query).all()]


def stops_of_runs(session: Session, user_id: int) -> dict[str, float]:
    """The first stop of each position of a person that a portfolio trades by orders, by its run."""
    position = PortfolioPosition
    query = (
        select(position.run_id, position.initial_stop)
        .join(Portfolio, Portfolio.id == position.portfolio_id)
        .where(
            Portfolio.user_id == user_id, position.run_id.is_not(None), position.initial_stop > 0
        )
    )
    return {run: stop for run, stop in session.execute(query) if run and stop}


def names_of(session: Session, user_id: int) -> dict[int, str]:
    """A person's portfolios' names, by id."""
    query = select(Portfolio.id, Portfolio.name).where(Portfolio.user_id == user_id)
    return {row[0]: row[1] for row in session.execute(query)}


def version_of_positions(session: Session, user_id: int) -> tuple[int, int, datetime | None]:
    """Positions of a person that trade by orders, how many; those by candles: how many, and when
    one was last changed."""
    has_run = PortfolioPosition.run_id.is_not(None)
    by_candles = case((~has_run, PortfolioPosition.updated_at))
    query = (
        select(func.count(PortfolioPosition.run_id), func.count(by_candles), func.max(by_candles))
        .select_from(PortfolioPosition)
        .join(Portfolio, Portfolio.id == PortfolioPosition.portfolio_id)
        .where(Portfolio.user_id == user_id)
    )
    by_orders, many, changed = session.execute(query).one()
    return by_orders, many, changed
