"""Three servers on one PostgreSQL and one Redis while they are cut, stopped and killed."""

from __future__ import annotations

import importlib.util
import json
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from flow_clients import PREFIX, Placer, Reader, order
from flow_servers import LEASE_S, Cluster, Server, eventually
from sqlalchemy import select

from tradertape_server.features.execution.models import ExecutionEvent, IntentRow, OrderRow
from tradertape_server.platform.database import Database

RUNS = ("flow-a", "flow-b", "flow-c")
CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = 'flows' AND pid <> pg_backend_pid()"
)
# Generous: a shared machine may stop all of them for seconds.
SOON_S, TAKE_OVER_S = 60.0, LEASE_S + 60.0


@pytest.fixture(scope="module")
def oracles() -> ModuleType:
    path = Path(__file__).parents[2] / "packages/server/tests/execution/oracles.py"
    spec = importlib.util.spec_from_file_location("flow_oracles", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Traffic:
    """Workers that place in three runs, and readers of what happens there."""

    def __init__(self, cluster: Cluster) -> None:
        urls = [one.url for one in cluster.servers]
        for run_id in RUNS:
            body = {
                "strategy_run_id": run_id, "template_id": "t", "execution_mode": "paper",
                "account_scope": f"kite:{run_id}",
            }  # fmt: skip
            made = httpx.post(
                f"{urls[-1]}{PREFIX}/runs", json=body, headers=cluster.headers, timeout=60
            )
            assert made.status_code == 200, made.text
        turned = [urls[i:] + urls[:i] for i in range(len(RUNS))]
        runs = list(zip(RUNS, turned, strict=True))
        self.placers = [Placer(at, cluster.headers, run_id) for run_id, at in runs]
        self.readers = [Reader(at, cluster.headers, run_id) for run_id, at in runs]

    def begin(self) -> None:
        for client in (*self.placers, *self.readers):
            client.begin()

    @property
    def acknowledged(self) -> int:
        return sum(len(one.answers) for one in self.placers)

    def goes_on(self, words: str, *, more: int = 6) -> None:
        """Wait for so many more orders, with no client in trouble."""
        goal = self.acknowledged + more
        eventually(lambda: self.acknowledged >= goal or self.errors, SOON_S, f"orders {words}")
        assert self.errors == []

    @property
    def errors(self) -> list[str]:
        return [error for one in (*self.placers, *self.readers) for error in one.errors]

    def end(self, newest: dict[str, int]) -> None:
        """Let placers finish their keys and readers reach the end."""
        for reader in self.readers:
            goal = newest[reader.run_id]
            eventually(
                lambda at=reader, goal=goal: at.cursors and at.cursors[-1] >= goal,
                SOON_S, f"the reader of {reader.run_id} comes to {goal}",
            )  # fmt: skip
            reader.stop.set()
        for reader in self.readers:
            reader.join()


def test_no_gap_no_repeat_and_no_double_send(cluster: Cluster, oracles: ModuleType) -> None:
    began_s = time.monotonic()
    first = cluster.trader()
    traffic = Traffic(cluster)
    traffic.begin()
    traffic.goes_on("through all three")
    prices_arrive(cluster, cluster.servers[-1])

    cluster.run_sql(CUT)
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


def stands_by(server: Server) -> bool:
    """Whether it knows that another one trades, and has let its duties go."""
    check = server.health().get("trader", {})
    return "stands by" in check.get("detail", "") and server.metrics()["tradertape_trader_up"] == 0


def prices_arrive(cluster: Cluster, server: Server) -> None:
    """New prices, in a process that does not have the market."""
    path = f"{server.url}{PREFIX}/market/ticks/stream"
    asked = {"symbols": "NSE:INFY"}
    with httpx.stream("GET", path, params=asked, headers=cluster.headers, timeout=SOON_S) as answer:
        lines = (line for line in answer.iter_lines() if line.startswith("data: "))
        seen = {json.loads(next(lines)[6:])["ticks"][0]["timestamp"] for _ in range(4)}
    assert len(seen) >= 3


def redis_is_back(cluster: Cluster) -> None:
    eventually(
        lambda: all(one.health().get("redis", {}).get("status") == "ok" for one in cluster.servers),
        SOON_S, "Redis is heard again",
    )  # fmt: skip


def every_law_holds(cluster: Cluster, traffic: Traffic, oracles: ModuleType) -> None:
    for placer in traffic.placers:
        placer.stop.set()
    for placer in traffic.placers:
        placer.join()
    assert traffic.errors == []
    answers = {key: body for one in traffic.placers for key, body in one.answers.items()}
    database = Database(cluster.database_url)
    oracles.check(database)
    with database.read() as session:
        intents = {row.key: row.run_id for row in session.scalars(select(IntentRow))}
        placed = Counter(session.scalars(select(OrderRow.order_id)))
        events = {
            run: list(
                session.scalars(
                    select(ExecutionEvent.seq)
                    .where(ExecutionEvent.run_id == run)
                    .order_by(ExecutionEvent.seq)
                )
            )
            for run in RUNS
        }
    database.close()
    assert set(intents) == set(answers), "keys that were acknowledged, and keys that were taken"
    orders = {key: json.loads(body)["order_id"] for key, body in answers.items()}
    assert len(set(orders.values())) == len(orders), "two keys got one order"
    assert placed == Counter(orders.values()), "orders placed, and orders acknowledged"
    traffic.end({run: seqs[-1] for run, seqs in events.items()})
    for reader in traffic.readers:
        assert reader.cursors == events[reader.run_id], "events as they were read, and as they were"
    replays_are_equal(cluster, answers, intents)


def replays_are_equal(cluster: Cluster, answers: dict[str, bytes], runs: dict[str, str]) -> None:
    """Ask for some keys again, in whatever process is left: the same bytes."""
    url = cluster.trader().url
    for key in sorted(answers)[::7]:
        number = int(key.rpartition(":")[2])
        body = {
            "intent_type": "place_order",
            "payload": {"order": order(number)},
            "idempotency_key": key,
            "metadata": {},
        }
        again = httpx.post(
            f"{url}{PREFIX}/runs/{runs[key]}/intents",
            json=body, headers=cluster.headers, timeout=30,
        )  # fmt: skip
        assert again.content == answers[key]
