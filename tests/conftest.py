"""For tests of the whole: a real server on a home of its own, the published client of workers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parent.parent
EMAIL = "you@example.com"
PASSWORD = "correct horse battery staple"
PUBLISHED = "kite-algo-worker==0.7.4"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests, so that the end never waits for a single one."""
    here = Path(__file__).parent
    items.sort(
        key=lambda item: (
            item.get_closest_marker("slow") is None and not item.path.is_relative_to(here)
        )
    )


@dataclass(frozen=True)
class LiveServer:
    """A running server, its home folder and one user's way in."""

    url: str
    home: Path
    environment: dict[str, str]
    session_token: str
    pid: int
    email: str = EMAIL
    password: str = PASSWORD

    def worker(self, name: str) -> dict[str, str]:
        """The environment of a worker with a new token for paper."""
        token = _tradertape(
            self.environment, "token", "create", "--user", self.email, "--kind", "worker",
            "--name", name, "--scope", "paper", "--scope", "data", "--scope", "gtt",
        )  # fmt: skip
        return {
            **self.environment,
            "KITE_ALGO_API_BASE": self.url,
            "KITE_ALGO_WORKER_TOKEN": token.strip(),
            "KITE_ALGO_TIMEOUT": "30",
        }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _command(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 300
    # One client: to make one, certificates and all, takes longer than to ask.
    with httpx.Client(timeout=2) as http:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                pytest.fail(f"the server stopped at start:\n{log.read_text()[-4000:]}")
            try:
                if http.get(f"{url}/api/health").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.2)
    pytest.fail(f"the server did not answer within 300 s:\n{log.read_text()[-4000:]}")


def _sign_in(url: str) -> str:
    answer = httpx.post(
        f"{url}/api/auth/password-login",
        json={"email": EMAIL, "password": PASSWORD},
        timeout=60,  # beside other checks
    )
    assert answer.status_code == 200, answer.text
    return answer.cookies["kite_session"]


def _tradertape(environment: dict[str, str], *arguments: str, answer: str = "") -> str:
    done = subprocess.run(
        [_command("tradertape"), *arguments],
        input=answer,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """`tradertape serve --demo` on a fresh home and a free port, with one more user."""
    with _serving(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[LiveServer]:
    """The same for one test alone: nobody has been there."""
    with _serving(tmp_path / "home") as server:
        yield server


@pytest.fixture
def moved_server(tmp_path: Path) -> Iterator[LiveServer]:
    """The same with a clock that the file `MOVED_CLOCK` sets, and a world that ends before it."""
    clock = tmp_path / "clock"
    clock.write_text("2026-06-22T08:00:00+05:30")
    program = [sys.executable, str(ROOT / "tests" / "flows" / "moved_clock.py")]
    with _serving(tmp_path / "home", program, MOVED_CLOCK=str(clock)) as server:
        yield server


@contextmanager
def _serving(home: Path, program: list[str] | None = None, **settings: str) -> Iterator[LiveServer]:
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        **settings,
        "TRADERTAPE_HOME": str(home),
        "TRADERTAPE_PUBLIC_URL": url,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    log = home.parent / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*(program or [_command("tradertape")]), "serve", "--demo", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_up(url, process, log)
        environment = _with_accounts(environment, url)
        yield LiveServer(url, home, environment, _sign_in(url), process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _with_accounts(environment: dict[str, str], url: str) -> dict[str, str]:
    """Make a user and a key of hers."""
    _tradertape(environment, "user", "create", EMAIL, "--password-stdin", answer=PASSWORD)
    key = _tradertape(
        environment, "token", "create", "--user", EMAIL, "--kind", "agent", "--name", "docs",
        "--scope", "api:read", "--scope", "api:write",
    )  # fmt: skip
    return {**environment, "TRADERTAPE_URL": url, "TRADERTAPE_KEY": key.strip()}


@pytest.fixture(scope="session")
def published() -> Path:
    """The published client in a folder of its own; a skip where it cannot be had."""
    aside = ROOT / ".tools" / PUBLISHED.replace("==", "-")
    if (aside / "kite_algo_worker").is_dir():
        return aside
    uv = subprocess.run([ROOT / "scripts" / "find-uv.sh"], capture_output=True, text=True)
    command = [uv.stdout.strip() or "uv", "pip", "install", "-q", "--target", str(aside), PUBLISHED]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"{PUBLISHED} cannot be installed: {error}")
    if done.returncode:
        pytest.skip(f"{PUBLISHED} cannot be installed: {done.stderr[-300:]}")
    return aside
