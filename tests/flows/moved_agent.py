"""`tradertape-agent` with the clock of `tests/browser/moved_clock.py`, so that a server agrees."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from tradertape_agent.cli.main import main
from tradertape_agent.clock import SystemClock

MOVED = Path(os.environ["MOVED_CLOCK"])


def _now(clock: SystemClock) -> datetime:
    del clock
    real = datetime.now(UTC)  # noqa: TID251 - it stands in for the clock
    passed = real - datetime.fromtimestamp(MOVED.stat().st_mtime, UTC)
    return datetime.fromisoformat(MOVED.read_text().strip()).astimezone(UTC) + passed


if __name__ == "__main__":
    SystemClock.now = _now
    main()
