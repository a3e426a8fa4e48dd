"""Progress reports of long operations."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]  # (current step, done, total)


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Ignore progress."""
