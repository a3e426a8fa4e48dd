"""A worker's way into a running server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def worker(live_server) -> dict[str, str]:
    """The environment of a worker with a token of its own on the running server."""
    command = [
        str(Path(sys.executable).parent / "tradertape"), "token", "create",
        "--user", "you@example.com", "--kind", "worker", "--name", "sdk",
        "--scope", "paper", "--scope", "data", "--scope", "gtt",
    ]  # fmt: skip
    done = subprocess.run(
        command, env=live_server.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {
        **live_server.environment,
        "KITE_ALGO_API_BASE": live_server.url,
        "KITE_ALGO_WORKER_TOKEN": done.stdout.strip(),
        "KITE_ALGO_TIMEOUT": "30",
    }
