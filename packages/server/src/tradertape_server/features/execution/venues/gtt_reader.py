"""Reads an account's triggers at its broker, on a thread of its own: a list may take seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum
from time import monotonic

from tradertape_server.features.execution.venues.gateway import GttsRead, OrderGateway


class Watch(Enum):
    """How often triggers are read, in seconds."""

    LOOKING = 5.0  # something is in doubt, or an order may be a trigger's
    RESTING = 30.0
    IDLE = 600.0  # none of ours rests there: those of other terminals are shown


class GttReader:
    """Starts its thread when something is to be read. Any thread may call any method.

    deliver: takes what was read, on the reader's thread.
    """

    def __init__(
        self, account_id: int, gateway: OrderGateway, deliver: Callable[[GttsRead], None]
    ) -> None:
        self._account_id = account_id
        self._gateway = gateway
        self._deliver = deliver
        self._bell = threading.Condition()
        self._watch = Watch.IDLE
        self._read_at_s = 0.0
        self._is_stopping = False
        self._thread: threading.Thread | None = None

    def watch(self, watch: Watch) -> None:
        """Read so often from now on."""
        if watch is self._watch or self._gateway.gtts is None:
            return
        with self._bell:
            self._watch = watch
            self._read_at_s = min(self._read_at_s, monotonic() + watch.value)
            self._start()
            self._bell.notify_all()

    def read_soon(self) -> None:
        """Read as soon as possible."""
        if self._gateway.gtts is None:
            return
        with self._bell:
            self._read_at_s = 0.0
            self._start()
            self._bell.notify_all()

    def stop(self, timeout_s: float) -> None:
        """Finish what is being read."""
        with self._bell:
            self._is_stopping = True
            thread, self._thread = self._thread, None
            self._bell.notify_all()
        if thread is not None:
            thread.join(timeout_s)

    def read(self) -> GttsRead:
        """Read the triggers now."""
        began_s = monotonic()
        try:
            gtts = self._gateway.gtts
            entries = () if gtts is None else tuple(gtts.list())
        except Exception as error:  # noqa: BLE001 - a list that cannot be read settles nothing
            reason = str(error) or type(error).__name__
            return GttsRead(account_id=self._account_id, began_s=began_s, failed=reason)
        return GttsRead(account_id=self._account_id, began_s=began_s, entries=entries)

    def _start(self) -> None:
        if self._thread is None:
            self._is_stopping = False
            name = f"lane-gtts-{self._account_id}"
            self._thread = threading.Thread(target=self._read_all, name=name, daemon=True)
            self._thread.start()

    def _read_all(self) -> None:
        while True:
            with self._bell:
                while not self._is_stopping and (wait_s := self._read_at_s - monotonic()) > 0:
                    self._bell.wait(wait_s)
                if self._is_stopping:
                    return
                self._read_at_s = monotonic() + self._watch.value
            self._deliver(self.read())
