"""The port of venues outside this process: what a broker's adapter, or an agent's queue, offers.

Nothing here runs in a transaction or on the trader's thread: a `Lane` calls a gateway and hands
what comes back to the trader as an event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any, Final, Protocol

from tradertape_core.execution.decision import VenueRequest
from tradertape_core.orders.broker_gtts import VenueGtt
from tradertape_core.orders.gtt import LIFE, MOST_ACTIVE, GttRequest, GttType
from tradertape_core.orders.order import Change, Order
from tradertape_core.orders.reports import ExecutionReport, VenueOrder

AGENT: Final = "agent"
OUTSIDE: Final = frozenset({"broker", AGENT})  # venues whose requests leave the batch
# Whose answer a caller waits for: an agent polls, and its report may come hours later.
AWAITED: Final = OUTSIDE - {AGENT}


class GatewayError(Exception):
    """Why a gateway has no report. Anything else that it raises counts as OutcomeUnknown."""


class OutcomeUnknown(GatewayError):
    """The request may have been sent and its answer was lost: it is never sent again."""


class NotSent(GatewayError):
    """The request surely never left: it may be tried again."""


class SessionExpired(NotSent):
    """The venue takes nothing until somebody signs in again."""


class RequestRefused(GatewayError):
    """The venue refused the request, with its reason."""


class Pace(Protocol):
    """When an account's next request may leave."""

    def delay_s(self, now_s: float, *, is_exit: bool) -> float:
        """Seconds until a request may leave, an exit or an entry; 0 when it may now."""
        ...

    def sent(self, now_s: float) -> None:
        """Count a request that leaves now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GttRules:
    """What an account's broker takes of triggers. most: waiting at once; life: of each."""

    types: frozenset[GttType]
    title: str = "the broker"
    most: int = MOST_ACTIVE
    life: timedelta = LIFE


class GttGateway(Protocol):
    """Triggers of one account at one venue; each call raises GatewayError."""

    @property
    def rules(self) -> GttRules:
        """What the venue takes; known without asking it."""
        ...

    def place(self, request: GttRequest) -> str:
        """Create a trigger, once; returns the venue's id of it."""
        ...

    def modify(self, trigger_id: str, request: GttRequest) -> None:
        """Replace the terms of a trigger."""
        ...

    def cancel(self, trigger_id: str) -> None:
        """Delete a trigger."""
        ...

    def list(self) -> Sequence[VenueGtt]:
        """Read the triggers of the account, from every terminal: the active, and recent others."""
        ...


class OrderGateway(Protocol):
    """One account at one venue. A call may take seconds; it has a time limit of its own.

    `submit` carries `order.tag`, by which the order is found in the book when its answer was lost.
    Each returns the venue's report, or None where it gave none: that is an unknown outcome.
    """

    @property
    def pace(self) -> Pace | None:
        """The pace of the account, where others than its lane send requests too; None: the lane
        alone does, and keeps the account's own rate limits."""
        ...

    @property
    def gtts(self) -> GttGateway | None:
        """The account's triggers; None where the venue has none."""
        ...

    def submit(self, order: Order, *, is_exit: bool = False) -> ExecutionReport | None:
        """Send a new order. is_exit: it only takes from a position. Raises GatewayError."""
        ...

    def modify(self, order: Order, ask: int, change: Change) -> ExecutionReport | None:
        """Change an order by its `venue_order_id`. Raises GatewayError."""
        ...

    def cancel(self, order: Order, ask: int) -> ExecutionReport | None:
        """Cancel an order by its `venue_order_id`. Raises GatewayError."""
        ...

    def order_book(self) -> Sequence[VenueOrder]:
        """Today's orders of the account, from every terminal, with their trades.

        Raises GatewayError.
        """
        ...


# The gateway of an account; None where nothing connects it.
GatewayOf = Callable[[int], OrderGateway | None]


class Outcome(Enum):
    """What became of a request that was handed to a lane."""

    REPORTED = "the venue answered"
    REFUSED = "the venue refused it"
    UNKNOWN = "its answer was lost"
    NOT_SENT = "it never left"
    WITHDRAWN = "cancelled before it was sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of one request. report: with outcome REPORTED; reason: with the others."""

    account_id: int
    request: VenueRequest
    outcome: Outcome
    report: ExecutionReport | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRead:
    """The order book of an account. failed: why it could not be read, then without entries.
    began_s: when the reading began, monotonic."""

    account_id: int
    began_s: float
    entries: tuple[VenueOrder, ...] = ()
    failed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """Orders as the venue reports them unasked: a postback, or a message of an order socket."""

    account_id: int
    entries: tuple[VenueOrder, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GttAnswered:
    """What came of the `number`th thing asked about a trigger. key: as lanes name the request."""

    account_id: int
    trigger_id: int
    number: int
    key: tuple[str, str, int]
    outcome: Outcome
    venue_trigger_id: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GttsRead:
    """The triggers of an account. began_s: of a clock that never goes back, when it was asked for.
    failed: why they could not be read, then without entries."""

    account_id: int
    began_s: float
    entries: tuple[VenueGtt, ...] = ()
    failed: str | None = None


VenueEvent = Answered | BookRead | Updated | GttAnswered | GttsRead


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """How many requests an account's venue takes; Kite Connect's by default.

    Source: kite.trade/docs/connect/v3/exceptions, API rate limits.
    """

    per_second: int = 10
    per_minute: int = 200

    @classmethod
    def of(cls, document: Mapping[str, Any] | None) -> RateLimits:
        """Read what an account has stored; what it does not name stays as it is."""
        known, usual = document or {}, cls()
        return cls(
            per_second=int(known.get("per_second", usual.per_second)),
            per_minute=int(known.get("per_minute", usual.per_minute)),
        )
