"""Named steps between deciding, storing and acting at which a test can kill the server.

Does nothing unless TRADERTAPE_CRASH_AT names a step, optionally with the number of the pass that
ends the process ("after_commit:3"). For tests only: never set it on a production server.
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
EXIT_CODE = 137  # the exit code after `kill -9`


class CrashPoints:
    """Counts the passes of one named step and ends the process at the given pass."""

    def __init__(self, command: str = "") -> None:
        step, _, number = command.partition(":")
        if command and step not in STEPS:
            raise ValueError(f"{VARIABLE}: {step!r} is not one of {', '.join(STEPS)}")
        self._step = step
        self._left = int(number or 1)

    def pass_step(self, step: str) -> None:
        """Count a pass of `step`; ends the process if it is the configured one."""
        if step != self._step:
            return
        self._left -= 1
        if self._left <= 0:
            os._exit(EXIT_CODE)


_points = CrashPoints(os.environ.get(VARIABLE, ""))


def crash_point(step: str) -> None:
    """Mark that this process passes `step`; a test may have asked to end it here."""
    _points.pass_step(step)
