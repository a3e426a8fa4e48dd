"""The order of writers on a SQLite file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tradertape_server.container import Container
from tradertape_server.features.execution.state.command import Command
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.database.write_lock import Turn, WriteLock

ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
PATIENCE_S = 20.0


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.001)


@pytest.fixture
def file(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path / 'some.db'}")
    with database.write() as session:
        session.execute(text("CREATE TABLE numbers (number INTEGER)"))
    return database


def test_writers_are_next_in_the_order_they_came_and_urgent_ones_before_them() -> None:
    lock, order, threads = WriteLock(), list[str](), list[threading.Thread]()

    def write(name: str, *, is_urgent: bool) -> None:
        assert lock.acquire(is_urgent=is_urgent)
        order.append(name)
        lock.release()

    assert lock.acquire()
    for number, (name, is_urgent) in enumerate(
        [("a", False), ("b", False), ("trader 1", True), ("c", False), ("trader 2", True)]
    ):
        thread = threading.Thread(target=write, args=[name], kwargs={"is_urgent": is_urgent})
        thread.start()
        threads.append(thread)
        until(lambda number=number: lock.waiting == number + 1)
    lock.release()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert order == ["trader 1", "trader 2", "a", "b", "c"]


def test_who_waited_in_vain_does_not_get_the_lock_later() -> None:
    lock = WriteLock()
    assert lock.acquire()
    assert not lock.acquire(wait_s=0.01)
    assert not lock.acquire(wait_s=0, is_urgent=True)
    assert lock.waiting == 0
    lock.release()
    assert lock.acquire(wait_s=0)


def test_a_turn_is_taken_and_given_up_once() -> None:
    lock = WriteLock()
    turn = Turn(lock)
    turn.begin()
    turn.begin()
    turn.end()
    turn.end()
    assert lock.acquire(wait_s=0)
    with pytest.raises(OperationalError, match="locked"):
        Turn(lock, wait_s=0).begin()


def test_the_lock_is_free_after_a_transaction_that_failed(file: Database) -> None:
    def fail() -> None:
        with file.write() as session:
            session.execute(text("INSERT INTO numbers VALUES (1)"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with file.write(wait_s=0) as session:
        assert session.scalar(text("SELECT count(*) FROM numbers")) == 0


def test_who_does_not_wait_for_another_process_is_refused_at_once(file: Database) -> None:
    """FAULTS: another program, say a shell, holds the file."""
    other = Database(file.url.render_as_string())

    def touch(wait_s: float) -> None:
        with file.write(wait_s=wait_s) as session:
            session.execute(text("INSERT INTO numbers VALUES (1)"))

    with other.write() as session:
        session.execute(text("INSERT INTO numbers VALUES (2)"))
        began = time.monotonic()
        with pytest.raises(OperationalError, match="locked"):
            touch(0)
        assert time.monotonic() - began < 5.0
    touch(0)
    with file.read() as session:
        # Its connection waits for others again.
        assert session.scalar(text("PRAGMA busy_timeout")) == 10_000


@ON_SQLITE
@pytest.mark.usefixtures("client")
def test_the_trader_writes_before_requests_that_came_earlier(container: Container) -> None:
    database, order = container.database, list[str]()
    lock = database.write_lock
    assert lock is not None

    def request() -> None:
        with database.write():
            order.append("request")

    def trade() -> None:
        trader = container.execution.trader
        trader.execute(Command(lambda _uow: order.append("trader")))

    with database.write():
        # Jobs of the server may wait as well.
        threads = [threading.Thread(target=request), threading.Thread(target=trade)]
        threads[0].start()
        until(lambda: lock.waiting > lock.urgent)
        threads[1].start()
        until(lambda: lock.urgent)
    for thread in threads:
        thread.join(PATIENCE_S)
    assert order == ["trader", "request"]
