"""Faults in random order under load, for minutes: `make soak`."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType

import pytest
from flow_servers import CUT, Cluster, Server, eventually, run_sql, stands_by
from flow_traffic import SOON_S, Traffic, every_law_holds

ROUNDS = int(os.environ.get("TRADERTAPE_SOAK_ROUNDS", "60"))
HANGS_S = 8.0  # longer than the lease, and than Redis is waited for
WHO_WAITS = """
SELECT pid, application_name, state, wait_event_type, wait_event, pg_blocking_pids(pid),
left(query, 90) FROM pg_stat_activity WHERE datname = 'flows' AND pid <> pg_backend_pid()
"""

Fault = Callable[[Cluster], AbstractContextManager[None]]


def standby(cluster: Cluster) -> Server:
    trader = cluster.trader()
    return next(one for one in cluster.servers if one.role == "all" and one is not trader)


def web(cluster: Cluster) -> Server:
    return next(one for one in cluster.servers if one.role == "web")


@contextmanager
def trader_sleeps(cluster: Cluster) -> Iterator[None]:
    """It finds itself replaced when it wakes up."""
    trader = cluster.trader()
    trader.send(signal.SIGSTOP)
    yield
    trader.send(signal.SIGCONT)
    eventually(lambda: stands_by(trader), SOON_S, "the former trader learns that it is none")


@contextmanager
def other_sleeps(cluster: Cluster, find: Callable[[Cluster], Server]) -> Iterator[None]:
    server = find(cluster)
    server.send(signal.SIGSTOP)
    yield
    server.send(signal.SIGCONT)
    eventually(server.health, SOON_S, f"{server.name} answers again")


@contextmanager
def server_ends(
    cluster: Cluster, find: Callable[[Cluster], Server], sign: signal.Signals
) -> Iterator[None]:
    server = find(cluster)
    server.send(sign)
    yield
    assert server.process is not None
    server.process.wait(timeout=60)
    server.start()
    server.wait_until_up()


@contextmanager
def redis_dies(cluster: Cluster) -> Iterator[None]:
    cluster.redis.kill()
    yield
    cluster.redis.start()


@contextmanager
def redis_hangs(cluster: Cluster) -> Iterator[None]:
    cluster.redis.hang()
    time.sleep(HANGS_S)
    yield
    cluster.redis.wake()


@contextmanager
def postgres_crashes(cluster: Cluster) -> Iterator[None]:
    cluster.postgres.crash()
    cluster.postgres.start()
    yield


@contextmanager
def postgres_hangs(cluster: Cluster) -> Iterator[None]:
    cluster.postgres.hang()
    time.sleep(HANGS_S)
    cluster.postgres.wake()
    yield


@contextmanager
def postgres_is_cut(cluster: Cluster) -> Iterator[None]:
    run_sql(cluster.database_url, CUT)
    yield


FAULTS: dict[str, Fault] = {
    "trader stopped": trader_sleeps,
    "trader killed": lambda at: server_ends(at, Cluster.trader, signal.SIGKILL),
    "trader told to stop": lambda at: server_ends(at, Cluster.trader, signal.SIGTERM),
    "standby stopped": lambda at: other_sleeps(at, standby),
    "web stopped": lambda at: other_sleeps(at, web),
    "web killed": lambda at: server_ends(at, web, signal.SIGKILL),
    "Redis killed": redis_dies,
    "Redis hangs": redis_hangs,
    "PostgreSQL crashed": postgres_crashes,
    "PostgreSQL hangs": postgres_hangs,
    "PostgreSQL cut": postgres_is_cut,
}
# How often each comes: a stopped trader is the subtlest, and the cheapest to mend.
WEIGHTS = {"trader stopped": 6, "PostgreSQL cut": 2, "PostgreSQL crashed": 2}


@pytest.mark.slow
@pytest.mark.skipif("TRADERTAPE_SOAK" not in os.environ, reason="takes minutes: make soak")
def test_random_faults_lose_and_double_nothing(cluster: Cluster, oracles: ModuleType) -> None:
    seed = random.SystemRandom().randrange(10**6)
    sys.stdout.write(f"seed {seed}\n")  # with whatever goes wrong from here on
    draw = random.Random(seed)
    cluster.trader(SOON_S)
    traffic = Traffic(cluster, patience_s=3.0)
    traffic.begin()
    traffic.goes_on("at all")
    took: defaultdict[str, list[float]] = defaultdict(list)
    names = list(FAULTS)
    for number in range(ROUNDS):
        name = draw.choices(names, [WEIGHTS.get(one, 1) for one in names])[0]
        time.sleep(draw.uniform(0, 1.5))  # at any moment of a turn, and of a lease
        with FAULTS[name](cluster):
            took[name].append(orders_again(cluster, traffic, name))
        traffic.goes_on(f"after {name} was mended")
        sys.stdout.write(f"{number + 1}/{ROUNDS} {name}: {took[name][-1]:.1f} s\n")
    every_law_holds(cluster, traffic, oracles)
    lines = [
        f"{name}, {len(s)} times: orders again after {sorted(s)[len(s) // 2]:.1f} s, at most "
        f"{max(s):.1f} s"
        for name, s in took.items()
    ]
    codes = sum((one.refusals for one in traffic.placers), Counter[str]())
    sys.stdout.write("\n".join(lines))
    sys.stdout.write(
        f"\nseed {seed}: {traffic.acknowledged} orders, none lost, none doubled, balanced; "
        f"{sum(len(one.cursors) for one in traffic.readers)} events read over "
        f"{sum(one.hops for one in traffic.readers)} cuts without gap or repeat; a browser heard "
        f"{sum(map(len, traffic.console.heard))} on {len(traffic.console.heard)} connections; "
        f"refused meanwhile: {dict(codes)}\n"
    )


def orders_again(cluster: Cluster, traffic: Traffic, name: str) -> float:
    """Seconds until every worker has had an order taken that it sent from now on."""
    began_s = time.monotonic()
    until_s = began_s + 2 * SOON_S
    while not traffic.is_placed_since(began_s):
        if traffic.errors or time.monotonic() > until_s:
            waits = "\n".join(map(str, run_sql(cluster.database_url, WHO_WAITS)))
            pytest.fail(f"no orders after {name}: {traffic.errors}\n{waits}")
        time.sleep(0.05)  # nothing says that an order was taken
    return time.monotonic() - began_s
