"""Which broker gives what: said of a market that comes through brokers' feeds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerFeed:
    """One account's feed. condition: `live`, `silent`, `signed_out` and so on, and why.

    reconnects: how often a connection was lost. dropped: packets and ticks that were.
    """

    broker: str
    title: str
    condition: str
    reason: str
    instruments: int
    last_tick_at: datetime | None
    reconnects: int
    dropped: int

    @property
    def is_live(self) -> bool:
        """Whether its prices can be relied on."""
        return self.condition in ("live", "idle") and not self.reason


class SourceDetails(Protocol):
    """What a source of several feeds tells of them."""

    def feeds(self) -> list[BrokerFeed]:
        """Each account's feed; none outside the process that trades."""
        ...

    def broker_of(self, token: int) -> str:
        """The broker that an instrument comes from; empty when none."""
        ...

    def why_unpriced(self, instrument_id: str) -> str:
        """Why an instrument has no price; empty when there is no reason known."""
        ...

    def is_streamed(self, token: int) -> bool:
        """Whether the last tick of an instrument is its present price, however old it is."""
        ...


class NoDetails:
    """A source without brokers."""

    def feeds(self) -> list[BrokerFeed]:
        """None."""
        return []

    def broker_of(self, token: int) -> str:  # noqa: ARG002 - the same for each
        """None."""
        return ""

    def why_unpriced(self, instrument_id: str) -> str:  # noqa: ARG002 - the same for each
        """No reason is known."""
        return ""

    def is_streamed(self, token: int) -> bool:  # noqa: ARG002 - the same for each
        """Never: a source that polls tells every price anew."""
        return False
