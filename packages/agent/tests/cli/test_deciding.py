"""`approve`, `reject`, `kill` and `factor`, beside an agent that runs or not."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from packages.agent.tests.cli.test_configuring import call, written

from tradertape_agent.config.folder import Folder
from tradertape_agent.journal.book import Journal
from tradertape_agent.journal.signals import SignalState, Verdict
from tradertape_agent.placing import KILL_SWITCH
from tradertape_agent.privacy.factor import new_factor, read_factor, write_factor

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=timezone.utc)


def received(config: Path) -> Journal:
    journal = Journal(Folder(config).journal)
    journal.signals.receive("sig:12:a1", "12", 1, "{}", NOW)
    return journal


def test_ae_01_a_signal_is_approved_or_rejected_on_the_command_line(config: Path) -> None:
    written(config)
    journal = received(config)
    assert call("approve", "12").exit_code == 0
    found = journal.signals.get("sig:12:a1")
    assert found is not None
    assert found.decision is Verdict.APPROVED
    assert call("reject", "12").exit_code == 0
    journal.signals.move("sig:12:a1", SignalState.SENT, "", NOW)
    late = call("approve", "12")
    assert (late.exit_code, "sent to the broker already" in late.output) == (1, True)
    assert call("approve", "99").exit_code == 1
    assert call("approve").exit_code == 2
    journal.close()


def test_the_kill_switch_is_on_when_the_command_returns(config: Path) -> None:
    written(config)
    journal = received(config)
    assert "kill switch" not in call("approve", "12").output
    assert "no entry is placed" in call("kill").output
    assert "waits until `tradertape-agent kill --off`" in call("approve", "12").output
    assert journal.store.meta(KILL_SWITCH)
    assert "Kill switch:        yes" in call("status").output
    call("kill", "--off")
    assert not journal.store.meta(KILL_SWITCH)
    journal.close()


def test_ap_01_the_factor_moves_to_another_machine_by_its_backup_code(config: Path) -> None:
    written(config)
    path, factor = Folder(config).factor, new_factor()
    assert call("factor", "export").exit_code == 1
    write_factor(path, factor)
    code = call("factor", "export").output.strip()
    path.unlink()
    assert call("factor", "import", code).exit_code == 0
    assert read_factor(path) == factor
    assert call("factor", "import", entered=f"{code}\n").exit_code == 0
    other = new_factor().backup_code()
    refused = call("factor", "import", other)
    assert (refused.exit_code, "holds another factor" in refused.output) == (1, True)
    assert read_factor(path) == factor
    assert call("factor", "import", "--replace", other).exit_code == 0
    assert call("factor", "import", "nonsense").exit_code == 1
