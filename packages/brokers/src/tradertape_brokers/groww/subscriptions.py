"""What the feed's clients want, each for itself, and what is therefore subscribed to. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from tradertape_brokers.groww.subjects import Content, FeedName


@dataclass(slots=True)
class Subscriptions:
    """Instruments by client, each with or without its depth.

    most: how many subjects a connection may have; what is wanted beyond it is left out, the last
    asked for first.
    """

    most: int
    _wanted: dict[Hashable, dict[FeedName, bool]] = field(
        default_factory=dict[Hashable, dict[FeedName, bool]]
    )

    def add(self, client: Hashable, wanted: Mapping[FeedName, bool]) -> None:
        """What a client wants beside what it wanted; True: with depth."""
        self._wanted.setdefault(client, {}).update(wanted)

    def wanted(self, client: Hashable, name: FeedName) -> bool | None:
        """Whether a client wants an instrument with its depth; None: not at all."""
        return self._wanted.get(client, {}).get(name)

    def remove(self, client: Hashable, names: Iterable[FeedName] | None = None) -> None:
        """What a client no longer wants: all of it when None."""
        mine = self._wanted.get(client, {})
        for name in tuple(mine) if names is None else names:
            mine.pop(name, None)
        if not mine:
            self._wanted.pop(client, None)

    @property
    def count(self) -> int:
        """How many instruments are wanted, whoever wants them."""
        return len({name for wanted in self._wanted.values() for name in wanted})

    @property
    def subjects(self) -> tuple[str, ...]:
        """What to subscribe to: once each, whoever wants it; prices before depths."""
        return self._all[: self.most]

    @property
    def left_out(self) -> tuple[str, ...]:
        """What is wanted and has no place."""
        return self._all[self.most :]

    @property
    def _all(self) -> tuple[str, ...]:
        prices: dict[str, None] = {}
        books: dict[str, None] = {}
        for wanted in self._wanted.values():
            for name, has_depth in wanted.items():
                prices[name.subject(Content.PRICE)] = None
                if has_depth and not name.is_index:
                    books[name.subject(Content.BOOK)] = None
        return (*prices, *books)
