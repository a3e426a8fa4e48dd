"""The ticks that the guardian receives; execution subscribes to its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.instruments.service import InstrumentService, UnknownInstrument

OnTick = Callable[[Tick], None]
_HOLDER = "protection"


class Prices(Protocol):
    """Ticks of guarded instruments."""

    def watch(self, instrument_ids: Collection[str], listener: OnTick) -> None:
        """Call the listener with every tick of exactly these instruments from now on.

        A later call replaces the set.
        """
        ...


class FeedPrices:
    """Ticks of the live feed."""

    def __init__(self, feed: Feed, instruments: InstrumentService) -> None:
        self._feed = feed
        self._instruments = instruments
        self._lock = threading.Lock()
        self._names: frozenset[str] = frozenset()
        self._listener: OnTick | None = None
        feed.on_ticks(self._on_ticks)

    def watch(self, instrument_ids: Collection[str], listener: OnTick) -> None:
        """See `Prices.watch`."""
        names = frozenset(instrument_ids)
        with self._lock:
            is_same = names == self._names
            self._names, self._listener = names, listener
        if is_same:
            return
        master = self._instruments.master
        found = [one for name in names if (one := master.by_id(name)) is not None]
        self._feed.subscribe_exactly(_HOLDER, found)

    def by_token(self, token: int) -> Instrument | None:
        """The instrument of a token; None when there is none."""
        try:
            return self._instruments.get(token)
        except UnknownInstrument:
            return None

    def _on_ticks(self, ticks: Sequence[Tick]) -> None:
        with self._lock:
            names, listener = self._names, self._listener
        if listener is None:
            return
        for tick in ticks:
            if tick.instrument_id in names:
                listener(tick)
