"""Open futures of paper accounts are marked to market after each session, once a day.

The difference between the day's settlement price and what was paid before moves cash; average
prices and profit stay as they are. All positions in one contract are marked in one transaction, and
each keeps the day it was marked for, so a stop at any moment and a second look change nothing. Only
the latest session is made up for: its price covers all that were missed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from tradertape_core.kernel.format import grouped, inr, price_text
from tradertape_core.ledger.journal import Book, post_mark
from tradertape_core.ledger.mark_to_market import DailyMark, is_markable
from tradertape_core.ledger.position import Position
from tradertape_core.market.calendar import Calendar
from tradertape_core.market.hours import TradingHours, last_session_hours
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.session_times import Segment
from tradertape_core.orders.codec import to_document
from tradertape_server.features.execution.scheduled.attempts import Attempts, for_each_account
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.platform.logging import get_logger

RETRY_EVERY = timedelta(minutes=5)  # what had no price, or could not be written
MARKED = "position_marked"
_FUTURES = frozenset({"NFO", "BFO"})
_MOMENT = timedelta(microseconds=1)

logger = get_logger(__name__)


@dataclass(slots=True)
class MarkToMarket:
    """A chore: looks when a session of derivatives has ended, and until all of it is marked."""

    service: ExecutionService
    calendar: Calendar
    _looked: datetime | None = None
    _looked_for: date | None = None
    _is_done: bool = False
    _waiting: set[tuple[str, date]] = field(default_factory=set[tuple[str, date]])

    def __call__(self, now: datetime) -> None:
        """Mark what was open at the end of the latest session."""
        session = self._ended_session(now)
        if session is None or not self._is_due(session.day, now):
            return
        marked = [self._attempt(contract, session) for contract in self._due_contracts(session)]
        # Not before: where the trader or the database is away, the next second looks again.
        self._looked, self._looked_for, self._is_done = now, session.day, all(marked)

    def _is_due(self, day: date, now: datetime) -> bool:
        if day != self._looked_for or self._looked is None:
            return True
        return not self._is_done and not timedelta(0) <= now - self._looked < RETRY_EVERY

    def _ended_session(self, now: datetime) -> TradingHours | None:
        found = last_session_hours(self.calendar, now, Segment.DERIVATIVES)
        if found is not None and now < found.end:
            found = last_session_hours(self.calendar, found.start - _MOMENT, Segment.DERIVATIVES)
        return found

    def _due_contracts(self, session: TradingHours) -> list[Instrument]:
        """Futures with units to mark; one that expired that day is settled for good instead."""
        outside = self.service.accounts_outside()
        names = {
            one.key.instrument
            for one in self.service.positions(open_only=True)
            if one.key.instrument.partition(":")[0] in _FUTURES
            and int(one.key.account) not in outside
            and is_markable(one, session.day, session.end)
        }
        if not names:
            return []
        found: list[Instrument] = self.service.trader.execute(
            Command(lambda uow: [one for name in sorted(names) if (one := uow.find(name))])
        )
        return [
            one
            for one in found
            if one.instrument_type is InstrumentType.FUT
            and one.expiry is not None
            and one.expiry > session.day
        ]

    def _attempt(self, contract: Instrument, session: TradingHours) -> bool:
        is_marked: list[bool] = []
        attempts = Attempts(self.service.trader.quarantine)
        name = f"mark-to-market of {contract.id} on {session.day.isoformat()}"
        work = partial(self._mark, contract, session, name, is_marked)
        return attempts.attempt(name, work) and all(is_marked)

    def _mark(
        self, contract: Instrument, session: TradingHours, name: str, is_marked: list[bool]
    ) -> None:
        price = self.service.market.settlement_price(contract, session.day)
        if price is None:
            if (contract.id, session.day) not in self._waiting:
                logger.warning(
                    "no price to mark to", instrument=contract.id, day=session.day.isoformat()
                )
            self._waiting.add((contract.id, session.day))
            is_marked.append(False)
            return
        self._waiting.discard((contract.id, session.day))
        mark = DailyMark(instrument=contract.id, day=session.day, until=session.end, price=price)
        count, is_done = for_each_account(
            self.service, name, contract.id, partial(mark_command, mark)
        )
        is_marked.append(is_done)
        logger.info("marked to market", instrument=contract.id, price=str(price), positions=count)


def mark_command(mark: DailyMark, account_id: int | None = None) -> Command[int]:
    """Mark every position of paper accounts in a future, or those of one account; how many."""

    def decide(uow: UnitOfWork) -> int:
        due = [
            one
            for one in uow.paper_positions_in(mark.instrument, account_id)
            if is_markable(one, mark.day, mark.until)
        ]
        for position in due:
            _mark(uow, position, mark)
        return len(due)

    return Command(decide)


def _mark(uow: UnitOfWork, before: Position, mark: DailyMark) -> None:
    posted = post_mark(mark, before.key, Book({before.key: before}), at=uow.now)
    if posted is None or posted.position is None:
        return
    uow.post(posted)
    paid = posted.position.mtm_paise - before.mtm_paise
    uow.note(
        account_id=int(before.key.account),
        run_id=before.key.run_id,
        kind="execution",
        event_type=MARKED,
        source="paper",
        summary=f"Daily mark-to-market of {mark.day:%-d %B}: {grouped(before.quantity)} "
        f"{mark.instrument} at {price_text(mark.price)}, {_words(paid)}",
        payload={
            "mark": to_document(mark),
            "product": before.key.product.value,
            "quantity": before.quantity,
            "paid_paise": paid,
            "mtm_paise": posted.position.mtm_paise,
        },
        resource=("position", mark.instrument),
    )


def _words(paise: int) -> str:
    if not paise:
        return "nothing paid"
    amount = inr(Decimal(abs(paise)) / 100, 2)
    return f"{amount} paid into cash" if paise > 0 else f"{amount} taken from cash"
