"""Live ticks and order updates of an account, on asyncio."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tradertape_brokers.sessions import Session
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.reports import VenueOrder


class TickMode(StrEnum):
    """How much of an instrument's market is sent, in rising order."""

    LTP = "ltp"
    QUOTE = "quote"
    FULL = "full"

    @property
    def rank(self) -> int:
        """0 for the least; of several clients' modes the highest is asked for."""
        return list(TickMode).index(self)


class FeedCondition(StrEnum):
    """Whether ticks can be relied on."""

    IDLE = "idle"  # nothing is subscribed
    CONNECTING = "connecting"
    LIVE = "live"
    SILENT = "silent"  # connected, and nothing comes: the watchdog reconnects
    BACKING_OFF = "backing_off"
    SIGNED_OUT = "signed_out"  # waits for `renew`, and does not try meanwhile
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """The feed's condition, why, and since when. Times are aware.

    reconnects: how often a connection was lost. dropped: packets that could not be read.
    """

    condition: FeedCondition
    since: datetime
    reason: str = ""
    subscribed: int = 0
    reconnects: int = 0
    dropped: int = 0
    last_tick_at: datetime | None = None

    @property
    def is_stale(self) -> bool:
        """Whether the last prices may be outdated."""
        return self.condition is not FeedCondition.LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedGap:
    """A stretch without ticks of these instruments: candles over it are marked, orders re-read."""

    instruments: frozenset[str]
    start: datetime
    end: datetime


class FeedListener(Protocol):
    """Who receives the feed. Called on the feed's event loop: no method may block or raise."""

    def on_ticks(self, ticks: Sequence[Tick]) -> None:
        """Take the ticks of one frame, in their order."""
        ...

    def on_order(self, order: VenueOrder) -> None:
        """Take an order's update."""
        ...

    def on_gap(self, gap: FeedGap) -> None:
        """Take note that ticks and order updates were missed: read the order book again."""
        ...

    def on_state(self, state: FeedState) -> None:
        """Take a change of the feed's condition."""
        ...


class FeedPort(Protocol):
    """One account's feed, shared by any number of clients.

    The subscriptions are a desired state: they may be made before `run` and outlive a reconnect.
    """

    @property
    def state(self) -> FeedState:
        """The feed's condition now."""
        ...

    async def run(self, listener: FeedListener) -> None:
        """Deliver to the listener until `close`; returns then. Connections are renewed."""
        ...

    def subscribe(
        self, client: str, instruments: Iterable[Instrument], mode: TickMode = TickMode.QUOTE
    ) -> frozenset[str]:
        """Add instruments for a client, or change their mode for it.

        Returns the ids of those that were refused: the feed is full, or has no such instrument.
        """
        ...

    def unsubscribe(self, client: str, instruments: Iterable[Instrument] | None = None) -> None:
        """Remove instruments of a client, all of them when None; others' stay."""
        ...

    def renew(self, session: Session) -> None:
        """Go on with another session's token, without a restart."""
        ...

    async def close(self) -> None:
        """Close the connections; `run` returns."""
        ...
