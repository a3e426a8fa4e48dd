"""Which differences to a broker's quantities have lasted: drift that people are told of.

A fill reaches the broker's positions and our books at different moments, so a difference counts
once it was the same at a further reading, with the order book read in between: what that book would
have told is recorded by then. Any fill begins this anew. Nothing is ever corrected.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tradertape_core.kernel.format import grouped
from tradertape_core.ledger.drift import DELIVERED, Difference, Place

UNTOLD_S = 40.0  # until a book counts as read where another process reads it


@dataclass(frozen=True, slots=True)
class Drift:
    """A difference that has lasted since a time."""

    difference: Difference
    since: datetime

    @property
    def words(self) -> str:
        """What differs and what to do, for people."""
        one = self.difference
        what = "shares" if one.product in DELIVERED else "units"
        return (
            f"{one.instrument} ({one.product}): {grouped(one.here)} {what} recorded here, "
            f"{grouped(one.at_broker)} at the broker. Compare the trades of the day at the broker; "
            f"nothing is corrected by itself"
        )


@dataclass(slots=True)
class _Seen:
    difference: Difference
    since: datetime
    since_s: float
    has_lasted: bool = False


@dataclass(slots=True)
class DriftWatch:
    """One account's differences. Any thread may ask; the one that reads the broker looks."""

    _seen: dict[Place, _Seen] = field(default_factory=dict[Place, _Seen])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def look(
        self, found: Sequence[Difference], now: datetime, now_s: float, book_s: float | None
    ) -> bool:
        """Take in the differences of a reading; whether one of them is new.

        now_s: a running clock. book_s: when the latest reading of the order book began, None where
        another process reads it.
        """
        with self._lock:
            before, self._seen = self._seen, {}
            for one in found:
                seen = before.get((one.instrument, one.product))
                if seen is None or seen.difference != one:
                    seen = _Seen(one, now, now_s)
                else:
                    read = now_s - UNTOLD_S if book_s is None else book_s
                    seen.has_lasted = seen.has_lasted or read >= seen.since_s
                self._seen[one.instrument, one.product] = seen
            return any(not one.has_lasted for one in self._seen.values())

    @property
    def drifts(self) -> tuple[Drift, ...]:
        """The differences that have lasted."""
        with self._lock:
            lasting = [one for one in self._seen.values() if one.has_lasted]
        return tuple(Drift(one.difference, one.since) for one in lasting)
