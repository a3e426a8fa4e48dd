"""The published client, as it is on PyPI, drives a running server.

It is installed aside, into `.tools/`, and runs in a process of its own: nothing of it is part of
this project. Without a network and without that folder the tests are skipped.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

EMAIL = "worker@example.com"
BIN = Path(sys.executable).parent
Start = Callable[[str], dict[str, str]]

# Everything a caller of the package can call: methods of its classes, functions beside them.
LIST = """
import inspect, kite_algo_worker as k
from kite_algo_worker.ws import WorkerWebSocketClient
classes = {"Client": k.KiteAlgoWorkerClient, "Async": k.AsyncKiteAlgoWorkerClient,
           "ManagedRun": k.ManagedRun, "Options": k.OptionWorkerClient,
           "Sockets": WorkerWebSocketClient, "OrderBuilder": k.OrderBuilder}
for name, one in classes.items():
    for method, _ in inspect.getmembers(one, inspect.isfunction):
        if not method.startswith("_"):
            print(f"{name}.{method}")
for name in k.__all__:
    one = getattr(k, name)
    if inspect.isfunction(one) and one.__module__.split(".")[1] in ("helpers", "orders", "options"):
        print(f"Function.{name}")
"""
DRIVER = str(Path(__file__).parent / "drive_published.py")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers on fresh homes: `start("0.7.4")` returns the driver's environment."""
    started: list[subprocess.Popen[bytes]] = []

    def start(compat: str) -> dict[str, str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        environment = {
            **os.environ,
            "TRADERTAPE_HOME": str(tmp_path / "home"),
            "TRADERTAPE_WORKER_COMPAT": compat,
        }
        tradertape = str(BIN / "tradertape")
        command = [tradertape, "serve", "--demo", "--port", str(port)]
        with (tmp_path / "server.log").open("wb") as log:
            started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
        url = f"http://127.0.0.1:{port}"
        _wait(url, started[-1], tmp_path / "server.log")
        _run([tradertape, "user", "create", EMAIL, "--password-stdin"], environment, "pass word 12")
        scopes = [part for name in ("paper", "data", "gtt") for part in ("--scope", name)]
        create = [tradertape, "token", "create", "--user", EMAIL, "--kind", "worker", "--name", "t"]
        token = _run([*create, *scopes], environment).strip()
        return {**os.environ, "URL": url, "KITE_ALGO_WORKER_TOKEN": token}

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=30)


def test_every_method_of_the_published_client_works(published: Path, start: Start) -> None:
    environment = {**start("0.7.4"), "PYTHONPATH": str(published)}
    called = set(_run([sys.executable, DRIVER], environment).split())
    known = set(_run([sys.executable, "-c", LIST], environment).split())
    assert len(known) > 130
    assert known - called == set()


def test_with_the_documented_bodies_it_refuses_what_its_contract_says(
    published: Path, start: Start
) -> None:
    """Quirks Q2 and Q3; everything else works there too."""
    _run([sys.executable, DRIVER], {**start(""), "PYTHONPATH": str(published)})


@pytest.mark.parametrize("compat", ["0.7.4", ""])
def test_our_client_passes_the_same_scenarios_whatever_the_bodies(
    start: Start, compat: str
) -> None:
    called = _run([sys.executable, DRIVER, "--snapshots"], start(compat)).split()
    assert "Client.get_run_health_snapshot" in called


@pytest.mark.parametrize("is_ours", [False, True], ids=["published", "ours"])
def test_the_documented_flow_has_the_documented_bodies(
    published: Path, start: Start, is_ours: bool
) -> None:
    environment = {**start(""), "PYTHONPATH": "" if is_ours else str(published)}
    _run([sys.executable, str(Path(__file__).parent / "drive_seed.py")], environment)


def _run(command: list[str], environment: dict[str, str], given: str = "") -> str:
    done = subprocess.run(
        command, env=environment, input=given, capture_output=True, text=True, timeout=240,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/api/health", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"the server did not start:\n{log.read_text()[-4000:]}")
