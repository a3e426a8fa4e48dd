"""Who wants which instrument, and how much of it: one client's leaving never takes from another."""

from __future__ import annotations

import threading
from collections.abc import Collection, Hashable, Iterable

from tradertape_core.market.instrument import Instrument
from tradertape_server.features.feed.sources.tick_source import Mode, Subscription


class Subscriptions:
    """Counts references by client; the highest mode anybody wants is the one asked of the source.

    An owner is anything hashable: a stream, a run, the positions held.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owners: dict[int, dict[Hashable, Mode]] = {}
        self._instruments: dict[int, Instrument] = {}
        self._wanted: tuple[Subscription, ...] | None = ()

    def add(self, owner: Hashable, instruments: Iterable[Instrument], mode: Mode) -> None:
        """Want ticks; a second call of the same owner for an instrument sets its mode."""
        with self._lock:
            for one in instruments:
                self._instruments[one.instrument_token] = one
                self._owners.setdefault(one.instrument_token, {})[owner] = mode
            self._wanted = None

    def remove(self, owner: Hashable, tokens: Collection[int] | None = None) -> None:
        """Want some of them no more, or none at all."""
        with self._lock:
            for token in list(self._owners) if tokens is None else tokens:
                owners = self._owners.get(token)
                if owners is None:
                    continue
                owners.pop(owner, None)
                if not owners:
                    del self._owners[token], self._instruments[token]
            self._wanted = None

    def replace(self, owner: Hashable, instruments: Iterable[Instrument], mode: Mode) -> None:
        """Want exactly these: for the positions held, say."""
        wanted = list(instruments)
        kept = {one.instrument_token for one in wanted}
        with self._lock:
            gone = [t for t, owners in self._owners.items() if owner in owners and t not in kept]
        self.remove(owner, gone)
        self.add(owner, wanted, mode)

    def set(self, owner: Hashable, wanted: Iterable[Subscription]) -> None:
        """Want exactly these, each in its mode: what another process looks at."""
        by_token = {one.instrument.instrument_token: one for one in wanted}
        with self._lock:
            known = {t: owners[owner] for t, owners in self._owners.items() if owner in owners}
        if known == {token: one.mode for token, one in by_token.items()}:
            return
        self.remove(owner, [token for token in known if token not in by_token])
        for one in by_token.values():
            self.add(owner, [one.instrument], one.mode)

    def mode(self, token: int) -> Mode | None:
        """The highest mode anybody wants; None when nobody wants the instrument."""
        with self._lock:
            owners = self._owners.get(token)
            return max(owners.values()) if owners else None

    @property
    def active(self) -> tuple[Subscription, ...]:
        """Everything somebody wants."""
        with self._lock:
            if self._wanted is None:
                self._wanted = tuple(
                    Subscription(self._instruments[token], max(owners.values()))
                    for token, owners in self._owners.items()
                )
            return self._wanted

    def __len__(self) -> int:
        with self._lock:
            return len(self._owners)
