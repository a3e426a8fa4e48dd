"""The grammar of a run's risk controls and of changes to them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_server.features.workers.runs.summary_fields import key_problems, text_problems

Json = Mapping[str, Any]
TYPES = ("number", "integer", "boolean", "select", "text")
_NUMBERS = ("min", "max", "step")
_MISSING = object()


def check_schema(schema: Sequence[Json]) -> None:
    """Raise InvalidDocument when controls break the grammar, or two have one key."""
    problems: list[Problem] = []
    seen: set[str] = set()
    for index, control in enumerate(schema):
        at = f"/risk_schema/{index}"
        found = key_problems(control, at) or _control_problems(control, at)
        problems += found
        if not found and control["key"] in seen:
            problems.append(Problem(f"{at}/key", f"{control['key']!r} is there twice"))
        seen.add(str(control.get("key")))
    if problems:
        raise InvalidDocument(problems)


def check_patch(schema: Sequence[Json], patch: Json, reason: str | None) -> None:
    """Raise InvalidDocument for a value a control does not take.

    A run without a schema takes any number, text or flag.
    """
    if not patch:
        raise InvalidDocument([Problem("/patch", "must name at least one control")])
    controls = {str(control["key"]): control for control in schema}
    problems: list[Problem] = []
    for key, value in patch.items():
        at = f"/patch/{key}"
        control = controls.get(key)
        if control is None and controls:
            known = ", ".join(controls)
            problems.append(Problem(at, f"is not a control of this run; there are: {known}"))
            continue
        why = _editing(control, reason) or _refusal(control or {}, value)
        if why:
            problems.append(Problem(at, why))
    if problems:
        raise InvalidDocument(problems)


def _control_problems(control: Json, at: str) -> list[Problem]:
    problems = text_problems(control, ("label", "unit"), at)
    if control.get("type", "number") not in TYPES:
        problems.append(Problem(f"{at}/type", f"must be one of {', '.join(TYPES)}"))
    problems += [
        Problem(f"{at}/{name}", "must be a number")
        for name in _NUMBERS
        if control.get(name) is not None and not _is_number(control[name])
    ]
    problems += [
        Problem(f"{at}/{name}", "must be true or false")
        for name in ("editable", "requires_reason")
        if not isinstance(control.get(name, False), bool)
    ]
    low, high = control.get("min"), control.get("max")
    if not problems and low is not None and high is not None and low > high:
        problems.append(Problem(f"{at}/max", "must not be below min"))
    if control.get("type") == "select" and not isinstance(control.get("options"), list):
        problems.append(Problem(f"{at}/options", "a select needs a list of options"))
    default = control.get("default", _MISSING)
    if not problems and default not in (_MISSING, None):
        why = _refusal(control, default)
        if why:
            problems.append(Problem(f"{at}/default", why))
    return problems


def _editing(control: Json | None, reason: str | None) -> str:
    if control is None:
        return ""
    if not control.get("editable", True):
        return "cannot be edited"
    if control.get("requires_reason", False) and not (reason or "").strip():
        return "needs a reason"
    return ""


def _refusal(control: Json, value: Any) -> str:
    kind = control.get("type", "number" if control else "any")
    if kind == "any":
        scalar = isinstance(value, (str, bool)) or _is_number(value)
        return "" if scalar else "must be a number, a text, true or false"
    if kind == "boolean":
        return "" if isinstance(value, bool) else "must be true or false"
    if kind == "text":
        return "" if isinstance(value, str) else "must be a text"
    if kind == "select":
        return "" if value in _choices(control) else f"must be one of {_choices(control)}"
    return _number_refusal(control, value, whole=kind == "integer")


def _number_refusal(control: Json, value: Any, *, whole: bool) -> str:
    if not _is_number(value):
        return "must be a number"
    if whole and value != int(value):
        return "must be a whole number"
    if control.get("min") is not None and value < control["min"]:
        return f"must be at least {control['min']}"
    if control.get("max") is not None and value > control["max"]:
        return f"must be at most {control['max']}"
    return ""


def _choices(control: Json) -> list[Any]:
    return [
        one.get("value") if isinstance(one, Mapping) else one for one in control.get("options", [])
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
