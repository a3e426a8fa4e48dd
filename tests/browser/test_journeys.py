"""The console's journeys in a real Chromium against a real server (web/apps/console/e2e)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), "chromium")
# The published workers' client, as tests/conformance keeps it; without a network our own.
PUBLISHED = "kite-algo-worker==0.7.4"
ASIDE = ROOT / ".tools" / "kite-algo-worker-0.7.4"
OURS = ROOT / "packages" / "sdk" / "src"


def workers_client() -> Path:
    """A folder from which a worker can import its client."""
    if not (ASIDE / "kite_algo_worker").is_dir():
        command = ["uv", "pip", "install", "-q", "--target", str(ASIDE), PUBLISHED]
        if shutil.which("uv") is None or subprocess.run(command, check=False).returncode:
            return OURS
    return ASIDE


@pytest.mark.slow
def test_the_consoles_journeys_pass_in_chromium(fresh_server) -> None:
    done = subprocess.run(
        ["scripts/web.sh", "e2e"],
        cwd=ROOT,
        env={
            **fresh_server.environment,
            "SERVER_PID": str(fresh_server.pid),
            "BASE_URL": fresh_server.url,
            "TRADERTAPE_OUTBOX": str(fresh_server.home / "outbox"),
            "CHROMIUM": CHROMIUM,
            "SHOTS": os.environ.get("SHOTS", ""),
            "WORKER_PYTHON": sys.executable,
            "WORKER_SDK": str(workers_client()),
            "OTHER_EMAIL": fresh_server.email,
            "OTHER_PASSWORD": fresh_server.password,
        },
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr[-4000:]}"
