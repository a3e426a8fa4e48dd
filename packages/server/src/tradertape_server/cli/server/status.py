"""`tradertape status`: which process trades, what is pending, and whether Redis is reachable."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import typer

from tradertape_server.cli.output import AsJson, fail, show

if TYPE_CHECKING:
    from tradertape_server.platform.database.engine import Database
    from tradertape_server.settings import Settings

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Status:
    """The state that the database and Redis hold; the same from every process."""

    trader: str
    fence: int
    address: str
    lease_left_s: float
    outbox: int
    jobs: dict[str, dict[str, int]]
    redis: str
    set_aside: list[dict[str, Any]]


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """Show which process trades, its fencing number, pending work, and whether Redis is reachable.

    Also what failed lately and was set aside, each with its reason.

    Only reads the database. Exit code 1 when no process trades.
    """
    from tradertape_server.cli.opening import read_settings
    from tradertape_server.platform.database.engine import Database
    from tradertape_server.platform.database.schema_migration import (
        current_revision,
        newest_revision,
    )

    settings = read_settings()
    database = Database(settings.effective_database_url)
    if database.sqlite_file is not None and not database.sqlite_file.exists():
        fail("There is no database yet: `tradertape serve` creates it.")
    try:
        if current_revision(database.engine) != newest_revision():
            fail("The database is of another version: run `tradertape db upgrade`.")
        found = read_status(settings, database)
    finally:
        database.close()
    show(asdict(found), as_json=as_json, text=lambda: _text(found))
    if not found.trader:
        raise typer.Exit(1)


def read_status(settings: Settings, database: Database) -> Status:
    """Read the lease, the queues and Redis."""
    from tradertape_server.features.backtests.queries import queue_states
    from tradertape_server.features.execution.queries import count_outbox, latest_set_aside
    from tradertape_server.platform.processes.trader_lease import LeaseTable

    holder = LeaseTable(database).read()
    trades = holder.is_alive and _is_there(settings, database)
    with database.read() as session:
        jobs = {name: state.counts for name, state in queue_states(session).items()}
        outbox = count_outbox(session)
        aside = [
            {**asdict(one), "last_at": one.last_at.isoformat()} for one in latest_set_aside(session)
        ]
    return Status(
        trader=holder.owner if trades else "",
        fence=holder.fence,
        address=holder.address if trades else "",
        lease_left_s=round(min(max(holder.left_s, 0.0), 3600.0), 1) if trades else 0.0,
        outbox=outbox,
        jobs=jobs,
        redis=_redis(settings),
        set_aside=aside,
    )


def _is_there(settings: Settings, database: Database) -> bool:
    """Whether the holder runs. On SQLite leases do not expire: the home folder's lock decides."""
    from tradertape_server.platform.server_lock import ServerLock

    return not database.is_sqlite or ServerLock(settings.effective_home).holder() is not None


def _redis(settings: Settings) -> str:
    import redis

    if not settings.redis_url:
        return "not used"
    try:
        redis.Redis.from_url(settings.redis_url, socket_timeout=2.0).ping()
    except redis.RedisError as error:
        return f"unreachable ({type(error).__name__})"
    return "reachable"


def _text(found: Status) -> str:
    who = f"{found.trader} at {found.address}" if found.trader else "none"
    rows: list[tuple[str, Any]] = [
        ("trader", who),
        ("fence", found.fence),
        ("outbox", f"{found.outbox} requests without a reply"),
        *((name, _counts(states)) for name, states in found.jobs.items()),
        ("redis", found.redis),
        *(("failed", _failure(one)) for one in found.set_aside),
    ]
    return "\n".join(f"{name:<8} {value}" for name, value in rows)


def _failure(one: dict[str, Any]) -> str:
    whose = f" of account {one['account_id']}" if one["account_id"] else ""
    times = f" ({one['times']} times)" if one["times"] > 1 else ""
    return f"{one['last_at'][:19]} {one['kind']} {one['name']}{whose}{times}: {one['reason']}"


def _counts(states: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "none"
