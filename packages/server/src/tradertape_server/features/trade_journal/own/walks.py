"""Round trips of fills, kept by position: a new fill continues the position that it is of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

import numpy as np
from sqlalchemy.orm import Session

from tradertape_core.journal.trips import PositionTrips
from tradertape_core.kernel.clock import IST
from tradertape_core.ledger.write_off import WriteOff
from tradertape_core.orders.order import Product, Side
from tradertape_core.wealth.executions import Execution, Kind
from tradertape_core.wealth.instruments import ShareAction
from tradertape_core.wealth.records import BookTrade, Segment
from tradertape_server.features.execution.fill_queries import (
    FillOfPerson,
    FillsSoFar,
    PositionKey,
    fills_by_position,
    fills_of_person,
    fills_of_position,
)
from tradertape_server.features.trade_journal.own.columns import Found, kept
from tradertape_server.features.wealth.trips import Trips, order_mark

Actions = tuple[ShareAction, ...]
WriteOffs = tuple[WriteOff, ...]
_HUNDRED = Decimal(100)
_SEGMENTS = {
    "NFO": Segment.DERIVATIVES, "BFO": Segment.DERIVATIVES, "CDS": Segment.CURRENCY,
    "BCD": Segment.CURRENCY, "MCX": Segment.COMMODITY,
}  # fmt: skip


class ManyFills(Exception):
    """There are more fills to read than wanted."""


@dataclass(frozen=True, slots=True)
class Held:
    """What changes positions besides fills: splits and bonuses, and units that are written off."""

    actions_of: Callable[[PositionKey], Actions]
    gone: Mapping[PositionKey, WriteOffs]


@dataclass(slots=True)
class Walk:
    """A position: its closed trips are kept elsewhere. gone: units that are written off, which
    leave as by a sale. also: marks of the trades of its open trip by another number of their
    order."""

    number: int
    is_real: bool
    actions: Actions
    trips: PositionTrips
    gone: WriteOffs = ()
    fills: int = 0
    last: tuple[datetime, int] = (datetime.min.replace(tzinfo=IST), 0)
    also: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, fills: Sequence[FillOfPerson]) -> list[Found]:
        """Add later fills; the trips that they close."""
        self.fills += sum(one.number > 0 for one in fills)
        self.last = (fills[-1].at, fills[-1].number)
        executions = [self._execution(one) for one in fills]
        found = [
            Found(trip, self.number, self._marks(trip.made_of))
            for trip in self.trips.add(executions)
        ]
        opened = self.trips.open() if self.also else None
        left = () if opened is None else opened.made_of
        self.also = {one.trade_id: self.also[one.trade_id] for one in left if self._is_marked(one)}
        return found

    def open(self) -> Found | None:
        """Its open trip."""
        trip = self.trips.open()
        return None if trip is None else Found(trip, self.number, self._marks(trip.made_of))

    def _execution(self, fill: FillOfPerson) -> Execution:
        trade = _trade(fill)
        if len(fill.order_ids) > 1:
            self.also[trade.trade_id] = order_mark(trade, fill.order_ids[0])
        return Execution(
            trade, trade.symbol, _kind(fill), trade.quantity,
            Decimal(fill.charges_paise) / _HUNDRED, is_estimated=True,
        )  # fmt: skip

    def _marks(self, trades: Iterable[BookTrade]) -> tuple[int, ...]:
        return tuple(self.also.get(one.trade_id, 0) for one in trades) if self.also else ()

    def _is_marked(self, trade: BookTrade) -> bool:
        return trade.trade_id in self.also


@dataclass(slots=True)
class Walks:
    """All positions of a person. closed: their closed trips, those that moved money (True) and
    those that did not."""

    so_far: FillsSoFar = field(default_factory=FillsSoFar)
    by_key: dict[PositionKey, Walk] = field(default_factory=dict[PositionKey, Walk])
    numbers: dict[PositionKey, int] = field(default_factory=dict[PositionKey, int])
    closed: dict[bool, Trips] = field(default_factory=lambda: {True: Trips(), False: Trips()})

    def follow(
        self, session: Session, user_id: int, so_far: FillsSoFar, held: Held,
        rescaled: Iterable[PositionKey], most: int | None = None,
    ) -> set[bool]:  # fmt: skip
        """Come to what the fills are now; which money's trips have changed.

        rescaled: positions of which `held` says another thing by now. A fill that is later than
        all others of its position continues it. A position with any other change is read again.
        Raises ManyFills where more than `most` had to be read.
        """
        before = self.by_key
        _limit(so_far.count - self.so_far.count, most)
        new, newest = self._new(session, user_id, so_far.count, most)
        changed = set(rescaled) & self.by_key.keys()
        changed |= {key for key, ones in new.items() if self._is_late(key, ones)}
        changed |= {key for key in new if key not in self.by_key and key in held.gone}
        if sum(len(ones) for ones in new.values()) + self.so_far.count != so_far.count:
            changed |= self._miscounted(session, user_id, new, newest.newest)
        _limit(sum(self._known(key) for key in changed), most)
        touched = {self.by_key[key].is_real for key in changed if key in self.by_key}
        if self.by_key is not before:
            touched = {True, False}
        self._forget(changed)
        for key in changed:
            ones = list(fills_of_position(session, key, until=newest.newest))
            new[key] = with_write_offs(ones, held.gone.get(key, ()))
        found: dict[bool, list[Found]] = {True: [], False: []}
        for key, ones in new.items():
            if ones:
                walk = self._walk(key, ones[0], held)
                found[walk.is_real] += walk.add(ones)
                touched.add(walk.is_real)
        for is_real, trips in found.items():
            more = kept(trips, has_marks=is_real)
            self.closed[is_real] = self.closed[is_real].extended(more)
        count = sum(walk.fills for walk in self.by_key.values())
        self.so_far = FillsSoFar(count, newest.newest, newest.trade_id)
        return touched

    def trips(self, *, is_real: bool) -> Trips:
        """All trips, the open ones last."""
        walks = (walk for walk in self.by_key.values() if walk.is_real is is_real)
        opened = [found for walk in walks if (found := walk.open()) is not None]
        return self.closed[is_real].extended(kept(opened, has_marks=is_real))

    def _new(
        self, session: Session, user_id: int, count: int, most: int | None
    ) -> tuple[dict[PositionKey, list[FillOfPerson]], FillsSoFar]:
        """Fills that were not known, and the newest of all. Where the newest known one is gone, the
        numbers of rows say nothing any more: all are read again."""
        known = self.so_far
        found = list(fills_of_person(session, user_id, since=known.newest))
        if known.count:
            last = next((one for one in found if one.number == known.newest), None)
            if last is None or last.trade_id != known.trade_id:
                self._clear()
                _limit(count, most)
                return self._new(session, user_id, count, most)
            found.remove(last)
        by_key: dict[PositionKey, list[FillOfPerson]] = defaultdict(list)
        for one in found:
            by_key[one.position].append(one)
        if found:
            newest = max(found, key=lambda one: one.number)
            return by_key, FillsSoFar(0, newest.number, newest.trade_id)
        return by_key, known

    def _clear(self) -> None:
        self.so_far = FillsSoFar()
        self.by_key = {}
        self.closed = {True: Trips(), False: Trips()}

    def _is_late(self, key: PositionKey, ones: Sequence[FillOfPerson]) -> bool:
        walk = self.by_key.get(key)
        return walk is not None and (ones[0].at, ones[0].number) < walk.last

    def _miscounted(
        self, session: Session, user_id: int, new: Mapping[PositionKey, Sequence[FillOfPerson]],
        until: int,
    ) -> set[PositionKey]:  # fmt: skip
        """Positions of which a fill was taken back, or stored with an older number."""
        counts = fills_by_position(session, user_id, until=until)
        return {
            key
            for key in counts.keys() | self.by_key.keys()
            if self._known(key) + len(new.get(key, ())) != counts.get(key, 0)
        }

    def _known(self, key: PositionKey) -> int:
        walk = self.by_key.get(key)
        return 0 if walk is None else walk.fills

    def _forget(self, keys: Iterable[PositionKey]) -> None:
        gone = [walk for key in keys if (walk := self.by_key.pop(key, None)) is not None]
        for is_real, trips in self.closed.items():
            numbers = [walk.number for walk in gone if walk.is_real is is_real]
            is_out = np.isin(trips.of("position"), numbers)
            if is_out.any():
                self.closed[is_real] = trips.without(is_out)

    def _walk(self, key: PositionKey, fill: FillOfPerson, held: Held) -> Walk:
        walk = self.by_key.get(key)
        if walk is None:
            number = self.numbers.setdefault(key, len(self.numbers) + 1)
            kind = _kind(fill)
            actions = held.actions_of(key) if kind is Kind.DELIVERY else ()
            walk = Walk(
                number, fill.is_real, actions, PositionTrips(kind, actions), held.gone.get(key, ())
            )
            self.by_key[key] = walk
        return walk


def _limit(fills: int, most: int | None) -> None:
    if most is not None and fills > most:
        raise ManyFills


def with_write_offs(
    fills: list[FillOfPerson], gone: Sequence[WriteOff]
) -> list[FillOfPerson]:  # fmt: skip
    """Fills of a position, and units that are written off as sales for what they count as, all by
    time. A sale of this kind has no row: its number is 0."""
    if not fills:
        return fills
    left = [
        replace(
            fills[0], number=0, trade_id=one.write_off_id, order_ids=(), is_buy=False,
            quantity=one.quantity, price=Decimal(one.value) / _HUNDRED / one.quantity,
            charges_paise=0, at=one.at,
        )
        for one in gone
    ]  # fmt: skip
    return sorted([*fills, *left], key=lambda one: one.at)


def symbol_of(instrument: str) -> str:
    """The exchange's symbol of an instrument."""
    return instrument.partition(":")[2]


def is_delivered(key: PositionKey) -> bool:
    """Whether a position is of shares for delivery, which splits and bonuses change."""
    return _kind_of(key[2], key[3]) is Kind.DELIVERY


def _kind(fill: FillOfPerson) -> Kind:
    return _kind_of(fill.instrument, fill.product)


def _kind_of(instrument: str, product: str) -> Kind:
    if instrument.partition(":")[0] in _SEGMENTS:
        return Kind.DERIVATIVE
    return Kind.INTRADAY if product == Product.MIS else Kind.DELIVERY


def _trade(fill: FillOfPerson) -> BookTrade:
    exchange, _, symbol = fill.instrument.partition(":")
    return BookTrade(
        broker=fill.broker, account=fill.account, exchange=exchange,
        segment=_SEGMENTS.get(exchange, Segment.EQUITY), symbol=symbol, isin="",
        side=Side.BUY if fill.is_buy else Side.SELL, quantity=Decimal(fill.quantity),
        price=fill.price, traded_on=fill.at.astimezone(IST).date(), at=fill.at,
        trade_id=fill.trade_id, order_id=fill.order_ids[-1] if fill.order_ids else "",
    )  # fmt: skip
