"""The install lines of the docs work as they are written, in a clean environment."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTED = "http://localhost:18777"
LINE = re.compile(r"^pip install .*tradertape-worker.*$", re.MULTILINE)
USE = """
import sys
from kite_algo_worker import AlgoWorkerConfig, KiteAlgoWorkerClient, __version__
print(__version__, KiteAlgoWorkerClient(AlgoWorkerConfig.from_env()).health()["status"])
"""
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live server")]


def run(*command: str, **options: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("page", ["index.md", "tutorial.md"])
def test_an_install_line_of_the_docs_works(
    page: str, live_server: Any, worker: dict[str, str], tmp_path: Path
) -> None:
    """pip installs from the running server, with a hash, and the client reaches that server."""
    run("make", "-s", "wheels", cwd=ROOT)
    (line,) = LINE.findall((ROOT / "docs" / "sdk" / page).read_text(encoding="utf-8"))
    line = line.replace(DOCUMENTED, live_server.url)
    run(sys.executable, "-m", "venv", str(tmp_path / "clean"))
    python = str(tmp_path / "clean" / "bin" / "python")
    arguments = [part.strip('"') for part in line.removeprefix("pip install ").split()]
    log = run(python, "-m", "pip", "install", "--verbose", "--no-cache-dir", *arguments)
    assert f"{live_server.url}/sdk/wheels/tradertape_worker-" in log
    printed = run(python, "-I", "-c", USE, env=worker)
    assert printed.split()[1] == "healthy"
