"""Another process is stopped in a transaction (SIGSTOP) and holds a row the trader wants: one
command fails soon, the rest continues, and the database ends the transaction (FAULTS §1)."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import crashing
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from tradertape_server.features.auth.models import User
from tradertape_server.features.execution.service import RunRef
from tradertape_server.platform.database import engine as databases
from tradertape_server.platform.database.engine import Database

ON_POSTGRES = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


def hold_a_row(url: str, user_id: int, ready: int) -> None:
    """Be a web process that is stopped while it changes an account."""
    with Database(url).write() as session:
        session.scalars(select(User).where(User.id == user_id).with_for_update()).one()
        os.write(ready, b"!")
        os.kill(os.getpid(), signal.SIGSTOP)


@pytest.fixture
def sleeper(database: Database, database_url: str, user_id: int) -> Iterator[int]:
    database.engine.dispose()  # nothing of ours may be open when a child is forked
    reading, ready = os.pipe()
    child = crashing.spawn(lambda: hold_a_row(database_url, user_id, ready))
    assert os.read(reading, 1) == b"!"
    yield child
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reading)
    os.close(ready)


@pytest.fixture
def trading(database_url: str) -> Iterator[Database]:
    trading = Database(database_url, idle_limit_s=0.5)
    yield trading
    trading.close()


@ON_POSTGRES
@pytest.mark.usefixtures("sleeper")
def test_a_sleeper_with_a_row_holds_up_one_person_and_nobody_else(
    database: Database, trading: Database, user_id: int, start: Any, order: Any, clock: Any
) -> None:
    with database.write() as session:
        other = User(email="other@example.com", created_at=clock.now())
        session.add(other)
    execution = start(trading=trading)
    with ThreadPoolExecutor(1) as pool:
        held_up = pool.submit(execution.account, user_id, "kite:paper-a")
        run = RunRef(account_id=execution.account(other.id, "kite:paper-a").id, run_id="run-1")
        assert execution.place(run, order(), key="key-0001").document["status"] == "COMPLETE"
        assert not held_up.done()
        assert execution.trader.pauses == 0
        assert held_up.result(timeout=60).user_id == user_id  # the sleeper's transaction is ended
    execution.trader.stop()


@ON_POSTGRES
def test_a_transaction_that_sleeps_with_a_row_is_ended(
    database: Database, database_url: str, user_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "IDLE_LIMIT_MS", 200)
    hold = select(User).where(User.id == user_id).with_for_update()
    web = Database(database_url)
    with suppress(SQLAlchemyError), web.write() as asleep:
        asleep.scalars(hold).one()
        with database.write() as awake:
            awake.execute(text("SET LOCAL lock_timeout = '60s'"))
            assert awake.scalars(hold).one().id == user_id
        with pytest.raises(DBAPIError) as ended:
            asleep.execute(text("SELECT 1"))
        assert ended.value.connection_invalidated
    web.close()
