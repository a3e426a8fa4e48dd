"""What Kite's rows have in common: amounts, and what to do about a row that cannot be read."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, cast

from tradertape_brokers.errors import Unavailable
from tradertape_brokers.kite.orders_mapping import UnknownRow, decimal_of

_UNREADABLE = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError)


@contextmanager
def reading(what: str) -> Generator[None]:
    """Raise Unavailable for an answer that is not as documented."""
    try:
        yield
    except _UNREADABLE as error:
        raise Unavailable(f"Kite's {what} cannot be read: {error}") from None


def amount(row: Mapping[str, Any], name: str) -> Decimal:
    """A finite number of rupees; 0 where there is none. Raises UnknownRow."""
    value = decimal_of(row.get(name))
    if not value.is_finite():
        raise UnknownRow(f"{name} is no number: {value}")
    return value


def rows_of(value: object) -> Sequence[Mapping[str, Any]]:
    """A list of objects. Raises UnknownRow."""
    if not isinstance(value, list):
        raise UnknownRow("a list was expected")
    rows = cast("list[object]", value)
    if not all(isinstance(row, dict) for row in rows):
        raise UnknownRow("a list of objects was expected")
    return cast("list[Mapping[str, Any]]", rows)
