"""Several server processes on one PostgreSQL and one Redis, all real, for whole journeys."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tradertape_server.features.auth.audit import COMMAND_LINE
from tradertape_server.features.auth.credentials.keys import Keys, Owner
from tradertape_server.features.auth.models import User
from tradertape_server.features.auth.sign_in.sessions import COOKIE, open_session
from tradertape_server.features.market.service import MarketService
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.database.schema_migration import upgrade
from tradertape_server.setting_groups import account_policy
from tradertape_server.settings import Settings
from tradertape_server.wiring import build_container

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[2]))  # for `packages.agent.tests`

from flow_servers import LEASE_S, Cluster, Postgres, Redis, Server, Servers

EMAIL = "worker@example.com"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.close()


@pytest.fixture
def cluster(postgres: Postgres, tmp_path: Path) -> Iterator[Cluster]:
    """Two servers that may trade and one that never does, on one home folder."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed: scripts/test-deps.sh")
    home, redis = tmp_path / "home", Redis(tmp_path)
    redis.start()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TRADERTAPE_")},
        "TRADERTAPE_HOME": str(home),
        "TRADERTAPE_DATABASE_URL": postgres.url,
        "TRADERTAPE_REDIS_URL": redis.url,
        "TRADERTAPE_TRADER_LEASE_S": str(LEASE_S),
        "TRADERTAPE_REQUESTS_PER_MINUTE": "100000",
        "TRADERTAPE_FEED_RATE_HZ": "5",
    }
    token, cookie = prepare(home, postgres.url)
    roles = {"first": "all", "second": "all", "third": "web"}
    servers = [Server(n, role, environment, tmp_path / f"{n}.log") for n, role in roles.items()]
    cluster = Cluster(servers, postgres.url, token, cookie, redis, postgres)
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


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Servers]:
    """One server on a database file, as most people run it."""
    home = tmp_path / "home"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TRADERTAPE_")},
        "TRADERTAPE_HOME": str(home),
        "TRADERTAPE_REQUESTS_PER_MINUTE": "100000",
        "TRADERTAPE_FEED_RATE_HZ": "5",
    }
    database_url = f"sqlite:///{home / 'tradertape.db'}"
    token, cookie = prepare(home, database_url)
    server = Server("alone", "all", environment, tmp_path / "alone.log")
    try:
        server.start()
        server.wait_until_up()
        yield Servers([server], database_url, token, cookie)
    finally:
        if server.process is not None and server.process.poll() is None:
            server.send(signal.SIGKILL)


def prepare(home: Path, database_url: str) -> tuple[str, str]:
    """The market, the tables, a person; a worker's token and the person's cookie."""
    MarketService(home, SystemClock()).ensure_simulated_world()
    database = Database(database_url)
    upgrade(database.engine)
    database.close()
    settings = Settings(home=home, database_url=database_url)
    container = build_container(settings)
    user_id = container.auth.create_user(EMAIL, password=None)
    keys = Keys(container.clock, "worker")
    with container.database.write() as session:
        made = keys.create(
            session, Owner(user_id, EMAIL), COMMAND_LINE, label="flows",
            scopes=("paper", "live", "data", "gtt"), expires_in_days=None,
        )  # fmt: skip
        cookie = open_session(
            session, session.get_one(User, user_id), method="link", ip="127.0.0.1",
            user_agent="flows", now=container.clock.now(), life=account_policy(settings).life,
        )  # fmt: skip
    container.close()
    return made.token, f"{COOKIE}={cookie}"


@pytest.fixture(scope="session")
def oracles() -> ModuleType:
    path = Path(__file__).parents[2] / "packages/server/tests/execution/oracles.py"
    spec = importlib.util.spec_from_file_location("flow_oracles", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
