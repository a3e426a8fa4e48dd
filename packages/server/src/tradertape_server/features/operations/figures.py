"""ForwardingMetrics for Prometheus: every queue, stream, venue and job, and who trades."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth.http.credential_watch import CredentialWatch
from tradertape_server.features.backtests.queries import queue_states
from tradertape_server.features.execution.loop.trader import Trader
from tradertape_server.features.execution.queries import count_outbox
from tradertape_server.features.feed.relay.redis_relay import TickRelay
from tradertape_server.features.protection.failure_log import FailureLog
from tradertape_server.platform.compute.job_leases import JobLeases
from tradertape_server.platform.compute.job_threads import JobThreads
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.http.forwarding import ForwardingMetrics
from tradertape_server.platform.metrics import Metrics
from tradertape_server.platform.processes.redis_link import RedisLink
from tradertape_server.platform.processes.trader_election import TraderElection
from tradertape_server.platform.streaming.bus import Bus
from tradertape_server.platform.streaming.event_relay import EventRelay

Read = Callable[[], float]


def publish_trading(metrics: Metrics, trader: Trader, failures: FailureLog) -> None:
    """The trader's queues, its venue, and the runs that could not be looked after."""
    _watch_all(
        metrics,
        {
            "trader_commands": ("Commands that wait for a turn.", lambda: trader.waiting[0]),
            "trader_ticks": ("Ticks that wait for a turn.", lambda: trader.waiting[1]),
            "trader_up": ("1 while commands are done here.", lambda: float(trader.is_well)),
            "trader_batches": ("Batches since the start.", lambda: trader.batches),
            "trader_recoveries": ("Times the database was read anew.", lambda: trader.recoveries),
            "trader_pauses": ("Batches that failed.", lambda: trader.pauses),
            "trader_batch_seconds": ("Time of the last batch.", lambda: trader.batch_s),
            "protection_troubled": (
                "Runs that could not be looked after in the last minute.",
                lambda: len(failures.run_ids),
            ),
            "venue_resting_orders": ("Orders the paper venue holds.", lambda: trader.resting),
            "venue_requests": ("Requests told to it.", lambda: trader.requests),
            "venue_reports": ("Reports it made.", lambda: trader.reports),
            "venue_answer_seconds": ("Time of its last answer.", lambda: trader.venue_s),
        },
    )


def publish_streams(metrics: Metrics, bus: Bus, credentials: CredentialWatch) -> None:
    """The bus and the clients on it."""
    _watch_all(
        metrics,
        {
            "bus_events": ("Events published here.", lambda: bus.published),
            "bus_frames": ("Frames published here.", lambda: bus.frames),
            "stream_backlog": ("Events in the fullest mailbox.", lambda: bus.backlog),
            "stream_overflows": ("Clients too slow for events.", lambda: bus.overflows),
            "stream_credentials": ("Streams whose key is watched.", lambda: credentials.streams),
        },
    )
    metrics.registry.register(_Labelled("stream_clients", "Open streams.", "kind", bus.by_kind))


def publish_lease(metrics: Metrics, election: TraderElection, forwarded: ForwardingMetrics) -> None:
    """Who trades, and what is handed to it."""
    _watch_all(
        metrics,
        {
            "lease_held": ("1 while this process trades.", lambda: float(election.is_trader)),
            "lease_fence": ("The last number held here.", lambda: election.fence.number),
            "lease_changes": ("Times it was won or lost here.", lambda: election.changes),
            "forwarded_sent": ("Requests handed to the trader.", lambda: forwarded.forwarded),
            "forwarded_received": ("Requests taken from others.", lambda: forwarded.received),
            "forwarded_waited": ("That waited for a trader.", lambda: forwarded.waited),
            "forwarded_refused": ("That found none.", lambda: forwarded.refused),
            "forwarded_lost": ("Whose answer was lost.", lambda: forwarded.lost),
        },
    )


def publish_redis(metrics: Metrics, link: RedisLink, events: EventRelay, ticks: TickRelay) -> None:
    """What goes between processes."""
    _watch_all(
        metrics,
        {
            "redis_up": ("1 while all of it is reached.", lambda: float(link.is_up)),
            "redis_losses": ("Times a connection was lost.", lambda: link.losses),
            "relay_events_waiting": ("Events not handed on yet.", lambda: events.waiting),
            "relay_events_sent": ("Events handed on.", lambda: events.sent),
            "relay_events_heard": ("Events of other processes.", lambda: events.heard),
            "relay_events_dropped": ("Given up while Redis was away.", lambda: events.dropped),
            "relay_event_gaps": ("Times events were missing.", lambda: events.gaps),
            "relay_ticks_sent": ("Ticks handed on.", lambda: ticks.sent),
            "relay_ticks_heard": ("Ticks of the trading process.", lambda: ticks.heard),
            "relay_tick_lag_seconds": ("Age of the last one heard.", lambda: ticks.lag_s),
            "relay_processes": ("Processes that look through this one.", lambda: ticks.processes),
        },
    )


def publish_jobs(
    metrics: Metrics,
    database: Database,
    clock: Clock,
    threads: Mapping[str, JobThreads],
    leases: JobLeases,
) -> None:
    """Background jobs: of all processes in the tables, of this one in its threads."""
    metrics.add_gauge("jobs_held", "Jobs this process works on.", lambda: leases.held)
    for name, help_text, read in (
        ("jobs_busy", "Threads of this process at work.", lambda t: t.busy),
        ("jobs_done", "Jobs this process has done.", lambda t: t.done),
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
    """One figure for each of some names that come and go."""

    def __init__(
        self, name: str, help_text: str, label: str, read: Callable[[], Mapping[str, float]]
    ) -> None:
        self._name, self._help, self._label, self._read = name, help_text, label, read

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing is asked before somebody looks."""
        return [GaugeMetricFamily(f"tradertape_{self._name}", self._help)]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures now."""
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
        """Nothing is asked before somebody looks."""
        return [GaugeMetricFamily("tradertape_jobs", "Jobs in the tables.")]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures now; none while the database is away."""
        try:
            yield from self._families()
        except SQLAlchemyError:
            return

    def _families(self) -> Iterator[GaugeMetricFamily]:
        counts = GaugeMetricFamily(
            "tradertape_jobs", "Jobs in the tables.", labels=["queue", "state"]
        )
        ages = GaugeMetricFamily(
            "tradertape_jobs_oldest_seconds", "Age of what waits longest.", labels=["queue"]
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
            "tradertape_outbox_requests", "Requests no venue has answered yet.", value=pending
        )
