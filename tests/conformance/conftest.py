"""A server of one's own: started, killed by a step, started again on the same home."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

EMAIL = "worker@example.com"
TRADERTAPE = str(Path(sys.executable).parent / "tradertape")


class Servers:
    """Starts servers one after another on one home; `start` returns a worker's environment."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._token = ""
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, compat: str = "", **variables: str) -> dict[str, str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        environment = {
            **os.environ,
            "TRADERTAPE_HOME": str(self._folder / "home"),
            "TRADERTAPE_WORKER_COMPAT": compat,
        }
        command = [TRADERTAPE, "serve", "--demo", "--port", str(port)]
        log = self._folder / f"server-{port}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, env={**environment, **variables}, stdout=output, stderr=output
            )
        self._started.append(process)
        url = f"http://127.0.0.1:{port}"
        _wait(url, process, log)
        if not self._token:
            self._token = self._make_token(environment)
        return {**os.environ, "URL": url, "KITE_ALGO_WORKER_TOKEN": self._token}

    def ended(self) -> int:
        """How the last server ended; waits for it."""
        return self._started[-1].wait(timeout=60)

    def stop(self) -> None:
        for process in self._started:
            process.terminate()
            process.wait(timeout=30)

    def _make_token(self, environment: dict[str, str]) -> str:
        run([TRADERTAPE, "user", "create", EMAIL, "--password-stdin"], environment, "pass word 12")
        scopes = [part for name in ("paper", "data", "gtt") for part in ("--scope", name)]
        create = [TRADERTAPE, "token", "create", "--user", EMAIL, "--kind", "worker", "--name", "t"]
        return run([*create, *scopes], environment).strip()


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
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/api/health", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"the server did not start:\n{log.read_text()[-4000:]}")
