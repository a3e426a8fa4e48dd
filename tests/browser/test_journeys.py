"""The console's journeys in a real Chromium against a real server (web/apps/console/e2e)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
def test_the_consoles_journeys_pass_in_chromium(live_server) -> None:
    done = subprocess.run(
        ["scripts/web.sh", "e2e"],
        cwd=ROOT,
        env={
            **os.environ,
            "BASE_URL": live_server.url,
            "TRADERTAPE_HOME": str(live_server.home),
        },
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr[-4000:]}"
