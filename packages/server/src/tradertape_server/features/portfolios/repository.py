"""All SQL of model portfolios."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, CursorResult, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from tradertape_core.portfolio.book import PaperBook
from tradertape_core.portfolio.signals import Status
from tradertape_server.features.portfolios.models import (
    Portfolio,
    PortfolioAlert,
    PortfolioCursor,
    PortfolioDay,
    PortfolioPosition,
    PortfolioScan,
    PortfolioSignal,
)

LIVE = ("pending_approval", "in_cart", "approved")
OPEN = ("open", "partially_open", "exit_pending")
UNLIMITED = 10_000
AT_ONCE = 400  # names in one query
Changed = TypeVar("Changed", PortfolioSignal, PortfolioPosition)


def portfolios(session: Session, user_id: int, statuses: Collection[str]) -> Sequence[Portfolio]:
    """A person's portfolios, oldest first."""
    query = select(Portfolio).where(Portfolio.user_id == user_id, Portfolio.status.in_(statuses))
    return session.scalars(query.order_by(Portfolio.id)).all()


def own(session: Session, user_id: int, portfolio_id: int) -> Portfolio | None:
    """One of a person's portfolios."""
    row = session.get(Portfolio, portfolio_id)
    return row if row is not None and row.user_id == user_id else None


def count_using(session: Session, strategy_id: int) -> int:
    """Portfolios that are not retired and have this strategy."""
    query = select(func.count()).where(
        Portfolio.strategy_id == strategy_id, Portfolio.status.in_(("active", "paused"))
    )
    return session.scalar(query) or 0


def advance(session: Session, row: Portfolio) -> bool:
    """Raise the version of a portfolio that nobody has changed since it was read."""
    statement = (
        update(Portfolio)
        .where(Portfolio.id == row.id, Portfolio.version == row.version)
        .values(version=row.version + 1)
        .execution_options(synchronize_session=False)
    )
    done = cast("CursorResult[Any]", session.execute(statement)).rowcount == 1
    if done:
        session.refresh(row, ["version"])
    return done


def signals(
    session: Session,
    user_id: int,
    *,
    portfolio_id: int | None = None,
    statuses: Collection[str] = (),
    ids: Collection[int] = (),
    limit: int = UNLIMITED,
    offset: int = 0,
) -> tuple[Sequence[PortfolioSignal], int]:
    """A page of a person's signals, newest first and best first within a day, and their number."""
    query = (
        select(PortfolioSignal)
        .join(Portfolio, Portfolio.id == PortfolioSignal.portfolio_id)
        .where(Portfolio.user_id == user_id)
    )
    if portfolio_id is not None:
        query = query.where(PortfolioSignal.portfolio_id == portfolio_id)
    if statuses:
        query = query.where(PortfolioSignal.status.in_(statuses))
    if ids:
        query = query.where(PortfolioSignal.id.in_(ids))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    order = (PortfolioSignal.signal_date.desc(), PortfolioSignal.rank, PortfolioSignal.id)
    return session.scalars(query.order_by(*order).limit(limit).offset(offset)).all(), total


def live_signals(session: Session, portfolio_id: int) -> Sequence[PortfolioSignal]:
    """Signals that are not over, in the order they were made."""
    query = select(PortfolioSignal).where(
        PortfolioSignal.portfolio_id == portfolio_id, PortfolioSignal.status.in_(LIVE)
    )
    return session.scalars(query.order_by(PortfolioSignal.signal_date, PortfolioSignal.rank)).all()


def positions(
    session: Session,
    user_id: int,
    *,
    portfolio_id: int | None = None,
    statuses: Collection[str] = (),
    ids: Collection[int] = (),
    limit: int = UNLIMITED,
    offset: int = 0,
) -> tuple[Sequence[PortfolioPosition], int]:
    """A page of a person's positions, newest first, and how many there are."""
    query = (
        select(PortfolioPosition)
        .join(Portfolio, Portfolio.id == PortfolioPosition.portfolio_id)
        .where(Portfolio.user_id == user_id)
    )
    if portfolio_id is not None:
        query = query.where(PortfolioPosition.portfolio_id == portfolio_id)
    if statuses:
        query = query.where(PortfolioPosition.status.in_(statuses))
    if ids:
        query = query.where(PortfolioPosition.id.in_(ids))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    order = (PortfolioPosition.entry_date.desc(), PortfolioPosition.id.desc())
    return session.scalars(query.order_by(*order).limit(limit).offset(offset)).all(), total


def count_open(session: Session, portfolio_id: int) -> int:
    """Open positions of a portfolio."""
    query = select(func.count()).where(
        PortfolioPosition.portfolio_id == portfolio_id, PortfolioPosition.status.in_(OPEN)
    )
    return session.scalar(query) or 0


def open_positions(session: Session, portfolio_id: int) -> Sequence[PortfolioPosition]:
    """A portfolio's open positions, oldest first."""
    query = select(PortfolioPosition).where(
        PortfolioPosition.portfolio_id == portfolio_id, PortfolioPosition.status.in_(OPEN)
    )
    return session.scalars(query.order_by(PortfolioPosition.sequence)).all()


def days(session: Session, portfolio_id: int, epoch: int) -> Sequence[PortfolioDay]:
    """The traded days of an epoch, oldest first."""
    query = select(PortfolioDay).where(
        PortfolioDay.portfolio_id == portfolio_id, PortfolioDay.epoch == epoch
    )
    return session.scalars(query.order_by(PortfolioDay.day)).all()


def revalue_day(session: Session, portfolio_id: int, epoch: int, book: PaperBook) -> None:
    """Bring the book's day up to date, after trades at its close."""
    session.execute(
        update(PortfolioDay)
        .where(
            PortfolioDay.portfolio_id == portfolio_id,
            PortfolioDay.epoch == epoch,
            PortfolioDay.day == book.day,
        )
        .values(equity_paise=book.equity, cash_paise=book.cash)
    )


def clear_epoch(session: Session, portfolio_id: int) -> None:
    """Delete signals, positions and days of a portfolio."""
    for table in (PortfolioSignal, PortfolioPosition, PortfolioDay):
        session.execute(delete(table).where(table.portfolio_id == portfolio_id))


def scans(session: Session, user_id: int, limit: int, offset: int) -> Sequence[PortfolioScan]:
    """A person's scans, newest first."""
    query = select(PortfolioScan).where(PortfolioScan.user_id == user_id)
    return session.scalars(
        query.order_by(PortfolioScan.id.desc()).limit(limit).offset(offset)
    ).all()


def users_with_active(session: Session) -> Sequence[int]:
    """Who has a portfolio that is traded."""
    query = select(Portfolio.user_id).where(Portfolio.status.in_(("active", "paused"))).distinct()
    return session.scalars(query.order_by(Portfolio.user_id)).all()


def changed_since(
    session: Session, table: type[Changed], since: datetime
) -> Sequence[tuple[Changed, Portfolio]]:
    """Rows of a table that changed since a time, with their portfolio, the oldest change first."""
    query = (
        select(table, Portfolio)
        .join(Portfolio, Portfolio.id == table.portfolio_id)
        .where(table.updated_at >= since)
        .order_by(table.updated_at, table.id)
    )
    return [(row, portfolio) for row, portfolio in session.execute(query).all()]


def scans_since(session: Session, since: datetime) -> Sequence[PortfolioScan]:
    """Everybody's scans since a time, oldest first."""
    query = select(PortfolioScan).where(PortfolioScan.at >= since).order_by(PortfolioScan.id)
    return session.scalars(query).all()


# --- portfolios whose orders are executed ---------------------------------------------------------

NOT_GUARDED = ("unarmed", "done")
IN_FLIGHT = ("placing", "unknown")  # what the venue said of an order is not known yet


def lock(session: Session, portfolio_id: int) -> Portfolio | None:
    """A portfolio, locked until the transaction ends, as it is now."""
    return session.get(Portfolio, portfolio_id, with_for_update=True, populate_existing=True)


def executed(session: Session, statuses: Collection[str] = ("active", "paused")) -> list[Portfolio]:
    """Everybody's portfolios that have a trading account."""
    query = select(Portfolio).where(
        Portfolio.account_id.is_not(None), Portfolio.status.in_(statuses)
    )
    return list(session.scalars(query.order_by(Portfolio.id)))


def scaled_portfolios(session: Session, user_id: int) -> set[int]:
    """Those of a person's portfolios whose figures are not rupees."""
    query = select(Portfolio.id).where(Portfolio.user_id == user_id, Portfolio.is_scaled)
    return set(session.scalars(query))


def mark_scaled(session: Session, portfolio_ids: Collection[int], *, scaled: bool) -> list[int]:
    """Say of portfolios whether their figures are rupees; their accounts."""
    of = Portfolio.id.in_(portfolio_ids)
    session.execute(update(Portfolio).where(of).values(is_scaled=scaled))
    accounts = session.scalars(select(Portfolio.account_id).where(of))
    return [one for one in accounts if one is not None]


def touch_by_candle(session: Session, user_id: int | None) -> None:
    """Make the portfolios that candles fill, a person's or everybody's, changed since they were
    read."""
    statement = update(Portfolio).where(Portfolio.account_id.is_(None))
    if user_id is not None:
        statement = statement.where(Portfolio.user_id == user_id)
    session.execute(statement.values(version=Portfolio.version + 1))


def placed_by_candle(
    session: Session, user_id: int | None
) -> Sequence[tuple[PortfolioSignal, Portfolio]]:
    """Placed signals of portfolios that candles fill, a person's or everybody's."""
    query = (
        select(PortfolioSignal, Portfolio)
        .join(Portfolio, Portfolio.id == PortfolioSignal.portfolio_id)
        .where(Portfolio.account_id.is_(None), PortfolioSignal.status == Status.APPROVED)
    )
    if user_id is not None:
        query = query.where(Portfolio.user_id == user_id)
    return [(row, of) for row, of in session.execute(query.order_by(PortfolioSignal.id))]


def due_to_end(now: datetime) -> ColumnElement[bool]:
    """Entries to be withdrawn: their days are over, or their portfolio buys nothing."""
    return and_(
        PortfolioSignal.side == "BUY",
        PortfolioSignal.withdraw_reason.is_(None),
        or_(PortfolioSignal.valid_until <= now, Portfolio.status != "active"),
    )


def marked_to_end(portfolio_id: int | None) -> ColumnElement[bool]:
    """Signals whose orders are being withdrawn, of one portfolio or of all."""
    marked = PortfolioSignal.withdraw_reason.is_not(None)
    if portfolio_id is None:
        return marked
    return and_(marked, PortfolioSignal.portfolio_id == portfolio_id)


def signal(session: Session, signal_id: int) -> PortfolioSignal | None:
    """A signal as it is now."""
    return session.get(PortfolioSignal, signal_id, populate_existing=True)


def signals_of_run(session: Session, run_id: str) -> Sequence[PortfolioSignal]:
    """The signals of a position, oldest first."""
    query = select(PortfolioSignal).where(PortfolioSignal.run_id == run_id)
    return session.scalars(query.order_by(PortfolioSignal.id)).all()


def waiting_until(session: Session, moment: datetime) -> list[tuple[int, int]]:
    """Users and ids of purchases that nobody approved, or placed, until a moment."""
    query = (
        select(Portfolio.user_id, PortfolioSignal.id)
        .join(Portfolio, Portfolio.id == PortfolioSignal.portfolio_id)
        .where(
            PortfolioSignal.status.in_((Status.PENDING, Status.IN_CART)),
            PortfolioSignal.side == "BUY",
            PortfolioSignal.gtt_status.is_(None),
            PortfolioSignal.expires_at <= moment,
        )
        .order_by(PortfolioSignal.id)
    )
    return [(user_id, signal_id) for user_id, signal_id in session.execute(query)]


def executed_signals(
    session: Session,
    statuses: Collection[str],
    gtt_statuses: Collection[str] = (),
    *more: ColumnElement[bool],
) -> Sequence[tuple[PortfolioSignal, Portfolio]]:
    """Everybody's signals in these states, of portfolios that have a trading account.

    more: what else is asked of a signal or its portfolio.
    """
    query = (
        select(PortfolioSignal)
        .join(Portfolio, Portfolio.id == PortfolioSignal.portfolio_id)
        .where(Portfolio.account_id.is_not(None), PortfolioSignal.status.in_(statuses), *more)
    )
    if gtt_statuses:
        query = query.where(PortfolioSignal.gtt_status.in_(gtt_statuses))
    query = query.order_by(PortfolioSignal.rank, PortfolioSignal.id)
    found = session.scalars(query).all()
    portfolios = _portfolios_of(session, found)
    return [(row, portfolios[row.portfolio_id]) for row in found]


def signals_by_id(session: Session, ids: Collection[int]) -> dict[int, PortfolioSignal]:
    """Signals as they are now, by their id."""
    query = select(PortfolioSignal).where(PortfolioSignal.id.in_(ids))
    fresh = query.execution_options(populate_existing=True)
    return {row.id: row for row in session.scalars(fresh)}


def _portfolios_of(
    session: Session, rows: Iterable[PortfolioSignal | PortfolioPosition]
) -> dict[int, Portfolio]:
    """The portfolios of rows, each read once: a document is larger than a row."""
    ids = sorted({row.portfolio_id for row in rows})
    found: dict[int, Portfolio] = {}
    for first in range(0, len(ids), AT_ONCE):
        query = select(Portfolio).where(Portfolio.id.in_(ids[first : first + AT_ONCE]))
        found |= {one.id: one for one in session.scalars(query)}
    return found


def position_of_run(session: Session, run_id: str) -> PortfolioPosition | None:
    """The position that a run id names."""
    query = select(PortfolioPosition).where(PortfolioPosition.run_id == run_id)
    return session.scalar(query)


def has_standing(session: Session, row: PortfolioSignal) -> bool:
    """Whether stop and target of what a signal sells wait at the broker, or may."""
    if row.side != "SELL" or row.position_id is None:
        return False
    query = select(PortfolioPosition.standing_key).where(PortfolioPosition.id == row.position_id)
    return session.scalar(query) is not None


def executed_positions(session: Session) -> list[tuple[PortfolioPosition, Portfolio]]:
    """Everybody's open positions that execution's fills made."""
    query = select(PortfolioPosition).where(
        PortfolioPosition.run_id.is_not(None), PortfolioPosition.status.in_(OPEN)
    )
    found = session.scalars(query.order_by(PortfolioPosition.id)).all()
    portfolios = _portfolios_of(session, found)
    return [(row, portfolios[row.portfolio_id]) for row in found]


def guarded_positions(
    session: Session, run_id: str | None = None
) -> list[tuple[PortfolioPosition, Portfolio]]:
    """Positions whose protection may still have to act. run_id: that one alone."""
    query = (
        select(PortfolioPosition, Portfolio)
        .join(Portfolio, Portfolio.id == PortfolioPosition.portfolio_id)
        .where(
            PortfolioPosition.run_id.is_not(None),
            PortfolioPosition.protection_status.not_in(NOT_GUARDED),
        )
    )
    if run_id is not None:
        query = query.where(PortfolioPosition.run_id == run_id)
    found = session.execute(query.order_by(PortfolioPosition.id))
    return [(row, of) for row, of in found]


def change_protection(session: Session, position_id: int, *, version: int, **values: Any) -> bool:
    """Update a position's protection if its version is still `version`; whether it was."""
    statement = (
        update(PortfolioPosition)
        .where(PortfolioPosition.id == position_id, PortfolioPosition.protection_version == version)
        .values(protection_version=version + 1, **values)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", session.execute(statement)).rowcount == 1


def next_sequence(session: Session, portfolio_id: int, epoch: int) -> int:
    """The number of the portfolio's next position."""
    query = select(func.max(PortfolioPosition.sequence)).where(
        PortfolioPosition.portfolio_id == portfolio_id, PortfolioPosition.epoch == epoch
    )
    last = session.scalar(query)
    return 0 if last is None else last + 1


def next_number(session: Session, row: PortfolioSignal) -> int:
    """A number for a signal beside those of the same symbol, day and side."""
    query = select(func.max(PortfolioSignal.number)).where(
        PortfolioSignal.portfolio_id == row.portfolio_id,
        PortfolioSignal.epoch == row.epoch,
        PortfolioSignal.symbol == row.symbol,
        PortfolioSignal.signal_date == row.signal_date,
        PortfolioSignal.side == row.side,
    )
    return (session.scalar(query) or 0) + 1


def cursor(session: Session) -> int:
    """The number of the last event of execution that was followed; 0 before the first."""
    row = session.get(PortfolioCursor, 1)
    return 0 if row is None else row.last_seq


def keep_cursor(session: Session, seq: int) -> None:
    """Store how far execution's events were followed."""
    row = session.get(PortfolioCursor, 1, populate_existing=True)
    if row is None:
        session.add(PortfolioCursor(id=1, last_seq=seq))
    else:
        row.last_seq = max(row.last_seq, seq)


def alerts(session: Session, portfolio_id: int) -> Sequence[PortfolioAlert]:
    """What a person should look at now, oldest first."""
    query = select(PortfolioAlert).where(
        PortfolioAlert.portfolio_id == portfolio_id, PortfolioAlert.ended_at.is_(None)
    )
    return session.scalars(query.order_by(PortfolioAlert.id)).all()


def all_alerts(session: Session) -> Sequence[PortfolioAlert]:
    """Everybody's alerts, those that have ended too."""
    return session.scalars(select(PortfolioAlert).order_by(PortfolioAlert.id)).all()
