"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]  # what is being done, how much of how much


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Report to nobody."""
