"""What the journal reads of other features."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from tradertape_server.features.wealth.schemas import BookStatusOut
from tradertape_server.features.wealth.trips import Trips

Money = Literal["live", "paper"]


@dataclass(frozen=True, slots=True)
class OwnBook:
    """Round trips of what was traded here: those that moved money, and those that did not.

    Besides what uploaded trips have: the columns `setup` and `stop` (0: none), and of trades the
    mark `also` of another number of their order.
    """

    live: Trips = field(default_factory=Trips)
    paper: Trips = field(default_factory=Trips)


class Uploaded(Protocol):
    """The round trips of what a person uploaded."""

    def status(self, user_id: int) -> BookStatusOut:
        """How far they are reckoned."""
        ...

    def trips(self, user_id: int) -> Trips:
        """A person's round trips. Raises Unavailable while they are being reckoned."""
        ...


class Own(Protocol):
    """The round trips of what a person traded here."""

    def version(self, user_id: int) -> object:
        """Changes with what `read` returns."""
        ...

    def is_scaled(self, user_id: int) -> bool:
        """Whether an agent scales what it reports of some of them."""
        ...

    def read(self, user_id: int) -> OwnBook:
        """A person's round trips; never another's."""
        ...
