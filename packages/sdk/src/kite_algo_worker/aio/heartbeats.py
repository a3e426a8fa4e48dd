"""Heartbeats of a run, sent from a task of the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from kite_algo_worker.exceptions import InvalidInputError, KiteAlgoWorkerError
from kite_algo_worker.protocol.heartbeat_rules import is_final


class AsyncHeartbeats:
    """Sends a run's heartbeat every `interval_s` seconds, in a task, until it is stopped.

    send: sends one; raises KiteAlgoWorkerError. What ends them, `error` and `count` are those of
    `Heartbeats`. Raises InvalidInputError when the interval is not above 0.
    """

    def __init__(self, send: Callable[[], Awaitable[object]], interval_s: float) -> None:
        if interval_s <= 0:
            raise InvalidInputError(f"heartbeat_interval_s must be above 0, was {interval_s}")
        self.error: KiteAlgoWorkerError | None = None
        self.count = 0
        self._send = send
        self._interval_s = interval_s
        self._task: asyncio.Task[None] | None = None

    @property
    def is_alive(self) -> bool:
        """Whether heartbeats are being sent."""
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Start sending; the first heartbeat follows after one interval."""
        self._task = asyncio.create_task(self._repeat())

    async def stop(self) -> None:
        """Stop sending, and cancel one that is being sent."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _repeat(self) -> None:
        while True:
            await asyncio.sleep(self._interval_s)
            try:
                await self._send()
            except KiteAlgoWorkerError as error:
                self.error = error
                if is_final(error):
                    return
            else:
                self.error = None
                self.count += 1
