"""The install lines of the docs work as they are written, in a clean environment, and so does the
tutorial there, with its worker killed in the middle."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import kite_algo_worker as kaw

ROOT = Path(__file__).parents[2]
DOCUMENTED = "http://localhost:18777"
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINE = re.compile(r"^pip install [^#\n]*tradertape-(?:worker|agent)[^#\n]*", re.MULTILINE)
USE = """
import sys
from kite_algo_worker import AlgoWorkerConfig, KiteAlgoWorkerClient, __version__
print(__version__, KiteAlgoWorkerClient(AlgoWorkerConfig.from_env()).health()["status"])
"""
RUN = "tutorial-crossing-001"
# Tells when the run is claimed, and hangs when the server has taken the order.
HANGING = """
import time
from kite_algo_worker import ManagedRun

_place = ManagedRun.place_order

def _hang(run, *given, **named):
    print("placed", _place(run, *given, **named)["order_id"], flush=True)
    time.sleep(600)

ManagedRun.place_order = _hang
"""
TELLING = """
from kite_algo_worker import KiteAlgoWorkerClient

_claim = KiteAlgoWorkerClient.claim_session

def _told(*given, **named):
    claim = _claim(*given, **named)
    print("claimed", flush=True)
    return claim

KiteAlgoWorkerClient.claim_session = _told
"""
RESTART_S, CLAIM_S = 2, 60  # when it is started again; how long a claim lasts without a heartbeat
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live server")]


def run(*command: str, **options: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def installed(page: str, url: str, folder: Path) -> tuple[str, str]:
    """A clean environment after the install line of a page: its Python, and what pip wrote."""
    run("make", "-s", "wheels", cwd=ROOT)
    line = LINE.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))[-1]
    line = line.replace(DOCUMENTED, url)
    run(sys.executable, "-m", "venv", str(folder))
    python = str(folder / "bin" / "python")
    arguments = [part.strip('"') for part in line.removeprefix("pip install ").split()]
    pip = [python, "-I", "-m", "pip", "install", "--verbose", "--no-cache-dir"]
    return python, run(*pip, *arguments)


@pytest.mark.parametrize("page", ["sdk/index.md", "sdk/tutorial.md"])
def test_an_install_line_of_the_docs_works(
    page: str, live_server: Any, worker: dict[str, str], tmp_path: Path
) -> None:
    """pip installs from the running server, with a hash, and the client reaches that server."""
    python, log = installed(page, live_server.url, tmp_path / "clean")
    assert f"{live_server.url}/sdk/wheels/tradertape_worker-" in log
    printed = run(python, "-I", "-c", USE, env=worker)
    assert printed.split()[1] == "healthy"


def test_the_agents_install_line_works(live_server: Any, tmp_path: Path) -> None:
    """Bare parts come from the running server, the others from PyPI; the command starts."""
    python, log = installed("agent.md", live_server.url, tmp_path / "clean")
    for part in ("agent", "brokers", "core"):
        assert f"{live_server.url}/sdk/wheels/tradertape_{part}-" in log
    command = str(Path(python).with_name("tradertape-agent"))
    assert "0." in run(command, "version")
    assert "configure" in run(command, "--help")


def test_the_tutorial_resumes_with_its_claim_after_its_worker_was_killed(
    fresh_server: Any, tmp_path: Path
) -> None:
    """Killed when the server has taken its order, started again at once: one order, one claim."""
    python, _ = installed("sdk/tutorial.md", fresh_server.url, tmp_path / "clean")
    page = (ROOT / "docs" / "sdk" / "tutorial.md").read_text(encoding="utf-8")
    tutorial = "\n".join(PYTHON.findall(page))
    environment = {**fresh_server.worker("tutorial"), "KITE_ALGO_STATE_DIR": str(tmp_path)}
    token = environment["KITE_ALGO_WORKER_TOKEN"]
    client = kaw.KiteAlgoWorkerClient(kaw.AlgoWorkerConfig(fresh_server.url, token, 30.0))

    first = started(python, HANGING + tutorial, environment)
    placed = line_of(first, "placed").split()[1]
    first.send_signal(signal.SIGKILL)
    first.communicate()
    killed_s = time.monotonic()
    with pytest.raises(kaw.KiteAlgoWorkerError, match="claimed") as refused:
        client.claim_session(RUN, worker_id="another")  # the killed worker's claim is still valid
    assert refused.value.status_code == 409
    again = started(python, TELLING + tutorial, environment)
    started_s = time.monotonic() - killed_s
    line_of(again, "claimed")
    claimed_s = time.monotonic() - killed_s
    output, _ = again.communicate(timeout=240)

    assert again.returncode == 0, output
    assert started_s < RESTART_S
    assert claimed_s < CLAIM_S - 5
    orders = client.list_orders(RUN)["orders"]
    client.close()
    assert [one["order_id"] for one in orders].count(placed) == 1
    assert len(orders) == 2  # the entry, and the exit at the tutorial's end
    assert len({one["transaction_type"] for one in orders}) == 2
    sys.stdout.write(f"\nstarted {started_s:.2f} s, claimed {claimed_s:.1f} s after the kill\n")


def started(python: str, code: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [python, "-I", "-u", "-c", code],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def line_of(process: subprocess.Popen[str], word: str) -> str:
    """Read what a process prints up to the line that begins with a word."""
    assert process.stdout is not None
    read: list[str] = []
    for line in process.stdout:
        read.append(line)
        if line.startswith(word):
            return line
    pytest.fail(f"it ended without {word}:\n{''.join(read)[-4000:]}")
