"""`days`: does steps at the paper exchange on a server and a database of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copy
from typing import Any

import oracles
import pytest
from exchange_days import MONDAY, Days, Faults
from exchange_steps import Step

from tradertape_core.execution.matching import PaperRules
from tradertape_server.features.execution.service import Settings
from tradertape_server.platform.database.engine import Database


@pytest.fixture
def emptied(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A database with tables and nothing in them, as often as a test wants one."""

    @contextmanager
    def emptied() -> Iterator[Database]:
        if engine == "postgresql":
            with (
                request.getfixturevalue("postgres").database() as url,
                closing(Database(url)) as database,
            ):
                yield database
            return
        path = tmp_path / f"days-{len(list(tmp_path.iterdir()))}.db"
        copy(request.getfixturevalue("sqlite_template"), path)
        with closing(Database(f"sqlite:///{path}")) as database:
            yield database

    return emptied


@pytest.fixture
def days(emptied: Any, monkeypatch: pytest.MonkeyPatch, clock: Any) -> Callable[..., Days]:
    """Does steps on a server of its own, and asks the oracles."""
    installed: list[Faults] = []
    Faults.install(monkeypatch, lambda: installed[-1])

    def days(steps: Sequence[Step], rules: PaperRules | None = None, **options: Any) -> Days:
        installed.append(Faults())
        with emptied() as database:
            settings = Settings(rules=rules or PaperRules())
            clock_of_days = type(clock)(MONDAY)
            found = Days(database, clock_of_days, settings, faults=installed[-1], **options)
            try:
                found.run(steps)
            finally:
                found.stop()
            oracles.check(database)
        return found

    return days
