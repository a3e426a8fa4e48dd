"""Fixtures of the server's tests: the app over SQLite and PostgreSQL, with a frozen clock.

client        nobody signed in: on SQLite, in `make test-all` on PostgreSQL too
signed_in     the same app, signed in as `person@example.com`
sign_in       makes more callers: `sign_in("b@example.com", is_admin=True)` returns a client
clock         frozen; `clock.advance(seconds=…)`, `clock.set_wrong(minutes=10)`
container     what the app works with (database, settings, market, …)

A test that need not run twice says `@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)`.
Tests of execution run on both databases in `make test` as well.
"""

from __future__ import annotations

import email
import email.policy
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import structlog
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.doubles.checked_client import CheckedClient
from structlog.dev import ConsoleRenderer, plain_traceback

from tradertape_core.market.calendar import Calendar
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.world import World, generate
from tradertape_core.market.world.day import MarketDay
from tradertape_core.strategy.language.base_models import BASE_MODELS
from tradertape_core.strategy.language.document import Document
from tradertape_server.container import Container
from tradertape_server.features.auth.credentials.passwords import Passwords
from tradertape_server.features.auth.models import User
from tradertape_server.features.auth.sign_in.sessions import COOKIE, open_session
from tradertape_server.features.instruments import service as instruments
from tradertape_server.features.instruments.master import InstrumentMaster
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.features.market import live_world, simulated_data_set
from tradertape_server.features.market.data_sets.columns import Columns
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.strategies import service as strategies
from tradertape_server.main import create_app
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.database.schema_migration import upgrade
from tradertape_server.setting_groups import account_policy
from tradertape_server.settings import Settings
from tradertape_server.wiring import build_container

from .postgres import Postgres

SignIn = Callable[..., TestClient]
BASE_URL = "http://localhost:18777"


EXECUTION = Path(__file__).parent / "execution"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave PostgreSQL to `make test-all` where a test runs on SQLite too and moves no money."""
    for item in items:
        call = getattr(item, "callspec", None)
        if call is None or call.params.get("engine") != "postgresql":
            continue
        chosen = any(mark.args[0] == "engine" for mark in item.iter_markers("parametrize"))
        if not chosen and not item.path.is_relative_to(EXECUTION):
            item.add_marker(pytest.mark.slow)


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

    def set_wrong(self, **parts: float) -> None:
        """Somebody sets the time: no time has gone by."""
        self._now += timedelta(**parts)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("TRADERTAPE_") and name != "TRADERTAPE_REAL_DATA":
            monkeypatch.delenv(name)


START = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)


@pytest.fixture
def begins_at() -> datetime:
    """When a test begins."""
    return START


@pytest.fixture
def clock(begins_at: datetime) -> FrozenClock:
    return FrozenClock(begins_at)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database.engine)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of our own, with the tables in the databases it gives."""
    postgres = Postgres()
    database = Database(postgres.template("tradertape_template"))
    upgrade(database.engine)
    database.close()
    yield postgres
    postgres.close()


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
    with request.getfixturevalue("postgres").database() as url:
        yield url


@pytest.fixture
def overrides() -> dict[str, Any]:
    """Settings a test wants other than default: override this fixture."""
    return {}


class GivenSettings(Settings):
    """Of what is given alone: to look for eighty settings in the environment takes its time."""

    @classmethod
    def settings_customise_sources(cls, *_: Any, init_settings: Any, **__: Any) -> tuple[Any]:
        return (init_settings,)


@pytest.fixture
def settings(tmp_path: Path, database_url: str, overrides: dict[str, Any]) -> Settings:
    given = {"home": tmp_path / "home", "database_url": database_url, "disk_reserve_mb": 0}
    return GivenSettings(**{**given, **overrides})


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
    with CheckedClient(app, base_url=BASE_URL) as client:
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
        signed_in = CheckedClient(app, base_url=BASE_URL)
        signed_in.cookies.set(COOKIE, token, domain="localhost.local")
        return signed_in

    return sign_in


@pytest.fixture
def signed_in(sign_in: SignIn) -> TestClient:
    """The app, signed in as person@example.com."""
    return sign_in()


@pytest.fixture(scope="session", autouse=True)
def _worlds_made_once() -> Iterator[None]:
    """Generate each simulated world once in a test process.

    The ten years of a seed are always the same, and generating them takes longer than most tests.
    The arrays are read-only, so no test can change another's.
    """

    @lru_cache(maxsize=4)
    def made(seed: int, end: date, sessions: Calendar | None) -> World:
        world = generate(seed, end=end, sessions=sessions)
        for matrix in (world.open, world.high, world.low, world.close, world.volume):
            matrix.flags.writeable = False
        return world

    def remembered(seed: int, *, end: date, sessions: Calendar | None = None) -> World:
        return made(seed, end, sessions)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_world, "generate", remembered)
        patch.setattr(simulated_data_set, "generate", remembered)
        yield


@pytest.fixture(scope="session", autouse=True)
def _days_made_once() -> Iterator[None]:
    """Derive the live day of a world once, as worlds are generated once."""
    market_day = live_world.market_day
    days: dict[int, tuple[World, MarketDay]] = {}

    def remembered(world: World) -> MarketDay:
        found = days.get(id(world))
        if found is None:
            while len(days) >= 4:
                days.pop(next(iter(days)))
            found = days[id(world)] = (world, market_day(world))
        return found[1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_world, "market_day", remembered)
        yield


@pytest.fixture(scope="session", autouse=True)
def _tables_made_once() -> Iterator[None]:
    """Make the simulated market's instrument list once for each moment.

    Some ten thousand instruments take longer than most tests. Imported lists are made anew.
    """
    make, table = InstrumentService._make, instruments.InstrumentMaster
    lists: dict[tuple[datetime, str], list[Instrument]] = {}
    tables: dict[int, InstrumentMaster] = {}

    def made(service: InstrumentService, today: date, columns: Columns | None) -> list[Instrument]:
        manifest = service._market.columns()[0] if columns else None
        if service._dump() or (manifest and not manifest.simulated):
            return make(service, today, columns)
        key = (service.now, manifest.data_version if manifest else "")
        if key not in lists:
            while len(lists) >= 8:
                tables.pop(id(lists.pop(next(iter(lists)))), None)
            lists[key] = make(service, today, columns)
        return lists[key]

    def of(rows: list[Instrument]) -> InstrumentMaster:
        if not any(rows is known for known in lists.values()):
            return table(rows)
        if id(rows) not in tables:
            tables[id(rows)] = table(rows)
        return tables[id(rows)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InstrumentService, "_make", made)
        patch.setattr(instruments, "InstrumentMaster", of)
        yield


@pytest.fixture(scope="session", autouse=True)
def _templates_read_once() -> Iterator[None]:
    """Complete the shipped strategy templates once.

    Each start of a server compares its own with them, and hundreds of tests start one.
    """
    complete = strategies.complete
    shipped = {id(model): complete(model) for model in BASE_MODELS.values()}

    def remembered(document: Mapping[str, object]) -> Document:
        known = shipped.get(id(document))
        return complete(document) if known is None else deepcopy(known)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strategies, "complete", remembered)
        yield


@pytest.fixture(scope="session", autouse=True)
def _tracebacks_as_the_server_writes_them() -> None:
    """Log tracebacks as the server does.

    The default of structlog prints every local value of every frame: two seconds for each.
    """
    *processors, _ = structlog.get_config()["processors"]
    plain = ConsoleRenderer(colors=False, exception_formatter=plain_traceback)
    structlog.configure(processors=[*processors, plain])


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
