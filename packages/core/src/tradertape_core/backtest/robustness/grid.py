"""The parameters of a sweep: their ranges, the grid, and a document with values set.

A range goes by the name of a declared parameter ("dip_pct") or by the JSON pointer of any value of
the strategy document ("/stops/stop_loss_pct"). It is a list of values, or {"min", "max", "step"}.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from tradertape_core.kernel.errors import InvalidInput

Value = float | int | str | bool
Ranges = Mapping[str, Sequence[Value] | Mapping[str, Any]]

MAX_COMBINATIONS = 10_000
MAX_VALUES = 200
MAX_PARAMETERS = 10
_SLACK = 1e-9

# One setting that a document can have in two places: the tighter wins, so both are set.
_TWINS = {
    "/stops/atr_stop_mult": "/config/atr_stop_mult",
    "/stops/time_exit_days": "/config/max_hold",
}
_TWIN_OF = _TWINS | {right: left for left, right in _TWINS.items()}


@dataclass(frozen=True, slots=True)
class Dimension:
    """One axis of a search: whole or real numbers from low to high, or a choice of values."""

    name: str
    kind: Literal["int", "float", "choice"]
    low: float = 0.0
    high: float = 0.0
    step: float | None = None
    choices: tuple[Value, ...] = ()


def grid(parameters: Ranges, *, limit: int = MAX_COMBINATIONS) -> list[dict[str, Value]]:
    """Return every combination of the ranges' values, the last parameter varying fastest.

    Raises InvalidInput when a range is empty or malformed, or the grid has more than `limit`
    combinations; the message has the number.
    """
    _check_count(parameters)
    axes = {name: _values(name, given) for name, given in parameters.items()}
    size = math.prod(len(values) for values in axes.values())
    if size > limit:
        lengths = " × ".join(str(len(values)) for values in axes.values())
        raise InvalidInput(
            f"{lengths} = {size:,} combinations; at most {limit:,}: widen the steps, or search "
            "with a number of trials instead",
            pointer="/parameters",
        )
    return [dict(zip(axes, point, strict=True)) for point in itertools.product(*axes.values())]


def search_space(parameters: Ranges) -> list[Dimension]:
    """Describe the ranges for a search (Optuna's suggest_int, suggest_float, suggest_categorical).

    Raises InvalidInput like `grid`; a range without step is searched continuously.
    """
    _check_count(parameters)
    return [_dimension(name, given) for name, given in parameters.items()]


def apply_parameters(document: Mapping[str, Any], values: Mapping[str, Value]) -> dict[str, Any]:
    """Return a copy of the strategy document with `values` set.

    Raises InvalidInput for a parameter that is not declared or a pointer to nothing.
    """
    changed = copy.deepcopy(dict(document))
    for name, value in values.items():
        if name.startswith("/"):
            _set_at(changed, name, value)
            twin = _TWIN_OF.get(name)
            # A twin in an absent block would turn that block's other settings off.
            if twin and isinstance(changed.get(twin.split("/")[1]), dict):
                _set_at(changed, twin, value)
        else:
            _set_declared(changed, name, value)
    return changed


def _check_count(parameters: Ranges) -> None:
    if not 1 <= len(parameters) <= MAX_PARAMETERS:
        raise InvalidInput(
            f"name 1 to {MAX_PARAMETERS} parameters, got {len(parameters)}", pointer="/parameters"
        )


def _values(name: str, given: Sequence[Value] | Mapping[str, Any]) -> list[Value]:
    if isinstance(given, Mapping):
        low, high, step = _bounds(name, given)
        if step is None:
            raise InvalidInput("a range in a grid needs a step", pointer=_pointer(name))
        count = math.floor((high - low) / step + _SLACK) + 1
        if count > MAX_VALUES:
            raise InvalidInput(
                f"{count:,} values; at most {MAX_VALUES}: widen the step", pointer=_pointer(name)
            )
        # Rounding keeps 0.1 + 2 x 0.1 from becoming 0.30000000000000004.
        return [_number(round(low + i * step, 10)) for i in range(count)]
    if isinstance(given, str) or not 1 <= len(given) <= MAX_VALUES:
        raise InvalidInput(f"list 1 to {MAX_VALUES} values", pointer=_pointer(name))
    for value in given:
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidInput("values must be finite", pointer=_pointer(name))
    return list(dict.fromkeys(given))


def _bounds(name: str, given: Mapping[str, Any]) -> tuple[float, float, float | None]:
    unknown = set(given) - {"min", "max", "step"}
    numbers = [given.get("min"), given.get("max"), given.get("step")]
    valid = [_is_number(number) for number in numbers]
    if unknown or not valid[0] or not valid[1] or not (valid[2] or numbers[2] is None):
        raise InvalidInput(
            'give a list of values or {"min", "max", "step"} as numbers', pointer=_pointer(name)
        )
    low, high, step = cast(tuple[float, float, float | None], tuple(numbers))
    if high < low or (step is not None and step <= 0):
        raise InvalidInput(
            "max must not be below min, step must be positive", pointer=_pointer(name)
        )
    return low, high, step


def _dimension(name: str, given: Sequence[Value] | Mapping[str, Any]) -> Dimension:
    if not isinstance(given, Mapping):
        return Dimension(name, "choice", choices=tuple(_values(name, given)))
    low, high, step = _bounds(name, given)
    whole = all(value is not None and float(value).is_integer() for value in (low, high, step))
    return Dimension(name, "int" if whole else "float", low, high, step)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _number(value: float) -> Value:
    return int(value) if float(value).is_integer() else value


def _pointer(name: str) -> str:
    return f"/parameters/{name.replace('~', '~0').replace('/', '~1')}"


def _set_declared(document: dict[str, Any], name: str, value: Value) -> None:
    declared: dict[str, Any] = document.get("params") or {}
    if name not in declared:
        known = ", ".join(declared) or "none"
        raise InvalidInput(
            f"the strategy declares no parameter {name!r} (declared: {known}); a value of the "
            'document goes by its JSON pointer, such as "/stops/stop_loss_pct"',
            pointer=_pointer(name),
        )
    if isinstance(declared[name], dict):
        # The declared bounds guide a search; a sweep may look beyond them.
        declared[name] = {"default": value}
    else:
        declared[name] = value


def _set_at(document: dict[str, Any], pointer: str, value: Value) -> None:
    *path, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]
    place: Any = document
    for part in path:
        place = _step(place, part, pointer)
    _step(place, last, pointer)
    place[int(last) if isinstance(place, list) else last] = value


def _step(place: Any, part: str, pointer: str) -> Any:
    if isinstance(place, dict) and part in place:
        return cast(dict[str, Any], place)[part]
    if isinstance(place, list) and part.isdigit() and int(part) < len(cast(list[Any], place)):
        return cast(list[Any], place)[int(part)]
    raise InvalidInput(f"the strategy document has nothing at {pointer}", pointer=_pointer(pointer))
