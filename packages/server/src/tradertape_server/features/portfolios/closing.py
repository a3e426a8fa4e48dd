"""Closing positions by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.live.closing import LiveClosing
from tradertape_server.features.portfolios.live.closing import Sale as LiveSale
from tradertape_server.features.portfolios.models import Portfolio, PortfolioPosition
from tradertape_server.features.portfolios.state import MANUAL, book_of
from tradertape_server.features.portfolios.working import Loaded, PortfolioWork
from tradertape_server.platform.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class ClosingService:
    """Sells positions on paper at the last close, slippage and charges as ever."""

    work: PortfolioWork
    live: LiveClosing

    def get(self, session: Session, user_id: int, position_id: int) -> PortfolioPosition:
        """One of a person's positions. Raises NotFound."""
        found, _ = repository.positions(session, user_id, ids=(position_id,), limit=1)
        if not found:
            raise NotFound("Position")
        return found[0]

    def close(
        self, user_id: int, position_id: int, sale: LiveSale, *, by: str
    ) -> PortfolioPosition:
        """Sell a position, or a part of it. One that candles fill is sold at the last close.

        Raises NotFound, Conflict when it is closed or being closed, InvalidInput for a quantity.
        """
        with self.work.database.read() as session:
            row = self.get(session, user_id, position_id)
            portfolio_id, is_executed = row.portfolio_id, row.run_id is not None

        def sell(loaded: Loaded) -> bool:
            _sell(loaded, position_id, sale.quantity)
            return True

        if is_executed:
            self.live.close(portfolio_id, position_id, sale, by=by)
        else:
            self.work.change(user_id, portfolio_id, _last_day, sell)
        with self.work.database.read() as session:
            row = self.get(session, user_id, position_id)
            session.expunge(row)
            return row


def _sell(loaded: Loaded, position_id: int, quantity: int | None) -> None:
    work = loaded.work
    row = next((one for one in work.positions if one.id == position_id), None)
    if row is None:
        raise Conflict(f"Position {position_id} is closed", code="position_closed")
    held = next((one for one in work.book.holdings if one.sequence == row.sequence), None)
    if held is None or row.status == "exit_pending":
        raise Conflict(f"Position {position_id} is already being closed", code="position_closing")
    wanted = held.quantity if quantity is None else quantity
    if wanted > held.quantity:
        raise InvalidInput(f"{held.quantity} shares are held", pointer="/quantity")
    book, sales = work.trader.sell_at_close(work.book, row.symbol, wanted, MANUAL)
    work.book = book
    for sale in sales:
        if sale.sequence == row.sequence:
            work.sold(sale, _last_day(loaded.row), book)
    left = next((one for one in book.holdings if one.sequence == row.sequence), None)
    if left is not None:
        work.held(left)


def _last_day(row: Portfolio) -> date:
    day = book_of(row).day
    if day is None:
        raise Conflict(f"Portfolio {row.id} has not been scanned yet")
    return day
