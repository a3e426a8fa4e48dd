"""Killed at any statement of an upgrade: the next start finishes it, no row is lost (FAULTS §1)."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, Table, event, text
from sqlalchemy.engine import Engine

from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.database.schema_migration import (
    alembic_config,
    current_revision,
    newest_revision,
    upgrade,
)

KILLED = 17


def first_version(url: str) -> None:
    """A database as the first version left it, with an account."""
    database, config = Database(url), alembic_config()
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        users = Table("users", MetaData(), autoload_with=connection)
        empty = {one.name: 0 for one in users.columns if not one.nullable}
        row = {**empty, "email": "a@b.c", "created_at": datetime(2026, 1, 1, tzinfo=UTC)}
        connection.execute(users.insert(), row)
    database.close()


def statements(engine: Engine, kill_at: int = 0) -> list[str]:
    """What is said to the database from now on; the process ends before one of them."""
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)
        if len(said) == kill_at:
            os._exit(KILLED)

    event.listen(engine, "before_cursor_execute", hear)
    return said


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_second_start_finishes_what_a_kill_interrupted(tmp_path: Path, engine: str) -> None:
    url = f"sqlite:///{tmp_path / 'first.db'}"
    first_version(url)
    plain = (tmp_path / "first.db").read_bytes()
    database = Database(url)
    said = statements(database.engine)
    upgrade(database.engine)
    database.close()
    for kill_at in (2, len(said) // 3, 2 * len(said) // 3, len(said)):
        file = tmp_path / f"killed-{kill_at}.db"
        file.write_bytes(plain)
        child = os.fork()
        if not child:
            try:
                killed = Database(f"sqlite:///{file}").engine
                statements(killed, kill_at)
                upgrade(killed)
            finally:
                os._exit(0)  # it must not return into pytest
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED
        again = Database(f"sqlite:///{file}")
        assert current_revision(again.engine) == "0001", "all of it or nothing"
        upgrade(again.engine)
        assert current_revision(again.engine) == newest_revision()
        with again.read() as session:
            assert session.scalar(text("SELECT count(*) FROM users")) == 1
        again.close()
