"""The command: its port, and that it ends with the program that started it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from tradertape_sandbox.cli import _listening, app

# Starts the sandbox at a socket of its own, prints the sandbox's process and port, and waits.
PARENT = """
import os, socket, subprocess, sys, time
with socket.create_server(("127.0.0.1", 0)) as listening:
    child = subprocess.Popen(
        [sys.executable, "-m", "tradertape_sandbox", "serve", "--listen-fd",
         str(listening.fileno()), "--parent-pid", str(os.getpid())],
        pass_fds=[listening.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    print(child.pid, listening.getsockname()[1], flush=True)
time.sleep(600)
"""


def until(condition: Callable[[], object], within_s: float = 30.0) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def is_running(pid: int) -> bool:
    """Whether a process runs; a dead one that nobody has waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
def test_it_ends_when_the_program_that_started_it_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid, port = map(int, parent.stdout.readline().split())
    # The socket listens before the sandbox does: a request waits until it is answered.
    assert httpx.get(f"http://127.0.0.1:{port}/admin/", timeout=60).status_code == 200

    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()

    assert until(lambda: not is_running(pid))


def test_a_port_that_is_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = CliRunner().invoke(app, ["serve", "--port", str(port)])
    assert result.exit_code == 2
    assert f"127.0.0.1:{port} cannot be listened on" in " ".join(result.output.split())


def test_a_reply_is_sent_without_waiting_for_the_clients_acknowledgement() -> None:
    with _listening("127.0.0.1", 0, -1) as listening:
        assert listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
