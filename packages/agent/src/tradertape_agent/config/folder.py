"""Where the agent keeps its files: the configuration, and beside it what it writes itself.

`TRADERTAPE_AGENT_CONFIG` names another configuration file. All other files have its name with
another ending, so that two agents of one machine never share one.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tradertape_agent.errors import NotConfigured

VARIABLE: Final = "TRADERTAPE_AGENT_CONFIG"
NAME: Final = ".tradertape-agent.json"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Folder:
    """The paths of one agent's files."""

    config: Path

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Folder:
        """Return the folder that the environment names, or the one of the home directory."""
        named = environment.get(VARIABLE, "").strip()
        return cls(Path(named).expanduser().absolute() if named else Path.home() / NAME)

    @property
    def factor(self) -> Path:
        """The secret factor and the user key of the privacy modes."""
        return self.config.with_suffix(".key")

    @property
    def journal(self) -> Path:
        """What was sent to brokers, and what is to be reported."""
        return self.config.with_suffix(".db")

    @property
    def sessions(self) -> Path:
        """The brokers' sessions of today."""
        return self.config.with_suffix(".sessions")

    @property
    def log(self) -> Path:
        """The log of `run`."""
        return self.config.with_suffix(".log")

    @property
    def lock(self) -> Path:
        """Held by the one process that runs."""
        return self.config.with_suffix(".lock")

    @property
    def instruments(self) -> Path:
        """The brokers' lists of instruments."""
        return self.config.with_suffix(".instruments")


def write_private(path: Path, content: bytes) -> None:
    """Replace a file that only its owner may read: after a crash it is the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(6)}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def check_private(path: Path) -> None:
    """Raise NotConfigured if other users of this machine may read or write the file."""
    if os.name != "posix" or not path.exists():
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS:
        raise NotConfigured(
            f"{path} holds secrets and other users of this machine may use it (mode {mode:03o}): "
            f"run `chmod 600 {path}`, or start with --insecure"
        )
