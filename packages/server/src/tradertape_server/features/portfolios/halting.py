"""Orders of portfolios that candles fill, under a kill switch.

Nobody sends them, so that the trader does not see them: the switch takes them back itself.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tradertape_core.kernel.clock import IST
from tradertape_core.portfolio.book import document
from tradertape_core.portfolio.signals import Event
from tradertape_server.features.execution.halts import Halt
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.days import next_session
from tradertape_server.features.portfolios.models import Portfolio, PortfolioSignal
from tradertape_server.features.portfolios.schedule_times import SESSION_OPEN
from tradertape_server.features.portfolios.state import book_of, move, settings_of


class CandleHalting:
    """Implements `risk.kill_switch.Halting`."""

    def halt(self, uow: UnitOfWork, user_id: int | None, halt: Halt) -> set[int]:
        """Have whoever works on a portfolio begin again, and cancel what waits to be bought."""
        repository.touch_by_candle(uow.session, user_id)
        if halt.cancels:
            for row, portfolio in repository.placed_by_candle(uow.session, user_id):
                if not _is_bought(row, portfolio, uow.now):
                    _cancel(row, portfolio, halt, uow.now)
        uow.session.flush()
        return set()

    def release(self, uow: UnitOfWork, user_id: int | None, *, by: str) -> set[int]:  # noqa: ARG002
        """What was cancelled stays cancelled."""
        return set()


def _is_bought(row: PortfolioSignal, portfolio: Portfolio, now: datetime) -> bool:
    """Whether an order for the open was filled at it, and only the day's scan is still to come."""
    if settings_of(portfolio).paper_fill != "next_open":
        return False
    day = row.fills_from or next_session(row.signal_date)
    return datetime.combine(day, SESSION_OPEN, IST) <= now


def _cancel(row: PortfolioSignal, portfolio: Portfolio, halt: Halt, now: datetime) -> None:
    row.failure_reason = "kill_switch"
    move(row, Event.CANCEL, by=halt.by, now=now, note=f"The kill switch is on: {halt.words}")
    book, key = book_of(portfolio), (row.symbol, row.signal_date)
    kept = tuple(one for one in book.resting if (one.symbol, one.signal_date) != key)
    portfolio.book = document(replace(book, resting=kept))
