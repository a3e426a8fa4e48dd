"""The sandbox as a child: a real one, and small programs in its place that fail as it might."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from packages.server.tests.conftest import FrozenClock

from tradertape_server.features.brokerage import sandbox_process
from tradertape_server.features.brokerage.sandbox_process import (
    SandboxFailed,
    SandboxProcess,
    Serving,
)

# Answers everything, prints its number, and stays; in the place of the sandbox, and quicker.
ANSWERING = """
import os, socket, sys
fd = int(sys.argv[sys.argv.index("--listen-fd") + 1])
settings = [name for name in os.environ if name.startswith("TRADERTAPE_")]
print("process", os.getpid(), settings, flush=True)
listening = socket.socket(fileno=fd)
while True:
    connection, _ = listening.accept()
    connection.recv(4096)
    head = "HTTP/1.1 200 OK", "Content-Length: 2", "Connection: close", "", "ok"
    connection.sendall("\\r\\n".join(head).encode())
    connection.close()
"""
Make = Callable[..., SandboxProcess]


class Heard(list[Serving | None]):
    """What was told when the sandbox ended unasked."""

    def __init__(self) -> None:
        super().__init__()
        self.bell = threading.Semaphore(0)

    def __call__(self, serving: Serving | None) -> None:
        self.append(serving)
        self.bell.release()

    def wait(self) -> Serving | None:
        assert self.bell.acquire(timeout=30)
        return self[-1]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.log"


@pytest.fixture
def make(log: Path, clock: FrozenClock, heard: Heard) -> Iterator[Make]:
    made: list[SandboxProcess] = []

    def make(program: str | None = ANSWERING) -> SandboxProcess:
        terms = {} if program is None else {"command": (sys.executable, "-c", program)}
        made.append(SandboxProcess(log, clock, heard, **terms))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def pid_of(log: Path) -> int:
    lines = [line for line in log.read_text().splitlines() if line.startswith("process")]
    return int(lines[-1].split()[1])


def test_the_real_sandbox_answers_and_ends_with_stop(make: Make, log: Path) -> None:
    process = make(None)
    serving = process.start()
    assert httpx.get(f"{serving.url}/admin/").json()["accounts"]
    assert process.start() == serving  # there is one for all
    process.stop()
    assert process.serving is None
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{serving.url}/admin/")


def test_of_many_who_start_it_one_does(make: Make, log: Path) -> None:
    process = make()
    threads = [threading.Thread(target=process.start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.read_text().count("process") == 1


def test_one_that_is_killed_is_started_again_at_the_same_address(
    make: Make, log: Path, heard: Heard
) -> None:
    process = make()
    serving = process.start()
    os.kill(pid_of(log), signal.SIGKILL)
    again = heard.wait()
    assert again is not None
    assert again.url == serving.url
    assert process.serving == again
    assert httpx.get(again.url).text == "ok"


def test_one_that_keeps_ending_is_given_up_and_can_be_started_by_hand(
    make: Make, log: Path, heard: Heard
) -> None:
    process = make()
    process.start()
    for _ in range(sandbox_process.MOST_STARTS):
        os.kill(pid_of(log), signal.SIGKILL)
        heard.wait()
    assert process.serving is None
    assert heard.count(None) == 1
    assert process.start().url


def test_one_that_cannot_start_says_its_last_words(make: Make) -> None:
    process = make("import sys; sys.exit('no such library')")
    with pytest.raises(
        SandboxFailed, match=r"ended with code 1. It said: no such library. Its log"
    ):
        process.start()
    assert process.serving is None


def test_one_that_is_not_installed_is_named(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_process, "PACKAGE", "no_such_package")
    with pytest.raises(SandboxFailed, match="not installed"):
        make().start()


def test_one_that_never_answers_is_ended(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_process, "TO_START_S", 0.3)
    process = make("import time; time.sleep(600)")
    began = time.monotonic()
    with pytest.raises(SandboxFailed, match="did not answer"):
        process.start()
    assert time.monotonic() - began < 10


def test_the_servers_own_settings_are_not_passed_on(
    make: Make, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADERTAPE_SMTP_PASSWORD", "hidden")
    make().start()
    assert log.read_text().splitlines()[0].endswith("[]")
    assert log.stat().st_mode & 0o077 == 0
