"""What the journal reads of other features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from tradertape_server.features.wealth.schemas import BookStatusOut
from tradertape_server.features.wealth.trips import Trips
from tradertape_server.platform.errors import Unavailable

Money = Literal["live", "paper"]


@dataclass(frozen=True, slots=True)
class OwnBook:
    """Round trips of what was traded here: those that moved money, and those that did not.

    by_candles: the part of the latter that portfolios traded by candles. Besides what uploaded
    trips have: the columns `setup`, `stop` (0: none) and `position`, and of trades the mark `also`
    of another number of their order. rows: what the row of a trip says besides, by `position`.
    """

    live: Trips = field(default_factory=Trips)
    paper: Trips = field(default_factory=Trips)
    by_candles: Trips = field(default_factory=Trips)
    rows: Sequence[Mapping[str, Any]] = ({},)


class BeingRead(Unavailable):
    """What a person traded here is being read by another process."""

    def __init__(self) -> None:
        super().__init__(
            "Your trades are being read: repeat the request in a few seconds.",
            code="journal_being_read",
            headers={"Retry-After": "2"},
        )


class Uploaded(Protocol):
    """The round trips of what a person uploaded."""

    def status(self, user_id: int) -> BookStatusOut:
        """How far they are reckoned."""
        ...

    def trips(self, user_id: int) -> Trips:
        """A person's round trips. Raises Unavailable while they are being reckoned."""
        ...


class OwnOfPerson(Protocol):
    """The round trips of what one person traded here. For one thread at a time."""

    def read(self) -> OwnBook:
        """They as they are now; the same parts where nothing has changed. Raises BeingRead while
        there are too many new ones for a request."""
        ...


class Own(Protocol):
    """The round trips of what people traded here."""

    def is_scaled(self, user_id: int) -> bool:
        """Whether an agent scales what it reports of some of them."""
        ...

    def close(self) -> None:
        """End what is being read."""
        ...

    def of_person(self, user_id: int) -> OwnOfPerson:
        """A person's, never another's."""
        ...
