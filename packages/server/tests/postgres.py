"""A PostgreSQL for tests: one database is emptied and given again, which is quicker than a new one.

A database is thrown away instead where a test changed its tables.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, MetaData, Table, create_engine, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

# What the tables are, down to their columns: a table that was made anew has another number.
SHAPE = """
SELECT md5(string_agg(concat_ws(',', c.oid, c.relname, a.attname, a.atttypid, a.attnotnull), ';'
    ORDER BY c.oid, a.attnum))
FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace
"""
OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
SEQUENCES = """
SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence
WHERE pg_sequence_last_value(seqrelid) IS NOT NULL
"""


class Postgres:
    """A server of our own, from the `pgserver` wheel; its files are thrown away."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says that it falls back to /tmp
            import pgserver

        # Not below pytest's folder: that is closed to the user PostgreSQL runs as when we are root.
        self._folder = tempfile.mkdtemp(prefix="tradertape-pg-")
        self._server = pgserver.get_server(self._folder, cleanup_mode="stop")
        url = self._server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        self._url = make_url(url)
        self._engine = create_engine(self._url, isolation_level="AUTOCOMMIT")
        self._template = ""
        self._spare: Spare | None = None
        self.run("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")

    def run(self, *statements: str) -> None:
        """On the server's own database, each by itself."""
        with self._engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def named(self, database: str) -> str:
        """The URL of a database."""
        return self._url.set(database=database).render_as_string(hide_password=False)

    def template(self, name: str) -> str:
        """An empty database that later ones are copies of; its URL."""
        self.run(f"CREATE DATABASE {name}")
        self._template = name
        return self.named(name)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a database that is as the template is."""
        spare, self._spare = self._spare or self._copy(), None
        yield spare.url
        if spare.emptied():
            self._spare = spare
        else:
            self.run(f"DROP DATABASE {spare.name} WITH (FORCE)")

    def _copy(self) -> Spare:
        name = f"test_{os.urandom(6).hex()}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        return Spare(name, self.named(name))

    def close(self) -> None:
        """Stop and leave nothing."""
        self._engine.dispose()
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


class Spare:
    """A database, and what it held when it was made."""

    def __init__(self, name: str, url: str) -> None:
        self.name, self.url = name, url
        self._engine = create_engine(url, poolclass=NullPool)
        with self._connected() as connection:
            self._shape = connection.scalar(text(SHAPE))
            known = MetaData()
            known.reflect(connection)
            self._tables = list(known.tables.values())
            self._rows = {
                table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
                for table in self._tables
            }
        # As text: a statement of a hundred parts takes longer to compile than to carry out.
        self._first = text(
            " UNION ALL ".join(
                f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})"  # noqa: S608 - our own
                for name in known.tables
            )
        )

    def emptied(self) -> bool:
        """Put it back to what it was; False where its tables are others now."""
        with self._connected() as connection:
            connection.execute(text(OTHERS))
            if connection.scalar(text(SHAPE)) != self._shape:
                return False
            # Neither triggers nor references hold a row back.
            connection.execute(text("SET session_replication_role = replica"))
            for table in self._filled(connection):
                connection.execute(table.delete())
                if self._rows[table.name]:
                    connection.execute(table.insert(), self._rows[table.name])
            connection.execute(text(SEQUENCES))
        return True

    def _filled(self, connection: Connection) -> list[Table]:
        found = set(connection.scalars(self._first))
        return [one for one in self._tables if one.name in found or self._rows[one.name]]

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            yield connection
