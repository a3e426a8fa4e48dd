"""Prometheus metrics: those of HTTP requests, and a registry for the features' own."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
    generate_latest,
)

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

disable_created_metrics()  # they double the output with the time each metric was created


class Metrics:
    """The metrics of one running server.

    A feature registers its own on `registry`, or passes `add_gauge` a function that is called each
    time the metrics are read.
    """

    def __init__(self, version: str) -> None:
        self.registry = CollectorRegistry()
        self.request_s = Histogram(
            "tradertape_http_request_seconds",
            "Time to answer, by route.",
            ["method", "route", "status"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.failures = Counter(
            "tradertape_http_internal_errors_total",
            "Requests answered with 500.",
            ["route"],
            registry=self.registry,
        )
        build = Info("tradertape_build", "The running version.", registry=self.registry)
        build.info({"version": version})

    def add_gauge(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Publish a gauge whose value is `read()` at the time the metrics are read."""
        gauge = Gauge(f"tradertape_{name}", help_text, registry=self.registry)
        gauge.set_function(read)

    def observe(self, *, method: str, route: str, status: int, took_s: float) -> None:
        """Count one completed request."""
        self.request_s.labels(method, route, str(status)).observe(took_s)
        if status >= 500:
            self.failures.labels(route).inc()

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)
