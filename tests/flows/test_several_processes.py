"""Three servers on one PostgreSQL and one Redis while they are cut, stopped and killed."""

from __future__ import annotations

import json
import signal
import sys
import time
from types import ModuleType

import pytest
from flow_clients import PREFIX
from flow_servers import CUT, HTTP, LEASE_S, Cluster, Server, eventually, run_sql, stands_by
from flow_traffic import SOON_S, Traffic, every_law_holds

TAKE_OVER_S = LEASE_S + 60.0


@pytest.mark.slow
def test_no_gap_no_repeat_and_no_double_send(cluster: Cluster, oracles: ModuleType) -> None:
    began_s = time.monotonic()
    first = cluster.trader()
    traffic = Traffic(cluster)
    traffic.begin()
    traffic.goes_on("through all three")
    prices_arrive(cluster, cluster.servers[-1])

    run_sql(cluster.database_url, CUT)
    traffic.goes_on("after every connection to the database was cut")

    cluster.redis.kill()
    traffic.goes_on("without Redis")
    cluster.redis.start()
    redis_is_back(cluster)
    prices_arrive(cluster, cluster.servers[-1])

    stopped_s = taken_over(cluster, first, signal.SIGSTOP)
    traffic.goes_on("while the former trader sleeps")
    first.send(signal.SIGCONT)
    eventually(lambda: stands_by(first), SOON_S, "the former trader learns that it is none")
    traffic.goes_on("with the former trader awake")

    second = cluster.trader()
    killed_s = taken_over(cluster, second, signal.SIGKILL)
    traffic.goes_on("after the trader was killed")
    prices_arrive(cluster, cluster.servers[-1])

    web = next(one for one in cluster.servers if one.role == "web")
    web.send(signal.SIGKILL)
    traffic.goes_on("without the web process")

    took_s = time.monotonic() - began_s
    every_law_holds(cluster, traffic, oracles)
    sys.stdout.write(
        f"\n{traffic.acknowledged} orders in {took_s:.0f} s; a stopped trader was replaced after "
        f"{stopped_s:.1f} s, a killed one after {killed_s:.1f} s (lease {LEASE_S:.0f} s)\n"
    )


def taken_over(cluster: Cluster, trader: Server, sign: signal.Signals) -> float:
    """Stop or kill the trader; seconds until another one trades."""
    others = [
        one
        for one in cluster.servers
        if one is not trader and one.role == "all" and one.process and one.process.poll() is None
    ]
    trader.send(sign)
    at_s = time.monotonic()
    eventually(lambda: any(one.trades for one in others), TAKE_OVER_S, "another process trades")
    return time.monotonic() - at_s


def prices_arrive(cluster: Cluster, server: Server) -> None:
    """New prices, in a process that does not have the market."""
    path = f"{server.url}{PREFIX}/market/ticks/stream"
    asked = {"symbols": "NSE:INFY"}
    with HTTP.stream("GET", path, params=asked, headers=cluster.headers, timeout=SOON_S) as answer:
        assert answer.headers["content-encoding"] == "gzip", "asked for by any client, unasked"
        lines = (line for line in answer.iter_lines() if line.startswith("data: "))
        seen = {json.loads(next(lines)[6:])["ticks"][0]["timestamp"] for _ in range(4)}
    assert len(seen) >= 3


def redis_is_back(cluster: Cluster) -> None:
    eventually(
        lambda: all(one.health().get("redis", {}).get("status") == "ok" for one in cluster.servers),
        SOON_S, "Redis is heard again",
    )  # fmt: skip
