"""Signals and positions follow execution's events: what is stored there decides, not memory.

An event only says of which position something is new; what it is, is read from execution anew. So
an event may be followed twice, and one that was missed is made up for by the next. The cursor is
stored after what it stands for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import RLock

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.money import paise_from_rupees
from tradertape_core.portfolio.book import document
from tradertape_server.features.execution.run_record import cash_of_runs
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.live.facts import gather
from tradertape_server.features.portfolios.live.projecting import Projection, has_news
from tradertape_server.features.portfolios.live.run_ids import OURS, named_by, prefix_of
from tradertape_server.features.portfolios.models import Portfolio
from tradertape_server.features.portfolios.state import book_of, settings_of
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.logging import get_logger

AT_ONCE = 500  # events
logger = get_logger(__name__)


@dataclass(slots=True)
class Mirror:
    """Used by the process that trades; one position at a time."""

    database: Database
    clock: Clock
    execution: ExecutionService
    _lock: RLock = field(default_factory=RLock)

    def follow(self) -> int:
        """Take in execution's events since the stored cursor; how many there were."""
        with self.database.read() as session:
            cursor = repository.cursor(session)
        seen = 0
        while events := self.execution.events(after=cursor, limit=AT_ONCE):
            ours = {one.run_id: None for one in events if (one.run_id or "").startswith(OURS)}
            for run_id in ours:
                self._safely(str(run_id))
            cursor, seen = events[-1].seq, seen + len(events)
            with self.database.write() as session:
                repository.keep_cursor(session, cursor)
        return seen

    def refresh_all(self) -> None:
        """Read everything that is not over, whatever events there were: at a start."""
        with self.database.read() as session:
            live = repository.executed_signals(session, ("approved",))
            held = repository.executed_positions(session)
            run_ids = {str(row.run_id): None for row, _ in (*live, *held) if row.run_id}
        for run_id in run_ids:
            self._safely(run_id)

    def refresh(self, run_id: str) -> None:
        """Bring the signals and the position of a run id up to date."""
        named = named_by(run_id)
        if named is None:
            return
        with self._lock:
            with self.database.read() as session:
                row = session.get(Portfolio, named.portfolio_id)
                if row is None or row.account_id is None or row.epoch != named.epoch:
                    return
                signals = repository.signals_of_run(session, run_id)
                gtt_ids = {one.gtt_id for one in signals}
                facts = gather(session, row.account_id, run_id, gtt_ids=gtt_ids)
                if not has_news(facts, signals):
                    return
                cash_paise = cash_of_runs(session, row.account_id, prefix_of(row))
            with self.database.write() as session:
                row = repository.lock(session, named.portfolio_id)
                if row is None or row.epoch != named.epoch:
                    return
                if Projection(session, row, facts, self.clock.now()).apply():
                    session.flush()
                    revalue(row, session_positions(session, row), cash_paise)
                    row.version += 1
                    row.updated_at = self.clock.now()

    def _safely(self, run_id: str) -> None:
        try:
            self.refresh(run_id)
        except Exception:
            # The others are followed; this one is read again at the next event, and at a start.
            logger.exception("a position of a portfolio could not be followed", run_id=run_id)


def session_positions(session: Session, row: Portfolio) -> list[tuple[float, int]]:
    """Last price and quantity of a portfolio's open positions."""
    held = repository.open_positions(session, row.id)
    return [(one.last_close, one.open_quantity) for one in held]


def revalue(row: Portfolio, held: list[tuple[float, int]], moved_paise: int) -> None:
    """Store cash, as the ledger has it, and equity at the last prices."""
    book = book_of(row)
    cash = int(paise_from_rupees(settings_of(row).starting_capital)) + moved_paise
    value = sum(int(paise_from_rupees(price * quantity)) for price, quantity in held)
    changed = document(book) | {"cash": cash, "equity": cash + value}
    row.book = changed
