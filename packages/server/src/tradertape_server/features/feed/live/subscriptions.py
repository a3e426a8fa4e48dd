"""Subscriptions of all owners to instruments: ending one never affects those of others."""

from __future__ import annotations

import threading
from collections.abc import Collection, Hashable, Iterable

from tradertape_core.market.instrument import Instrument
from tradertape_server.features.feed.sources.tick_source import Mode, Subscription


class Subscriptions:
    """Counts references by owner; the source is polled in the highest mode of any owner.

    An owner is any hashable object: a stream, another process, order execution.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owners: dict[int, dict[Hashable, Mode]] = {}
        self._instruments: dict[int, Instrument] = {}
        self._wanted: tuple[Subscription, ...] | None = ()

    def add(self, owner: Hashable, instruments: Iterable[Instrument], mode: Mode) -> None:
        """Subscribe; a second call by the same owner for an instrument changes its mode."""
        with self._lock:
            for one in instruments:
                self._instruments[one.instrument_token] = one
                self._owners.setdefault(one.instrument_token, {})[owner] = mode
            self._wanted = None

    def remove(self, owner: Hashable, tokens: Collection[int] | None = None) -> None:
        """End an owner's subscriptions to these tokens, or all of them."""
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
        """Replace an owner's subscriptions by these, all in one mode."""
        wanted = list(instruments)
        kept = {one.instrument_token for one in wanted}
        with self._lock:
            ended = [t for t, owners in self._owners.items() if owner in owners and t not in kept]
        self.remove(owner, ended)
        self.add(owner, wanted, mode)

    def set(self, owner: Hashable, wanted: Iterable[Subscription]) -> None:
        """Replace an owner's subscriptions by these, each in its own mode."""
        by_token = {one.instrument.instrument_token: one for one in wanted}
        with self._lock:
            known = {t: owners[owner] for t, owners in self._owners.items() if owner in owners}
        if known == {token: one.mode for token, one in by_token.items()}:
            return
        self.remove(owner, [token for token in known if token not in by_token])
        for one in by_token.values():
            self.add(owner, [one.instrument], one.mode)

    def mode(self, token: int) -> Mode | None:
        """The highest mode of any owner; None without a subscription."""
        with self._lock:
            owners = self._owners.get(token)
            return max(owners.values()) if owners else None

    @property
    def active(self) -> tuple[Subscription, ...]:
        """All subscribed instruments, each in its highest mode."""
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
