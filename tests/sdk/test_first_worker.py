"""The script that the console hands out with a new token, through a restart of its server."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

ROOT = Path(__file__).parents[2]
SNIPPET = ROOT / "web/apps/console/src/features/workers/tokens/snippet.ts"
# Its pauses are shorter here and are told: nothing else of it is touched.
HASTE = """import time
pause = time.sleep
time.sleep = lambda seconds: (print("pause", flush=True), pause(seconds / 50))
"""
pytestmark = pytest.mark.xdist_group("live server")


class Door:
    """A way to the server that can be shut, as if the server were away."""

    def __init__(self, server: str) -> None:
        parts = urlsplit(server)
        self._to = (str(parts.hostname), int(parts.port or 80))
        self._at = ("127.0.0.1", 0)
        self._open: list[socket.socket] = []
        self.open()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._at[1]}"

    def open(self) -> None:
        listener = socket.create_server(self._at)
        self._at = listener.getsockname()
        self._open = [listener]
        threading.Thread(target=self._let_in, args=(listener,), daemon=True).start()

    def shut(self) -> None:
        for one in self._open:
            end(one)
        self._open = []

    def _let_in(self, listener: socket.socket) -> None:
        while True:
            try:
                ends = listener.accept()[0], socket.create_connection(self._to)
            except OSError:
                return
            self._open += ends
            for here, there in (ends, ends[::-1]):
                threading.Thread(target=carry, args=(here, there), daemon=True).start()


def carry(here: socket.socket, there: socket.socket) -> None:
    with suppress(OSError):
        while part := here.recv(65536):
            there.sendall(part)
    end(there)


def end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@pytest.fixture
def door(worker: dict[str, str]) -> Iterator[Door]:
    door = Door(worker["KITE_ALGO_API_BASE"])
    yield door
    door.shut()


@pytest.fixture
def script(tmp_path: Path) -> Path:
    found = re.search(r"return `(# \$.*?)`\n", SNIPPET.read_text(), re.DOTALL)
    assert found
    file = tmp_path / "first_worker.py"
    file.write_text(HASTE + found[1])
    return file


def test_a_first_worker_outlives_a_restart_of_the_server(
    live_server: Any, worker: dict[str, str], door: Door, script: Path
) -> None:
    environment = {
        **worker,
        "KITE_ALGO_API_BASE": door.url,
        "KITE_ALGO_ACCOUNT_SCOPE": "kite:paper-a",
        "KITE_ALGO_EXECUTION_MODE": "paper",
    }
    with subprocess.Popen(
        [sys.executable, "-u", str(script)], env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    ) as started:  # fmt: skip
        assert started.stdout is not None
        told = (line for line in started.stdout if line != "pause\n")
        first = next(told)
        assert first.startswith("Holding first-")
        door.shut()
        assert next(told).startswith("The server is away, trying again: ")
        door.open()
        left = httpx.post(
            f"{live_server.url}/api/algo-workers/worker/runs/{first.split()[1]}/exit",
            cookies={"kite_session": live_server.session_token}, json={"reason": "by its owner"},
        )  # fmt: skip
        assert left.status_code == 200, left.text
        rest = list(told)
    assert started.returncode == 0, rest
