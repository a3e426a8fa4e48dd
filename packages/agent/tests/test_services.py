"""The services' files: what they say, and which commands take them over."""

from __future__ import annotations

import configparser
import plistlib
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tradertape_agent.config.folder import Folder
from tradertape_agent.errors import AgentError
from tradertape_agent.services import Launchd, Systemd, TaskScheduler, execute

COMMAND = "/usr/local/bin/tradertape-agent"
TASKS = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "my files" / "agent.json")


@pytest.fixture
def ran() -> list[tuple[str, ...]]:
    return []


def test_as_02_the_systemd_unit_is_the_documented_one(folder: Folder, tmp_path: Path) -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(Systemd(folder, COMMAND, "you", tmp_path, is_root=True).content())
    assert {name: dict(unit[name]) for name in unit.sections()} == {
        "Unit": {"Description": "TraderTape Agent", "After": "network.target"},
        "Service": {
            "Type": "simple", "User": "you", "ExecStart": f'"{COMMAND}"', "Restart": "always",
            "RestartSec": "5", "Environment": f'"TRADERTAPE_AGENT_CONFIG={folder.config}"',
        },
        "Install": {"WantedBy": "multi-user.target"},
    }  # fmt: skip
    assert str(Systemd(folder, COMMAND, "you", tmp_path, is_root=True).path) == (
        "/etc/systemd/system/tradertape-agent.service"
    )


def test_as_02_without_root_it_is_the_users_own_unit(
    folder: Folder, tmp_path: Path, ran: list[tuple[str, ...]]
) -> None:
    def run(command: Sequence[str]) -> None:
        ran.append(tuple(command))

    own = Systemd(folder, COMMAND, "you", tmp_path, is_root=False, run=run)
    own.install()
    assert own.path.read_text() == own.content()
    assert "User=" not in own.content()
    assert own.path.is_relative_to(tmp_path / ".config/systemd/user")
    own.uninstall()
    assert not own.path.exists()
    unit = "tradertape-agent.service"
    assert ran == [
        ("systemctl", "--user", "daemon-reload"),
        ("systemctl", "--user", "enable", "--now", unit),
        ("systemctl", "--user", "disable", "--now", unit),
        ("systemctl", "--user", "daemon-reload"),
    ]
    assert "no service" in own.uninstall()


def test_as_01_the_property_list_is_the_documented_one(
    folder: Folder, tmp_path: Path, ran: list[tuple[str, ...]]
) -> None:
    def run(command: Sequence[str]) -> None:
        ran.append(tuple(command))

    own = Launchd(folder, COMMAND, tmp_path, run=run)
    own.install()
    assert own.path == tmp_path / "Library/LaunchAgents/com.tradertape.agent.plist"
    assert plistlib.loads(own.path.read_bytes()) == {
        "Label": "com.tradertape.agent",
        "ProgramArguments": [COMMAND],
        "EnvironmentVariables": {"TRADERTAPE_AGENT_CONFIG": str(folder.config)},
        "RunAtLoad": True,
        "KeepAlive": True,
        "StandardOutPath": str(tmp_path / "Library/Logs/tradertape-agent.log"),
        "StandardErrorPath": str(tmp_path / "Library/Logs/tradertape-agent.err"),
    }
    own.uninstall()
    assert [one[:2] for one in ran] == [("launchctl", "load"), ("launchctl", "unload")]


def test_as_03_the_task_starts_at_log_on_and_again_after_a_failure(
    folder: Folder, ran: list[tuple[str, ...]]
) -> None:
    def run(command: Sequence[str]) -> None:
        ran.append(tuple(command))

    own = TaskScheduler(folder, r"C:\a & b\tradertape-agent.exe", run=run)
    own.install()
    task = ElementTree.fromstring(own.path.read_bytes())  # noqa: S314 - our own
    assert task.find(f"{TASKS}Triggers/{TASKS}LogonTrigger") is not None
    assert task.findtext(f"{TASKS}Settings/{TASKS}RestartOnFailure/{TASKS}Interval") == "PT1M"
    arguments = task.findtext(f"{TASKS}Actions/{TASKS}Exec/{TASKS}Arguments") or ""
    assert r'"C:\a & b\tradertape-agent.exe" run' in arguments
    assert f"TRADERTAPE_AGENT_CONFIG={folder.config}&&" in arguments
    own.uninstall()
    assert [one[:2] for one in ran] == [
        ("schtasks", "/Create"), ("schtasks", "/Run"), ("schtasks", "/Delete"),
    ]  # fmt: skip


def test_names_with_quotes_and_percent_signs_stay_one_word(tmp_path: Path) -> None:
    strange = Folder(tmp_path / 'a"b%c' / "agent.json")
    text = Systemd(strange, COMMAND, "you", tmp_path, is_root=True).content()
    assert 'a\\"b%%c' in text
    list_ = Launchd(Folder(tmp_path / "a<b&c" / "x.json"), COMMAND, tmp_path).content()
    found = plistlib.loads(list_.encode())["EnvironmentVariables"]["TRADERTAPE_AGENT_CONFIG"]
    assert found.endswith("a<b&c/x.json")


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(AgentError, match="has no no-such-command"):
        execute(("no-such-command",))
    with pytest.raises(AgentError, match="failed"):
        execute(("false",))
