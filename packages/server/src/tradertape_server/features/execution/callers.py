"""Callers on event loops: told of all the answers of a turn at once, not one by one."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

_Answer = tuple["asyncio.Future[Any]", "Future[Any]"]


class Callers:
    """Who waits on which loop. Waking a loop costs as much as a statement, so it is done once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answered: dict[asyncio.AbstractEventLoop, list[_Answer]] = {}

    def expect(self, done: Future[Any]) -> asyncio.Future[Any]:
        """A future of the running loop, for what another thread will have done."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Any] = loop.create_future()
        done.add_done_callback(partial(self._note, loop, waiting))
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
        done: Future[Any],
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
