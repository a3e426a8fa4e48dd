"""The database: engine, sessions, and column types for times, prices and JSON.

SQLite is the default, PostgreSQL is chosen by URL; code above this module works with either.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, cast

import orjson
from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Float,
    MetaData,
    String,
    TypeDecorator,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import URL, Connection, Engine, ExceptionContext, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from tradertape_server.platform.database.disk_errors import (
    RESERVED,
    DiskError,
    DiskErrorMonitor,
    disk_full_error,
)
from tradertape_server.platform.database.disk_reserve import DiskReserve
from tradertape_server.platform.database.write_lock import WAIT_S, Turn, WriteLock

WRITES = "tradertape_writes"  # the turn of a transaction that may write
FROM_RESERVE = "tradertape_from_reserve"
BUSY_TIMEOUT_MS = int(WAIT_S * 1000)
IDLE_LIMIT_MS = 30_000
_NAIVE = "a naive time cannot be stored; use an aware one"
_WITHOUT_ZONE = len("2026-01-02 03:04:05.000000")

# Constraint names independent of the engine, so that a migration can alter what another created.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time: refused when naive, stored and returned in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - named by the base class
    ) -> datetime | None:
        """Convert a time to UTC. Raises ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(_NAIVE)
        return value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Any:
        """Write SQLite's text directly; use the engine's own processor elsewhere."""
        return _moment_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - named by the base class
    ) -> datetime | None:
        """Return the stored time in UTC, aware: SQLite drops the zone, PostgreSQL changes it."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@lru_cache(maxsize=64)  # a fill and all its postings have the same time
def _moment_text(value: datetime | None) -> str | None:
    """A time as SQLite stores it: SQLAlchemy's format, written several times as fast."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(_NAIVE)
    return value.astimezone(UTC).isoformat(" ", "microseconds")[:_WITHOUT_ZONE]


class DecimalText(TypeDecorator[Decimal]):
    """A decimal stored as text, so that no engine converts it to a float."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(
        self,
        value: Decimal | None,
        dialect: Dialect,  # noqa: ARG002 - named by the base class
    ) -> str | None:
        """Write the digits, without an exponent."""
        return None if value is None else f"{value:f}"

    def process_result_value(
        self,
        value: str | None,
        dialect: Dialect,  # noqa: ARG002 - named by the base class
    ) -> Decimal | None:
        """Read the digits back."""
        return None if value is None else Decimal(value)


class Base(DeclarativeBase):
    """The declarative base of every table of the server."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        float: Float(),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
    }


class Database:
    """An engine and its sessions."""

    def __init__(
        self,
        url: str,
        *,
        idle_limit_s: float | None = None,
        name: str = "tradertape",
        reserve_bytes: int = 0,
        disk_errors: DiskErrorMonitor | None = None,
    ) -> None:
        """idle_limit_s: a database server ends a transaction that is idle for longer, so that a
        paused process does not block the others, and waits no longer for a lock; None: half a
        minute for transactions that write. name: application name of the connections.
        reserve_bytes: size of the space reserved beside a database file for when its disk is full.
        disk_errors: the monitor that records disk errors; its own unless it shares one."""
        self.url: URL = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine: Engine = (
            _sqlite_engine(self.url) if self.is_sqlite else _server_engine(url, idle_limit_s, name)
        )
        self.disk_errors = disk_errors or DiskErrorMonitor()
        self._is_refused = False  # a write found the file locked, and none was stored since
        event.listen(self.engine, "handle_error", self._note_refusal)
        event.listen(self.engine, "commit", self._note_commit)
        event.listen(
            self.engine,
            "handle_error",
            lambda met: self.disk_errors.record(met.sqlalchemy_exception),
        )
        self.reserve = DiskReserve(
            self.sqlite_file, reserve_bytes, on_space=self.disk_errors.clear_full
        )
        self.write_lock = WriteLock() if self.is_sqlite else None
        if self.is_sqlite:
            _use_reserve(self.engine, self.reserve)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def write(
        self, *, from_reserve: bool = False, is_urgent: bool = False, wait_s: float = WAIT_S
    ) -> Iterator[Session]:
        """One transaction that may write: committed at the end, rolled back on an error.

        from_reserve: it may use the reserved space when the disk is full. is_urgent: on SQLite it
        is the next to write. wait_s: how long it waits for others on SQLite; then OperationalError.
        """
        turn = Turn(self.write_lock, is_urgent=is_urgent, wait_s=wait_s)
        try:
            with self._sessions.begin() as session:
                # SQLite lets a reader become a writer only if nobody wrote meanwhile; taking the
                # write lock at the start waits for it instead of failing.
                session.connection(execution_options={WRITES: turn, FROM_RESERVE: from_reserve})
                yield session
        finally:
            turn.end()

    @contextmanager
    def write_without_session(
        self, *, from_reserve: bool = False, is_urgent: bool = False
    ) -> Iterator[Connection]:
        """As `write`, for statements that need no session."""
        turn = Turn(self.write_lock, is_urgent=is_urgent)
        options = {WRITES: turn, FROM_RESERVE: from_reserve}
        try:
            with self.engine.execution_options(**options).begin() as connection:
                yield connection
        finally:
            turn.end()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One transaction that reads; its changes are discarded."""
        with self._sessions() as session:
            yield session

    def session(self, *, writes: bool) -> Session:
        """The session of one HTTP request; to be used within `in_transaction`."""
        if not writes:
            return self._sessions()
        turn = Turn(self.write_lock)
        return self._sessions(
            bind=self.engine.execution_options(**{WRITES: turn}), info={WRITES: turn}
        )

    def advisory_lock(self, session: Session, what: str) -> None:
        """Hold the lock `what` until the transaction ends, exclusively among all processes."""
        take_advisory_lock(session.connection(), what)

    @property
    def disk_error(self) -> DiskError | None:
        """Why nothing can be stored: the reserve is released, or a recent disk error."""
        return RESERVED if self.reserve.is_released else self.disk_errors.current

    @property
    def is_locked(self) -> bool:
        """Whether another program keeps writes from a SQLite file: one was refused for it, none was
        stored since, and the lock is still held."""
        if not (self.is_sqlite and self._is_refused):
            return False
        try:
            with self.write(wait_s=0.2, is_urgent=True):
                pass
        except OperationalError:
            return True
        self._is_refused = False
        return False

    def _note_refusal(self, met: ExceptionContext) -> None:
        code = getattr(met.original_exception, "sqlite_errorcode", 0) or 0
        if code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            self._is_refused = True

    def _note_commit(self, connection: Connection) -> None:
        if self._is_refused and connection.get_execution_options().get(WRITES):
            self._is_refused = False

    @property
    def sqlite_file(self) -> Path | None:
        """The file of a SQLite database; None on a server."""
        if not self.is_sqlite or not self.url.database:
            return None
        return Path(self.url.database)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


@contextmanager
def in_transaction(session: Session) -> Iterator[None]:
    """The transaction of one HTTP request: begins with its first statement, ends with the block.

    It is committed if the request may write. Both have to be on one thread: a request that held a
    lock or a connection while it waits for a thread could wait for those that wait for the lock.
    """
    turn: Turn | None = session.info.get(WRITES)
    try:
        with session:
            yield
            if turn is not None:
                session.commit()
    finally:
        if turn is not None:
            turn.end()


def take_advisory_lock(connection: Connection, what: str) -> None:
    """Hold the lock `what` until the transaction ends; a SQLite file has one writer anyway."""
    if connection.dialect.name == "postgresql":
        key = int.from_bytes(sha256(what.encode()).digest()[:8], signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def _to_json(value: Any) -> str:
    return orjson.dumps(value, _plain, orjson.OPT_NON_STR_KEYS).decode()


def _plain(value: Any) -> Any:
    """Convert types that orjson does not write by itself, such as those in core's dataclasses."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(cast("frozenset[str]", value))
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


# JSON documents are on every path; orjson is several times as fast as the default.
_JSON: dict[str, Any] = {"json_serializer": _to_json, "json_deserializer": orjson.loads}


def _server_engine(url: str, idle_limit_s: float | None, name: str) -> Engine:
    # With these, the kernel detects a database server that vanished; no request hangs for ever.
    arguments: dict[str, Any] = {
        "application_name": name,
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "tcp_user_timeout": 10_000,
    }
    size = {"pool_size": 10, "max_overflow": 20}
    if idle_limit_s is not None:
        limit_ms = int(idle_limit_s * 1000)
        limits = ("idle_in_transaction_session_timeout", "lock_timeout")
        arguments["options"] = " ".join(f"-c {one}={limit_ms}" for one in limits)
        size = {"pool_size": 2, "max_overflow": 2}
    engine = create_engine(
        url, **_JSON, **size, pool_pre_ping=True, hide_parameters=True, connect_args=arguments
    )
    if idle_limit_s is None:
        event.listen(engine, "begin", _limit_idling)
    return engine


def _limit_idling(connection: Connection) -> None:
    # Not at connect time: a connection pooler would refuse that.
    if connection.get_execution_options().get(WRITES):
        limit = f"idle_in_transaction_session_timeout = {IDLE_LIMIT_MS}"
        connection.exec_driver_sql(f"SET LOCAL {limit}")


def _sqlite_engine(url: URL) -> Engine:
    # As many as the web server has threads: opening a connection for a request costs more than
    # the request.
    engine = create_engine(url, **_JSON, pool_size=40, max_overflow=20, hide_parameters=True)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    # The driver begins transactions too late; BEGIN is sent by `_begin_sqlite`.
    connection.isolation_level = None
    # Its own lower() knows ASCII only: searches would not find "École" by "école".
    connection.create_function("lower", 1, _lower, deterministic=True)
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    # FULL: what a response with status 200 confirmed survives a power cut.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _use_reserve(engine: Engine, reserve: DiskReserve) -> None:
    """Release the reserve when the disk is full; then refuse writes it is not meant for."""

    def refuse_others(connection: Connection) -> None:
        options = connection.get_execution_options()
        if reserve.is_released and options.get(WRITES) and not options.get(FROM_RESERVE):
            raise OperationalError("BEGIN IMMEDIATE", {}, disk_full_error())

    event.listen(engine, "begin", refuse_others, insert=True)
    event.listen(
        engine, "handle_error", lambda met: reserve.release_if_full(met.sqlalchemy_exception)
    )


def _begin_sqlite(connection: Connection) -> None:
    turn: Turn | None = connection.get_execution_options().get(WRITES)
    if turn is None:
        connection.exec_driver_sql("BEGIN")
        return
    turn.begin()
    is_impatient = turn.wait_s < WAIT_S
    if is_impatient:  # another process may hold the file
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(turn.wait_s * 1000)}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        if is_impatient:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
