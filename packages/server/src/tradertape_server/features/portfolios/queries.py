"""What other features may read of portfolios, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

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


def signals_in(session: Session, user_id: int, *statuses: str) -> Sequence[PortfolioSignal]:
    """A person's signals in these statuses, newest first."""
    return repository.signals(session, user_id, statuses=statuses)[0]


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
