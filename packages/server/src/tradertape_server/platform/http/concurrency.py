"""Limits on how many requests do the same kind of work at once; the others wait without a thread.

A request that waited on a thread would take it from those that could finish: threads are few.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradertape_server.platform.errors import Unavailable, response_for
from tradertape_server.platform.http.identity import STATE_KEY, Identity
from tradertape_server.platform.http.requests import caller_network, client_ip

_P = ParamSpec("_P")
_Result = TypeVar("_Result")

Classify = Callable[[Scope], str | None]
URGENT = "urgent"
# An order is answered within this time; where orders never pause, a change still gets its turn.
URGENT_WAITS, URGENT_WAIT_S = 12, 0.002


@dataclass(frozen=True, slots=True)
class Capacity:
    """at_once: requests at work; of_one: those of one caller; waiting: in the queue, at most a
    quarter of them from one caller; wait_s: how long one waits at most."""

    at_once: int
    of_one: int
    waiting: int
    wait_s: float


class ConcurrencyLimit:
    """Admits requests up to a capacity; those that wait are taken in turn from their callers.

    May be used from several event loops.
    """

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._active: Counter[str] = Counter()
        self._queues: OrderedDict[str, deque[_Waiting]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return sum(len(queue) for queue in list(self._queues.values()))

    @asynccontextmanager
    async def enter(self, caller: str) -> AsyncIterator[None]:
        """Be one of those at work. Raises Unavailable if the queue is full, or after waiting."""
        await self._acquire(caller)
        try:
            yield
        finally:
            self._release(caller)

    async def _acquire(self, caller: str) -> None:
        with self._lock:
            if self._has_room(caller):
                self._active[caller] += 1
                return
            queue = self._queues.get(caller, deque())
            most = self._capacity.waiting
            if self.waiting >= most or len(queue) >= most // 4:
                raise _busy()
            waiting = _Waiting(asyncio.get_running_loop())
            queue.append(waiting)
            self._queues[caller] = queue
        try:
            async with asyncio.timeout(self._capacity.wait_s):
                await waiting.admitted
        except TimeoutError:
            if not self._leave(caller, waiting):
                return  # admitted at the last moment
            raise _busy() from None
        except asyncio.CancelledError:
            if not self._leave(caller, waiting):
                self._release(caller)
            raise

    def _has_room(self, caller: str) -> bool:
        is_free = self._active.total() < self._capacity.at_once
        return is_free and self._active[caller] < self._capacity.of_one

    def _leave(self, caller: str, waiting: _Waiting) -> bool:
        """Leave the queue; False for one that was admitted meanwhile."""
        with self._lock:
            queue = self._queues.get(caller, deque())
            if waiting not in queue:
                return False
            queue.remove(waiting)
            if not queue:
                del self._queues[caller]
            return True

    def _release(self, caller: str) -> None:
        with self._lock:
            self._active[caller] -= 1
            if not self._active[caller]:
                del self._active[caller]
            while (admitted := self._next()) is not None:
                admitted.admit()

    def _next(self) -> _Waiting | None:
        """Take the next one that there is room for, and put its caller last."""
        caller = next((one for one in self._queues if self._has_room(one)), None)
        if caller is None:
            return None
        queue = self._queues.pop(caller)
        first = queue.popleft()
        if queue:
            self._queues[caller] = queue
        self._active[caller] += 1
        return first


class _Waiting:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.admitted: asyncio.Future[None] = loop.create_future()

    def admit(self) -> None:
        self._loop.call_soon_threadsafe(self._resolve)

    def _resolve(self) -> None:
        if not self.admitted.done():
            self.admitted.set_result(None)


class OwnThreads:
    """Threads apart from those of the routes, for short work that must not wait behind theirs."""

    def __init__(self, name: str, count: int) -> None:
        """name: unique in the program."""
        self._count = count
        self._limiter: RunVar[CapacityLimiter] = RunVar(f"tradertape_{name}")

    async def run(self, call: Callable[_P, _Result], *args: _P.args, **given: _P.kwargs) -> _Result:
        """Call it on one of the threads and return its result."""
        limiter = self._limiter.get(None)
        if limiter is None:
            limiter = CapacityLimiter(self._count)
            self._limiter.set(limiter)
        return await anyio.to_thread.run_sync(partial(call, *args, **given), limiter=limiter)


class Turns:
    """Middleware that admits requests by a `ConcurrencyLimit`, before their routes see them.

    Inside the body limit, so that a body that arrives slowly is nobody's turn yet, and inside the
    rate limits, so that what waits is counted.
    """

    def __init__(
        self, app: ASGIApp, *, limits: Mapping[str, ConcurrencyLimit], classify: Classify
    ) -> None:
        """classify: the name of a request's limit; URGENT: the others wait a moment for it; None:
        neither."""
        self._app = app
        self._limits = limits
        self._classify = classify
        self._urgent = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request when it is its caller's turn, or respond with 503."""
        name = self._classify(scope) if scope["type"] == "http" else None
        if name is None:
            await self._app(scope, receive, send)
        elif name == URGENT:
            self._urgent += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._urgent -= 1
        else:
            await self._serve_in_turn(self._limits[name], scope, receive, send)

    async def _serve_in_turn(
        self, limit: ConcurrencyLimit, scope: Scope, receive: Receive, send: Send
    ) -> None:
        async with AsyncExitStack() as turn:
            try:
                await turn.enter_async_context(limit.enter(_caller_of(scope)))
            except Unavailable as error:
                await response_for(error)(scope, receive, send)
                return
            await self._let_urgent_pass()

            async def send_and_end(message: Message) -> None:
                await turn.aclose()  # its work is done; a client may read slowly
                await send(message)

            await self._app(scope, receive, send_and_end)

    async def _let_urgent_pass(self) -> None:
        for _ in range(URGENT_WAITS):
            if not self._urgent:
                return
            await asyncio.sleep(URGENT_WAIT_S)


def _caller_of(scope: Scope) -> str:
    """Whose turn a request takes: the account's, or the address's if nobody is signed in."""
    identity: Identity | None = scope["state"].get(STATE_KEY)
    return f"user:{identity.id}" if identity else caller_network(client_ip(scope))


def _busy() -> Unavailable:
    return Unavailable(
        "The server is busy with other requests of this kind. Nothing was done: retry.",
        code="busy",
        headers={"Retry-After": "2"},
    )
