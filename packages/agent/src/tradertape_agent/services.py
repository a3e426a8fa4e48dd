"""The service's file for each operating system, and the commands that take it over."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol
from xml.sax.saxutils import escape

from tradertape_agent.config.folder import VARIABLE, Folder, write_private
from tradertape_agent.errors import AgentError

LABEL: Final = "com.tradertape.agent"
UNIT: Final = "tradertape-agent.service"
Execute = Callable[[Sequence[str]], None]


class Manager(Protocol):
    """Starts the agent with the machine."""

    @property
    def path(self) -> Path:
        """Where its file is."""
        ...

    def content(self) -> str:
        """What its file says."""
        ...

    def install(self) -> str:
        """Write the file and start the agent; returns what was done."""
        ...

    def uninstall(self) -> str:
        """Stop the agent and remove the file; returns what was done."""
        ...


def execute(command: Sequence[str]) -> None:
    """Execute a command of the system. Raises AgentError with its words."""
    try:
        subprocess.run(list(command), check=True, capture_output=True, text=True)  # noqa: S603
    except FileNotFoundError:
        raise AgentError(f"this machine has no {command[0]}") from None
    except subprocess.CalledProcessError as error:
        words = (error.stderr or error.stdout or "").strip()
        raise AgentError(f"`{' '.join(command)}` failed: {words}") from None


def program() -> str:
    """Return the path of the installed command."""
    found = shutil.which("tradertape-agent") or shutil.which(sys.argv[0])
    if found is None:
        raise AgentError("the command tradertape-agent is not on the PATH: install it first")
    return str(Path(found).absolute())


@dataclass(frozen=True)
class Systemd:
    """A unit of systemd: the system's for root, else the user's own."""

    folder: Folder
    command: str
    user: str
    home: Path
    is_root: bool
    run: Execute = field(default=execute)

    @property
    def path(self) -> Path:
        """Where the unit is."""
        own = self.home / ".config/systemd/user"
        return (Path("/etc/systemd/system") if self.is_root else own) / UNIT

    def content(self) -> str:
        """The unit."""
        user = f"User={self.user}\n" if self.is_root else ""
        target = "multi-user.target" if self.is_root else "default.target"
        return (
            "[Unit]\nDescription=TraderTape Agent\nAfter=network.target\n\n"
            f"[Service]\nType=simple\n{user}"
            f'Environment="{VARIABLE}={_quoted(self.folder.config)}"\n'
            f'ExecStart="{_quoted(self.command)}"\n'
            "Restart=always\nRestartSec=5\n\n"
            f"[Install]\nWantedBy={target}\n"
        )

    def install(self) -> str:
        """Write the unit, enable it and start it."""
        _write(self.path, self.content())
        self.run((*self._systemctl, "daemon-reload"))
        self.run((*self._systemctl, "enable", "--now", UNIT))
        return f"Installed {self.path}. See it with `{' '.join(self._systemctl)} status {UNIT}`"

    def uninstall(self) -> str:
        """Stop the unit and remove it."""
        if not self.path.exists():
            return f"There is no service at {self.path}"
        self.run((*self._systemctl, "disable", "--now", UNIT))
        self.path.unlink(missing_ok=True)
        self.run((*self._systemctl, "daemon-reload"))
        return f"Removed {self.path}"

    @property
    def _systemctl(self) -> tuple[str, ...]:
        return ("systemctl",) if self.is_root else ("systemctl", "--user")


@dataclass(frozen=True)
class Launchd:
    """An agent of launchd."""

    folder: Folder
    command: str
    home: Path
    run: Execute = field(default=execute)

    @property
    def path(self) -> Path:
        """Where the property list is."""
        return self.home / "Library/LaunchAgents" / f"{LABEL}.plist"

    def content(self) -> str:
        """The property list."""
        logs = self.home / "Library/Logs"
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" '
            '"http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n'
            '<plist version="1.0">\n<dict>\n'
            f"<key>Label</key><string>{LABEL}</string>\n"
            "<key>ProgramArguments</key>\n<array>\n"
            f"<string>{escape(self.command)}</string>\n</array>\n"
            "<key>EnvironmentVariables</key>\n<dict>\n"
            f"<key>{VARIABLE}</key><string>{escape(str(self.folder.config))}</string>\n</dict>\n"
            "<key>RunAtLoad</key><true/>\n<key>KeepAlive</key><true/>\n"
            "<key>StandardOutPath</key>"
            f"<string>{escape(str(logs / 'tradertape-agent.log'))}</string>\n"
            "<key>StandardErrorPath</key>"
            f"<string>{escape(str(logs / 'tradertape-agent.err'))}</string>\n"
            "</dict>\n</plist>\n"
        )

    def install(self) -> str:
        """Write the list and load it."""
        _write(self.path, self.content())
        self.run(("launchctl", "load", "-w", str(self.path)))
        return f"Installed {self.path}. See it with `launchctl list | grep tradertape`"

    def uninstall(self) -> str:
        """Unload the list and remove it."""
        if not self.path.exists():
            return f"There is no service at {self.path}"
        self.run(("launchctl", "unload", "-w", str(self.path)))
        self.path.unlink(missing_ok=True)
        return f"Removed {self.path}"


@dataclass(frozen=True)
class TaskScheduler:
    """A task of Windows that starts at log-on and again after a failure."""

    folder: Folder
    command: str
    run: Execute = field(default=execute)

    @property
    def path(self) -> Path:
        """Where the task's XML is."""
        return self.folder.config.with_suffix(".task.xml")

    def content(self) -> str:
        """The task. Windows gives a task no variables of its own: cmd sets it."""
        arguments = f'/c "set {VARIABLE}={self.folder.config}&& "{self.command}" run"'
        return (
            '<?xml version="1.0" encoding="UTF-16"?>\n'
            '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">\n'
            "<RegistrationInfo><Description>TraderTape Agent</Description></RegistrationInfo>\n"
            "<Triggers><LogonTrigger><Enabled>true</Enabled></LogonTrigger></Triggers>\n"
            "<Settings>\n<MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>\n"
            "<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>\n"
            "<StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>\n"
            "<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>\n"
            "<RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure>\n"
            "</Settings>\n"
            "<Actions><Exec><Command>cmd.exe</Command>"
            f"<Arguments>{escape(arguments)}</Arguments></Exec></Actions>\n</Task>\n"
        )

    def install(self) -> str:
        """Write the task, register it and start it."""
        write_private(self.path, self.content().encode("utf-16"))
        self.run(("schtasks", "/Create", "/TN", LABEL, "/XML", str(self.path), "/F"))
        self.run(("schtasks", "/Run", "/TN", LABEL))
        return f"Registered the task {LABEL}. See it in the Task Scheduler"

    def uninstall(self) -> str:
        """Remove the task."""
        if not self.path.exists():
            return f"There is no task at {self.path}"
        self.run(("schtasks", "/Delete", "/TN", LABEL, "/F"))
        self.path.unlink(missing_ok=True)
        return f"Removed the task {LABEL}"


def manager_here(folder: Folder) -> Manager:
    """Return the manager of this operating system. Raises AgentError where there is none."""
    if sys.platform == "darwin":
        return Launchd(folder, program(), Path.home())
    if sys.platform == "win32":
        return TaskScheduler(folder, program())
    if sys.platform.startswith("linux"):
        is_root = os.geteuid() == 0
        return Systemd(folder, program(), getpass.getuser(), Path.home(), is_root)
    raise AgentError("services are known for Linux, macOS and Windows: start the agent yourself")


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def _quoted(text: object) -> str:
    """A text within the quotes of a unit: systemd reads backslashes, quotes and percent signs."""
    return str(text).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
