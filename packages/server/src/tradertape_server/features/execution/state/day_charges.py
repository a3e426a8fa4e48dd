"""What a day of delivery trades costs beside its fills: posted by itself when a fill changes it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from sqlalchemy.orm import Session

from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.billing import exchange_of, schedule_for
from tradertape_core.ledger.charges import NO_CHARGES, Charges
from tradertape_core.ledger.day_charges import depository_due, intraday_difference
from tradertape_core.ledger.journal import Book, Postings, post_charges
from tradertape_core.ledger.position import Position, PositionKey, Today
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.order import Product
from tradertape_server.features.execution.store import posting_queries

_MOST_SCRIPS = 10_000


class Books(Protocol):
    """The positions as they are, staged changes included."""

    @property
    def session(self) -> Session:
        """The transaction under way."""
        ...

    def position(self, key: PositionKey) -> Position:
        """One position."""
        ...


class DayCharges:
    """Knows which positions of an account sold a scrip today: its depository charge is one."""

    def __init__(self) -> None:
        self._sellers: dict[tuple[str, str, date], set[PositionKey]] = {}

    def clear(self) -> None:
        """Read again what is needed."""
        self._sellers.clear()

    def after(
        self,
        books: Books,
        before: Position,
        instrument: Instrument,
        *,
        broker: str,
        reference: str,
        day_of: datetime,
    ) -> Postings | None:
        """Return the posting that brings the day's charges up to date, None if they are.

        before: the position before a fill, or the reversal of one. day_of: when the fill was; the
        position keeps the charges among those of that day.
        """
        key = before.key
        position = books.position(key)
        change = self.change(books, before, position, instrument, broker=broker)
        if change == NO_CHARGES:
            return None
        return post_charges(key, change, Book({key: position}), reference=reference, at=day_of)

    def change(
        self,
        books: Books,
        before: Position,
        position: Position,
        instrument: Instrument,
        *,
        broker: str,
    ) -> Charges:
        """Return what the day of a position that was `before` costs more, below 0 less."""
        key, today, was = before.key, position.today, before.today
        if key.product is not Product.CNC or today.day is None:
            return NO_CHARGES
        if not today.sold.quantity and not was.sold.quantity:
            return NO_CHARGES
        terms = schedule_for(broker, Product.CNC, instrument.instrument_type)
        is_netted = not instrument.is_trade_to_trade
        change = NO_CHARGES
        if is_netted:
            intraday = schedule_for(broker, Product.MIS, instrument.instrument_type)
            exchange = exchange_of(instrument.id)
            change = intraday_difference(terms, intraday, today, exchange=exchange)
            if was.day == today.day:
                change = change - intraday_difference(terms, intraday, was, exchange=exchange)
        days = [today, *self._other_days(books, key, today.day)]
        charged = Charges(demat=Paise(sum(one.charges.demat for one in days)))
        return change + depository_due(terms, today.day, days, is_netted=is_netted) - charged

    def _other_days(self, books: Books, key: PositionKey, day: date) -> list[Today]:
        """The day of every other position of the account that sold the scrip."""
        scrip = (key.account, key.instrument, day)
        sellers = self._sellers.get(scrip)
        if sellers is None:
            if len(self._sellers) >= _MOST_SCRIPS:
                self._sellers.clear()
            found = posting_queries.positions_since(books.session, key, day)
            sellers = self._sellers[scrip] = set(found)
        sellers.add(key)
        todays = (books.position(one).today for one in sellers if one != key)
        return [today for today in todays if today.day == day]
