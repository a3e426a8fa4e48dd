"""Metrics for Prometheus: queues, streams, venues, jobs and the trading process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth.http.credential_monitor import CredentialMonitor
from tradertape_server.features.backtests.queries import queue_states
from tradertape_server.features.execution.loop.trader import Trader
from tradertape_server.features.execution.queries import count_outbox
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.protection.failure_log import FailureLog
from tradertape_server.platform.compute.job_leases import JobLeases
from tradertape_server.platform.compute.job_threads import JobThreads
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.http.forwarding import ForwardingMetrics
from tradertape_server.platform.metrics import Metrics
from tradertape_server.platform.processes.trader_election import TraderElection
from tradertape_server.platform.streaming.bus import Bus

if TYPE_CHECKING:
    from tradertape_server.features.feed.relay.redis_relay import TickRelay
    from tradertape_server.platform.processes.redis_link import RedisLink
    from tradertape_server.platform.streaming.event_relay import EventRelay

Read = Callable[[], float]


def publish_trading(metrics: Metrics, trader: Trader, failures: FailureLog) -> None:
    """The trader's queues, its venue, and the runs whose protection could not be checked."""
    _watch_all(
        metrics,
        {
            "trader_commands": ("Queued commands.", lambda: trader.waiting[0]),
            "trader_ticks": ("Queued ticks.", lambda: trader.waiting[1]),
            "trader_up": ("1 while this process executes commands.", lambda: float(trader.is_well)),
            "trader_batches": ("Batches since the start.", lambda: trader.batches),
            "trader_recoveries": (
                "Times the state was read again from the database.",
                lambda: trader.recoveries,
            ),
            "trader_pauses": ("Batches that failed.", lambda: trader.pauses),
            "trader_batch_seconds": ("Duration of the last batch.", lambda: trader.batch_s),
            "trader_set_aside": (
                "Things that could not be done since the start, each time they were tried.",
                lambda: trader.quarantine.count,
            ),
            "protection_troubled": (
                "Runs whose protection could not be checked in the last minute.",
                lambda: len(failures.run_ids),
            ),
            "venue_resting_orders": ("Open orders at the paper venue.", lambda: trader.resting),
            "venue_requests": ("Requests sent to it.", lambda: trader.requests),
            "venue_reports": ("Reports received from it.", lambda: trader.reports),
            "venue_answer_seconds": ("Duration of its last reply.", lambda: trader.venue_s),
        },
    )


def publish_streams(metrics: Metrics, bus: Bus, credentials: CredentialMonitor) -> None:
    """The bus and its clients."""
    _watch_all(
        metrics,
        {
            "bus_events": ("Events published here.", lambda: bus.published),
            "bus_frames": ("Frames published here.", lambda: bus.frames),
            "stream_backlog": ("Events in the fullest mailbox.", lambda: bus.backlog),
            "stream_overflows": ("Clients too slow for events.", lambda: bus.overflows),
            "stream_credentials": (
                "Streams whose credential is checked.",
                lambda: credentials.streams,
            ),
        },
    )
    metrics.registry.register(_Labelled("stream_clients", "Open streams.", "kind", bus.by_kind))


def publish_lease(metrics: Metrics, election: TraderElection, forwarded: ForwardingMetrics) -> None:
    """The trading lease, and the requests forwarded to the trader."""
    _watch_all(
        metrics,
        {
            "lease_held": ("1 while this process trades.", lambda: float(election.is_trader)),
            "lease_fence": ("The last fencing number held here.", lambda: election.fence.number),
            "lease_changes": ("Times it was won or lost here.", lambda: election.changes),
            "forwarded_sent": ("Requests forwarded to the trader.", lambda: forwarded.forwarded),
            "forwarded_received": (
                "Requests received from other processes.",
                lambda: forwarded.received,
            ),
            "forwarded_waited": ("Requests that waited for a trader.", lambda: forwarded.waited),
            "forwarded_refused": ("Requests refused without a trader.", lambda: forwarded.refused),
            "forwarded_lost": ("Requests whose reply was lost.", lambda: forwarded.lost),
        },
    )


def publish_redis(metrics: Metrics, link: RedisLink, events: EventRelay, ticks: TickRelay) -> None:
    """Redis and the relays between processes."""
    _watch_all(
        metrics,
        {
            "redis_up": ("1 while every connection is up.", lambda: float(link.is_up)),
            "redis_losses": ("Times a connection was lost.", lambda: link.losses),
            "relay_events_waiting": ("Events not sent yet.", lambda: events.buffered),
            "relay_events_sent": ("Events sent to other processes.", lambda: events.sent),
            "relay_events_heard": (
                "Events received from other processes.",
                lambda: events.received,
            ),
            "relay_events_dropped": (
                "Events dropped while Redis was unreachable.",
                lambda: events.dropped,
            ),
            "relay_event_gaps": ("Times that events were missing.", lambda: events.gaps),
            "relay_ticks_sent": ("Ticks sent to other processes.", lambda: ticks.sent),
            "relay_ticks_heard": (
                "Ticks received from the trading process.",
                lambda: ticks.received,
            ),
            "relay_tick_lag_seconds": ("Age of the last tick received.", lambda: ticks.lag_s),
            "relay_processes": (
                "Processes that read ticks through this one.",
                lambda: ticks.processes,
            ),
        },
    )


def publish_market(metrics: Metrics, market: MarketService) -> None:
    """Damaged market data."""
    opened = market.opened
    _watch_all(
        metrics,
        {
            "market_data_sets_damaged": (
                "Data sets that nothing reads, or whose column cache is being built again.",
                lambda: len(opened.problems()),
            ),
            "market_caches_damaged": (
                "Column caches found damaged since the start, and built again.",
                lambda: opened.caches_damaged,
            ),
        },
    )


def publish_jobs(
    metrics: Metrics,
    database: Database,
    clock: Clock,
    threads: Mapping[str, JobThreads],
    leases: JobLeases,
) -> None:
    """Background jobs: those in the tables, and those of this process."""
    metrics.add_gauge("jobs_held", "Jobs this process works on.", lambda: leases.held)
    for name, help_text, read in (
        ("jobs_busy", "Busy job threads of this process.", lambda t: t.busy),
        ("jobs_done", "Jobs finished by this process.", lambda t: t.done),
        ("jobs_failed_here", "Jobs that failed in this process.", lambda t: t.failures),
    ):
        metrics.registry.register(_Labelled(name, help_text, "queue", _each(threads, read)))
    metrics.registry.register(_Tables(database, clock))


def _each(
    threads: Mapping[str, JobThreads], read: Callable[[JobThreads], float]
) -> Callable[[], dict[str, float]]:
    return lambda: {queue: read(one) for queue, one in threads.items()}


def _watch_all(metrics: Metrics, figures: Mapping[str, tuple[str, Read]]) -> None:
    for name, (help_text, read) in figures.items():
        metrics.add_gauge(name, help_text, read)


class _Labelled(Collector):
    """One gauge with a label whose values change over time."""

    def __init__(
        self, name: str, help_text: str, label: str, read: Callable[[], Mapping[str, float]]
    ) -> None:
        self._name, self._help, self._label, self._read = name, help_text, label, read

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """The name alone; nothing is read before a scrape."""
        return [GaugeMetricFamily(f"tradertape_{self._name}", self._help)]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The present values."""
        family = GaugeMetricFamily(f"tradertape_{self._name}", self._help, labels=[self._label])
        for label, value in self._read().items():
            family.add_metric([label], value)
        yield family


class _Tables(Collector):
    """Queues that are tables: the same in every process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """The name alone; the database is not read before a scrape."""
        return [GaugeMetricFamily("tradertape_jobs", "Jobs in the tables.")]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The present values; none while the database is unreachable."""
        try:
            yield from self._families()
        except SQLAlchemyError:
            return

    def _families(self) -> Iterator[GaugeMetricFamily]:
        counts = GaugeMetricFamily(
            "tradertape_jobs", "Jobs in the tables.", labels=["queue", "state"]
        )
        ages = GaugeMetricFamily(
            "tradertape_jobs_oldest_seconds", "Age of the oldest queued job.", labels=["queue"]
        )
        with self._database.read() as session:
            states, pending = queue_states(session), count_outbox(session)
        for queue, state in states.items():
            for status, count in state.counts.items():
                counts.add_metric([queue, status], count)
            oldest = state.oldest
            age_s = 0.0 if oldest is None else (self._clock.now() - oldest).total_seconds()
            ages.add_metric([queue], max(0.0, age_s))
        yield from (counts, ages)
        yield GaugeMetricFamily(
            "tradertape_outbox_requests",
            "Requests without a recorded reply of the venue.",
            value=pending,
        )
