"""Several server processes on one PostgreSQL and one Redis, all real, for whole journeys."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tradertape_server.features.auth.audit import COMMAND_LINE
from tradertape_server.features.auth.keys import Keys, Owner
from tradertape_server.features.market.service import MarketService
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.database import Database
from tradertape_server.platform.migrating import upgrade
from tradertape_server.settings import Settings
from tradertape_server.wiring import build_container

sys.path.insert(0, str(Path(__file__).parent))

from flow_servers import LEASE_S, Cluster, Redis, Server

EMAIL = "worker@example.com"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL of our own, from the `pgserver` wheel; its data is thrown away."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it falls back to /tmp
        import pgserver

    folder = tempfile.mkdtemp(prefix="tradertape-pg-")
    server = pgserver.get_server(folder, cleanup_mode="stop")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE flows"))
    engine.dispose()
    yield url.replace("/postgres?", "/flows?")
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def cluster(postgres_url: str, tmp_path: Path) -> Iterator[Cluster]:
    """Two servers that may trade and one that never does, on one home folder."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed: scripts/test-deps.sh")
    home, redis = tmp_path / "home", Redis(tmp_path)
    redis.start()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TRADERTAPE_")},
        "TRADERTAPE_HOME": str(home),
        "TRADERTAPE_DATABASE_URL": postgres_url,
        "TRADERTAPE_REDIS_URL": redis.url,
        "TRADERTAPE_TRADER_LEASE_S": str(LEASE_S),
        "TRADERTAPE_REQUESTS_PER_MINUTE": "100000",
        "TRADERTAPE_FEED_RATE_HZ": "5",
    }
    token = prepare(home, postgres_url)
    roles = {"first": "all", "second": "all", "third": "web"}
    servers = [Server(n, role, environment, tmp_path / f"{n}.log") for n, role in roles.items()]
    cluster = Cluster(servers, redis, postgres_url, token)
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.wait_until_up()
        yield cluster
    finally:
        for server in servers:
            if server.process is not None and server.process.poll() is None:
                server.send(signal.SIGCONT)
                server.send(signal.SIGKILL)
        redis.kill()


def prepare(home: Path, database_url: str) -> str:
    """The market, the tables, a person and a worker's token."""
    MarketService(home, SystemClock()).ensure_simulated_world()
    database = Database(database_url)
    upgrade(database.engine)
    database.close()
    container = build_container(Settings(home=home, database_url=database_url))
    user_id = container.auth.create_user(EMAIL, password=None)
    keys = Keys(container.clock, "worker")
    with container.database.write() as session:
        made = keys.create(
            session, Owner(user_id, EMAIL), COMMAND_LINE, label="flows",
            scopes=("paper", "data", "gtt"), expires_in_days=None,
        )  # fmt: skip
    container.close()
    return made.token
