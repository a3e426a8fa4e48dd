"""Server processes and a Redis, to be started, stopped and killed."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from sqlalchemy import create_engine, text

LEASE_S = 3.0
# One client for all: to make one, certificates and all, takes longer than to ask. Servers die:
# every question gets a connection of its own.
HTTP = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0))
CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = 'flows' AND pid <> pg_backend_pid()"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(what: Callable[[], Any], within_s: float, words: str) -> Any:
    """Ask until the answer is true; it is asked as often as this machine likes."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.05)
    pytest.fail(f"not within {within_s} s: {words}")


@dataclass
class Server:
    """A process of ours."""

    name: str
    role: str
    environment: dict[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    program: Sequence[str] = ("-m", "tradertape_server")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, *self.program, "serve", "--port", str(self.port)]
        environment = {**self.environment, "TRADERTAPE_ROLE": self.role}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def send(self, sign: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(sign)
        if sign is signal.SIGKILL:
            self.process.wait(timeout=10)

    def health(self) -> dict[str, Any]:
        """What it says of itself; empty where it does not answer."""
        try:
            return HTTP.get(f"{self.url}/api/health", timeout=4).json()["checks"]
        except (httpx.HTTPError, ValueError):
            return {}

    @property
    def trades(self) -> bool:
        try:
            return self.metrics()["tradertape_lease_held"] == 1
        except httpx.HTTPError:
            return False

    def wait_until_up(self) -> None:
        def is_up() -> bool:
            if self.process is not None and self.process.poll() is not None:
                pytest.fail(f"{self.name} stopped at its start:\n{self.log.read_text()[-4000:]}")
            return bool(self.health())

        eventually(is_up, 300, f"{self.name} answers")

    def metrics(self) -> dict[str, float]:
        lines = HTTP.get(f"{self.url}/metrics", timeout=5).text.splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}


@dataclass
class Redis:
    """A redis-server without a disk: what it forgets when it is killed is forgotten."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--save", "", "--dir"]
        self.process = subprocess.Popen(
            [*command, str(self.folder), "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL
        )

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=10)

    def hang(self) -> None:
        """Take what is sent and answer nothing: a network that swallows packets."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


class Postgres:
    """A PostgreSQL of our own, from the `pgserver` wheel; its data is thrown away."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says that it falls back to /tmp
            import pgserver

        # Not below pytest's folder: that is closed to the user PostgreSQL runs as when we are root.
        self._folder = tempfile.mkdtemp(prefix="tradertape-pg-")
        self._server = pgserver.get_server(self._folder, cleanup_mode="stop")
        url = self._server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        run_sql(url, "CREATE DATABASE flows")
        self.url = url.replace("/postgres?", "/flows?")

    def crash(self) -> None:
        """What `pg_ctl stop -m immediate` does: no checkpoint, no good-bye."""
        pid = self._server.get_pid()
        assert pid is not None
        postmaster = psutil.Process(pid)
        postmaster.send_signal(signal.SIGQUIT)
        psutil.wait_procs([postmaster], timeout=30)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def hang(self) -> None:
        self._tell_all(signal.SIGSTOP)

    def wake(self) -> None:
        self._tell_all(signal.SIGCONT)

    def _tell_all(self, sign: signal.Signals) -> None:
        pid = self._server.get_pid()
        assert pid is not None
        postmaster = psutil.Process(pid)
        for process in (postmaster, *postmaster.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(sign)

    def close(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


def run_sql(url: str, statement: str) -> list[Any]:
    """One statement, committed; its rows."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        found = connection.execute(text(statement))
        rows = list(found) if found.returns_rows else []
    engine.dispose()
    return rows


@dataclass
class Servers:
    """Processes on one database, a worker's token and a browser's cookie."""

    servers: list[Server]
    database_url: str
    token: str
    cookie: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def trader(self, within_s: float = 30) -> Server:
        """The one that trades."""

        def the_one() -> Server | None:
            found = [one for one in self.servers if one.trades]
            return found[0] if len(found) == 1 else None

        return eventually(the_one, within_s, "one process trades")


@dataclass
class Cluster(Servers):
    """Several, with what they share."""

    redis: Redis
    postgres: Postgres


def stands_by(server: Server) -> bool:
    """Whether it knows that another one trades, and has let its duties go."""
    if server.health().get("trader", {}).get("status") != "ok":
        return False
    metrics = server.metrics()
    return metrics["tradertape_lease_held"] == metrics["tradertape_trader_up"] == 0
