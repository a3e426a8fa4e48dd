"""One connection to the feed: signs in, keeps its subscriptions, notices when it is dead."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from tradertape_brokers.groww import nats
from tradertape_brokers.groww.nkeys import KeyPair


class LinkLost(Exception):
    """The connection ended, or is of no more use; the text says why."""


class LinkSilent(LinkLost):
    """The connection stands, and nothing comes."""


class Socket(Protocol):
    """A WebSocket."""

    async def send(self, message: bytes) -> None:
        """Send a frame."""
        ...

    async def recv(self) -> bytes | str:
        """Wait for a frame."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """ping_every_s: how often the server is asked for a sign of life. silent_after_s: without any
    the connection is given up. sign_in_within_s: from the socket's opening to the first PONG."""

    ping_every_s: float = 20.0
    silent_after_s: float = 50.0
    sign_in_within_s: float = 10.0


class _Asked(Enum):
    SIGNED_IN = "signed in"
    SUBSCRIBED = "subscribed"
    ALIVE = "alive"


@dataclass(slots=True, kw_only=True)
class LinkEvents:
    """What a link reports. subscribed: what was wanted at the sign-in is subscribed to."""

    message: Callable[[nats.Message], None]
    subscribed: Callable[[], None]
    refused: Callable[[str], None]


class Link:
    """Speaks with the server until the connection is lost. wanted: the subjects of now."""

    def __init__(
        self,
        socket: Socket,
        keys: KeyPair,
        token: str,
        wanted: Callable[[], Collection[str]],
        events: LinkEvents,
        patience: Patience,
    ) -> None:
        self._socket = socket
        self._keys = keys
        self._token = token
        self._wanted = wanted
        self._events = events
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._opened_at = self._heard_at = self._loop.time()
        self._reader = nats.OperationReader()
        self._numbers: dict[str, int] = {}
        self._last_number = 0
        self._pings: deque[_Asked] = deque()
        self._is_signed_in = False
        self.changed = asyncio.Event()  # set it when other subjects are wanted

    async def run(self) -> None:
        """Read and keep alive. Raises LinkLost, or what the socket raises."""
        tasks = {asyncio.create_task(self._read()), asyncio.create_task(self._keep())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in done:
            task.result()

    async def _read(self) -> None:
        while True:
            frame = await self._socket.recv()
            self._heard_at = self._loop.time()
            chunk = frame if isinstance(frame, bytes) else frame.encode()
            try:
                for operation in self._reader.feed(chunk):
                    await self._take(operation)
            except nats.ProtocolError as error:
                raise LinkLost(str(error)) from None

    async def _take(self, operation: nats.Operation) -> None:
        match operation:
            case nats.Message():
                self._events.message(operation)
            case nats.Asked():
                await self._socket.send(nats.PONG)
            case nats.Answered():
                await self._answered()
            case nats.Greeting():
                signature = self._keys.sign(operation.nonce)
                self._pings.append(_Asked.SIGNED_IN)
                await self._socket.send(nats.connect(jwt=self._token, signature=signature))
            case nats.Complaint():
                self._complained(operation)

    async def _answered(self) -> None:
        asked = self._pings.popleft() if self._pings else _Asked.ALIVE
        if asked is _Asked.SIGNED_IN:
            self._is_signed_in = True
            await self._subscribe()
            await self._ping(_Asked.SUBSCRIBED)
        elif asked is _Asked.SUBSCRIBED:
            self._events.subscribed()

    def _complained(self, complaint: nats.Complaint) -> None:
        subject = complaint.subject
        if subject is not None:
            self._events.refused(subject)
        elif "maximum subscriptions" not in complaint.text.lower():
            raise LinkLost(complaint.text)

    async def _keep(self) -> None:
        """Follow what is wanted, ask for signs of life, and give up without them."""
        asked_at = self._opened_at
        while True:
            now = self._loop.time()
            if now - self._heard_at >= self._patience.silent_after_s:
                raise LinkSilent("the feed is silent")
            if not self._is_signed_in:
                if now - self._opened_at >= self._patience.sign_in_within_s:
                    raise LinkLost("the feed did not sign us in in time")
            elif now - asked_at >= self._patience.ping_every_s:
                asked_at = now
                await self._ping(_Asked.ALIVE)
            try:
                await asyncio.wait_for(self.changed.wait(), self._nap_s)
            except TimeoutError:
                continue
            self.changed.clear()
            if self._is_signed_in:
                await self._subscribe()

    @property
    def _nap_s(self) -> float:
        patience = self._patience
        return min(patience.ping_every_s, patience.silent_after_s, patience.sign_in_within_s) / 4

    async def _subscribe(self) -> None:
        wanted = dict.fromkeys(self._wanted())
        gone = [one for one in self._numbers if one not in wanted]
        lines = [nats.unsubscribe(self._numbers.pop(one)) for one in gone]
        for subject in wanted:
            if subject not in self._numbers:
                self._last_number += 1
                self._numbers[subject] = self._last_number
                lines.append(nats.subscribe(subject, self._last_number))
        if lines:
            await self._socket.send(b"".join(lines))

    async def _ping(self, why: _Asked) -> None:
        self._pings.append(why)
        await self._socket.send(nats.PING)
