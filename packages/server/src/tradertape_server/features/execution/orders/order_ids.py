"""Order ids: 19 digits that rise with time and differ between processes."""

from __future__ import annotations

import secrets
import threading
from datetime import datetime

_COUNTER_BITS = 12
_PROCESS_BITS = 10


class OrderIds:
    """Makes ids: milliseconds, then a number of the process, then a counter."""

    def __init__(self) -> None:
        self._process = secrets.randbelow(1 << _PROCESS_BITS)
        self._last = 0
        self._lock = threading.Lock()

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
