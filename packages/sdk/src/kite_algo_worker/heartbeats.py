"""Signs of life from a thread of their own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from kite_algo_worker.exceptions import KiteAlgoWorkerError

if TYPE_CHECKING:
    from kite_algo_worker.managed_run import ManagedRun

BEAT_S = 20.0  # a session lives for 60 seconds: two beats may be lost
_LOST = frozenset({401, 403, 404, 409})


def ends_the_beating(error: KiteAlgoWorkerError) -> bool:
    """Say whether a refused beat means that the run is somebody else's, or nobody's, by now."""
    return error.status_code in _LOST


def check_claimed(claim_session: bool, wants_heartbeats: bool) -> None:
    """Raise ValueError when heartbeats are wanted without a claim."""
    if wants_heartbeats and not claim_session:
        raise ValueError(
            "a heartbeat needs the session's nonce: leave claim_session on, or pass "
            "heartbeat_on_enter=False and auto_heartbeat=False"
        )


class Heartbeats:
    """Sends a run's sign of life every so many seconds until it is stopped.

    A beat that fails is only missed; one that is refused (another worker took the run, the run is
    closed) ends the beating, with the refusal in `error`.
    """

    def __init__(self, managed: ManagedRun, interval_s: float) -> None:
        if interval_s <= 0:
            raise ValueError(f"heartbeat_interval_s must be above 0, was {interval_s}")
        self.error: KiteAlgoWorkerError | None = None
        self.count = 0
        self._managed = managed
        self._interval_s = interval_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(
            target=self._beat, name=f"heartbeat of {managed.run_id}", daemon=True
        )

    @property
    def is_alive(self) -> bool:
        """Whether beats are being sent."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more; wait for one that is on its way."""
        self._stopped.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _beat(self) -> None:
        while not self._stopped.wait(self._interval_s):
            self.error = self._failure()
            if self.error is None:
                self.count += 1
            elif ends_the_beating(self.error):
                return

    def _failure(self) -> KiteAlgoWorkerError | None:
        try:
            self._managed.heartbeat()
        except KiteAlgoWorkerError as error:
            return error
        return None
