"""Order ids: 19 digits that rise with time and differ between processes.

Two processes that make ids at once differ by their numbers, most of the time; the one that trades
always differs, since it starts above all that is stored.
"""

from __future__ import annotations

import secrets
import threading
from datetime import datetime

_COUNTER_BITS = 12
_PROCESS_BITS = 10
_STEP_BITS = _COUNTER_BITS + _PROCESS_BITS  # below the milliseconds


class OrderIds:
    """Makes ids: milliseconds, then a number of the process, then a counter."""

    def __init__(self) -> None:
        self._process = secrets.randbelow(1 << _PROCESS_BITS)
        self._last = 0
        self._lock = threading.Lock()

    def start_above(self, stored: str | None) -> None:
        """Make only ids above the highest that is stored: another process may have made it in this
        very millisecond, or by a clock that was ahead of ours."""
        if stored is None:
            return
        # From the next millisecond on: within one, a process between us and the highest id may have
        # had our number.
        after = (int(stored) >> _STEP_BITS) + 1
        with self._lock:
            self._last = max(self._last, (after << _COUNTER_BITS) - 1)

    def next(self, now: datetime) -> str:
        """The next id; ids never go back, even when the clock does."""
        milliseconds = int(now.timestamp() * 1000)
        floor = milliseconds << _COUNTER_BITS
        with self._lock:
            # The counter runs on into the next millisecond where one is not enough.
            self._last = max(self._last + 1, floor)
            count = self._last
        high, low = count >> _COUNTER_BITS, count & ((1 << _COUNTER_BITS) - 1)
        return str((high << _PROCESS_BITS | self._process) << _COUNTER_BITS | low)
