"""PendingReplies on event loops: told of all the answers of a turn at once, not one by one."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tradertape_core.kernel.errors import InvariantBroken


class PendingReply:
    """What will come of something: set once, by the trader's thread.

    tell: called then, by that thread; whoever waits sets it before it asks. So there is no lock in
    it, which is most of what `concurrent.futures.Future` costs.
    """

    __slots__ = ("_error", "_is_done", "_result", "tell")

    def __init__(self) -> None:
        self.tell: Callable[[PendingReply], None] | None = None
        self._is_done = False
        self._result: Any = None
        self._error: Exception | None = None

    def done(self) -> bool:
        """Whether it is known."""
        return self._is_done

    def set_result(self, result: Any) -> None:
        """It went well."""
        self._set(result, None)

    def set_exception(self, error: Exception) -> None:
        """It did not."""
        self._set(None, error)

    def exception(self) -> Exception | None:
        """Why it failed; None when it did not."""
        return self._error

    def result(self) -> Any:
        """What came of it; raises what it failed with."""
        if self._error is not None:
            raise self._error
        return self._result

    def _set(self, result: Any, error: Exception | None) -> None:
        if self._is_done:
            raise InvariantBroken("something was answered twice")
        self._result, self._error, self._is_done = result, error, True
        if self.tell is not None:
            self.tell(self)


_Answer = tuple["asyncio.Future[Any]", PendingReply]


class PendingReplies:
    """Who waits on which loop. Waking a loop costs as much as a statement, so it is done once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answered: dict[asyncio.AbstractEventLoop, list[_Answer]] = {}

    def expect(self, done: PendingReply) -> asyncio.Future[Any]:
        """A future of the running loop, for what another thread will have done."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Any] = loop.create_future()
        done.tell = partial(self._note, loop, waiting)
        return waiting

    def tell(self) -> None:
        """Wake the loops whose callers have their answers."""
        with self._lock:
            answered, self._answered = self._answered, {}
        for loop, answers in answered.items():
            with contextlib.suppress(RuntimeError):  # the loop is gone, and who asked with it
                loop.call_soon_threadsafe(_hand_over, answers)

    def _note(
        self,
        loop: asyncio.AbstractEventLoop,
        waiting: asyncio.Future[Any],
        done: PendingReply,
    ) -> None:
        with self._lock:
            self._answered.setdefault(loop, []).append((waiting, done))


def _hand_over(answers: Sequence[_Answer]) -> None:
    for waiting, done in answers:
        if waiting.done():  # whoever asked has gone
            continue
        error = done.exception()
        if error is None:
            waiting.set_result(done.result())
        else:
            waiting.set_exception(error)
