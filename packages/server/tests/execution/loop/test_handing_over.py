"""The trade goes from process to process under load (FAULTS §1, two servers on one database): each
is a trader of its own, with its lease, its connections and its market."""

from __future__ import annotations

import itertools
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import crashing
import oracles
import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from tradertape_server.features.execution.errors import NotTheTrader, TradingPaused
from tradertape_server.features.execution.service import ExecutionService, RunRef
from tradertape_server.features.execution.store.models import IntentRow
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.processes.trader_election import TraderElection

SLEPT = text("UPDATE trader_lease SET expires_s = 0 WHERE id = 1")
CLIENTS = 4
DEADLINE_S = 60.0


class Process:
    """A server, as far as it trades."""

    def __init__(self, url: str, clock: Any) -> None:
        self._database = Database(url)
        self.election = TraderElection(self._database, role="all", address="", life_s=30.0)
        self._trading = Database(url, name=self.election.connections)
        self.service = ExecutionService.build(
            self._database, clock, crashing.priced_market(clock),
            trading=self._trading, fence=self.election.fence,
        )  # fmt: skip

    def begin(self, sleep: Callable[[], None]) -> None:
        """sleep: as if the other one had slept until its lease ran out."""
        until = time.monotonic() + DEADLINE_S
        sleep()
        self.election.start((self.service.trader,))
        while not self.election.is_trader:  # it had renewed its lease just then
            assert time.monotonic() < until, "it does not lead"
            sleep()
            self.election._heartbeat()
        while not self.service.trader.is_well:
            assert time.monotonic() < until, "it does not trade"
            time.sleep(0.005)

    def end(self) -> None:
        self.election.stop()
        self.service.trader.stop()
        self._trading.close()
        self._database.close()


class Story:
    """The processes so far, and what clients were answered. The last two are asked."""

    def __init__(self, url: str, clock: Any, account_id: int) -> None:
        self._url, self._clock, self._account_id = url, clock, account_id
        self.seed = random.SystemRandom().randrange(10**6)
        sys.stdout.write(f"seed {self.seed}\n")
        self.draw = random.Random(self.seed)
        self.processes: list[Process] = []
        self.answers: dict[int, bytes] = {}
        self.refused = 0
        self.errors: list[BaseException] = []
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(client,)) for client in range(CLIENTS)
        ]

    def begin(self) -> None:
        self.next_process()
        for thread in self._threads:
            thread.start()

    def next_process(self, sleep: Callable[[], None] = lambda: None) -> None:
        self._clock.advance(milliseconds=1)  # ids of orders are made of it
        process = Process(self._url, self._clock)
        process.begin(sleep)
        self.processes = [*self.processes[-1:], process]

    def goes_on(self, orders: int) -> None:
        """Wait until so many more orders are acknowledged."""
        goal, until = len(self.answers) + orders, time.monotonic() + 60
        while len(self.answers) < goal:
            assert not self.errors, f"{self.errors} (seed {self.seed})"
            assert time.monotonic() < until, f"no orders (seed {self.seed})"
            time.sleep(0.002)

    def stop_asking(self) -> None:
        self._over.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(DEADLINE_S)
                assert not thread.is_alive(), f"an order is never answered (seed {self.seed})"

    def end(self) -> None:
        self.stop_asking()
        for process in self.processes:
            process.end()

    def place(self, service: ExecutionService, number: int) -> bytes:
        run = RunRef(account_id=self._account_id, run_id=f"run-{number % CLIENTS}")
        command = {**crashing.wish_of(number), "quantity": 1}
        return service.place(run, command, key=crashing.key_of(number)).body

    def _ask(self, client: int) -> None:
        draw = random.Random(self.seed + client)
        try:
            for number in itertools.count(client, CLIENTS):
                while number not in self.answers and not self._over.is_set():
                    asked = draw.choice(self.processes)
                    try:
                        self.answers[number] = self.place(asked.service, number)
                    except (TradingPaused, NotTheTrader):
                        self.refused += 1
                        self._over.wait(0.005)
                if self._over.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - the test looks at them
            self.errors.append(error)


@pytest.fixture
def story(database: Database, database_url: str, clock: Any, user_id: int) -> Iterator[Story]:
    account = ExecutionService.build(database, clock, crashing.priced_market(clock))
    account.trader.start()
    account_id = account.account(user_id, "kite:paper-a").id
    account.trader.stop()
    story = Story(database_url, clock, account_id)
    with capture_logs():  # to write the traces takes longer than all the rest
        yield story
        story.end()


def told(story: Story, database: Database, times: int) -> None:
    """Everything was done once, and each answer is still what it was."""
    story.stop_asking()
    assert story.errors == [], f"seed {story.seed}"
    for number in sorted(story.answers)[::7]:
        again = story.place(story.processes[-1].service, number)
        assert again == story.answers[number], f"seed {story.seed}"
    oracles.check(database)
    with database.read() as session:
        keys = set(session.scalars(select(IntentRow.key)))
    assert keys >= {crashing.key_of(number) for number in story.answers}, f"seed {story.seed}"
    assert len(keys) <= len(story.answers) + CLIENTS, "nobody had more than one on its way"
    sys.stdout.write(
        f"\n{times} hand-overs, {len(story.answers)} orders, {story.refused} asked again; none "
        f"lost, none doubled (seed {story.seed})\n"
    )


def hand_over_and_over(story: Story, database: Database, times: int) -> None:
    """To a process that found the lease run out, while the former one trades on unawares."""

    def sleep() -> None:
        with database.engine.begin() as connection:
            connection.execute(SLEPT)

    story.begin()
    for _ in range(times):
        story.goes_on(story.draw.randint(1, 12))
        time.sleep(story.draw.uniform(0, 0.01))  # at any step of a turn
        former = story.processes[0] if len(story.processes) > 1 else None
        story.next_process(sleep)
        if former is not None:
            former.end()
    story.goes_on(12)
    told(story, database, times)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_20_traders_that_were_replaced_unawares_double_nothing(
    story: Story, database: Database
) -> None:
    hand_over_and_over(story, database, 20)


@pytest.mark.slow
@pytest.mark.skipif("TRADERTAPE_SOAK" not in os.environ, reason="takes minutes: make soak")
@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_200_traders_that_were_replaced_unawares_double_nothing(
    story: Story, database: Database
) -> None:
    hand_over_and_over(story, database, 200)


@pytest.mark.slow
def test_20_traders_that_stop_hand_over_what_rests(story: Story, database: Database) -> None:
    """On a file too, where the next one has to wait for the lock."""
    story.begin()
    for _ in range(20):
        story.goes_on(story.draw.randint(1, 12))
        former = story.processes[-1]
        former.end()
        story.next_process()
    story.goes_on(12)
    told(story, database, 20)
