"""Killed at any moment, and started again: nothing lost, nothing doubled (docs/decisions/0101)."""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from typing import Any

import crashing
import oracles
import pytest
from sqlalchemy import func, select

from tradertape_server.features.auth.models import User
from tradertape_server.features.execution.service import RunRef
from tradertape_server.features.execution.store.models import (
    FillRow,
    IntentRow,
    OrderRow,
    OutboxRow,
)
from tradertape_server.platform.crash_points import EXIT_CODE, STEPS
from tradertape_server.platform.database.engine import Database

QUIET_S = 180  # without a further answer: more than a server waits for, on a busy machine
RECOVERING = 0.2  # of the kills come at any time after a start, not under load

# What the database holds when the server has died at a step, before anybody starts it again:
# (intents, orders, rows of the outbox, fills, answers).
NOTHING = (0, 0, 0, 0, 0)
DECIDED = (1, 1, 1, 0, 0)
DONE = (1, 1, 0, 1, 1)
END_STATES = {
    "before_validate": NOTHING,
    "after_validate": NOTHING,
    "before_commit": NOTHING,
    "after_commit": DECIDED,
    "before_send": DECIDED,
    "after_send": DECIDED,
    "before_record": DECIDED,
    "after_record": DONE,
    "before_reply": DONE,
}


@pytest.fixture
def clock() -> crashing.RunningClock:
    return crashing.RunningClock()


@pytest.fixture
def account_id(database: Database, clock: crashing.RunningClock) -> int:
    with database.write() as session:
        user = User(email="trader@example.com", created_at=clock.now())
        session.add(user)
        session.flush()
        user_id = user.id
    service = crashing.a_server(
        database.url.render_as_string(hide_password=False), clock, crashing.priced_market(clock)
    )
    account = service.account(user_id, "kite:paper-a").id
    service.trader.stop()
    service.database.close()
    database.engine.dispose()  # nothing of ours may be open when a child is forked
    return account


def _state(database: Database) -> tuple[int, ...]:
    tables = (IntentRow, OrderRow, OutboxRow, FillRow)
    counted = [select(func.count()).select_from(one).scalar_subquery() for one in tables]
    counted.append(select(func.count(IntentRow.answer)).scalar_subquery())
    # One statement: PostgreSQL may still commit what a killed server sent, between two of them.
    with database.read() as session:
        return tuple(session.execute(select(*counted)).one())


def test_every_step_has_an_end_state() -> None:
    assert set(END_STATES) == set(STEPS)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_and_started_again_the_order_is_there_once(
    database: Database,
    database_url: str,
    clock: crashing.RunningClock,
    account_id: int,
    order: Any,
    step: str,
) -> None:
    ended = crashing.in_a_child(
        lambda: crashing.place_and_die(database_url, clock, account_id, order(), step)
    )
    assert ended == EXIT_CODE
    assert _state(database) == END_STATES[step]

    service = crashing.a_server(database_url, clock, crashing.priced_market(clock))
    try:
        was_decided = END_STATES[step] != NOTHING
        assert _state(database) == (DONE if was_decided else NOTHING)
        run = RunRef(account_id=account_id, run_id="run-1")
        answer = service.place(run, order(), key="key-0001")
        assert answer.is_replay == was_decided
        assert answer.document["status"] == "COMPLETE"
        assert service.place(run, order(), key="key-0001").body == answer.body
    finally:
        service.trader.stop()
        service.database.close()
    assert _state(database) == DONE
    oracles.check(database)


class Kills:
    """Servers that are killed one after the other, and what their clients heard."""

    def __init__(self, url: str, clock: crashing.RunningClock, account_id: int, seed: int) -> None:
        self.url, self.clock, self.account_id, self.seed = url, clock, account_id, seed
        self.draw = random.Random(seed)
        self.answers: dict[int, set[str]] = {}
        self.back_s: list[float] = []  # from a server's start to its first answer
        self.unfinished = 0  # kills that left an order half done
        self.unanswered = 0  # kills before the first answer, so within the recovery

    def strike(self, orders: int) -> None:
        """Let a server work, and kill it: mostly under load, after about so many orders, sometimes
        while it recovers."""
        child, heard = self._start(goal=None)
        try:
            self._wait(heard, orders)
        finally:
            crashing.kill(child)
            heard.join()
        self.unanswered += heard.count == 0

    def _wait(self, heard: Hearing, orders: int) -> None:
        began_s = time.monotonic()
        if self.draw.random() < RECOVERING:
            time.sleep(self.draw.uniform(0, 0.4))
            return
        assert heard.has(1), f"no answer after a kill (seed {self.seed})"
        self.back_s.append(time.monotonic() - began_s)
        assert heard.has(self.draw.randint(1, 2 * orders)), f"no more (seed {self.seed})"
        time.sleep(self.draw.uniform(0, 0.05))  # at any step of a turn

    def finish(self) -> int:
        """Let a last server do what is left; how many orders there are."""
        goal = max(self.answers, default=0) + crashing.CLIENTS + 1
        child, heard = self._start(goal=goal)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, f"seed {self.seed}"
        heard.join()
        return goal

    def report(self, engine: str, kills: int, orders: int) -> None:
        """Say what came of it; shown by `make soak`."""
        back = sorted(self.back_s)
        sys.stdout.write(
            f"\n{engine}: {kills} kills, {self.unfinished} with an order half done, "
            f"{self.unanswered} while recovering; {orders} orders, none lost, none doubled, no two "
            f"answers, balanced; an answer {back[len(back) // 2]:.2f} s after a start "
            f"(p99 {back[int(len(back) * 0.99)]:.2f} s)\n"
        )

    def _start(self, goal: int | None) -> tuple[int, Hearing]:
        self.seed += 1
        reading, writing = os.pipe()
        child = crashing.spawn(
            lambda: crashing.trade_under_load(
                self.url,
                self.clock,
                self.account_id,
                writing,
                set(self.answers),
                goal,
                self.seed,
            )
        )
        os.close(writing)
        heard = Hearing(reading, self.answers)
        heard.start()
        return child, heard


class Hearing(threading.Thread):
    """Notes what the clients of one server were told, until it is gone."""

    def __init__(self, reading: int, answers: dict[int, set[str]]) -> None:
        super().__init__()
        self._reading, self._answers = reading, answers
        self._bell = threading.Condition()
        self.count = 0

    def run(self) -> None:
        with os.fdopen(self._reading) as lines:
            for line in lines:
                number, _, answer = line.strip().partition(" ")
                self._answers.setdefault(int(number), set()).add(answer)
                with self._bell:
                    self.count += 1
                    self._bell.notify_all()

    def has(self, count: int) -> bool:
        """Wait for so many answers, as long as they keep coming."""
        with self._bell:
            while (before := self.count) < count:
                if not self._bell.wait_for(lambda: self.count > before, timeout=QUIET_S):
                    return False
        return True


def _kill(
    database: Database,
    url: str,
    clock: crashing.RunningClock,
    account_id: int,
    *,
    kills: int,
    orders: int,
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    sys.stdout.write(f"seed {seed}\n")
    story = Kills(url, clock, account_id, seed)
    for _ in range(kills):
        story.strike(orders // kills)
        intents, placed, outbox, _fills, answers = _state(database)
        story.unfinished += outbox > 0 or answers < intents
        database.engine.dispose()  # nothing of ours may be open when a child is forked
        assert placed == intents >= answers, f"seed {seed}"
    placed = story.finish()
    assert set(story.answers) == set(range(placed)), f"seed {seed}"
    differing = [number for number, given in story.answers.items() if len(given) > 1]
    assert not differing, f"answers differ (seed {seed})"
    oracles.check(database)
    assert _state(database) == (placed, placed, 0, _state(database)[3], placed), f"seed {seed}"
    story.report(database.engine.dialect.name, kills, placed)


def test_10_random_kills_under_load_lose_and_double_nothing(
    database: Database, database_url: str, clock: crashing.RunningClock, account_id: int
) -> None:
    _kill(database, database_url, clock, account_id, kills=10, orders=200)


@pytest.mark.slow
def test_50_random_kills_under_load_lose_and_double_nothing(
    database: Database, database_url: str, clock: crashing.RunningClock, account_id: int
) -> None:
    _kill(database, database_url, clock, account_id, kills=50, orders=1_000)


@pytest.mark.slow
@pytest.mark.skipif("TRADERTAPE_SOAK" not in os.environ, reason="takes minutes: make soak")
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
def test_500_random_kills_under_load_lose_and_double_nothing(
    database: Database, database_url: str, clock: crashing.RunningClock, account_id: int
) -> None:
    _kill(database, database_url, clock, account_id, kills=500, orders=30_000)
