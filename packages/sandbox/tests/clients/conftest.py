"""The brokers' own clients against a sandbox: one process serves, one script a broker calls.

A script runs in the clients' environment (`.tools/clients`) with the sandbox's address as its
argument, calls every method its client has, and prints one JSON line a call; the tests demand each
line. A client of another broker needs a script, and a test file with its methods.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[4]
_PYTHON = _ROOT / ".tools/clients/bin/python"
_SCRIPTS = Path(__file__).parent / "scripts"
_TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # the scripts of Groww's client have it too
_TO_START_S = 60.0
_TO_RUN_S = 180.0


@dataclass(frozen=True)
class Said:
    """What a call of a client came to: whether it was as it should be, and the reply or error."""

    ok: bool
    said: str


class Results(dict[str, Said]):
    """What a script said, by the name of the call."""

    end = ""

    def __missing__(self, method: str) -> Said:
        """A call that was not made: the script ended before it."""
        return Said(False, f"{method} was not called: {self.end}")


Run = Callable[[str], Results]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a sandbox in a process of its own; what it says goes to a file."""
    log = tmp_path_factory.mktemp("sandbox") / "sandbox.log"
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = "from tradertape_sandbox.cli import app; app()"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", command, "serve"),
                *("--port", str(port), "--totp-secret", _TOTP_SECRET),
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(port, process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def run_client(sandbox: str) -> Run:
    """Run a script of `scripts/` once; return what it said by the name of the call."""
    ran: dict[str, Results] = {}

    def run(script: str) -> Results:
        if script not in ran:
            ran[script] = _run(script, sandbox)
        return ran[script]

    return run


def _run(script: str, address: str) -> Results:
    assert _PYTHON.exists(), (
        f"{_PYTHON} is missing: `make .tools/stamps/clients` installs the clients"
    )
    # Without the paths of this checkout: the clients want other versions of what we use.
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [_PYTHON, _SCRIPTS / script, address],
        capture_output=True,
        text=True,
        timeout=_TO_RUN_S,
        env=environment,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    results = Results({row["method"]: Said(row["ok"], row["said"]) for row in rows})
    results.end = f"{script} ended with {done.returncode}:\n{done.stderr[-4000:]}"
    return results


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _TO_START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the sandbox ended: {log.read_text()}")
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the sandbox did not start in a minute")
