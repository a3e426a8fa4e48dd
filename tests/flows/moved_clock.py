"""`tradertape` with a clock that a file sets: `MOVED_CLOCK` names it, its text is an instant.

For journeys over several trading days, at a weekend or at an hour at which something happens. Time
goes on from the instant, counted from when the file was written; it may be written again while the
programs run. The sandbox, where it is started by this, goes by the same clock.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from tradertape_core.kernel.python310 import UTC


def moved(file: Path) -> Callable[[object], datetime]:
    """What stands in for a clock's `now`; without the file it is the machine's."""

    def now(clock: object) -> datetime:
        del clock
        real = datetime.now(UTC)  # noqa: TID251 - it stands in for the clock
        if not file.exists():
            return real
        passed = real - datetime.fromtimestamp(file.stat().st_mtime, UTC)
        return datetime.fromisoformat(file.read_text().strip()).astimezone(UTC) + passed

    return now


def run() -> None:
    """The command line of the server, with that clock."""
    from tradertape_sandbox import cli as sandbox
    from tradertape_server.cli.main import app
    from tradertape_server.platform.clock import SystemClock

    SystemClock.now = sandbox.SystemClock.now = moved(Path(os.environ["MOVED_CLOCK"]))
    app()


if __name__ == "__main__":
    run()
