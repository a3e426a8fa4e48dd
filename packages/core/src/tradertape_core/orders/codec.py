"""Events and orders as JSON and back, exactly: what the event log and the order cache store.

Prices become texts, times ISO 8601 with their offset. The shape follows the dataclasses, so a new
field with a default reads old rows too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.kernel.frozen import members_of
from tradertape_core.orders.events import EVENTS, OrderEvent

Kind = TypeVar("Kind")
_AS_IT_IS = frozenset({str, int, bool, float, NoneType})
_BY_NAME: dict[str, type[OrderEvent]] = {kind.__name__: kind for kind in EVENTS}


def event_kind(event: OrderEvent) -> str:
    """The name an event is stored and read under."""
    return type(event).__name__


def event_document(event: OrderEvent) -> dict[str, Any]:
    """An event as JSON; its kind is stored beside it."""
    return to_document(event)


def event_from(kind: str, document: Mapping[str, Any]) -> OrderEvent:
    """Parse an event. Raises InvariantBroken for an unknown kind."""
    if kind not in _BY_NAME:
        raise InvariantBroken(f"no event is called {kind}")
    return from_document(_BY_NAME[kind], document)


def to_document(value: object) -> dict[str, Any]:
    """A frozen dataclass of core as JSON types; members that are None left out."""
    names, read = members_of(cast(type[Any], type(value)))
    document: dict[str, Any] = {}
    for name, member in zip(names, read(value), strict=True):
        if member is None:
            continue
        kind = cast(type[Any], type(member))
        document[name] = member if kind in _AS_IT_IS else _writer(kind)(member)
    return document


def without_nulls(document: Mapping[str, Any]) -> dict[str, Any]:
    """A stored dataclass as `to_document` has it: a driver writes members that are None as well."""
    return {
        name: without_nulls(cast("Mapping[str, Any]", member))
        if isinstance(member, Mapping)
        else member
        for name, member in document.items()
        if member is not None
    }


def from_document(kind: type[Kind], document: Mapping[str, Any]) -> Kind:
    """Read a dataclass back from what `to_document` wrote."""
    hints = _hints(kind)
    values = {name: _typed(hints[name], value) for name, value in document.items() if name in hints}
    return kind(**{name: None for name in _demanded(kind) if name not in values}, **values)


@cache
def _writer(kind: type[Any]) -> Callable[[Any], Any]:
    """What makes a value of this type JSON."""
    if issubclass(kind, Enum):
        return _value_of
    if issubclass(kind, date):  # a datetime is a date as well
        return kind.isoformat
    if is_dataclass(kind):
        return to_document
    return {Decimal: str, tuple: _list, frozenset: sorted}.get(kind, _as_it_is)


def _value_of(member: Enum) -> Any:
    return member._value_  # `value` is slow to read, and this runs for every order


def _list(values: tuple[Any, ...]) -> list[Any]:
    return [_writer(cast(type[Any], type(one)))(one) for one in values]


def _as_it_is(value: Any) -> Any:
    return value


def _typed(hint: Any, value: Any) -> Any:
    origin = get_origin(hint)
    if value is None:
        return None
    if origin in (Union, UnionType):
        return _typed(next(arm for arm in get_args(hint) if arm is not NoneType), value)
    if origin in (tuple, frozenset):
        return cast(Any, origin)(_typed(get_args(hint)[0], one) for one in value)
    if hint in (datetime, date):
        return hint.fromisoformat(value)
    if is_dataclass(hint):
        return from_document(cast(type[Any], hint), value)
    if isinstance(hint, type) and issubclass(hint, (Enum, Decimal)):
        return hint(value)
    return value


@cache
def _demanded(kind: type[Any]) -> tuple[str, ...]:
    """Members without a default: what was left out of these was None."""
    return tuple(
        one.name
        for one in fields(kind)
        if one.init and one.default is MISSING and one.default_factory is MISSING
    )


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)
