"""Backup and restore: everything comes back, and nothing is sent again."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import configure, machine
from packages.brokers.tests.sandboxed import Running

from tradertape_agent.approvals import decide
from tradertape_agent.backups import read_backup, write_backup
from tradertape_agent.config.folder import Folder
from tradertape_agent.errors import AgentError
from tradertape_agent.journal.book import Journal
from tradertape_agent.journal.signals import Verdict
from tradertape_agent.privacy.factor import new_factor, read_factor, write_factor
from tradertape_agent.wiring import instance_of


def test_a_backup_brings_back_configuration_factor_and_journal(tmp_path: Path) -> None:
    files, factor = Folder(tmp_path / "agent.json"), new_factor()
    configure(files, "http://localhost:1", own_key="kept")
    write_factor(files.factor, factor)
    journal = Journal(files.journal)
    journal.store.set_meta("mine", "kept")
    before = instance_of(journal.store, files)
    target = tmp_path / "backup.zip"
    assert write_backup(files, target) == ["config.json", "factor.json", "journal.db"]
    assert target.stat().st_mode & 0o777 == 0o600
    journal.close()
    other = Folder(tmp_path / "other" / "agent.json")
    read_backup(other, target)
    assert json.loads(other.config.read_text())["own_key"] == "kept"
    assert read_factor(other.factor) == factor
    restored = Journal(other.journal)
    assert restored.store.meta("mine") == "kept"
    assert instance_of(restored.store, files) != before
    restored.close()


def test_what_was_sent_after_the_backup_is_not_sent_again(
    tmp_path: Path, cloud: FakeCloud, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal is older than the broker's book, and the cloud did not hear of the order."""
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    monkeypatch.setattr("tradertape_brokers.limiter.Limiter.acquire", lambda *_: 0.0)
    with machine(tmp_path, cloud, running, auto_execute=False) as own:
        cloud.add(1)
        own.cycle()
        decide(own.agent.journal, "1", Verdict.APPROVED, own.watch)
        write_backup(own.agent.folder, tmp_path / "backup.zip")
        cloud.declines["/api/agent/signal-result"] = 503
        own.cycle()
        assert len(own.triggers()) == 1
        session = own.agent.desk.primary.session
        assert session is not None
        files = own.agent.folder
        own.agent.journal.close()
        read_backup(files, tmp_path / "backup.zip")
        cloud.declines.clear()
        journal = Journal(files.journal)
        [row] = journal.signals.listed()
        assert row.decision is None
        assert cloud.pending(instance_of(journal.store, files)) == []
        journal.close()


@pytest.mark.parametrize("content", [b"", b"not a zip", None])
def test_a_damaged_backup_changes_nothing(tmp_path: Path, content: bytes | None) -> None:
    files = Folder(tmp_path / "agent.json")
    configure(files, "http://localhost:1")
    before = files.config.read_bytes()
    source = tmp_path / "backup.zip"
    if content is None:
        with zipfile.ZipFile(source, "w") as archive:
            archive.writestr("config.json", "{}")
            archive.writestr("journal.db", b"SQLite format 3\0 and nothing")
    else:
        source.write_bytes(content)
    with pytest.raises(AgentError):
        read_backup(files, source)
    assert files.config.read_bytes() == before
    assert not files.journal.exists()


def test_without_a_configuration_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="no configuration"):
        write_backup(Folder(tmp_path / "agent.json"), tmp_path / "b.zip")
