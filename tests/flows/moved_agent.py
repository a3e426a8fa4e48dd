"""`tradertape-agent` with the clock of `moved_clock.py`, so that a server agrees."""

from __future__ import annotations

import os
from pathlib import Path

from moved_clock import moved

from tradertape_agent.cli.main import main
from tradertape_agent.clock import SystemClock

if __name__ == "__main__":
    SystemClock.now = moved(Path(os.environ["MOVED_CLOCK"]))
    main()
