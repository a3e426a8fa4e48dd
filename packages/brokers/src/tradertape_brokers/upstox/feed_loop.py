"""Keeps a feed of an account connected until it is cancelled.

A lost connection is opened again after a pause that doubles, with jitter, and the listener is told
from when to when nothing was heard. Without a session it waits for a new token.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, Protocol

import websockets
from websockets.asyncio.client import ClientConnection

from tradertape_brokers.errors import BrokerError, SessionExpired
from tradertape_brokers.feeds import SOCKET_LOG, FeedState, Gap, Pauses
from tradertape_brokers.upstox.answers import as_object
from tradertape_brokers.upstox.rest import Rest
from tradertape_core.kernel.clock import Clock

_SIGNED_OUT = frozenset({401, 403})


class LinkLost(Exception):
    """The connection ended, or is of no more use; the text says why."""


class StateListener(Protocol):
    """Who is told how the feed fares. Each call is on the feed's loop, and has to be short."""

    def on_gap(self, gap: Gap) -> None:
        """The feed is live again."""
        ...

    def on_state(self, state: FeedState, reason: str) -> None:
        """The feed's state changed; reason: why it is not live."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """open_within_s: for a connection. ping_every_s: how often the other side is asked for a sign
    of life, and how long that may take. silent_after_s: an open market without a word."""

    open_within_s: float = 10.0
    ping_every_s: float = 20.0
    silent_after_s: float = 30.0


class FeedLoop:
    """Opens connections one after another. authorise_path: asked for the address of each.

    serve: speaks on a connection until it is lost, and calls `live` once it works.
    """

    def __init__(
        self,
        rest: Rest,
        authorise_path: str,
        listener: StateListener,
        clock: Clock,
        *,
        patience: Patience,
        pauses: Pauses,
        random: Random,
    ) -> None:
        self._rest = rest
        self._path = authorise_path
        self._listener = listener
        self._clock = clock
        self._patience = patience
        self._pauses = pauses
        self._random = random
        self._loop: asyncio.AbstractEventLoop | None = None
        self._renewed = asyncio.Event()
        self._lost_at: datetime | None = None
        self._heard_at: datetime | None = None
        self._live_since: float | None = None

    async def run(self, serve: Callable[[ClientConnection], Awaitable[None]]) -> None:
        """Keep the feed open until cancelled."""
        self._loop = asyncio.get_running_loop()
        attempts = 0
        while True:
            try:
                await self._connect(serve)
                reason = "the connection ended"
            except SessionExpired as error:
                self._lose()
                self._listener.on_state(FeedState.SIGNED_OUT, str(error))
                await self._renewed.wait()
                self._renewed.clear()
                attempts = 0
                continue
            except (BrokerError, LinkLost) as error:
                reason = str(error)
            except (OSError, TimeoutError, websockets.WebSocketException) as error:
                reason = type(error).__name__  # its text may quote the address, which has a code
            attempts = 1 if self._was_stable() else attempts + 1
            self._lose()
            self._listener.on_state(FeedState.WAITING, reason)
            await asyncio.sleep(self._pauses.before(attempts, self._random))

    def renew(self, rest: Rest) -> None:
        """Use another token from the next connection on; a feed that is signed out connects."""
        self._rest = rest
        self.call(self._renewed.set)

    def call(self, function: Callable[[], None]) -> None:
        """Call on the feed's loop, from any thread; before it runs, at once."""
        if self._loop is None:
            function()
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function)

    def heard(self) -> datetime:
        """Note a sign of the other side, and return its time."""
        self._heard_at = now = self._clock.now()
        return now

    def live(self) -> None:
        """Note that the connection works; a second time changes nothing."""
        if self._live_since is not None:
            return
        self._live_since, now = self._clock.monotonic(), self.heard()
        self._listener.on_state(FeedState.LIVE, "")
        if self._lost_at is not None:
            self._listener.on_gap(Gap(self._lost_at, now))
            self._lost_at = None

    async def _connect(self, serve: Callable[[ClientConnection], Awaitable[None]]) -> None:
        self._listener.on_state(FeedState.CONNECTING, "")
        answer = as_object(await asyncio.to_thread(self._rest.get, self._path)) or {}
        given = answer.get("authorized_redirect_uri") or answer.get("authorizedRedirectUri")
        address = str(given or "")
        if not address.startswith(("wss://", "ws://")):
            raise LinkLost("Upstox's answer has no address of the feed")
        try:
            async with websockets.connect(
                address, open_timeout=self._patience.open_within_s, close_timeout=1.0,
                ping_interval=self._patience.ping_every_s, ping_timeout=self._patience.ping_every_s,
                compression=None, max_size=None, logger=SOCKET_LOG,
            ) as socket:  # fmt: skip
                await serve(socket)
        except websockets.InvalidStatus as error:
            if error.response.status_code in _SIGNED_OUT:
                raise SessionExpired("Upstox's session is over: sign in again") from None
            raise LinkLost(f"the feed answers {error.response.status_code}") from None

    def _lose(self) -> None:
        """Note since when nothing was heard."""
        self._live_since = None
        self._lost_at = self._lost_at or self._heard_at

    def _was_stable(self) -> bool:
        since = self._live_since
        return since is not None and self._clock.monotonic() - since >= self._pauses.stable_after_s


async def first_to_end(*works: Coroutine[Any, Any, None]) -> None:
    """Work at all until one ends; its error is raised, the others are cancelled."""
    tasks = {asyncio.create_task(one) for one in works}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in done:
        task.result()
