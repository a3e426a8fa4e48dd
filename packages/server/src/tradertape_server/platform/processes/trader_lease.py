"""The lease of the trading process: one row with its owner, its address, and a fencing number.

The number grows with every change of owner. The trading process compares it in each of its
transactions, after it has taken the write lock: a process that was paused past the end of its lease
finds another number and stores nothing. Only the database's clock measures a lease, so clocks of
different machines are never compared.

Every change is a single statement in a transaction of its own: a process that is paused between
two statements holds no lock.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, Float, String, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Mapped, mapped_column

from tradertape_server.platform.database.engine import Base, Database
from tradertape_server.platform.database.prepared import PreparedQuery

_NOW = {
    "postgresql": "extract(epoch from clock_timestamp())",
    "sqlite": "(julianday('now') - 2440587.5) * 86400.0",
}

_TAKE = """
UPDATE trader_lease
SET fence = fence + 1, owner = :owner, address = :address, expires_s = NOW + :life_s
WHERE id = 1 AND (expires_s <= NOW OR :by_force) RETURNING fence
"""
_RENEW = """
UPDATE trader_lease SET expires_s = NOW + :life_s WHERE id = 1 AND fence = :fence RETURNING fence
"""
_READ = "SELECT fence, owner, address, expires_s - NOW AS left_s FROM trader_lease WHERE id = 1"
TRADER = "tradertape trader "  # prefix of the application names of the trader's connections
PROCESS = "tradertape "  # prefix of a process's other connections; host and process id follow
# PostgreSQL truncates application names to 63 characters.
_END_FORMER = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND usename = current_user AND (starts_with(application_name, :prefix) "
    "AND application_name <> :mine OR application_name = left(:former, 63) AND :former <> :own)"
)
_RELEASE = text("UPDATE trader_lease SET expires_s = 0 WHERE id = 1 AND fence = :fence")


class TraderLeaseRow(Base):
    """The only row. expires_s: seconds since 1970 by the database's clock; 0 when released."""

    __tablename__ = "trader_lease"

    id: Mapped[int] = mapped_column(primary_key=True)
    fence: Mapped[int] = mapped_column(BigInteger, default=0)
    owner: Mapped[str] = mapped_column(String(80), default="")
    address: Mapped[str] = mapped_column(String(300), default="")
    expires_s: Mapped[float] = mapped_column(Float, default=0.0)


@dataclass(frozen=True, slots=True)
class Holder:
    """The trading process. left_s: what remains of its lease; negative when it has expired."""

    fence: int
    owner: str
    address: str
    left_s: float

    @property
    def is_alive(self) -> bool:
        """Whether the lease has not expired."""
        return self.left_s > 0


_LEASE: Any = TraderLeaseRow.__table__
_FENCE = PreparedQuery(select(_LEASE.c.fence).where(_LEASE.c.id == 1))


class LeaseTable:
    """The statements on the lease row."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._engine: Engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
        now = _NOW[database.engine.dialect.name]
        self._take, self._renew, self._read = (
            text(one.replace("NOW", now)) for one in (_TAKE, _RENEW, _READ)
        )

    def take(
        self, *, owner: str, address: str, life_s: float, by_force: bool = False
    ) -> int | None:
        """Take an expired lease; returns its fencing number, None while another process holds it.

        by_force: take it although it has not expired; the holder is known to have ended.
        """
        values = {"owner": owner, "address": address, "life_s": life_s, "by_force": by_force}
        with self._begin() as connection:
            return connection.scalar(self._take, values)

    def end_former(self, mine: str, *, former: str, own: str) -> None:
        """Terminate the connections of former traders, and all others of the last one's process.

        A process paused in the middle of a statement holds its locks until it resumes, and no
        limit on idle transactions ends that. mine: name of the trading connections that remain.
        former, own: names of the former trader's process and of this one.
        """
        if self._engine.dialect.name == "postgresql":
            names = {"former": PROCESS + former, "own": PROCESS + own}
            with self._begin() as connection:
                connection.execute(_END_FORMER, {"prefix": TRADER, "mine": mine, **names})

    def renew(self, fence: int, life_s: float) -> bool:
        """Extend a lease from now; False when another process has taken it."""
        with self._begin() as connection:
            return connection.scalar(self._renew, {"fence": fence, "life_s": life_s}) is not None

    def release(self, fence: int) -> None:
        """Release a lease, so that the next process need not wait for it to expire."""
        with self._begin() as connection:
            connection.execute(_RELEASE, {"fence": fence})

    def read(self) -> Holder:
        """Read the present or last holder."""
        with self._begin() as connection:
            row = connection.execute(self._read).one()
        return Holder(row.fence, row.owner, row.address, row.left_s)

    def _begin(self) -> AbstractContextManager[Connection]:
        # With SQLite, transactions are begun and committed explicitly (see `database.engine`).
        if self._database.is_sqlite:
            return self._database.write_without_session(from_reserve=True, is_urgent=True)
        return self._engine.begin()


def current_fence(connection: Connection) -> int:
    """The fencing number of the present trader, as this transaction sees it."""
    found = _FENCE.rows(connection)
    return found[0][0] if found else 0
