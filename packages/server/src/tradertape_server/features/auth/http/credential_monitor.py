"""Repeated checks of the credentials of open streams, which outlive the check at their opening.

One query every two seconds checks them all, so that revoking a credential ends its streams within
five seconds.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tradertape_server.features.auth.sign_in.sessions import Authenticator
from tradertape_server.platform.errors import TooMany
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.logging import get_logger

CHECK_INTERVAL_S = 2.0
MAX_STREAMS = 2_000  # of one credential in one process: enough for 500 workers with four each

logger = get_logger(__name__)


class MonitoredStream:
    """An open stream and the credential it depends on."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    async def ended(self) -> str:
        """Wait until the credential is invalid; returns the reason."""
        await self._event.wait()
        return "The credential of this stream is no longer valid."

    def end(self) -> None:
        """End the stream; may be called from any thread."""
        try:
            self._loop.call_soon_threadsafe(self._event.set)
        except RuntimeError:  # the event loop is closed, and the stream with it
            return


class CredentialMonitor:
    """Knows the credential of every open stream; ends streams whose credential became invalid."""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        self._monitored: set[MonitoredStream] = set()
        self._open: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def monitor(self, identity: Identity) -> Iterator[MonitoredStream]:
        """Monitor a credential while a stream is open."""
        monitored, key = MonitoredStream(identity), _key(identity)
        with self._lock:
            self._monitored.add(monitored)
            self._open[key] += 1
            self._start()
        try:
            yield monitored
        finally:
            with self._lock:
                self._monitored.discard(monitored)
                self._open[key] -= 1
                if not self._open[key]:
                    del self._open[key]

    def check_stream_limit(self, identity: Identity) -> None:
        """Raise TooMany when a credential has the maximum number of open streams."""
        with self._lock:
            count = self._open[_key(identity)]
        if count >= MAX_STREAMS:
            detail = f"This credential has {count} open streams, the maximum: close one first."
            raise TooMany(detail, retry_after_s=10, code="too_many_streams")

    @property
    def streams(self) -> int:
        """How many streams are open."""
        with self._lock:
            return len(self._monitored)

    def check(self) -> None:
        """End the streams whose credential is no longer valid."""
        with self._lock:
            monitored = list(self._monitored)
        alive = self._authenticator.still_valid({one.identity for one in monitored})
        for one in monitored:
            if one.identity not in alive:
                one.end()

    def stop(self) -> None:
        """Stop checking, and end every stream."""
        self._stopping.set()
        with self._lock:
            monitored, thread = list(self._monitored), self._thread
        for one in monitored:
            one.end()
        if thread is not None:
            thread.join(timeout=10)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="credentials", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._stopping.wait(CHECK_INTERVAL_S):
            try:
                if self.streams:
                    self.check()
            except Exception:
                logger.exception("the credentials of open streams could not be checked")


class StreamGuard:
    """The `Guard` of a stream of server-sent events: ends it when its credential is revoked."""

    def __init__(self, monitor: CredentialMonitor, caller: Identity) -> None:
        """Raises TooMany when the caller has the maximum number of open streams."""
        monitor.check_stream_limit(caller)
        self._monitor = monitor
        self._caller = caller

    async def ended(self) -> str:
        """Wait until the credential is invalid; cancelling ends the monitoring."""
        with self._monitor.monitor(self._caller) as monitored:
            return await monitored.ended()


def _key(identity: Identity) -> tuple[str, int]:
    return identity.via, identity.credential_id
