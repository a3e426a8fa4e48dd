"""The base of all models: known keys become typed fields, unknown keys are kept."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, TypeVar, cast

JsonDict = dict[str, Any]
Made = TypeVar("Made", bound="Model")
Read = Callable[[Any], Any]

RAW = "raw"
_LIST = re.compile(r"list\[(\w+)\]")
_TABLE = re.compile(r"dict\[str, (\w+)\]")


class Model:
    """A frozen dataclass created from an answer.

    Keys that the class does not name are kept in `raw`, so a newer server does not break an older
    client. Numbers may be texts; null becomes the field's default.
    """

    _wire_names: ClassVar[Mapping[str, str]] = {}  # attribute: key, where a key is a Python word

    def __post_init__(self) -> None:
        for name, read in _readers(type(self)):
            object.__setattr__(self, name, read(getattr(self, name)))

    @classmethod
    def model_validate(cls: type[Made], payload: Any) -> Made:
        """Return the model of a parsed answer; an instance is returned unchanged.

        Raises TypeError when the answer is not an object or lacks a key that the model needs.
        """
        if isinstance(payload, cls):
            return payload
        if not isinstance(payload, Mapping):
            raise TypeError(f"{cls.__name__} requires a mapping payload, got {_kind(payload)}")
        names = _names(cls)
        known: JsonDict = {}
        unknown: JsonDict = {}
        for key, value in cast("Mapping[str, Any]", payload).items():
            name = names.get(key)
            if name is None:
                unknown[key] = value
            else:
                known[name] = value
        unknown.pop(RAW, None)
        if lacking := [name for name in _required(cls) if name not in known]:
            raise TypeError(f"{cls.__name__}: the answer lacks {', '.join(lacking)}")
        if RAW in _field_names(cls):
            known[RAW] = unknown
        elif unknown:
            raise TypeError(f"{cls.__name__} has no field {', '.join(map(repr, unknown))}")
        return cls(**known)

    def model_dump(
        self,
        *,
        exclude_none: bool = True,
        mode: str = "python",  # noqa: ARG002 - part of the published signature
    ) -> JsonDict:
        """Return the model as a JSON object, unknown keys included.

        exclude_none: leave None values out, in nested objects too. `mode` has no effect.
        """
        return _dumped(self, exclude_none)


def _dumped(model: Any, exclude_none: bool) -> JsonDict:
    wire_names: Mapping[str, str] = getattr(model, "_wire_names", {})
    found: JsonDict = {}
    for one in dataclasses.fields(model):
        value = getattr(model, one.name)
        if one.name != RAW and not (exclude_none and value is None):
            found[wire_names.get(one.name, one.name)] = _plain(value, exclude_none)
    for key, value in getattr(model, RAW, {}).items():
        if not (exclude_none and value is None):
            found.setdefault(key, _plain(value, exclude_none))
    return found


def _plain(value: Any, exclude_none: bool) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _dumped(value, exclude_none)
    if isinstance(value, Mapping):
        members = cast("Mapping[Any, Any]", value).items()
        return {
            key: _plain(one, exclude_none)
            for key, one in members
            if not (exclude_none and one is None)
        }
    if isinstance(value, (list, tuple)):
        return [_plain(one, exclude_none) for one in cast("Sequence[Any]", value)]
    return value


# --- readers: from the text of an annotation to the function that reads its value -----------------


@cache
def _field_names(kind: type[Any]) -> frozenset[str]:
    return frozenset(one.name for one in dataclasses.fields(kind))


@cache
def _names(kind: type[Model]) -> Mapping[str, str]:
    wire_names = kind._wire_names  # pyright: ignore[reportPrivateUsage] - its own base reads it
    return {wire_names.get(name, name): name for name in _field_names(kind) if name != RAW}


@cache
def _required(kind: type[Any]) -> tuple[str, ...]:
    missing = dataclasses.MISSING
    return tuple(
        one.name
        for one in dataclasses.fields(kind)
        if one.default is missing and one.default_factory is missing
    )


@cache
def _readers(kind: type[Model]) -> tuple[tuple[str, Read], ...]:
    return tuple(
        (one.name, _reader(kind, str(one.type), _default(one)))
        for one in dataclasses.fields(cast("Any", kind))
        if one.type != "Any"
    )


def _default(one: dataclasses.Field[Any]) -> Any:
    return None if one.default is dataclasses.MISSING else one.default


def _reader(kind: type[Model], annotation: str, default: Any) -> Read:
    # Postponed annotations are texts; evaluating `int | None` would need Python 3.10.
    plain, is_optional = annotation.replace(" | None", ""), annotation.endswith(" | None")
    read = _plain_reader(kind, plain)
    if is_optional:
        return lambda value: None if value is None else read(value)
    empty = (
        _EMPTY.get(plain.partition("[")[0], lambda: None) if default is None else lambda: default
    )
    return lambda value: empty() if value is None else read(value)


_EMPTY: Mapping[str, Callable[[], Any]] = {
    "str": str, "int": int, "float": float, "bool": bool,
    "list": list, "dict": dict, "JsonDict": dict,
}  # fmt: skip
_SCALARS: Mapping[str, Read] = {"str": str, "int": int, "float": float, "bool": bool}


def _plain_reader(kind: type[Model], plain: str) -> Read:
    if plain in _SCALARS:
        return _SCALARS[plain]
    if found := _LIST.fullmatch(plain):
        read_item = _plain_reader(kind, found.group(1))
        return lambda value: [read_item(one) for one in value]
    if found := _TABLE.fullmatch(plain):
        read_member = _plain_reader(kind, found.group(1))
        return lambda value: {str(key): read_member(one) for key, one in value.items()}
    if plain == "JsonDict":
        return dict
    if plain == "Any":
        return lambda value: value
    model = getattr(sys.modules[kind.__module__], plain)
    return getattr(model, "model_validate", None) or (
        lambda value: model(**value) if isinstance(value, Mapping) else value
    )


def _kind(value: Any) -> str:
    return type(value).__name__
