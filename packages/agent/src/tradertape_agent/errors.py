"""What the agent's commands end with, by their exit code.

AgentError            1: the command failed
├── NotConfigured     3: `tradertape-agent configure` first, or the file is wrong
├── CloudRefused      4: the cloud does not take the agent's key
└── NotConnected      5: the broker is not signed in or cannot be reached

2 is click's own: wrong usage.
"""

from __future__ import annotations

from typing import ClassVar


class AgentError(Exception):
    """Why a command could not do what was asked; the text says what to do."""

    exit_code: ClassVar[int] = 1


class NotConfigured(AgentError):
    """There is no usable configuration."""

    exit_code: ClassVar[int] = 3


class CloudRefused(AgentError):
    """The cloud refused the agent's API key."""

    exit_code: ClassVar[int] = 4


class NotConnected(AgentError):
    """The broker is not signed in or cannot be reached."""

    exit_code: ClassVar[int] = 5
