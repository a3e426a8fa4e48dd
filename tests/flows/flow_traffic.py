"""Workers and readers in several runs, and what must be true once they have done."""

from __future__ import annotations

import json
from collections import Counter
from types import ModuleType

from flow_clients import PREFIX, Client, Console, Placer, Reader, order
from flow_servers import HTTP, Servers, eventually
from sqlalchemy import select

from tradertape_server.features.execution.store.models import ExecutionEvent, IntentRow, OrderRow
from tradertape_server.platform.database.engine import Database

RUNS = ("flow-a", "flow-b", "flow-c")
SOON_S = 60.0  # generous: a shared machine may stop all of them for seconds


class Traffic:
    """Workers that place in three runs, and readers of what happens there."""

    def __init__(
        self,
        cluster: Servers,
        *,
        patience_s: float = 8.0,
        placer: type[Placer] = Placer,
        reader: type[Reader] = Reader,
    ) -> None:
        urls = [one.url for one in cluster.servers]
        for run_id in RUNS:
            body = {
                "strategy_run_id": run_id, "template_id": "t", "execution_mode": "paper",
                "account_scope": f"kite:{run_id}",
            }  # fmt: skip
            made = HTTP.post(
                f"{urls[-1]}{PREFIX}/runs", json=body, headers=cluster.headers, timeout=60
            )
            assert made.status_code == 200, made.text
        turned = [urls[i:] + urls[:i] for i in range(len(RUNS))]
        runs = list(zip(RUNS, turned, strict=True))
        self.placers = [
            placer(at, cluster.headers, run_id, patience_s=patience_s) for run_id, at in runs
        ]
        self.readers = [reader(at, cluster.headers, run_id) for run_id, at in runs]
        never_trades = [one.url for one in cluster.servers if one.role == "web"]
        self.console = Console(never_trades or urls, {}, "", cookie=cluster.cookie)

    @property
    def clients(self) -> list[Client]:
        return [*self.placers, *self.readers, self.console]

    def begin(self) -> None:
        for client in self.clients:
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
        return [error for one in self.clients for error in one.errors]

    def is_placed_since(self, moment_s: float) -> bool:
        """Whether every worker has had an order taken that it sent after a moment."""
        return all(one.sent_s >= moment_s for one in self.placers)

    def end(self, newest: dict[str, int]) -> None:
        """Let placers finish their keys and readers reach the end."""
        for reader in self.readers:
            goal = newest[reader.run_id]
            eventually(
                lambda at=reader, goal=goal: at.cursors and at.cursors[-1] >= goal,
                SOON_S, f"the reader of {reader.run_id} comes to {goal}",
            )  # fmt: skip
            reader.stop.set()
        self.console.stop.set()
        for client in (*self.readers, self.console):
            client.join()


def every_law_holds(cluster: Servers, traffic: Traffic, oracles: ModuleType) -> None:
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
    console_heard_all(traffic.console, sorted(seq for seqs in events.values() for seq in seqs))
    replays_are_equal(cluster, answers, intents)


def replays_are_equal(cluster: Servers, answers: dict[str, bytes], runs: dict[str, str]) -> None:
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
        again = HTTP.post(
            f"{url}{PREFIX}/runs/{runs[key]}/intents",
            json=body, headers=cluster.headers, timeout=30,
        )  # fmt: skip
        assert again.content == answers[key]


def console_heard_all(console: Console, events: list[int]) -> None:
    """A browser reads its pages anew when it connects; from then on it is told everything."""
    assert sum(map(len, console.heard)) > 0
    for heard in filter(None, console.heard):
        known = [seq for seq in heard if seq >= heard[0]]  # what a sleeper says late is known
        expected = [seq for seq in events if heard[0] <= seq <= max(heard)]
        missing = sorted(set(expected) - set(known))
        assert not missing, f"not told to a browser that heard {heard[0]}…{max(heard)}: {missing}"
        assert known == expected, "events as a browser was told them, and as they were"
