"""How much of a position an order may close where the broker holds less than the books.

An exit that asks for all of it is refused, or sells what is not there. What is known of the broker
is kept as the difference to the books: a fill changes both sides by the same units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tradertape_core.ledger.drift import DELIVERED, Place, Quantities, place_name
from tradertape_core.ledger.position import Position
from tradertape_core.orders.order import Order, Side

FRESH_S = 45.0  # a reading that is older says nothing of what an account holds now


@dataclass(slots=True)
class _Seen:
    difference: int
    here: int
    since_s: float
    known: int | None = None


@dataclass(slots=True)
class UnitsAtBroker:
    """By how much an account's units differ from the books, as far as readings agree.

    Any thread may ask; one reads. Every time is that of a running clock.
    """

    _seen: dict[Place, _Seen] = field(default_factory=dict[Place, _Seen])
    _read_s: float = float("-inf")

    def look(self, here: Quantities, there: Quantities, now_s: float, book_s: float) -> None:
        """Take in a reading. book_s: when the latest reading of the order book that is in `here`
        began.

        A difference is known once a further reading shows it, with the order book read in between
        and nothing new in the books: fills reach both sides at different moments. One that shrinks
        while nothing was traded here is known at once: an exit is not to be held back. Where the
        broker shows nothing of several instruments that the books hold, nothing is known: it is
        the answer of a failing broker.
        """
        if now_s - self._read_s > FRESH_S:
            self._seen = {}
        self._read_s = now_s
        ours, theirs = _by_name(here), _by_name(there)
        held = [name for name, units in ours.items() if units]
        if len(held) > 1 and not any(theirs.get(name) for name in held):
            self._seen = {}
            return
        self._seen = {
            name: _looked(self._seen.get(name), units, theirs.get(name, 0), now_s, book_s)
            for name, units in ours.items()
        }

    def forget(self, instrument: str) -> None:
        """The units of an instrument were changed by something else than a trade."""
        self._seen = {
            name: one
            for name, one in self._seen.items()
            if place_name((instrument, name[1])) != name
        }

    def differences(self, now_s: float) -> Mapping[Place, int]:
        """Units at the broker, less those of the books, by `place_name`; nothing that is old."""
        if now_s - self._read_s > FRESH_S:
            return {}
        return {name: one.known for name, one in self._seen.items() if one.known is not None}


def _looked(before: _Seen | None, here: int, there: int, now_s: float, book_s: float) -> _Seen:
    difference = there - here
    if before is None:
        return _Seen(difference, here, now_s)
    known = before.known
    if before.here == here:
        if before.difference == difference:
            known = difference if book_s >= before.since_s else known
            return _Seen(difference, here, before.since_s, known)
        if known is not None:
            known = _nearer(known, difference)
    return _Seen(difference, here, now_s, known)


def _nearer(known: int, difference: int) -> int:
    """The known difference, or as much less of it as there is now."""
    return max(known, min(difference, 0)) if known < 0 else min(known, max(difference, 0))


def _by_name(quantities: Quantities) -> dict[Place, int]:
    found: dict[Place, int] = {}
    for place, units in quantities.items():
        name = place_name(place)
        found[name] = found.get(name, 0) + units
    return found


def most_to_close(
    position: Place, side: Side, held: Sequence[Position], orders: Iterable[Order], difference: int
) -> int | None:
    """Return the most units that orders of `side` may close of a place now; None: any number.

    held: every open position of the account, other terminals' too. orders: open ones that close
    some of the same units: they are left out of it. difference: units at the broker less those in
    the books. Delivered shares are what the account has of them; of everything else only what the
    books cannot explain is missing, since runs may hold opposite sides.
    """
    name, sign = place_name(position), 1 if side is Side.SELL else -1
    there = [one for one in held if place_name(place_of(one)) == name]
    total = sum(one.quantity for one in there)
    closing = sum(sign * one.quantity for one in there if sign * one.quantity > 0)
    if name[1] in DELIVERED and side is Side.SELL:
        most = total + difference
    else:
        most = closing + min(sign * difference, 0)
    if most >= closing:
        return None
    holders = {one.key.run_id for one in there if sign * one.quantity > 0}
    taken = sum(
        max(one.request.quantity - one.filled_quantity, 0)
        for one in orders
        if _is_at(one, name, side) and (name[1] in DELIVERED or one.run_id in holders)
    )
    return max(most - taken, 0)


def place_of(position: Position) -> Place:
    """Instrument and product of a position."""
    return position.key.instrument, position.key.product


def _is_at(order: Order, name: Place, side: Side) -> bool:
    request = order.request
    is_there = place_name((request.instrument, request.product)) == name
    return order.is_open and not order.slices and request.side is side and is_there
