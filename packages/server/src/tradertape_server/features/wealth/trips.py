"""Round trips of a book as the trade journal reads them: rows, and columns to choose and sum by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tradertape_core.journal.trips import RoundTrip, round_trips
from tradertape_core.kernel.clock import IST
from tradertape_server.features.wealth.lines import Column, Lines, column, lines_of
from tradertape_server.features.wealth.reckoning import Reckoning

_KEY = "S32"
_PAISA = Decimal("0.01")
_PRICE = Decimal("0.0001")


class Trips(msgspec.Struct, frozen=True):
    """Round trips by the day of their first trade.

    numbers: by name, one of each trip: net, gross, charges, value (rupees; 0 while open), opened
    and closed (days as date.toordinal; closed 0 while open), days, weekday (0 Monday, of the
    opening), hour (IST, of the opening; -1 where the file has no time), short; and symbol, kind,
    account as places in `names`.
    """

    rows: Lines = Lines()
    keys: Column = Column(_KEY, b"")
    numbers: dict[str, Column] = {}
    names: dict[str, list[str]] = {}

    @property
    def total(self) -> int:
        """How many trips there are."""
        return self.rows.total

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        columns = (self.keys, *self.numbers.values())
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


def trips_of(book: Reckoning) -> Trips:
    """All round trips of a book."""
    trips = round_trips(book.executions, book.market.actions)
    return made(trips)


def made(trips: Sequence[RoundTrip]) -> Trips:
    """Keep round trips."""
    names: dict[str, list[str]] = {}
    numbers: dict[str, Column] = {}
    for name, words in (
        ("symbol", [one.symbol for one in trips]),
        ("kind", [one.kind.value for one in trips]),
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
    rows = lines_of(msgspec.json.encode(_row(one)) for one in trips)
    return Trips(rows, Column(_KEY, keys.tobytes()), numbers, names)


def _hour(trip: RoundTrip) -> int:
    return -1 if trip.opened_at is None else trip.opened_at.astimezone(IST).hour


def _row(trip: RoundTrip) -> dict[str, Any]:
    closed = trip.closed_on is not None
    return {
        "key": trip.key, "broker": trip.broker, "account": trip.account, "symbol": trip.symbol,
        "segment": trip.segment, "kind": trip.kind.value, "is_short": trip.is_short,
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
