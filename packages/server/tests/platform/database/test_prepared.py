"""What a prepared statement writes, SQLAlchemy reads back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from tradertape_core.orders.order import Change, Validity
from tradertape_server.platform.database.engine import Base as _Base
from tradertape_server.platform.database.engine import Database, DecimalText, UtcDateTime
from tradertape_server.platform.database.prepared import Prepared, PreparedQuery, padded

_JSON: Any = _Base.type_annotation_map[dict[str, Any]]
THINGS = Table(
    "prepared_things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime()),
    Column("price", DecimalText()),
    Column("document", _JSON),
)
ADD = Prepared(insert(THINGS), ("id", "at", "price", "document"))
MOVE = Prepared(
    update(THINGS)
    .where(THINGS.c.id == bindparam("b_id"))
    .values(at=bindparam("b_at", type_=UtcDateTime()))
)
FIND = PreparedQuery(
    select(THINGS.c.at, THINGS.c.price, THINGS.c.document, THINGS.c.document["size"].as_integer())
    .where(THINGS.c.id == bindparam("id"), THINGS.c.price != Decimal(0))
    .with_for_update()
)
COUNT = PreparedQuery(select(THINGS.c.id))
DROP = Prepared(delete(THINGS).where(THINGS.c.id == bindparam("b_id")))

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
IN_INDIA = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    THINGS.create(database.engine)
    yield database
    database.close()


def thing(number: int, **values: Any) -> dict[str, Any]:
    return {"id": number, "at": NOON, "price": Decimal("1450.05"), "document": {}, **values}


def stored(database: Database) -> list[tuple[Any, ...]]:
    with database.read() as session:
        return [tuple(row) for row in session.execute(select(THINGS).order_by(THINGS.c.id))]


def test_rows_are_added_changed_and_dropped(database: Database) -> None:
    later = NOON + timedelta(microseconds=1)
    with database.write() as session:
        connection = session.connection()
        rows = [thing(1, at=IN_INDIA), thing(2, at=None), thing(3, price=Decimal("1E+2"))]
        ADD.run(connection, rows)
        MOVE.run(connection, [{"b_id": 2, "b_at": later}])
        DROP.run(connection, [{"b_id": 1}])
        ADD.run(connection, [])
    assert stored(database) == [
        (2, later, Decimal("1450.05"), {}),
        (3, NOON, Decimal(100), {}),
    ]


def test_a_dataclass_is_written_as_its_document(database: Database) -> None:
    change = Change(quantity=5, price=Decimal("99.50"), validity=Validity.DAY)
    with database.write() as session:
        ADD.run(session.connection(), [thing(1, document=change)])
    ((_, _, _, document),) = stored(database)
    known = {name: value for name, value in document.items() if value is not None}
    assert known == {"quantity": 5, "price": "99.50", "validity": "DAY"}


def test_a_naive_time_and_a_number_used_twice_are_refused(database: Database) -> None:
    with database.write() as session:
        ADD.run(session.connection(), [thing(1)])
    with pytest.raises(ValueError, match="naive"), database.write() as session:
        ADD.run(session.connection(), [thing(2, at=NOON.replace(tzinfo=None))])
    with pytest.raises(IntegrityError), database.write() as session:
        ADD.run(session.connection(), [thing(2), thing(1)])
    assert [row[0] for row in stored(database)] == [1]


def test_a_prepared_query_reads_what_sqlalchemy_would(database: Database) -> None:
    with database.write() as session:
        connection = session.connection()
        ADD.run(connection, [thing(1, at=IN_INDIA, document={"size": 7}), thing(2, at=None)])
        assert FIND.rows(connection, {"id": 1}) == [(NOON, Decimal("1450.05"), {"size": 7}, 7)]
        assert FIND.rows(connection, {"id": 2}) == [(None, Decimal("1450.05"), {}, None)]
        assert FIND.rows(connection, {"id": 3}) == []
        assert sorted(COUNT.rows(connection)) == [(1,), (2,)]


@pytest.mark.parametrize(("count", "sizes"), [(1, 1), (2, 2), (3, 4), (5, 8), (8, 8), (33, 64)])
def test_names_are_padded_to_few_lengths_with_names_that_are_asked_for(
    count: int, sizes: int
) -> None:
    names = [f"run-{n}" for n in range(count)]
    assert len(padded(names)) == sizes
    assert set(padded(names)) == set(names)


def test_padding_nothing_is_nothing() -> None:
    assert padded([]) == ()
