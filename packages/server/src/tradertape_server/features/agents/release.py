"""The latest agent, and the oldest that this server works with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Release:
    """min_supported: older agents may not execute by themselves."""

    version: str
    min_supported: str
    released_at: date
    notes_url: str

    def allows_auto_execute(self, version: str | None) -> bool:
        """Whether an agent may place orders without asking; not one of unknown version."""
        return version is not None and numbers(version) >= numbers(self.min_supported)

    def is_newer_than(self, version: str | None) -> bool:
        """Whether an agent can be updated."""
        return version is not None and numbers(version) < numbers(self.version)


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, which order releases: 0.5.2rc1 is (0, 5, 2)."""
    found: list[int] = []
    for part in version.split("."):
        digits = part[: next((i for i, c in enumerate(part) if not c.isdigit()), len(part))]
        if not digits:
            break
        found.append(int(digits))
    return tuple(found)


LATEST = Release(
    version="0.6.0", min_supported="0.6.0", released_at=date(2026, 11, 25), notes_url="/changelog"
)
