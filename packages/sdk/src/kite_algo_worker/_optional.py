"""Find optional packages without importing them, so that imports stay fast."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

FRAMES = ("numpy", "pandas")  # extra [dataframe]
INDICATORS = ("numpy", "pandas", "tradertape_indicators")  # extra [indicators]


def installed(*names: str) -> bool:
    """Whether all these packages can be imported."""
    return all(_found(name) for name in names)


def pandas() -> Any:
    """Return pandas, imported on first use. Raises ModuleNotFoundError without it or numpy."""
    for name in FRAMES:
        if not _found(name):
            raise missing(name, extra="dataframe", purpose="frames of candles")
    return importlib.import_module("pandas")


def missing(name: str, *, extra: str, purpose: str) -> ModuleNotFoundError:
    """Return the error that says which extra to install."""
    advice = f'pip install "tradertape-worker[{extra}]"'
    return ModuleNotFoundError(f"{purpose} need {name}: {advice}", name=name)


def _found(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False
