"""Fixtures of the server's tests: the app over SQLite and PostgreSQL, with a frozen clock.

client        nobody signed in; every test that uses it runs on both databases
signed_in     the same app, signed in as `person@example.com`
sign_in       makes more callers: `sign_in("b@example.com", is_admin=True)` returns a client
clock         frozen; `clock.advance(seconds=…)`
container     what the app works with (database, settings, market, …)

A test that need not run twice says `@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)`.
"""

from __future__ import annotations

import email
import email.policy
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tradertape_server.features.auth.models import User
from tradertape_server.features.auth.passwords import Passwords
from tradertape_server.features.auth.sessions import COOKIE, open_session
from tradertape_server.features.market.service import MarketService
from tradertape_server.main import create_app
from tradertape_server.platform.database import Database
from tradertape_server.platform.migrating import upgrade
from tradertape_server.settings import Settings
from tradertape_server.wiring import Container, account_policy, build_container

SignIn = Callable[..., TestClient]
BASE_URL = "http://localhost:18777"


class FrozenClock:
    """A clock that moves when told."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed

    def advance(self, **parts: float) -> None:
        step = timedelta(**parts)
        self._now += step
        self._elapsed += step.total_seconds()


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("TRADERTAPE_") and name != "TRADERTAPE_REAL_DATA":
            monkeypatch.delenv(name)


START = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(START)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database.engine)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL of our own, from the `pgserver` wheel; its data is thrown away."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # it falls back to /tmp without XDG_RUNTIME_DIR, and says so
        import pgserver

    # Not below pytest's folder: that is closed to the user PostgreSQL runs as when we are root.
    folder = tempfile.mkdtemp(prefix="tradertape-pg-")
    server = pgserver.get_server(folder, cleanup_mode="stop")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    _run(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    _run(postgres_server, "CREATE DATABASE tradertape_template")
    database = Database(_named(postgres_server, "tradertape_template"))
    upgrade(database.engine)
    database.close()
    return "tradertape_template"


def _named(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def _run(url: str, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on."""
    return request.param


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database."""
    if engine == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "tradertape.db")
        yield f"sqlite:///{tmp_path / 'tradertape.db'}"
        return
    server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("postgres_template")
    name = f"test_{os.urandom(6).hex()}"
    _run(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _named(server, name)
    _run(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def overrides() -> dict[str, Any]:
    """Settings a test wants other than default: override this fixture."""
    return {}


@pytest.fixture
def settings(tmp_path: Path, database_url: str, overrides: dict[str, Any]) -> Settings:
    given = {"home": tmp_path / "home", "database_url": database_url, **overrides}
    return Settings(**given)


@pytest.fixture
def container(settings: Settings, clock: FrozenClock) -> Iterator[Container]:
    # A cheap hash: what is tested is what is done with it.
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    container = build_container(settings, clock=clock, passwords=passwords)
    yield container
    container.close()


@pytest.fixture
def app(container: Container) -> FastAPI:
    return create_app(container=container)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """The app, with nobody signed in."""
    with TestClient(app, base_url=BASE_URL) as client:
        yield client


@pytest.fixture
def sign_in(app: FastAPI, client: TestClient, container: Container) -> SignIn:
    """Make an account (once for each address) and a client signed in to it."""

    def sign_in(email: str = "person@example.com", *, is_admin: bool = False) -> TestClient:
        now = container.clock.now()
        with container.database.write() as session:
            user = session.query(User).filter_by(email=email).one_or_none()
            if user is None:
                user = User(email=email, is_admin=is_admin, created_at=now)
                session.add(user)
                session.flush()
            token = open_session(
                session,
                user,
                method="test",
                ip="127.0.0.1",
                user_agent="pytest",
                now=now,
                life=account_policy(container.settings).life,
            )
        signed_in = TestClient(app, base_url=BASE_URL)
        signed_in.cookies.set(COOKIE, token, domain="localhost.local")
        return signed_in

    return sign_in


@pytest.fixture
def signed_in(sign_in: SignIn) -> TestClient:
    """The app, signed in as person@example.com."""
    return sign_in()


@pytest.fixture(scope="session")
def simulated_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the simulated world up to the frozen clock's day, built once."""
    home = tmp_path_factory.mktemp("world")
    MarketService(home, FrozenClock(START)).ensure_simulated_world()
    return home


@pytest.fixture
def with_market(settings: Settings, simulated_home: Path) -> None:
    """Put the simulated world into the home of the test's app (before `client`)."""
    target = settings.effective_home / "market"
    shutil.copytree(simulated_home / "market", target, copy_function=os.link)


@pytest.fixture
def newest_mail(container: Container) -> Callable[[], EmailMessage]:
    """Reads the mail that was written last."""

    def read() -> EmailMessage:
        container.mailer.wait_until_sent()
        outbox = container.settings.effective_home / "outbox"
        newest = max(outbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        message = email.message_from_bytes(newest.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    return read


@pytest.fixture(scope="session")
def real_data_dir() -> Path:
    """The folder with the real NSE data; the test is skipped where it is not present."""
    beside = Path(__file__).parents[4] / "shared" / "data"
    folder = Path(os.environ.get("TRADERTAPE_REAL_DATA") or beside)
    if not folder.is_dir():
        pytest.skip("the real NSE data set is not present")
    return folder
