"""Callers that wait for the trader: on threads, or on event loops that are woken once a batch."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from tradertape_core.kernel.errors import InvariantBroken

R = TypeVar("R")


class PendingReply(Generic[R]):
    """The reply to a command: set once, by the trader's thread.

    notify: called then, by that thread; whoever waits sets it before the command is queued. So
    there is no lock in it, which is most of what `concurrent.futures.Future` costs.
    """

    __slots__ = ("_error", "_result", "is_done", "notify")

    def __init__(self) -> None:
        self.notify: Callable[[PendingReply[R]], None] | None = None
        self.is_done = False
        self._result: R | None = None
        self._error: Exception | None = None

    def set_result(self, result: R) -> None:
        """Resolve with a result. Raises InvariantBroken when it is resolved already."""
        self._set(result, None)

    def set_exception(self, error: Exception) -> None:
        """Resolve with an error. Raises InvariantBroken when it is resolved already."""
        self._set(None, error)

    @property
    def error(self) -> Exception | None:
        """The error it was resolved with, if any."""
        return self._error

    def result(self) -> R:
        """Return the result; raises the error it was resolved with."""
        if self._error is not None:
            raise self._error
        return self._result  # pyright: ignore[reportReturnType] - R may be None

    def _set(self, result: R | None, error: Exception | None) -> None:
        if self.is_done:
            raise InvariantBroken("a command is replied to twice")
        self._result, self._error, self.is_done = result, error, True
        if self.notify is not None:
            self.notify(self)


_Resolved = tuple["asyncio.Future[Any]", PendingReply[Any]]


class PendingReplies:
    """Which event loop waits for which reply. Waking a loop costs as much as a statement, so it is
    done once for all replies of a batch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._resolved: dict[asyncio.AbstractEventLoop, list[_Resolved]] = {}

    def expect(self, reply: PendingReply[R]) -> asyncio.Future[R]:
        """Return a future of the running loop for a reply that another thread will set."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[R] = loop.create_future()
        reply.notify = partial(self._note, loop, waiting)
        return waiting

    def deliver(self) -> None:
        """Wake the loops whose callers have their replies."""
        with self._lock:
            resolved, self._resolved = self._resolved, {}
        for loop, replies in resolved.items():
            with contextlib.suppress(RuntimeError):  # the loop is closed, and its callers are gone
                loop.call_soon_threadsafe(_hand_over, replies)

    def _note(
        self,
        loop: asyncio.AbstractEventLoop,
        waiting: asyncio.Future[Any],
        reply: PendingReply[Any],
    ) -> None:
        with self._lock:
            self._resolved.setdefault(loop, []).append((waiting, reply))


def _hand_over(replies: Sequence[_Resolved]) -> None:
    for waiting, reply in replies:
        if waiting.done():  # the caller has gone
            continue
        if reply.error is None:
            waiting.set_result(reply.result())
        else:
            waiting.set_exception(reply.error)
