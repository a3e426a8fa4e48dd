"""`tradertape` with a clock that a file sets: `MOVED_CLOCK` names it, its text is an instant.

For journeys over several trading days. Time goes on from the instant, counted from when the file
was written; it may be written again while the server runs.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from tradertape_server.cli.main import app
from tradertape_server.platform.clock import SystemClock

MOVED = Path(os.environ["MOVED_CLOCK"])


def _now(clock: SystemClock) -> datetime:
    del clock
    real = datetime.now(UTC)  # noqa: TID251 - it stands in for the clock
    if not MOVED.exists():
        return real
    passed = real - datetime.fromtimestamp(MOVED.stat().st_mtime, UTC)
    return datetime.fromisoformat(MOVED.read_text().strip()).astimezone(UTC) + passed


if __name__ == "__main__":
    SystemClock.now = _now
    app()
