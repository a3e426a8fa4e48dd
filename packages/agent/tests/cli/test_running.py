"""`run` as a program: what it logs, what it serves, how it ends, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import configure, environment_of, machine
from packages.brokers.tests.sandboxed import Running

from tradertape_agent import __version__
from tradertape_agent.config.folder import Folder

PROGRAM = (sys.executable, "-m", "tradertape_agent")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "TRADERTAPE_AGENT_CONFIG": str(folder / "agent.json"), **more}


def call(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments], env=environment(folder, **more), capture_output=True, text=True,
        timeout=180,
    )  # fmt: skip


@contextmanager
def started(folder: Path, port: int, **more: str) -> Iterator[subprocess.Popen[str]]:
    program = subprocess.Popen(
        [*PROGRAM, "run", "--port", str(port), "--host", "127.0.0.1"],
        env=environment(folder, **more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield program
    finally:
        if program.poll() is None:
            program.kill()
        program.communicate()


def answered(port: int) -> dict[str, object]:
    """Wait for the local UI, and for the first cycle."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        try:
            found = httpx.get(f"http://127.0.0.1:{port}/api/status").json()
            if found["cloud"] != "unknown":
                return found
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError("the agent did not start")


def test_ac_07_the_documented_lines_are_logged_in_order(
    tmp_path: Path, cloud: FakeCloud, running: Running
) -> None:
    with machine(tmp_path, cloud, running):  # it leaves a session of today behind
        pass
    port = free_port()
    with started(tmp_path, port, **environment_of(running)) as program:
        status = answered(port)
        assert (status["cloud"], status["broker"]) == ("ok", "ok")
        second = call(tmp_path, "run", "--once")
        assert (second.returncode, "already running" in second.stderr) == (1, True)
        assert "Running:            yes" in call(tmp_path, "status").stdout
        program.send_signal(signal.SIGTERM)
        output, _ = program.communicate(timeout=90)
        assert program.returncode == 0
    lines = [one for one in output.splitlines() if "drift" not in one]
    assert lines[-1] == "[agent] Stopped"
    assert lines[:7] == [
        f"[agent] Starting tradertape-agent v{__version__}",
        f"[agent] Cloud URL: {cloud.url}",
        "[agent] Primary broker: kite",
        "[agent] Loaded brokers: kite",
        f"[agent] Listening on http://127.0.0.1:{port}",
        "[agent] poll: 0 new signals",
        "[agent] Health: cloud=ok broker=ok poll=5s",
    ]
    kept = (tmp_path / "agent.log").read_text()
    assert re.search(r"^\d{4}-\d\d-\d\d .* INFO poll: 0 new signals$", kept, re.M)
    assert call(tmp_path, "logs", "--lines", "1").stdout.rstrip().endswith("Stopped")


def test_at_01_a_refused_key_ends_once_with_the_documented_words(
    tmp_path: Path, cloud: FakeCloud
) -> None:
    configure(Folder(tmp_path / "agent.json"), cloud.url)
    cloud.is_revoked = True
    ended = call(tmp_path, "--once")
    assert ended.returncode == 4
    assert "Cloud authentication failed" in ended.stderr
    assert "Settings → Trading Agent" in ended.stderr


def test_at_02_once_without_a_login_says_that_the_broker_is_not_connected(
    tmp_path: Path, cloud: FakeCloud
) -> None:
    configure(Folder(tmp_path / "agent.json"), cloud.url)
    ended = call(tmp_path, "run", "--once")
    assert ended.returncode == 5
    assert "Broker not connected" in ended.stderr


def test_once_with_a_silent_cloud_is_a_failure(tmp_path: Path) -> None:
    configure(Folder(tmp_path / "agent.json"), f"http://127.0.0.1:{free_port()}")
    ended = call(tmp_path, "--once")
    assert (ended.returncode, "cannot be reached" in ended.stderr) == (1, True)


def test_secrets_are_in_no_output(tmp_path: Path, cloud: FakeCloud, running: Running) -> None:
    cloud.is_down = True
    with machine(tmp_path, cloud, running) as own:
        token = own.agent.desk.primary.session
        assert token is not None
    document = json.loads((tmp_path / "agent.json").read_text())
    ended = call(tmp_path, "--once", **environment_of(running))
    said = ended.stdout + ended.stderr + (tmp_path / "agent.log").read_text()
    for secret in (document["api_key"], document["kite_api_secret"], token.access_token.reveal()):
        assert secret not in said
