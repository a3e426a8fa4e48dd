"""A database that takes nothing any more: a clear no, nothing lost, and trading goes on by itself
(FAULTS §1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import oracles
import pytest
from sqlalchemy import event, select

from tradertape_server.features.execution.errors import TradingPaused
from tradertape_server.features.execution.store.models import IntentRow, OrderRow
from tradertape_server.platform.database.disk_errors import FULL
from tradertape_server.platform.database.engine import Database

ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
ON_POSTGRES = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


@contextmanager
def each_connection(database: Database, statement: str, undo: str) -> Iterator[None]:
    """Say something to every connection that is taken in hand, and take it back afterwards."""

    def say(words: str) -> Callable[..., None]:
        def tell(connection: Any, *_rest: Any) -> None:
            connection.execute(words)
            connection.commit()

        return tell

    run = say(statement)
    event.listen(database.engine, "checkout", run)
    yield
    event.remove(database.engine, "checkout", run)
    event.listen(database.engine, "checkout", say(undo))


def full(database: Database) -> Any:
    """Not a page more than there are: what a full disk is to SQLite."""
    with database.read() as session:
        pages = session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
    return each_connection(
        database, f"PRAGMA max_page_count = {pages}", "PRAGMA max_page_count = 1073741823"
    )


def place_until_refused(
    execution: Any, run: Any, order: Callable[..., Any]
) -> tuple[list[str], TradingPaused]:
    """Keys that were answered, and the refusal that ended it."""
    placed: list[str] = []
    for number in range(500):
        key = f"key-{number:05d}"
        try:
            execution.place(run, order(quantity=1), key=key)
        except TradingPaused as refusal:
            return placed, refusal
        placed.append(key)
    pytest.fail("the disk was never full")


def keys_and_orders(database: Database) -> tuple[list[str], int]:
    with database.read() as session:
        keys = list(session.scalars(select(IntentRow.key).order_by(IntentRow.key)))
        return keys, len(session.scalars(select(OrderRow)).all())


@ON_SQLITE
def test_a_full_disk_says_so_and_loses_nothing(
    execution: Any, database: Database, run: Any, order: Callable[..., Any]
) -> None:
    first = execution.place(run, order(), key="key-first")
    with full(database):
        placed, refusal = place_until_refused(execution, run, order)
        assert refusal.code == "database_full"
        assert "Free up disk space" in refusal.detail
        keys, orders = keys_and_orders(database)
        assert set(placed) <= set(keys)
        assert orders == len(keys) <= len(placed) + 2  # none that was not recorded first
    assert execution.place(run, order(), key="key-first").body == first.body
    refused = f"key-{len(placed):05d}"
    assert execution.place(run, order(quantity=1), key=refused).document["status"] == "COMPLETE"
    assert keys_and_orders(database)[0] == sorted({*keys, refused})
    oracles.check(database)


@contextmanager
def full_at(database: Database, table: str, *, at_commit: bool = False) -> Iterator[None]:
    """Has PostgreSQL say 53100 when something is added to a table, or when that is committed."""
    kind = "CONSTRAINT TRIGGER" if at_commit else "TRIGGER"
    when = "AFTER INSERT" if at_commit else "BEFORE INSERT"
    deferred = "DEFERRABLE INITIALLY DEFERRED" if at_commit else ""
    say(
        database,
        "CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE "
        "EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; "
        "END $$",
        f"CREATE {kind} full_disk {when} ON {table} {deferred} "
        "FOR EACH ROW EXECUTE FUNCTION disk_is_full()",
    )
    yield
    say(database, f"DROP TRIGGER full_disk ON {table}", "DROP FUNCTION disk_is_full")


def say(database: Database, *statements: str) -> None:
    with database.write() as session:
        for statement in statements:
            session.connection().exec_driver_sql(statement)


@ON_POSTGRES
@pytest.mark.parametrize(
    ("table", "at_commit", "is_kept"),
    [
        ("execution_events", False, False),
        ("execution_events", True, False),
        ("fills", False, True),  # it was placed, and is not filled yet
        ("fills", True, True),
    ],
)
def test_a_full_disk_of_a_server_says_so_and_loses_nothing(
    execution: Any,
    database: Database,
    run: Any,
    order: Callable[..., Any],
    table: str,
    at_commit: bool,
    is_kept: bool,
) -> None:
    first = execution.place(run, order(), key="key-first")
    with full_at(database, table, at_commit=at_commit):
        for _ in range(2):
            with pytest.raises(TradingPaused, match="Free up disk space") as refusal:
                execution.place(run, order(quantity=1), key="key-00001")
            assert (refusal.value.status, refusal.value.code) == (503, "database_full")
            assert keys_and_orders(database)[1] == 1 + is_kept
        if not is_kept:  # else what is half done comes first
            assert execution.place(run, order(), key="key-first").body == first.body
        assert database.disk_errors.current == FULL
    done = execution.place(run, order(quantity=1), key="key-00001").document
    assert done["status"] == "COMPLETE"
    assert keys_and_orders(database) == (["key-00001", "key-first"], 2)
    assert [one.quantity for one in execution.positions(run_id="run-1")] == [11]
    oracles.check(database)


@ON_SQLITE
def test_a_file_that_cannot_be_written_says_so(
    execution: Any, database: Database, run: Any, order: Callable[..., Any]
) -> None:
    with each_connection(database, "PRAGMA query_only = ON", "PRAGMA query_only = OFF"):
        with pytest.raises(TradingPaused, match="cannot be written to") as refusal:
            execution.place(run, order(), key="key-00001")
        assert refusal.value.code == "database_read_only"
        assert keys_and_orders(database) == ([], 0)
    assert execution.place(run, order(), key="key-00001").document["status"] == "COMPLETE"


@ON_POSTGRES
def test_a_server_that_only_reads_says_so(
    execution: Any, database: Database, run: Any, order: Callable[..., Any]
) -> None:
    only_read, undo = (f"SET default_transaction_read_only = {on}" for on in ("on", "off"))
    with each_connection(database, only_read, undo):
        with pytest.raises(TradingPaused, match="whether it is a standby") as refusal:
            execution.place(run, order(), key="key-00001")
        assert refusal.value.code == "database_read_only"
        assert keys_and_orders(database) == ([], 0)
    assert execution.place(run, order(), key="key-00001").document["status"] == "COMPLETE"
