"""The console's journeys in a real Chromium against a real server (web/apps/console/e2e)."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), "chromium")


@pytest.mark.slow
def test_the_consoles_journeys_pass_in_chromium(live_server, tmp_path: Path) -> None:
    done = subprocess.run(
        ["scripts/web.sh", "e2e"],
        cwd=ROOT,
        env={
            **os.environ,
            "BASE_URL": live_server.url,
            "TRADERTAPE_OUTBOX": str(live_server.home / "outbox"),
            "CHROMIUM": CHROMIUM,
            "SHOTS": str(tmp_path / "shots"),
        },
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr[-4000:]}"
