"""Streams outlive the check made when they were opened: here their credentials are looked at again.

One query every two seconds for all of them, so that a revoked one ends its streams within five.
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
MAX_STREAMS = 2_000  # of one credential in one process: 500 workers with some each

logger = get_logger(__name__)


class MonitoredStream:
    """A stream's hold on its credential."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    async def ended(self) -> str:
        """Wait until the credential is good no more."""
        await self._event.wait()
        return "The credential of this stream is no longer valid."

    def end(self) -> None:
        """End it, from any thread."""
        try:
            self._loop.call_soon_threadsafe(self._event.set)
        except RuntimeError:  # the loop, and the stream with it, is gone
            return


class CredentialMonitor:
    """Knows every open stream's credential and ends those that were revoked or ran out."""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        self._watched: set[MonitoredStream] = set()
        self._open: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def monitor(self, identity: Identity) -> Iterator[MonitoredStream]:
        """Watch a credential while a stream is open."""
        watched, key = MonitoredStream(identity), _key(identity)
        with self._lock:
            self._watched.add(watched)
            self._open[key] += 1
            self._start()
        try:
            yield watched
        finally:
            with self._lock:
                self._watched.discard(watched)
                self._open[key] -= 1
                if not self._open[key]:
                    del self._open[key]

    def check_stream_limit(self, identity: Identity) -> None:
        """Raise TooMany where a credential has as many streams open as it may have."""
        with self._lock:
            count = self._open[_key(identity)]
        if count >= MAX_STREAMS:
            detail = f"This credential has {count} open streams, the most it may: close one first."
            raise TooMany(detail, retry_after_s=10, code="too_many_streams")

    @property
    def streams(self) -> int:
        """How many streams are open."""
        with self._lock:
            return len(self._watched)

    def check(self) -> None:
        """End the streams whose credential is gone."""
        with self._lock:
            watched = list(self._watched)
        alive = self._authenticator.still_valid({one.identity for one in watched})
        for one in watched:
            if one.identity not in alive:
                one.end()

    def stop(self) -> None:
        """Stop looking, and end every stream."""
        self._stopping.set()
        with self._lock:
            watched, thread = list(self._watched), self._thread
        for one in watched:
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
                logger.exception("credentials of streams could not be looked at")


class StreamGuard:
    """Ends a stream of server-sent events with its caller's credential, watched while it runs."""

    def __init__(self, watch: CredentialMonitor, caller: Identity) -> None:
        """Raises TooMany where the caller has as many streams open as it may have."""
        watch.check_stream_limit(caller)
        self._watch = watch
        self._caller = caller

    async def ended(self) -> str:
        """Wait until the credential is good no more; not watched any more when cancelled."""
        with self._watch.monitor(self._caller) as watched:
            return await watched.ended()


def _key(identity: Identity) -> tuple[str, int]:
    return identity.via, identity.credential_id
