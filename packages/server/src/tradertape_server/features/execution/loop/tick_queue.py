"""Ticks on their way to the trader's orders and triggers: each is to be met, in its order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from tradertape_core.market.tick import Tick

_MOST = 5_000


@dataclass(slots=True)
class TickQueue:
    """What the feed brought since the last batch, and what a batch that failed did not finish.

    Used under the trader's lock.
    """

    _queued: list[Tick] = field(default_factory=list[Tick])
    _unfinished: list[Tick] = field(default_factory=list[Tick])
    _names: set[str] = field(default_factory=set[str])  # of instruments with queued ticks

    def __len__(self) -> int:
        return len(self._queued)

    def add(self, tick: Tick) -> None:
        """Put a tick behind the others."""
        self._queued.append(tick)
        self._names.add(tick.instrument_id)
        if len(self._queued) > _MOST:
            self._queued = decisive(self._queued)

    def take(self) -> list[Tick]:
        """The ticks since the last batch."""
        ticks, self._queued = self._queued, []
        self._names.clear()
        return ticks

    def has(self, instrument_id: str) -> bool:
        """Whether ticks of an instrument are queued."""
        return instrument_id in self._names

    def put_back(self, ticks: Sequence[Tick]) -> None:
        """Keep the ticks of a batch that failed, or that there was no trading for."""
        self._unfinished += ticks
        if len(self._unfinished) > _MOST:
            self._unfinished = decisive(self._unfinished)

    def unfinished(
        self, latest: Iterable[Tick], *, now: datetime, stale_after: timedelta
    ) -> list[Tick]:
        """The ticks that orders have yet to meet after a recovery, with the latest of each.

        Stale ones fill nothing, so they are dropped; what has met a tick is not changed by it
        again.
        """
        self._unfinished = [t for t in self._unfinished if abs(now - t.at) <= stale_after]
        # Where ticks are queued, the latest comes in its turn.
        return [*self._unfinished, *(one for one in latest if not self.has(one.instrument_id))]

    def finished(self) -> None:
        """What was put back is done with."""
        self._unfinished.clear()


def decisive(ticks: Sequence[Tick]) -> list[Tick]:
    """Those that decide which orders are reached: of each instrument the highest and the lowest
    trade, the best bid and offer, and the latest."""
    kept: dict[str, dict[str, tuple[Decimal, int]]] = {}
    for number, tick in enumerate(ticks):
        best = kept.setdefault(tick.instrument_id, {})
        prices = {
            "high": tick.last_price,
            "low": -tick.last_price,
            "bid": tick.bid,
            "ask": None if tick.ask is None else -tick.ask,
        }
        for name, price in prices.items():
            if price is not None and (name not in best or price > best[name][0]):
                best[name] = (price, number)
        best["latest"] = (tick.last_price, number)
    numbers = {number for best in kept.values() for _, number in best.values()}
    return [ticks[number] for number in sorted(numbers)]
