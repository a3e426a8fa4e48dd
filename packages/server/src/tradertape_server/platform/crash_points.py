"""Where a test may kill the server: named steps between deciding, storing and acting.

Does nothing unless TRADERTAPE_CRASH_AT names a step, optionally with the pass at which to die
("after_commit:3"). Never set it on a server that matters.
"""

from __future__ import annotations

import os
from typing import Final

STEPS: Final = (
    "before_validate",
    "after_validate",
    "before_commit",
    "after_commit",
    "before_send",
    "after_send",
    "before_record",
    "after_record",
    "before_reply",
)
VARIABLE = "TRADERTAPE_CRASH_AT"
EXIT_CODE = 137  # what a kill -9 leaves behind


class CrashPoints:
    """Counts passes of the one step that was named, and ends the process there."""

    def __init__(self, command: str = "") -> None:
        step, _, number = command.partition(":")
        if command and step not in STEPS:
            raise ValueError(f"{VARIABLE}: {step!r} is not one of {', '.join(STEPS)}")
        self._step = step
        self._left = int(number or 1)

    def pass_step(self, step: str) -> None:
        """Pass a step; does not return when this is the one."""
        if step != self._step:
            return
        self._left -= 1
        if self._left <= 0:
            os._exit(EXIT_CODE)


_points = CrashPoints(os.environ.get(VARIABLE, ""))


def crash_point(step: str) -> None:
    """Pass a step of the process's own points."""
    _points.pass_step(step)
