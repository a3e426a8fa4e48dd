"""Limits on how many requests do the same kind of work at once; the others wait without a thread.

A request that waited on a thread would take it from those that could finish: threads are few.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from starlette.types import Scope

from tradertape_server.platform.errors import Unavailable
from tradertape_server.platform.http.identity import STATE_KEY, Identity
from tradertape_server.platform.http.requests import caller_network, client_ip

_P = ParamSpec("_P")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Capacity:
    """at_once: requests at work; of_one: those of one caller; waiting: others in the queue;
    wait_s: how long one waits at most."""

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
            if self.waiting >= self._capacity.waiting:
                raise _busy()
            waiting = _Waiting(asyncio.get_running_loop())
            self._queues.setdefault(caller, deque()).append(waiting)
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


def caller_of(scope: Scope) -> str:
    """Whose turn a request takes: the account's, or that of the address if nobody is signed in."""
    identity: Identity | None = scope["state"].get(STATE_KEY)
    return f"user:{identity.id}" if identity else caller_network(client_ip(scope))


def _busy() -> Unavailable:
    return Unavailable(
        "The server is busy with other requests of this kind. Nothing was done: retry.",
        code="busy",
        headers={"Retry-After": "2"},
    )
