"""The lane of an account whose orders the person's agent places: what is asked waits on disk.

Nothing is sent from here. The agent asks for what waits and reports what became of it, so the
outbox itself is the queue: a stop of this process loses nothing of it and puts nothing in doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NoReturn

from tradertape_core.orders.broker_gtts import VenueGtt
from tradertape_core.orders.gtt import GttRequest, GttType
from tradertape_core.orders.order import Change, Order
from tradertape_core.orders.reports import VenueOrder
from tradertape_server.features.execution.venues.gateway import GttRules, NotSent, Pace
from tradertape_server.features.execution.venues.gtt_reader import Watch
from tradertape_server.features.execution.venues.outside import Outside

_ASKS = "the agent asks for its orders: nothing is sent to it"


@dataclass(frozen=True, slots=True)
class AgentGtts:
    """What agents take of triggers; a `GttGateway` that sends nothing."""

    rules: GttRules = field(
        default_factory=lambda: GttRules(
            types=frozenset({GttType.SINGLE, GttType.TWO_LEG}),
            title="the agent",
            life=timedelta(days=365),
        )
    )

    def place(self, request: GttRequest) -> NoReturn:  # noqa: ARG002
        """Raise NotSent."""
        raise NotSent(_ASKS)

    def modify(self, trigger_id: str, request: GttRequest) -> NoReturn:  # noqa: ARG002
        """Raise NotSent."""
        raise NotSent(_ASKS)

    def cancel(self, trigger_id: str) -> NoReturn:  # noqa: ARG002
        """Raise NotSent."""
        raise NotSent(_ASKS)

    def list(self) -> Sequence[VenueGtt]:
        """Raise NotSent."""
        raise NotSent(_ASKS)


@dataclass(frozen=True, slots=True)
class AgentGateway:
    """An `OrderGateway` that sends nothing; it says what can be asked."""

    pace: Pace | None = None
    gtts: AgentGtts = field(default_factory=AgentGtts)

    def submit(self, order: Order, *, is_exit: bool = False) -> NoReturn:  # noqa: ARG002
        """Raise NotSent."""
        raise NotSent(_ASKS)

    def modify(self, order: Order, ask: int, change: Change) -> NoReturn:  # noqa: ARG002
        """Raise NotSent."""
        raise NotSent(_ASKS)

    def cancel(self, order: Order, ask: int) -> NoReturn:  # noqa: ARG002
        """Raise NotSent."""
        raise NotSent(_ASKS)

    def order_book(self) -> Sequence[VenueOrder]:
        """Raise NotSent."""
        raise NotSent(_ASKS)


class NoReader:
    """In place of a reader of triggers: the agent reports what becomes of them."""

    def watch(self, watch: Watch) -> None:
        """Nothing."""

    def read_soon(self) -> None:
        """Nothing."""


class AgentLane:
    """What a `Lane` offers, for an account whose requests are asked for."""

    problem: str | None = None
    queued = 0
    book_recorded_s = 0.0

    def __init__(self) -> None:
        self.gtts = NoReader()

    def holds(self, key: tuple[str, str, int]) -> bool:  # noqa: ARG002
        """Always: a request waits on disk until its report."""
        return True

    def put(self, sends: Iterable[Outside]) -> None:
        """Nothing: they are on disk."""

    def look(self, *, is_looking: bool) -> None:
        """Nothing."""

    def read_book(self) -> None:
        """Nothing."""

    def read_first(self) -> None:
        """Nothing."""

    def resume(self) -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""
