"""Heartbeats of a run, sent from a thread of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from kite_algo_worker.exceptions import InvalidInputError, KiteAlgoWorkerError
from kite_algo_worker.protocol.heartbeat_rules import is_final


class Heartbeats:
    """Sends a run's heartbeat every `interval_s` seconds until it is stopped.

    send: sends one; raises KiteAlgoWorkerError. A heartbeat that fails is repeated at the next
    interval; one that is refused for good (another worker claimed the run, the run is closed) ends
    them. `error` has the last failure, None after a success; `count` those that succeeded.
    Raises InvalidInputError when the interval is not above 0.
    """

    def __init__(
        self, send: Callable[[], object], interval_s: float, *, name: str = "heartbeat"
    ) -> None:
        if interval_s <= 0:
            raise InvalidInputError(f"heartbeat_interval_s must be above 0, was {interval_s}")
        self.error: KiteAlgoWorkerError | None = None
        self.count = 0
        self._send = send
        self._interval_s = interval_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._repeat, name=name, daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether heartbeats are being sent."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start sending; the first heartbeat follows after one interval."""
        self._thread.start()

    def stop(self) -> None:
        """Stop sending; wait for one that is being sent."""
        self._stopped.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _repeat(self) -> None:
        while not self._stopped.wait(self._interval_s):
            self.error = self._failure()
            if self.error is None:
                self.count += 1
            elif is_final(self.error):
                return

    def _failure(self) -> KiteAlgoWorkerError | None:
        try:
            self._send()
        except KiteAlgoWorkerError as error:
            return error
        return None
