"""Run by the tests with one of the two clients on its path: prints its public surface as JSON.

One entry a name: `function`, `class`, `property` …, the parameters of what can be called, each with
its kind and its default.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import sys
from typing import Any

import kite_algo_worker

Found = dict[str, Any]


def parameters(callable_: Any) -> list[list[str]] | None:
    """Name, kind and default of each parameter; None for what tells nothing."""
    try:
        signature = inspect.signature(callable_)
    except (TypeError, ValueError):
        return None
    return [[one.name, one.kind.name, default(one)] for one in signature.parameters.values()]


def default(parameter: inspect.Parameter) -> str:
    if parameter.default is inspect.Parameter.empty:
        return "(required)"
    return repr(parameter.default).split(" at 0x")[0]


def kind_of(value: Any) -> str:
    if inspect.isclass(value):
        return "class"
    if isinstance(value, property):
        return "property"
    if inspect.iscoroutinefunction(value):
        return "coroutine"
    return "callable" if callable(value) else "value"


def of_class(where: str, kind: type, found: Found) -> None:
    found[where] = ["class", parameters(kind)]
    for name in dir(kind):
        if name.startswith("_") and name not in ("__enter__", "__aenter__", "__aexit__"):
            continue
        raw = inspect.getattr_static(kind, name)
        value = raw if isinstance(raw, property) else getattr(kind, name)
        label = type(raw).__name__ if isinstance(raw, (staticmethod, classmethod)) else ""
        called = parameters(value) if callable(value) else None
        found[f"{where}.{name}"] = [f"{label} {kind_of(value)}".strip(), called]


def public_names(module: Any) -> list[str]:
    own = module.__name__
    return getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", "") == own
    ]


def main() -> None:
    found: Found = {}
    names = ["kite_algo_worker"]
    names += [
        one.name for one in pkgutil.walk_packages(kite_algo_worker.__path__, "kite_algo_worker.")
    ]
    for name in names:
        if any(part.startswith("_") for part in name.split(".")):
            continue
        module = importlib.import_module(name)
        found[name] = ["module", None]
        for public in public_names(module):
            value, where = getattr(module, public), f"{name}.{public}"
            if inspect.isclass(value):
                of_class(where, value, found)
            elif not inspect.ismodule(value):
                called = parameters(value) if callable(value) else None
                found[where] = [kind_of(value), called]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
