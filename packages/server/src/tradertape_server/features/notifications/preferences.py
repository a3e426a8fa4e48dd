"""Which event goes to which channel and when, as a function of what a person chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tradertape_core.kernel.clock import IST
from tradertape_server.features.notifications.catalogue import CRITICAL, EventKind, Mode

IN_APP = "in_app"
DIGEST_AT = 18 * 60 + 30


@dataclass(frozen=True, slots=True)
class Wishes:
    """A person's choices. Times are minutes from midnight in Indian time."""

    modes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    quiet_from: int | None = None
    quiet_to: int | None = None
    digest_at: int = DIGEST_AT

    def mode(self, kind: EventKind, target: str) -> Mode:
        """When an event is sent to a target: a channel's id as text, or `in_app`."""
        chosen = self.modes.get(kind.name, {}).get(target)
        if chosen in ("off", "digest", "now"):
            return chosen
        return "now" if target == IN_APP else kind.by_default

    def due_at(self, kind: EventKind, mode: Mode, now: datetime) -> datetime:
        """When an event that happens now is sent."""
        due = _next(now, self.digest_at) if mode == "digest" else now
        if kind.severity == CRITICAL and mode == "now":
            return due
        return self._after_quiet(due)

    def _after_quiet(self, due: datetime) -> datetime:
        begin, end = self.quiet_from, self.quiet_to
        if begin is None or end is None or begin == end:
            return due
        local = due.astimezone(IST)
        minute = local.hour * 60 + local.minute
        inside = begin <= minute < end if begin < end else minute >= begin or minute < end
        return _next(due, end) if inside else due


def _next(after: datetime, minute: int) -> datetime:
    """The next time at which it is `minute` in India: later than `after`."""
    local = after.astimezone(IST)
    wanted = local.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
    return (wanted if wanted > local else wanted + timedelta(days=1)).astimezone(after.tzinfo)
