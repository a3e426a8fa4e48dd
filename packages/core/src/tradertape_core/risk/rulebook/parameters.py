"""Parameters of rules: what each may be, and reading them from a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Any, cast

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.kernel.python310 import StrEnum

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOST_NAMES = 500


class Kind(StrEnum):
    """How a parameter is written and shown."""

    AMOUNT = "amount"  # rupees
    PERCENT = "percent"
    COUNT = "count"
    SECONDS = "seconds"
    RATIO = "ratio"
    FLAG = "flag"
    CLOCK_TIME = "clock_time"  # HH:MM, India
    SYMBOLS = "symbols"
    CHOICES = "choices"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. default None: it may be left out. low, high: the allowed range, both in it."""

    key: str
    label: str
    kind: Kind
    default: Any = None
    low: float = 0
    high: float = 1e12
    choices: tuple[str, ...] = ()
    note: str = ""


def amount(key: str, label: str, default: int | None = None, note: str = "") -> Parameter:
    """Rupees, above 0."""
    return Parameter(key, label, Kind.AMOUNT, default, 0.01, 1e12, note=note)


def pct(key: str, label: str, default: float | None = None, high: float = 100) -> Parameter:
    """A percentage, above 0."""
    return Parameter(key, label, Kind.PERCENT, default, 0.01, high)


def count(
    key: str, label: str, default: int | None, low: int = 1, high: int = 1_000_000
) -> Parameter:
    """A whole number."""
    return Parameter(key, label, Kind.COUNT, default, low, high)


def read(parameters: Sequence[Parameter], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of all parameters, defaults where the document has none.

    Amounts are paise, percentages and ratios Decimals, times `datetime.time`. Raises
    InvalidDocument naming every parameter that is unknown or cannot be read.
    """
    known = {one.key: one for one in parameters}
    problems = [
        Problem(f"/params/{name}", f"is not a parameter of this rule; it has {_list(known)}")
        for name in document
        if name not in known
    ]
    values: dict[str, Any] = {}
    for one in parameters:
        given = document.get(one.key)
        given = one.default if given is None else given
        if given is None:
            values[one.key] = None
            continue
        try:
            values[one.key] = _READERS[one.kind](one, given)
        except ValueError as error:
            problems.append(Problem(f"/params/{one.key}", f"{error}"))
    if problems:
        raise InvalidDocument(problems)
    return values


def written(parameters: Sequence[Parameter], document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with every default written out, as it is stored and shown."""
    return {
        one.key: document[one.key] if document.get(one.key) is not None else _plain(one.default)
        for one in parameters
    }


def _plain(value: Any) -> Any:
    return list(cast("tuple[Any, ...]", value)) if isinstance(value, tuple) else value


def _number(one: Parameter, given: Any) -> Decimal:
    if isinstance(given, bool) or not isinstance(given, (int, float, Decimal)):
        raise ValueError("must be a number")
    value = Decimal(str(given))
    if not value.is_finite() or not Decimal(str(one.low)) <= value <= Decimal(str(one.high)):
        raise ValueError(f"must be between {one.low:g} and {one.high:g}, was {given}")
    return value


def _paise(one: Parameter, given: Any) -> int:
    value = _number(one, given) * 100
    if value != int(value):
        raise ValueError(f"must be in whole paise, was {given}")
    return int(value)


def _whole(one: Parameter, given: Any) -> int:
    value = _number(one, given)
    if value != int(value):
        raise ValueError(f"must be a whole number, was {given}")
    return int(value)


def _flag(_: Parameter, given: Any) -> bool:
    if not isinstance(given, bool):
        raise ValueError("must be true or false")
    return given


def _clock_time(_: Parameter, given: Any) -> time:
    try:
        return time.fromisoformat(given)
    except (TypeError, ValueError):
        raise ValueError(f"must be a time such as 09:20, was {given}") from None


def _symbols(_: Parameter, given: Any) -> frozenset[str]:
    names = _texts(given)
    if not 1 <= len(names) <= _MOST_NAMES:
        raise ValueError(f"must name 1 to {_MOST_NAMES} symbols")
    return frozenset(name.strip().upper() for name in names)


def _choices(one: Parameter, given: Any) -> frozenset[str]:
    names = _texts(given)
    unknown = sorted(set(names) - set(one.choices))
    if unknown or not names:
        raise ValueError(f"must be some of {', '.join(one.choices)}")
    return frozenset(names)


def _texts(given: Any) -> list[str]:
    if not isinstance(given, (list, tuple)):
        raise ValueError("must be a list of texts")
    names = list(cast("Sequence[Any]", given))
    if not all(isinstance(one, str) and one.strip() for one in names):
        raise ValueError("must be a list of texts")
    return cast("list[str]", names)


def _list(known: Mapping[str, Any]) -> str:
    return ", ".join(sorted(known)) or "none"


_READERS: dict[Kind, Callable[[Parameter, Any], Any]] = {
    Kind.AMOUNT: _paise,
    Kind.PERCENT: _number,
    Kind.COUNT: _whole,
    Kind.SECONDS: _number,
    Kind.RATIO: _number,
    Kind.FLAG: _flag,
    Kind.CLOCK_TIME: _clock_time,
    Kind.SYMBOLS: _symbols,
    Kind.CHOICES: _choices,
}
