"""Damaged or missing database files: `serve` reports them with the way to restore, which works
(FAULTS §1)."""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tradertape_core.kernel.clock import Clock
from tradertape_server.cli.server import serve
from tradertape_server.platform.database import integrity
from tradertape_server.platform.database.backups import Backups
from tradertape_server.platform.database.disk_errors import BROKEN
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.database.integrity import FileCheck, require_intact
from tradertape_server.platform.errors import Unavailable

PAGE = 4096


@pytest.fixture
def file(tmp_path: Path, sqlite_template: Path) -> Path:
    file = tmp_path / "tradertape.db"
    file.write_bytes(sqlite_template.read_bytes())
    return file


@pytest.fixture
def backup(file: Path, tmp_path: Path, clock: Clock) -> Path:
    database = Database(f"sqlite:///{file}")
    path = Backups(database, clock, home=tmp_path).make()
    database.close()
    return path


def refused(file: Path) -> str:
    with pytest.raises(Unavailable) as refusal:
        require_intact(file, backups=file.parent / "backups")
    assert "tradertape db restore" in refusal.value.detail
    return refusal.value.detail


def flip(file: Path, begin: int, seed: int) -> None:
    """Put a page of noise into the file."""
    with file.open("r+b") as out:
        out.seek(begin)
        out.write(random.Random(seed).randbytes(PAGE))


def restored(file: Path, backup: Path, clock: Clock) -> Path | None:
    database = Database(f"sqlite:///{file}")
    kept = Backups(database, clock, home=file.parent).restore(backup)
    database.close()
    require_intact(file, backups=file.parent / "backups")
    return kept


@pytest.mark.parametrize("page", [0, 1, 5, 20])
def test_flipped_bytes_are_found_named_and_repaired(
    file: Path, backup: Path, clock: Clock, page: int
) -> None:
    flip(file, page * PAGE, seed=page)
    assert f"{file} is damaged (" in refused(file)
    assert str(backup) in refused(file)
    kept = restored(file, backup, clock)
    assert kept is not None
    assert kept.name.startswith("damaged-")


def test_a_large_file_is_read_whole_only_after_the_start(
    file: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start with 6 GB of books must not read all of them first; damage is reported later."""
    monkeypatch.setattr(integrity, "CHECKED_AT_START_BYTES", PAGE)
    database = Database(f"sqlite:///{file}")
    require_intact(file, backups=file.parent / "backups")
    FileCheck(file, database.disk_errors).start(after_s=0).join()
    assert database.disk_error is None
    flip(file, 20 * PAGE, seed=20)
    require_intact(file, backups=file.parent / "backups")
    FileCheck(file, database.disk_errors).start(after_s=0).join()
    assert database.disk_error is BROKEN
    database.close()


def test_a_large_file_that_was_cut_or_lost_its_header_does_not_start(
    file: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity, "CHECKED_AT_START_BYTES", PAGE)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert f"{file} is damaged (" in refused(file)
    file.write_bytes(b"noise" * PAGE + whole[5 * PAGE :])
    assert f"{file} is damaged (" in refused(file)


def test_a_missing_file_is_not_created_again(file: Path, backup: Path, clock: Clock) -> None:
    file.unlink()
    require_intact(file, backups=file.parent)  # a first start
    reserve = file.with_name("tradertape.db.reserve")
    reserve.touch()
    assert f"{file} is missing, but its tradertape.db.reserve" in refused(file)
    assert not file.exists()
    assert restored(file, backup, clock) is None


def test_a_missing_log_is_noticed(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE trader_lease SET owner = 'me'")
        connection.commit()
        require_intact(file, backups=file.parent)
        copy = file.with_name("copy.db")
        for suffix in ("", "-shm"):  # as after a crash, without the log
            copy.with_name(f"copy.db{suffix}").write_bytes(
                file.with_name(f"tradertape.db{suffix}").read_bytes()
            )
    assert "copy.db-wal is missing" in refused(copy)


def test_serve_checks_before_it_opens(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    flip(file, 0, seed=1)
    monkeypatch.setenv("TRADERTAPE_HOME", str(tmp_path))
    monkeypatch.setattr(serve, "_serve", lambda *_a, **_k: os.abort())
    with pytest.raises(Unavailable, match="is damaged"):
        serve.serve()
