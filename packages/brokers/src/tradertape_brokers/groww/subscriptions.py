"""What the feed's clients want, each for itself, and what is therefore subscribed to. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
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

    def set(self, client: Hashable, wanted: Mapping[FeedName, bool]) -> None:
        """What a client wants from now on, in place of what it wanted. True: with depth."""
        if wanted:
            self._wanted[client] = dict(wanted)
        else:
            self._wanted.pop(client, None)

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
