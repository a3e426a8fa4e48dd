"""Round trips of a book as the trade journal reads them: rows, and columns to choose and sum by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tradertape_core.journal.trips import RoundTrip, round_trips
from tradertape_core.kernel.clock import IST
from tradertape_core.wealth.records import BookTrade
from tradertape_server.features.wealth.lines import Column, Lines, column, lines_of
from tradertape_server.features.wealth.reckoning import Reckoning

_KEY = "S32"
_PAISA = Decimal("0.01")
_PRICE = Decimal("0.0001")
MARKS = ("number", "order", "like")


class Trips(msgspec.Struct, frozen=True):
    """Round trips by the day of their first trade.

    numbers: by name, one of each trip: net, gross, charges, value (rupees; 0 while open), opened
    and closed (days as date.toordinal; closed 0 while open), days, weekday (0 Monday, of the
    opening), hour (IST, of the opening; -1 where the file has no time), short; and symbol, kind,
    account as places in `names`.

    trades: one entry for each trade of each trip: the place of its trip, its units, and three marks
    (`marks_of`) by which it is found in another source; 0 where one is not known.
    """

    rows: Lines = Lines()
    keys: Column = Column(_KEY, b"")
    numbers: dict[str, Column] = {}
    names: dict[str, list[str]] = {}
    trades: dict[str, Column] = {}

    @property
    def total(self) -> int:
        """How many trips there are."""
        return self.rows.total

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        columns = (self.keys, *self.numbers.values(), *self.trades.values())
        words = sum(len(one) + 60 for ones in self.names.values() for one in ones)
        return self.rows.size + words + sum(len(one.content) for one in columns)

    def of(self, name: str) -> NDArray[Any]:
        """A column's numbers."""
        kept = self.numbers.get(name)
        return np.zeros(0) if kept is None else kept.values

    def places(self, keys: Iterable[str]) -> dict[str, int]:
        """Where the trips of these keys are; unknown keys are left out."""
        wanted = {key.encode(): key for key in keys}
        if not wanted:
            return {}
        return {
            wanted[key]: place
            for place, key in enumerate(self.keys.values.tolist())
            if key in wanted
        }

    def extended(self, more: Trips) -> Trips:
        """These trips and after them others, which have the same columns."""
        if not self.total or not more.total:
            return self if self.total else more
        names, numbers = dict(self.names), dict(self.numbers)
        for name, found in more.numbers.items():
            added = found.values
            if name in names:
                names[name], added = _named(names[name], more.names[name], found)
            numbers[name] = _joined(self.numbers[name], added)
        trades = {
            name: _joined(
                self.trades[name],
                found.values + (self.total if name == "trip" else 0),
            )
            for name, found in more.trades.items()
        }
        return Trips(
            self.rows.extended(more.rows.at(range(more.total))),
            _joined(self.keys, more.keys.values), numbers, names, trades,
        )  # fmt: skip

    def without(self, is_out: NDArray[np.bool_]) -> Trips:
        """The others."""
        stay = np.flatnonzero(~is_out)
        trades = self.trades
        if trades:
            trip = trades["trip"].values
            kept = ~is_out[trip]
            place = np.cumsum(~is_out) - 1
            values = {name: one.values for name, one in trades.items()} | {"trip": place[trip]}
            trades = {name: column(values[name][kept], one.kind) for name, one in trades.items()}
        return Trips(
            lines_of(self.rows.at(stay.tolist())), _some(self.keys, stay),
            {name: _some(one, stay) for name, one in self.numbers.items()}, self.names, trades,
        )  # fmt: skip


def _named(
    known: Sequence[str], more: Sequence[str], found: Column
) -> tuple[list[str], NDArray[Any]]:
    """All names, and the places of the later ones among them."""
    place = {name: at for at, name in enumerate(known)}
    table = np.array([place.setdefault(name, len(place)) for name in more])
    return list(place), table[found.values]


def _joined(one: Column, more: NDArray[Any]) -> Column:
    return Column(one.kind, one.content + more.astype(one.kind).tobytes())


def _some(one: Column, places: NDArray[Any]) -> Column:
    return Column(one.kind, one.values[places].tobytes())


def trips_of(book: Reckoning) -> Trips:
    """All round trips of a book."""
    trips = round_trips(book.executions, book.market.actions)
    return made(trips, [_at_expiry(one, book.today) for one in trips])


def _at_expiry(trip: RoundTrip, today: date) -> dict[str, bool]:
    """What became of a contract that was held until its expiry."""
    has_expired = trip.closed_on is None and trip.expiry is not None and trip.expiry < today
    return {"has_expired": has_expired, "is_settled": trip.is_expiry}


def made(
    trips: Sequence[RoundTrip], more: Sequence[Mapping[str, Any]] = (), *, has_marks: bool = True
) -> Trips:
    """Keep round trips. more: what is in the row of each besides. has_marks: whether another source
    can have the same trades."""
    names: dict[str, list[str]] = {}
    numbers: dict[str, Column] = {}
    for name, words in (
        ("symbol", [one.symbol for one in trips]),
        ("kind", [str(one.kind) for one in trips]),
        ("account", [f"{one.broker} {one.account}" for one in trips]),
    ):
        names[name] = sorted(set(words))
        place = {word: at for at, word in enumerate(names[name])}
        numbers[name] = column([place[word] for word in words], "<i4")
    for name, values in (
        ("net", [float(one.net or 0) for one in trips]),
        ("gross", [float(one.gross or 0) for one in trips]),
        ("charges", [float(one.charges) for one in trips]),
        ("value", [float(one.value) for one in trips]),
    ):
        numbers[name] = column(values, "<f8")
    for name, kind, whole in (
        ("opened", "<i4", [one.opened_on.toordinal() for one in trips]),
        ("closed", "<i4", [one.closed_on.toordinal() if one.closed_on else 0 for one in trips]),
        ("days", "<i4", [one.days or 0 for one in trips]),
        ("weekday", "<i1", [one.opened_on.weekday() for one in trips]),
        ("hour", "<i1", [_hour(one) for one in trips]),
        ("short", "<i1", [int(one.is_short) for one in trips]),
    ):
        numbers[name] = column(whole, kind)
    keys = np.array([one.key.encode() for one in trips], dtype=_KEY)
    besides = more or [{}] * len(trips)
    rows = lines_of(
        msgspec.json.encode(_row(one) | dict(also))
        for one, also in zip(trips, besides, strict=True)
    )
    return Trips(
        rows, Column(_KEY, keys.tobytes()), numbers, names, _trades(trips) if has_marks else {}
    )


def _trades(trips: Sequence[RoundTrip]) -> dict[str, Column]:
    every = [(place, one) for place, trip in enumerate(trips) for one in trip.made_of]
    marks = {id(one): marks_of(one) for _, one in every}
    found = {
        "trip": column([place for place, _ in every], "<i4"),
        "units": column([float(one.quantity) for _, one in every], "<f8"),
    }
    for at, name in enumerate(MARKS):
        found[name] = column([marks[id(one)][at] for _, one in every], "<u8")
    return found


def marks_of(trade: BookTrade) -> tuple[int, int, int]:
    """What makes a trade the same in two sources: its number, its order's, or all it says.

    A number at the exchange is of one day, and its two sides share it. The account is left out of
    the first two: an agent's account does not have the broker's name for it.
    """
    day, side = trade.traded_on.isoformat(), trade.side
    said = (day, side, f"{trade.quantity.normalize():f}", f"{trade.price.normalize():f}")
    return (
        _mark("trade", trade.trade_id, *said) if trade.trade_id else 0,
        order_mark(trade, trade.order_id),
        _mark("like", trade.broker, trade.account, trade.symbol, *said) if trade.account else 0,
    )


def order_mark(trade: BookTrade, order_id: str) -> int:
    """The mark of a trade's order by one of the order's numbers."""
    if not order_id:
        return 0
    return _mark("order", order_id, trade.traded_on.isoformat(), trade.side)


def _mark(*words: str) -> int:
    digest = hashlib.blake2b("\x1f".join(words).encode(), digest_size=8).digest()
    return int.from_bytes(digest) or 1


def _hour(trip: RoundTrip) -> int:
    return -1 if trip.opened_at is None else trip.opened_at.astimezone(IST).hour


def _row(trip: RoundTrip) -> dict[str, Any]:
    closed = trip.closed_on is not None
    return {
        "key": trip.key, "broker": trip.broker, "account": trip.account, "symbol": trip.symbol,
        "segment": trip.segment, "kind": trip.kind, "is_short": trip.is_short,
        "opened_on": trip.opened_on, "opened_at": trip.opened_at, "closed_on": trip.closed_on,
        "closed_at": trip.closed_at, "quantity": f"{trip.quantity:f}",
        "entry_price": _price(trip.value, trip.quantity),
        "exit_price": _price(trip.closing_value, trip.quantity) if closed else None,
        "value": _money(trip.value), "gross": _money(trip.gross), "charges": _money(trip.charges),
        "net": _money(trip.net),
        "return_pct": round(float(trip.net / trip.value) * 100, 4)
        if trip.net is not None and trip.value else None,
        "days": trip.days, "is_estimated": trip.is_estimated, "trades": trip.trades,
    }  # fmt: skip


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.quantize(_PAISA):f}"


def _price(value: Decimal, quantity: Decimal) -> str | None:
    return f"{(value / quantity).quantize(_PRICE):f}" if quantity else None
