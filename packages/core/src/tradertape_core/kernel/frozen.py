"""Frozen dataclasses made, taken apart and changed, fast: an order goes through many of them.

`dataclasses.replace` walks over the fields at every call and sets each; here what is known of a
class is kept, and members are copied at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import cache, update_wrapper
from inspect import signature
from operator import attrgetter
from typing import Any, TypeVar, cast

Kind = TypeVar("Kind")
Members = Callable[[Any], tuple[Any, ...]]


def quickly_made(kind: type[Kind]) -> type[Kind]:
    """Give a frozen dataclass an `__init__` that takes half the time; all else stays as it is.

    The one `dataclass` writes has each member set past the guard of the class, with a call. This
    one has the object be of a class without a guard until its members are set.
    """
    slow: Any = vars(kind)["__init__"]
    slots = {name: value for name, value in vars(kind).items() if name == "__slots__"}
    given: dict[str, Any] = {
        "_become": object.__setattr__,
        "_unguarded": type(kind.__name__, (), slots),
    }
    for one in fields(cast(Any, kind)):
        if one.default_factory is not MISSING:
            given[f"_make_{one.name}"] = one.default_factory
            given["_absent"] = signature(slow).parameters[one.name].default
    exec(_init_text(kind), given)  # noqa: S102 - as `dataclass` does, and with the same names
    quick = given["__init__"]
    quick.__defaults__, quick.__kwdefaults__ = slow.__defaults__, slow.__kwdefaults__
    cast(Any, kind).__init__ = update_wrapper(quick, slow)
    return kind


def _init_text(kind: type[Any]) -> str:
    known = fields(kind)
    by_name = ["*", *(one.name for one in known if one.kw_only)]
    parameters = ["self", *(one.name for one in known if not one.kw_only)]
    lines = ["_own = self.__class__", "_become(self, '__class__', _unguarded)"]
    for one in known:
        name, is_made = one.name, one.default_factory is not MISSING
        made = f"_make_{name}() if {name} is _absent else " if is_made else ""
        lines.append(f"self.{name} = {made}{name}")
    lines.append("self.__class__ = _own")
    if hasattr(kind, "__post_init__"):
        lines.append("self.__post_init__()")
    head = ", ".join(parameters + (by_name if len(by_name) > 1 else []))
    return f"def __init__({head}):\n" + "".join(f"    {line}\n" for line in lines)


@cache
def members_of(kind: type[Any]) -> tuple[tuple[str, ...], Members]:
    """The names of a dataclass's fields, and what reads all of them at once."""
    names = tuple(one.name for one in fields(kind))
    if len(names) == 1:
        read = attrgetter(names[0])
        return names, lambda value: (read(value),)
    return names, attrgetter(*names)


def changed(value: Kind, **members: Any) -> Kind:
    """Return a copy with other members, like `dataclasses.replace`.

    For classes that keep their members in a dict (no slots) and check nothing when they are made
    (no `__post_init__`): the members are taken over as they are. Raises TypeError for an
    unknown member.
    """
    made = object.__new__(type(value))
    known = made.__dict__
    known.update(value.__dict__)
    known.update(members)
    if len(known) != len(value.__dict__):
        raise TypeError(f"{type(value).__name__} has no such member: {', '.join(members)}")
    return made
