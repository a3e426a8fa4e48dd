"""Commands whose venue has not answered yet: their callers have a time limit, they have none."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from tradertape_server.features.execution.state.command import Command

REPLY_WITHIN_S = 5.0  # then the caller gets what is known, and its key finds the rest


@dataclass(slots=True)
class Parked:
    """Kept in memory alone: after a stop they are rebuilt from intents without a reply."""

    _deadlines: dict[Command[Any], float] = field(default_factory=dict[Command[Any], float])

    def __len__(self) -> int:
        return len(self._deadlines)

    def add(self, command: Command[Any]) -> None:
        """Keep a command that could not be settled; a second time changes nothing."""
        self._deadlines.setdefault(command, monotonic() + REPLY_WITHIN_S)

    def remove(self, command: Command[Any]) -> None:
        """Drop a command that is settled."""
        self._deadlines.pop(command, None)

    def to_try(self, *, has_news: bool) -> list[Command[Any]]:
        """The commands that what a venue reported may settle."""
        return list(self._deadlines) if has_news else []

    def overdue(self) -> list[Command[Any]]:
        """Commands whose callers have waited long enough and have no reply."""
        now_s = monotonic()
        return [
            command
            for command, until_s in self._deadlines.items()
            if until_s <= now_s and not command.is_answered
        ]

    def next_deadline_s(self) -> float | None:
        """Seconds until a caller is to be replied to; None while none waits."""
        waiting = [until for one, until in self._deadlines.items() if not one.is_answered]
        return max(min(waiting) - monotonic(), 0.0) if waiting else None

    def clear(self) -> list[Command[Any]]:
        """Drop all; returns those whose callers still wait."""
        waiting = [one for one in self._deadlines if not one.is_answered]
        self._deadlines.clear()
        return waiting
