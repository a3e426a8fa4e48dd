"""The sandbox as a child process of this server: started, watched, restarted, ended.

This process opens the socket and passes it on, so that the address stays the same when the sandbox
is started anew, and requests meanwhile wait instead of failing. The sandbox itself looks whether
its parent still runs: it ends with a server that was killed.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

import httpx

from tradertape_core.kernel.clock import Clock
from tradertape_server.platform.logging import get_logger

PACKAGE = "tradertape_sandbox"
TO_START_S = 60.0
TO_STOP_S = 5.0
# A sandbox that ran for less than this has not started well; after so many such starts in a row it
# is given up.
IS_STABLE_S = 30.0
MOST_STARTS = 3
MOST_LOG_BYTES = 1024**2
_POLL_S = 0.1

logger = get_logger(__name__)


class SandboxFailed(Exception):
    """The sandbox cannot run; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A sandbox that answers. since: when it began; what was before it is gone."""

    url: str
    since: datetime


class SandboxProcess:
    """At most one sandbox. Any thread may call any method; `restarted` is called on the watcher."""

    def __init__(
        self, log: Path, clock: Clock, restarted: Callable[[Serving | None], None],
        command: Sequence[str] = (sys.executable, "-m", PACKAGE, "serve"),
    ) -> None:  # fmt: skip
        self._log, self._clock, self.restarted = log, clock, restarted
        self._command = tuple(command)
        self._lock = threading.Lock()  # held while one starts: others wait for the same sandbox
        self._listening: socket.socket | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._serving: Serving | None = None
        self._stopping = threading.Event()

    @property
    def serving(self) -> Serving | None:
        """The sandbox that answers now."""
        return self._serving

    @property
    def is_installed(self) -> bool:
        """Whether there is a sandbox to start."""
        return find_spec(PACKAGE) is not None

    def start(self) -> Serving:
        """Start the sandbox unless it runs, and return when it answers. Raises SandboxFailed."""
        with self._lock:
            if self._serving is not None:
                return self._serving
            if not self.is_installed:
                raise SandboxFailed(
                    "The sandbox is not installed. Install the package tradertape-sandbox beside "
                    "the server, or set TRADERTAPE_SANDBOX_URL to one that runs elsewhere."
                )
            self._stopping.clear()
            try:
                self._listening = socket.create_server(("127.0.0.1", 0))
                child = self._launch(self._listening)
            except OSError as error:
                self._give_up()
                raise SandboxFailed(f"The sandbox could not be started: {error}.") from error
            except SandboxFailed:
                self._give_up()
                raise
            watcher = threading.Thread(
                target=self._watch, args=(child,), name="sandbox", daemon=True
            )
            watcher.start()
            assert self._serving is not None  # noqa: S101 - set by _launch
            return self._serving

    def stop(self) -> None:
        """End the sandbox, and wait until it has ended."""
        self._stopping.set()
        with self._lock:
            self._give_up()

    def _launch(self, listening: socket.socket) -> subprocess.Popen[bytes]:
        """Start a child at the socket, and wait until it answers."""
        port: int = listening.getsockname()[1]
        terms = ["--listen-fd", str(listening.fileno()), "--parent-pid", str(os.getpid())]
        with self._opened_log() as log:
            child = subprocess.Popen(  # noqa: S603 - our own command
                [*self._command, *terms],
                pass_fds=[listening.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C stops the server, and the server stops it
                env={k: v for k, v in os.environ.items() if not k.startswith("TRADERTAPE_")},
            )
        self._child = child
        url = f"http://127.0.0.1:{port}"
        self._wait_for(child, url)
        self._serving = Serving(url, self._clock.now())
        logger.info("sandbox started", url=url, process=child.pid)
        return child

    def _wait_for(self, child: subprocess.Popen[bytes], url: str) -> None:
        until = time.monotonic() + TO_START_S
        while time.monotonic() < until and not self._stopping.is_set():
            if child.poll() is not None:
                raise SandboxFailed(self._words(child.returncode))
            try:
                if httpx.get(f"{url}/admin/", timeout=1.0, trust_env=False).is_success:
                    return
            except httpx.TransportError:
                pass  # not yet
            self._stopping.wait(_POLL_S)
        raise SandboxFailed(
            f"The sandbox did not answer within {TO_START_S:.0f} s; see {self._log}."
        )

    def _watch(self, child: subprocess.Popen[bytes]) -> None:
        """Start the sandbox again when it ends unasked."""
        starts = 0
        while True:
            began = time.monotonic()
            code = child.wait()
            with self._lock:
                if self._stopping.is_set() or self._child is not child or self._listening is None:
                    return
                self._serving = None
                starts = starts + 1 if time.monotonic() - began < IS_STABLE_S else 1
                logger.error("the sandbox ended unasked", words=self._words(code))
                try:
                    if starts >= MOST_STARTS:
                        raise SandboxFailed(f"it ended {starts} times in a row")
                    child = self._launch(self._listening)
                except (OSError, SandboxFailed) as error:
                    logger.error("the sandbox is not started again", problem=str(error))
                    self._give_up()
            self.restarted(self._serving)
            if self._serving is None:
                return

    def _give_up(self) -> None:
        """End the child, if there is one, and close its socket."""
        child, self._child, self._serving = self._child, None, None
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        if child is None:
            return
        child.terminate()
        try:
            child.wait(TO_STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _opened_log(self) -> BinaryIO:
        too_long = self._log.exists() and self._log.stat().st_size > MOST_LOG_BYTES
        flags = os.O_CREAT | os.O_WRONLY | (os.O_TRUNC if too_long else os.O_APPEND)
        return os.fdopen(os.open(self._log, flags, 0o600), "ab")

    def _words(self, code: int) -> str:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        lines = self._log.read_text(errors="replace").strip().splitlines()[-1:]
        said = f" It said: {lines[0][:200]}." if lines else ""
        return f"The sandbox {how}.{said} Its log is {self._log}."
