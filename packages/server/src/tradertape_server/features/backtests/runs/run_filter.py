"""Which runs a list shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Conditions that a run must meet, all of them; None switches one off.

    text: found in the name of the run or of its strategy, in whatever case.
    """

    strategy_id: int | None = None
    universe: str | None = None
    data_set: str | None = None
    status: str | None = None
    tag: str | None = None
    text: str | None = None


EVERY_RUN = RunFilter()
