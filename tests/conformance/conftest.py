"""Servers of a test of its own, started again after a kill, and servers that tests share."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from tradertape_server.features.auth.audit import COMMAND_LINE
from tradertape_server.features.auth.credentials.keys import Keys, Owner
from tradertape_server.settings import Settings
from tradertape_server.wiring import build_container

EMAIL = "worker@example.com"
TRADERTAPE = str(Path(sys.executable).parent / "tradertape")


class Servers:
    """Starts servers one after another on one home; `start` returns a worker's environment."""

    def __init__(self, folder: Path) -> None:
        self._home = folder / "home"
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []
        self._url = ""
        self._first: dict[str, str] = {}

    def start(self, compat: str = "", **variables: str) -> dict[str, str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        environment = {
            **os.environ,
            "TRADERTAPE_HOME": str(self._home),
            "TRADERTAPE_WORKER_COMPAT": compat,
        }
        command = [TRADERTAPE, "serve", "--demo", "--port", str(port)]
        log = self._folder / f"server-{port}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, env={**environment, **variables}, stdout=output, stderr=output
            )
        self._started.append(process)
        self._url = f"http://127.0.0.1:{port}"
        _wait(self._url, process, log)
        self._first = self._first or self.worker(EMAIL)
        return {**self._first, "URL": self._url}

    def worker(self, email: str) -> dict[str, str]:
        """The environment of a worker of a new account."""
        container = build_container(Settings(home=self._home))
        user_id = container.auth.create_user(email, password=None)
        with container.database.write() as session:
            made = Keys(container.clock, "worker").create(
                session, Owner(user_id, email), COMMAND_LINE, label="conformance",
                scopes=("paper", "data", "gtt"), expires_in_days=None,
            )  # fmt: skip
        container.close()
        return {**os.environ, "URL": self._url, "KITE_ALGO_WORKER_TOKEN": made.token}

    def ended(self) -> int:
        """How the last server ended; waits for it."""
        return self._started[-1].wait(timeout=60)

    def stop(self) -> None:
        for process in self._started:
            process.terminate()
            process.wait(timeout=30)


@pytest.fixture(scope="session")
def worker_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """A worker of a new account on the server for bodies of a kind: `worker_on("0.7.4")`."""
    running: dict[str, Servers] = {}
    numbers = count(1)

    def worker_on(compat: str) -> dict[str, str]:
        if compat not in running:
            running[compat] = Servers(tmp_path_factory.mktemp("conformance"))
            return running[compat].start(compat)
        return running[compat].worker(f"worker-{next(numbers)}@example.com")

    yield worker_on
    for servers in running.values():
        servers.stop()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """Servers on a fresh home."""
    servers = Servers(tmp_path)
    yield servers
    servers.stop()


def run(command: list[str], environment: dict[str, str], given: str = "") -> str:
    """A program's output; fails with its errors."""
    done = subprocess.run(
        command, env=environment, input=given, capture_output=True, text=True, timeout=240,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


@pytest.fixture(name="run")
def run_fixture() -> object:
    return run


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 300
    # One client: to make one, certificates and all, takes longer than to ask.
    with httpx.Client(timeout=2) as http:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if http.get(f"{url}/api/health").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.2)
    pytest.fail(f"the server did not start:\n{log.read_text()[-4000:]}")
