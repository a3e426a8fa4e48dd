"""`backup` and `restore` on the command line."""

from __future__ import annotations

from pathlib import Path

from packages.agent.tests.cli.test_configuring import call, written

from tradertape_agent.config.folder import Folder
from tradertape_agent.journal.book import Journal


def test_a_journal_without_its_configuration_is_not_replaced_unasked(
    config: Path, tmp_path: Path
) -> None:
    written(config)
    files, saved = Folder(config), tmp_path / "backup.zip"
    Journal(files.journal).close()
    assert call("backup", str(saved)).exit_code == 0
    journal = Journal(files.journal)
    journal.store.set_meta("since", "the backup")
    journal.close()
    files.config.unlink()
    refused = call("restore", str(saved), entered="n\n")
    assert refused.exit_code == 1
    assert f"Replace {files.journal}? What was added since" in refused.output
    kept = Journal(files.journal)
    assert kept.store.meta("since") == "the backup"
    kept.close()
    assert call("restore", str(saved), entered="y\n").exit_code == 0
    back = Journal(files.journal)
    assert back.store.meta("since") == ""
    back.close()
