"""This process among the others: the election of the trader, and the relays between them."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.relay.relayed_source import NO_REDIS, RelayedSource
from tradertape_server.features.feed.sources.source_details import (
    FeedReport,
    Reporting,
    SharedDetails,
)
from tradertape_server.features.feed.sources.tick_source import TickSource
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.features.operations.figures import publish_lease, publish_redis
from tradertape_server.features.operations.service import Health
from tradertape_server.features.operations.trader_check import redis_check, trader_check
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.http.forwarding import ForwardingMetrics
from tradertape_server.platform.metrics import Metrics
from tradertape_server.platform.processes.trader_election import Duty, Role, TraderElection
from tradertape_server.platform.secrets import SecretBox
from tradertape_server.platform.streaming.bus import Bus

if TYPE_CHECKING:
    from tradertape_server.features.feed.relay.redis_relay import TickRelay
    from tradertape_server.platform.processes.redis_link import RedisLink
    from tradertape_server.platform.streaming.event_relay import EventRelay


@dataclass(frozen=True, slots=True)
class Place:
    """This process: its role, the address others reach it at, and the life of a trading lease."""

    role: Role
    address: str
    lease_s: float


@dataclass(frozen=True, slots=True)
class Processes:
    """The election of the trader, and the relays of events and ticks between processes.

    trading: the connections the trader writes with.
    """

    election: TraderElection
    trading: Database
    forwarded: ForwardingMetrics
    is_shared: bool
    link: RedisLink | None = None
    events: EventRelay | None = None
    ticks: TickRelay | None = None

    @classmethod
    def join(
        cls, database: Database, place: Place, redis_url: str, secrets: SecretBox, bus: Bus,
        instruments: InstrumentService,
    ) -> Processes:  # fmt: skip
        """On SQLite this is the only process; on PostgreSQL there may be others."""
        election = TraderElection(
            database, role=place.role, address=place.address, life_s=place.lease_s
        )
        if database.is_sqlite:
            return cls(election, database, ForwardingMetrics(), is_shared=False)
        url = database.url.render_as_string(hide_password=False)
        trading = Database(
            url,
            idle_limit_s=place.lease_s,
            name=election.connections,
            disk_errors=database.disk_errors,
        )
        if not redis_url:
            return cls(election, trading, ForwardingMetrics(), is_shared=True)
        link, events, ticks = _relays(redis_url, secrets, bus, instruments, election)
        return cls(
            election,
            trading,
            ForwardingMetrics(),
            is_shared=True,
            link=link,
            events=events,
            ticks=ticks,
        )

    @property
    def is_trader(self) -> bool:
        """Whether this process trades."""
        return self.election.is_trader

    @property
    def duties(self) -> tuple[Duty, ...]:
        """What a process starts before it trades."""
        return () if self.events is None else (self.events.duty,)

    def shared(self, source: TickSource) -> TickSource:
        """The source; where there are several processes, relayed from the trading one."""
        if not self.is_shared:
            return source
        return RelayedSource(source, self.ticks, lambda: self.is_trader)

    def bind(self, feed: Feed, reporting: Reporting | None = None) -> None:
        """Connect the feed to the relay of ticks. reporting: a market through brokers, of which
        the trading process tells the others."""
        if not self.is_shared:
            return
        ticks = self.ticks
        feed.details = SharedDetails(
            feed.details,
            lambda: self.is_trader,
            FeedReport if ticks is None else lambda: ticks.report,
            (lambda: NO_REDIS) if ticks is None else lambda: ticks.error,
        )
        if ticks is not None:
            ticks.make_report = None if reporting is None else reporting.report
            ticks.bind(feed)

    def warm(self, feed: Feed, instruments: InstrumentService, clock: Clock) -> None:
        """Start loading what the first request, or a fail-over, would otherwise wait for."""
        source = feed.source
        if self.ticks is None or not isinstance(source, RelayedSource):
            return

        def read() -> None:
            first = next(iter(instruments.master.all()), None)
            if first is not None:
                source.preload(first, clock.now())

        Thread(target=read, name="warm", daemon=True).start()

    def publish(self, metrics: Metrics, health: Health) -> None:
        """Publish metrics and add checks."""
        publish_lease(metrics, self.election, self.forwarded)
        health.add("trader", trader_check(self.election))
        if self.is_shared:
            health.add("redis", redis_check(self.link, self.election))
        if self.link is not None and self.events is not None and self.ticks is not None:
            publish_redis(metrics, self.link, self.events, self.ticks)

    def start(self) -> None:
        """Start the relays."""
        for relay in (self.events, self.ticks):
            if relay is not None:
                relay.start()

    def stop(self) -> None:
        """Stop the relays; the trader's connections are closed with `trading`."""
        for relay in (self.ticks, self.events):
            if relay is not None:
                relay.stop()


def _relays(
    url: str, secrets: SecretBox, bus: Bus, instruments: InstrumentService, election: TraderElection
) -> tuple[RedisLink, EventRelay, TickRelay]:
    # Imported here: an installation of one process starts without Redis' client.
    from tradertape_server.features.feed.relay.redis_relay import TickRelay  # noqa: PLC0415
    from tradertape_server.platform.processes.redis_link import RedisLink  # noqa: PLC0415
    from tradertape_server.platform.streaming.event_relay import EventRelay  # noqa: PLC0415

    link = RedisLink(url, secrets)
    return link, EventRelay(link, bus), TickRelay(link, instruments, lambda: election.is_trader)
