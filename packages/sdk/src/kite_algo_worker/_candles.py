"""Read a candle of any form, without pandas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

PRICES = ("open", "high", "low", "close", "volume", "oi")
TIMES = ("ts", "timestamp", "time")

_NO = {"", "0", "false", "f", "no", "n"}


def fields_of(candle: Any) -> Mapping[str, Any]:
    """Return a candle's fields by name: of a mapping, a model, or anything with attributes.

    Raises ValueError if it has no timestamp.
    """
    if isinstance(candle, Mapping):
        fields = cast("Mapping[str, Any]", candle)
    else:
        names = (*TIMES, *PRICES, "is_complete")
        fields = {name: getattr(candle, name) for name in names if hasattr(candle, name)}
    if time_of(fields) is None:
        raise ValueError("a candle needs a timestamp: ts, timestamp or time")
    return fields


def time_of(fields: Mapping[str, Any]) -> Any:
    """Return the timestamp: `ts`, else `timestamp`, else `time`, else None."""
    for name in TIMES:
        if name in fields:
            return fields[name]
    return None


def is_complete_of(value: Any, *, otherwise: bool) -> bool:
    """Return the value of `is_complete`; texts are parsed, None means `otherwise`."""
    if value is None:
        return otherwise
    if isinstance(value, str):
        return value.strip().lower() not in _NO
    return bool(value)
