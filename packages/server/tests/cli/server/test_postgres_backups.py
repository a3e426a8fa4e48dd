"""The backup drill on PostgreSQL, with its own tools."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tradertape_server.container import Container
from tradertape_server.platform.database.backups import Backups
from tradertape_server.platform.errors import Conflict, Unavailable
from tradertape_server.platform.server_lock import ServerLock

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


@pytest.fixture
def backups(container: Container, monkeypatch: pytest.MonkeyPatch) -> Backups:
    import pgserver

    tools = Path(pgserver.__file__).parent / "pginstall" / "bin"
    if not (tools / "pg_dump").exists():
        pytest.skip("PostgreSQL's tools are not in the wheel")
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    home = container.settings.effective_home
    return Backups(container.database, container.clock, home=home)


def test_a_backup_restores_what_was_lost(
    container: Container, backups: Backups, engine: str
) -> None:
    container.auth.create_user("me@example.com", password=None)
    backup = backups.make()
    assert backup.stat().st_mode & 0o777 == 0o600
    container.auth.create_user("later@example.com", password=None)
    kept = backups.restore(backup)
    assert container.auth.user_id_of("me@example.com") is not None
    assert container.auth.user_id_of("later@example.com") is None
    assert kept is not None
    backups.restore(kept)
    assert container.auth.user_id_of("later@example.com") is not None


def test_a_restore_is_refused_while_a_server_runs(
    container: Container, backups: Backups, engine: str
) -> None:
    backup = backups.make()
    lock = ServerLock(container.settings.effective_home)
    assert lock.take()
    with pytest.raises(Conflict, match="A server is running"):
        backups.restore(backup)
    lock.release()


def test_missing_tools_are_named(
    backups: Backups, engine: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(Unavailable, match="pg_dump is needed"):
        backups.make(tmp_path / "x.dump")
    assert list(tmp_path.glob("*.dump*")) == []


def test_an_invalid_backup_is_refused(
    container: Container, backups: Backups, engine: str, tmp_path: Path, clock: Any
) -> None:
    container.auth.create_user("me@example.com", password=None)
    broken = tmp_path / "broken.dump"
    broken.write_text("not a dump")
    with pytest.raises(Unavailable, match="pg_restore failed"):
        backups.restore(broken)
    assert container.auth.user_id_of("me@example.com") is not None
