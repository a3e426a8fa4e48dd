"""Which process trades (FAULTS §1: two servers on one database)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from tradertape_server.container import Container
from tradertape_server.features.execution.errors import TradingPaused
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.store.models import ExecutionCursor
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.processes.trader_election import (
    Fence,
    Role,
    Superseded,
    TraderElection,
)
from tradertape_server.platform.processes.trader_lease import PROCESS, TRADER, LeaseTable

ON_POSTGRES = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
Make = Callable[..., TraderElection]


class Duty:
    """Knows whether it is being done."""

    def __init__(self) -> None:
        self.began, self.ended = threading.Event(), threading.Event()

    def start(self) -> None:
        self.began.set()

    def stop(self) -> None:
        self.ended.set()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def make(database: Database) -> Iterator[Make]:
    """Makes processes: as many hands for the lease."""
    made: list[TraderElection] = []

    def make(role: Role = "all", life_s: float = 30.0) -> TraderElection:
        made.append(
            TraderElection(database, role=role, address=f"http://p{len(made)}", life_s=life_s)
        )
        return made[-1]

    yield make
    for one in made:
        one.stop()


def test_the_second_is_refused_until_the_first_gives_up(make: Make) -> None:
    first, second = make(), make()
    duty, other = Duty(), Duty()

    first.start((duty,))
    second.start((other,))

    assert (first.is_trader, second.is_trader) == (True, False)
    assert duty.began.is_set()
    assert not other.began.is_set()
    holder = second.holder(fresh=True)
    assert holder is not None
    assert (holder.owner, holder.address, holder.fence) == (first.owner, "http://p0", 1)
    first.stop()
    assert duty.ended.is_set()
    second._heartbeat()  # what its thread does a quarter of a life later
    assert other.began.wait(10)
    assert (second.fence.number, second.changes) == (2, 1)


def test_a_web_process_never_takes_it(make: Make) -> None:
    web = make("web", life_s=0.05)
    web.start((Duty(),))
    for _ in range(3):
        web._heartbeat()
    assert not web.is_trader
    assert web.holder(fresh=True) is None


@ON_POSTGRES
def test_200_fail_overs_leave_one_who_may_write(database: Database) -> None:
    """A lease that has run out is taken; whoever had it before writes nothing more."""
    table = LeaseTable(database)
    fences: list[Fence] = []
    refused = 0
    for number in range(1, 201):
        taken = table.take(owner=f"p{number}", address="", life_s=0.0)
        assert taken == number
        fence = Fence(lambda: 0.0)
        fence.hold(taken, 1.0)
        fences.append(fence)
        with database.write() as session:
            fence.check(session.connection())
            for former in fences[-3:-1]:
                with pytest.raises(Superseded):
                    former.check(session.connection())
                refused += 1
    assert refused == 2 * 200 - 3
    assert not table.renew(199, 5.0)
    assert table.renew(200, 5.0)
    assert table.take(owner="late", address="", life_s=1.0) is None


def test_time_that_ran_out_stops_a_send_without_a_look_at_the_database() -> None:
    now = 0.0
    fence = Fence(lambda: now)
    fence.hold(7, 5.0)
    fence.check_time()
    now = 5.0
    with pytest.raises(Superseded):
        fence.check_time()


@ON_POSTGRES
def test_who_takes_over_ends_what_the_former_trader_holds(
    database: Database, database_url: str, make: Make
) -> None:
    """A process stopped in the middle of a statement keeps the row that every turn wants."""
    successor = make()
    former = Database(database_url, name=f"{TRADER}former")
    hold = text("SELECT last_seq FROM execution_cursor WHERE id = 1 FOR UPDATE")
    with former.engine.connect() as stuck:
        stuck.execute(hold)
        successor.start((Duty(),))
        with database.write() as session:
            session.execute(text("SET LOCAL lock_timeout = '10s'"))
            assert session.scalar(hold) == 0
        with pytest.raises(OperationalError):
            stuck.execute(text("SELECT 1"))
        stuck.invalidate()
    former.close()


@ON_POSTGRES
def test_whatever_the_former_traders_process_holds_is_let_go(
    database: Database, database_url: str, make: Make
) -> None:
    """Its other connections, as those of its requests, may have been stopped with a lock too."""
    LeaseTable(database).take(owner="elsewhere:17:ab12", address="", life_s=-1.0)
    former = Database(database_url, name=f"{PROCESS}elsewhere:17")
    another = Database(database_url, name=f"{PROCESS}elsewhere:18")
    with former.engine.connect() as stuck, another.engine.connect() as untouched:
        stuck.execute(text("SELECT 1"))
        untouched.execute(text("SELECT 1"))
        make().start((Duty(),))
        with pytest.raises(OperationalError):
            stuck.execute(text("SELECT 1"))
        assert untouched.scalar(text("SELECT 1")) == 1
        stuck.invalidate()
    former.close()
    another.close()


@ON_POSTGRES
def test_who_slept_through_its_lease_lets_go(database: Database) -> None:
    now = 0.0
    sleeper = TraderElection(database, role="all", address="", life_s=30.0, elapsed=lambda: now)
    duty = Duty()
    sleeper.start((duty,))
    assert sleeper.is_trader
    LeaseTable(database).take(owner="other", address="", life_s=30.0, by_force=True)
    now = 100.0
    assert not sleeper.is_trader
    sleeper._heartbeat()
    assert duty.ended.wait(10)
    assert sleeper.changes == 2
    sleeper.stop()


@pytest.mark.usefixtures("client")
def test_a_former_trader_stores_nothing(container: Container) -> None:
    """The app's own trader, whose lease another process took a moment ago."""
    trader, database = container.execution.trader, container.database

    def change() -> None:
        trader.execute(Command(lambda uow: uow.switch(None, None)))

    change()
    with database.read() as session:
        before = session.scalar(select(ExecutionCursor.halts))
    LeaseTable(database).take(owner="other", address="", life_s=30.0, by_force=True)
    with pytest.raises(TradingPaused):
        change()
    with database.read() as session:
        assert session.scalar(select(ExecutionCursor.halts)) == before
