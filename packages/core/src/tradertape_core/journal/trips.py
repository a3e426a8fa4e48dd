"""Round trips: from flat to flat in one instrument of one account, however many trades it took."""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from tradertape_core.wealth.executions import NIL, Execution, Kind, part_of
from tradertape_core.wealth.instruments import ShareAction
from tradertape_core.wealth.records import BookTrade

Group = tuple[str, str, str, Kind]


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """A position from its first trade to the one that closed it; open: closed_on is None.

    key: follows from the first trade alone, so that a file that is imported again gives the same.
    quantity: units opened in all; value: rupees they were opened for. gross, net: rupees, net of
    charges; None while it is open. at: times are aware, None where the file has the day alone.
    made_of: its trades, one that also belongs to another trip with its whole quantity.
    expiry: of a contract. is_expiry: it was held until then, and closed by its settlement.
    """

    key: str
    broker: str
    account: str
    instrument: str
    symbol: str
    segment: str
    kind: Kind
    is_short: bool
    opened_on: date
    opened_at: datetime | None
    closed_on: date | None
    closed_at: datetime | None
    quantity: Decimal
    value: Decimal
    closing_value: Decimal
    charges: Decimal
    is_estimated: bool
    made_of: tuple[BookTrade, ...]
    expiry: date | None = None
    is_expiry: bool = False

    @property
    def trades(self) -> int:
        """How many trades it took."""
        return len(self.made_of)

    @property
    def gross(self) -> Decimal | None:
        """Rupees before charges."""
        if self.closed_on is None:
            return None
        profit = self.closing_value - self.value
        return -profit if self.is_short else profit

    @property
    def net(self) -> Decimal | None:
        """Rupees after charges."""
        gross = self.gross
        return None if gross is None else gross - self.charges

    @property
    def days(self) -> int | None:
        """Calendar days from the first trade to the last; 0 within one day."""
        return None if self.closed_on is None else (self.closed_on - self.opened_on).days


def round_trips(
    executions: Sequence[Execution], actions: Mapping[str, Sequence[ShareAction]] | None = None
) -> list[RoundTrip]:
    """All round trips, by the time of their first trade; those that are open too.

    executions: from `split_by_kind`, with charges. Intraday trades and deliveries of one share are
    trips of their own. actions: by instrument; a split or bonus changes the units that are held.
    Shares that are delivered without a purchase on file belong to no trip: their cost is unknown.
    """
    groups: dict[Group, list[Execution]] = defaultdict(list)
    for one in executions:
        groups[one.trade.broker, one.trade.account, one.instrument, one.kind].append(one)
    found: list[RoundTrip] = []
    for (_, _, instrument, kind), ones in groups.items():
        of_share = (actions or {}).get(instrument, ()) if kind is Kind.DELIVERY else ()
        walk = _Walk(kind, deque(of_share))
        found += walk.run(ones)
        if (still_open := walk.open()) is not None:
            found.append(still_open)
    found.sort(key=by_day)
    return found


class PositionTrips:
    """The round trips of one position, whose executions are all of one kind and in order of time.

    Shares of a position for delivery that were bought and sold within one day are intraday, by
    what they were in the end. actions: of the share, by day. Executions may be added as they are
    made: a trip that is closed does not change by later ones.
    """

    def __init__(self, kind: Kind, actions: Sequence[ShareAction] = ()) -> None:
        self._walk = _Walk(kind, deque(actions), is_in_time=True)

    def add(self, executions: Iterable[Execution]) -> Iterator[RoundTrip]:
        """Add executions; the trips that they close."""
        for trip in self._walk.run(executions):
            is_one_day = trip.kind is Kind.DELIVERY and trip.closed_on == trip.opened_on
            yield replace(trip, kind=Kind.INTRADAY) if is_one_day else trip

    def open(self) -> RoundTrip | None:
        """The trip that is open after them."""
        return self._walk.open()


def by_day(trip: RoundTrip) -> tuple[date, bool, str]:
    """The order of trips: by the day of the first trade."""
    return trip.opened_on, trip.opened_at is not None, trip.key


@dataclass(slots=True)
class _Trip:
    """A trip while it runs. value, closing: rupees of what opened and what closed."""

    first: Execution
    opened: Decimal = NIL
    value: Decimal = NIL
    closing: Decimal = NIL
    charges: Decimal = NIL
    is_estimated: bool = False
    made_of: list[BookTrade] = field(default_factory=list[BookTrade])


@dataclass(slots=True)
class _Walk:
    """One kind of trade in one instrument of one account. held: below zero for what is short.

    is_in_time: whether trades of one day are in the order they were made.
    """

    kind: Kind
    waiting: deque[ShareAction]
    held: Decimal = NIL
    trip: _Trip | None = None
    is_in_time: bool = False

    def run(self, ones: Iterable[Execution]) -> Iterator[RoundTrip]:
        if self.kind is Kind.DELIVERY and not self.is_in_time:
            # What is bought on one exchange can be delivered against a sale on the other.
            ones = sorted(ones, key=lambda one: (one.day, not one.is_buy))
        for one in ones:
            self._rescale(one.day)
            yield from self._add(one)

    def open(self) -> RoundTrip | None:
        return None if self.trip is None else _made(self.trip, None)

    def _rescale(self, day: date) -> None:
        while self.waiting and self.waiting[0].ex_date <= day:
            action = self.waiting.popleft()
            is_whole = self.held == self.held.to_integral_value()
            scaled = self.held * action.new
            self.held = scaled // action.old if is_whole else scaled / action.old

    def _add(self, one: Execution) -> Iterator[RoundTrip]:
        """Close first, then open with what is left: a trade can do both."""
        left = one.quantity
        if self.trip is not None and (self.held > 0) != one.is_buy and self.held:
            closed = min(left, abs(self.held))
            _count(self.trip, one, closed, is_opening=False)
            self.held += closed if one.is_buy else -closed
            left -= closed
            if not self.held:
                yield _made(self.trip, one)
                self.trip = None
        if not left or (self.kind is Kind.DELIVERY and not one.is_buy):
            return
        if self.trip is None:
            self.trip = _Trip(one)
        _count(self.trip, one, left, is_opening=True)
        self.held += left if one.is_buy else -left


def _count(trip: _Trip, one: Execution, quantity: Decimal, *, is_opening: bool) -> None:
    value = part_of(one.value, quantity, one.quantity)
    if is_opening:
        trip.opened += quantity
        trip.value += value
    else:
        trip.closing += value
    trip.charges += part_of(one.charges, quantity, one.quantity)
    trip.is_estimated |= one.is_estimated
    trip.made_of.append(one.trade)


def _made(trip: _Trip, last: Execution | None) -> RoundTrip:
    first = trip.first.trade
    return RoundTrip(
        key=_key(trip.first), broker=first.broker, account=first.account,
        instrument=trip.first.instrument, symbol=first.symbol, segment=first.segment.value,
        kind=trip.first.kind, is_short=not trip.first.is_buy, opened_on=first.traded_on,
        opened_at=first.at, closed_on=last.day if last else None,
        closed_at=last.trade.at if last else None, quantity=trip.opened, value=trip.value,
        closing_value=trip.closing, charges=trip.charges, is_estimated=trip.is_estimated,
        made_of=tuple(trip.made_of), expiry=first.expiry,
        is_expiry=last is not None and last.is_expiry,
    )  # fmt: skip


def _key(first: Execution) -> str:
    trade = first.trade
    what = (
        trade.broker, trade.account, trade.exchange, trade.segment, trade.symbol,
        trade.trade_id, trade.traded_on.isoformat(), trade.side, first.kind,
    )  # fmt: skip
    return hashlib.sha256("\x1f".join(what).encode()).hexdigest()[:32]
