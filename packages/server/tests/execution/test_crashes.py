"""Killed at any moment, and started again: nothing lost, nothing doubled (docs/decisions/0101)."""

from __future__ import annotations

import os
import random
import threading
import time
from typing import Any

import crashing
import oracles
import pytest
from sqlalchemy import select

from tradertape_server.features.auth.models import User
from tradertape_server.features.execution import repository
from tradertape_server.features.execution.models import FillRow, IntentRow, OutboxRow
from tradertape_server.features.execution.service import RunRef
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.crash_points import EXIT_CODE, STEPS
from tradertape_server.platform.database import Database

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
def account_id(database: Database) -> int:
    clock = SystemClock()
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
    with database.read() as session:
        intents = session.scalars(select(IntentRow)).all()
        return (
            len(intents),
            len(repository.orders(session)),
            len(session.scalars(select(OutboxRow)).all()),
            len(session.scalars(select(FillRow)).all()),
            sum(intent.answer is not None for intent in intents),
        )


def test_every_step_has_an_end_state() -> None:
    assert set(END_STATES) == set(STEPS)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_and_started_again_the_order_is_there_once(
    database: Database, database_url: str, account_id: int, order: Any, step: str
) -> None:
    ended = crashing.in_a_child(
        lambda: crashing.place_and_die(database_url, account_id, order(), step)
    )
    assert ended == EXIT_CODE
    assert _state(database) == END_STATES[step]

    clock = SystemClock()
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


def _kills(
    database: Database, url: str, account_id: int, *, kills: int, orders: int, seed: int
) -> None:
    draw = random.Random(seed)
    answers: dict[int, set[str]] = {}
    for number in range(kills + 1):
        reading, writing = os.pipe()
        child = crashing.spawn(
            lambda writing=writing, number=number: crashing.trade_under_load(
                url, account_id, writing, range(orders), seed + number
            )
        )
        os.close(writing)
        heard = threading.Thread(target=_hear, args=(reading, answers))
        heard.start()
        if number < kills:
            time.sleep(draw.uniform(0.05, 0.45))
            crashing.kill(child)
        else:
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, f"seed {seed}"
        heard.join()
    assert set(answers) == set(range(orders)), f"seed {seed}"
    assert all(len(given) == 1 for given in answers.values()), f"answers differ (seed {seed})"
    _every_answer_has_one_order(database, orders)


def _hear(reading: int, answers: dict[int, set[str]]) -> None:
    with os.fdopen(reading) as lines:
        for line in lines:
            number, _, answer = line.strip().partition(" ")
            answers.setdefault(int(number), set()).add(answer)


def _every_answer_has_one_order(database: Database, orders: int) -> None:
    oracles.check(database)
    with database.read() as session:
        intents = session.scalars(select(IntentRow)).all()
        assert len(intents) == orders
        assert all(intent.answer is not None for intent in intents)
        assert len(repository.orders(session)) == orders


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_50_random_kills_under_load_lose_and_double_nothing(
    database: Database, database_url: str, account_id: int
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    _kills(database, database_url, account_id, kills=50, orders=5_000, seed=seed)


@pytest.mark.slow
@pytest.mark.skipif("TRADERTAPE_SOAK" not in os.environ, reason="takes minutes: make soak")
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
def test_500_random_kills_under_load_lose_and_double_nothing(
    database: Database, database_url: str, account_id: int
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    _kills(database, database_url, account_id, kills=500, orders=20_000, seed=seed)
