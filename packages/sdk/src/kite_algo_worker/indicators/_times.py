"""A candle's time as a sortable number and as text."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from kite_algo_worker._optional import pandas

_START = datetime(1970, 1, 1)  # noqa: DTZ001 - times without a zone are counted from here
_START_UTC = _START.replace(tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)


def moment_of(time: Any) -> tuple[int, str, bool]:
    """Return a time as microseconds since 1970, as ISO 8601 text, and whether it has a zone.

    Raises ValueError if it cannot be read.
    """
    read = time if isinstance(time, datetime) else _read(time)
    if read.tzinfo is None:
        return (read - _START) // _MICROSECOND, read.isoformat(), False
    return (read - _START_UTC) // _MICROSECOND, read.isoformat(), True


def moments_of(index: Any) -> tuple[list[int], bool | None]:
    """Return a DatetimeIndex as microseconds since 1970, and whether it has a zone."""
    if not len(index):
        return [], None
    return index.as_unit("us").asi8.tolist(), index.tz is not None


def _read(time: Any) -> datetime:
    if isinstance(time, str):
        try:
            return datetime.fromisoformat(time[:-1] + "+00:00" if time.endswith("Z") else time)
        except ValueError:
            pass  # pandas reads more forms
    read = pandas().to_datetime(time, errors="coerce")
    if not isinstance(read, datetime) or read != read:
        raise ValueError(f"a candle's time cannot be read: {time!r}")
    return read
