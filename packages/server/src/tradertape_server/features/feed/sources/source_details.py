"""Which broker gives what: said of a market that comes through brokers' feeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class FeedReport:
    """What a market through brokers says of itself to processes that do not trade.

    routes: the broker of each instrument, by token. streamed: tokens whose last tick is the present
    price. unpriced: why an instrument has no price, by id.
    """

    feeds: tuple[BrokerFeed, ...] = ()
    routes: Mapping[int, str] = field(default_factory=dict[int, str])
    streamed: frozenset[int] = frozenset()
    unpriced: Mapping[str, str] = field(default_factory=dict[str, str])


class Reporting(Protocol):
    """A source that makes such a report."""

    def report(self) -> FeedReport:
        """What there is to say now."""
        ...


class SourceDetails(Protocol):
    """What a source of several feeds tells of them."""

    def away(self) -> str:
        """Why there are no prices, as far as it is known without asking for any."""
        ...

    def feeds(self) -> list[BrokerFeed]:
        """Each account's feed."""
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

    def away(self) -> str:
        """Nothing is known."""
        return ""

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


class SharedDetails:
    """Those of the source while this process trades, and those of the trading process otherwise."""

    def __init__(
        self, own: SourceDetails, is_trader: Callable[[], bool],
        report: Callable[[], FeedReport], away: Callable[[], str],
    ) -> None:  # fmt: skip
        """report: what the trading process last said. away: why it has no prices, or is silent."""
        self._own = own
        self._is_trader = is_trader
        self._report = report
        self._away = away

    def away(self) -> str:
        """Why there are no prices, as far as it is known without asking for any."""
        return self._own.away() if self._is_trader() else self._away()

    def feeds(self) -> list[BrokerFeed]:
        """Each account's feed."""
        return self._own.feeds() if self._is_trader() else list(self._report().feeds)

    def broker_of(self, token: int) -> str:
        """The broker that an instrument comes from; empty when none."""
        if self._is_trader():
            return self._own.broker_of(token)
        return self._report().routes.get(token, "")

    def why_unpriced(self, instrument_id: str) -> str:
        """Why an instrument has no price; empty when there is no reason known."""
        if self._is_trader():
            return self._own.why_unpriced(instrument_id)
        return self._report().unpriced.get(instrument_id, "")

    def is_streamed(self, token: int) -> bool:
        """Whether the last tick of an instrument is its present price, however old it is."""
        if self._is_trader():
            return self._own.is_streamed(token)
        return token in self._report().streamed
