"""The bus between processes: events go through a Redis stream, in order and each once.

Every process writes what is published on its own bus, numbered, and reads what the others wrote.
A reader that was cut goes on where it was. Where numbers are missing (Redis was emptied, or away
for longer than a writer keeps what waits) every open mailbox is told that it lost events, and its
client comes back from its cursor: the database is the truth, this only the bell. The same happens
when another process begins to trade, for the one before may have died with events in its hands.
"""

from __future__ import annotations

import secrets
import threading
from collections import deque
from typing import Any

import orjson

from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.redis_link import RedisError, RedisLink
from tradertape_server.platform.streaming.bus import Bus, Event

KEPT = 10_000  # batches in the stream
MOST_WAITING = 20_000  # events of a writer that cannot write
BATCH = 200
_WAIT_S = 1.0
_RETRY_S = 0.3
_WHO_WRITES, _WHO_READS = "event writer", "event reader"

logger = get_logger(__name__)


class EventRelay:
    """Two threads: one that writes, one that reads."""

    def __init__(self, link: RedisLink, bus: Bus) -> None:
        self._link = link
        self._bus = bus
        self._stream = link.name("events")
        self._id = secrets.token_hex(6)
        self._waiting: deque[tuple[int, Event]] = deque()
        self._number = 0
        self._is_new = False
        self._bell = threading.Condition()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._next: dict[str, int] = {}
        self._last_id = b"0-0"
        self.sent = self.heard = self.gaps = self.dropped = 0

    @property
    def waiting(self) -> int:
        """How many events are not written yet."""
        return len(self._waiting)

    def start(self) -> None:
        """Begin; a second call does nothing."""
        if self._threads:
            return
        self._bus.set_relay(self.put)
        for loop, name in ((self._write_all, "events-out"), (self._read_all, "events-in")):
            thread = threading.Thread(target=loop, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        self._stopping.set()
        with self._bell:
            self._bell.notify_all()
        for thread in self._threads:
            thread.join(timeout=10)

    def put(self, event: Event) -> None:
        """Take an event of this process; never waits."""
        with self._bell:
            self._waiting.append((self._number, event))
            self._number += 1
            if len(self._waiting) > MOST_WAITING:
                self._waiting.popleft()  # the missing number tells the readers
                self.dropped += 1
            self._bell.notify_all()

    def announce_new_trader(self) -> None:
        """This process has the word now: who had it before may have ended with events unsaid.

        So every mailbox, in every process, is told that some may be missing.
        """
        self._bus.mark_all_lost()
        with self._bell:
            self._is_new = True
            self._bell.notify_all()

    # --- writing ------------------------------------------------------------------------------

    def _write_all(self) -> None:
        client = self._link.connect()
        must_greet = True
        while True:
            with self._bell:
                self._bell.wait_for(
                    lambda: self._waiting or self._is_new or self._stopping.is_set(),
                    timeout=_RETRY_S if must_greet else None,
                )
                batch = [self._waiting[i] for i in range(min(BATCH, len(self._waiting)))]
            if not batch and self._stopping.is_set():
                return
            try:
                if must_greet or self._is_new:
                    self._greet(client, batch)
                    must_greet = False
                if batch:
                    self._write(client, batch)
            except RedisError as error:
                must_greet = True
                if self._link.record_state(_WHO_WRITES, is_up=False):
                    logger.warning("events cannot be handed on", reason=type(error).__name__)
                if self._stopping.wait(_RETRY_S):
                    return
                continue
            if self._link.record_state(_WHO_WRITES, is_up=True):
                logger.info("events are handed on")

    def _greet(self, client: Any, batch: list[tuple[int, Event]]) -> None:
        """Say which number comes next: after a cut, readers learn there what they missed."""
        with self._bell:
            number = batch[0][0] if batch else self._number
            is_new, self._is_new = self._is_new, False
        try:
            self._add(client, number, [], is_new=is_new)
        except RedisError:
            self._is_new |= is_new
            raise

    def _write(self, client: Any, batch: list[tuple[int, Event]]) -> None:
        first = batch[0][0]
        # What was dropped while it waited must not close up: the numbers of one entry follow.
        whole = [event for i, (number, event) in enumerate(batch) if number == first + i]
        self._add(client, first, [[one.topic, one.cursor, one.data] for one in whole])
        with self._bell:
            while self._waiting and self._waiting[0][0] < first + len(whole):
                self._waiting.popleft()
        self.sent += len(whole)

    def _add(self, client: Any, first: int, events: list[Any], *, is_new: bool = False) -> None:
        fields = {b"p": self._id, b"n": first, b"e": orjson.dumps(events), b"w": int(is_new)}
        client.xadd(self._stream, fields, maxlen=KEPT, approximate=True)

    # --- reading ------------------------------------------------------------------------------

    def _read_all(self) -> None:
        client = self._link.connect()
        is_cut = is_first = True
        while not self._stopping.is_set():
            try:
                if is_cut:
                    self._find_place(client, is_first=is_first)
                    is_cut = is_first = False
                    self._link.record_state(_WHO_READS, is_up=True)
                self._read(client)
            except RedisError as error:
                is_cut = True
                if self._link.record_state(_WHO_READS, is_up=False):
                    logger.warning("events are not heard", reason=type(error).__name__)
                self._stopping.wait(_RETRY_S)

    def _find_place(self, client: Any, *, is_first: bool) -> None:
        newest = client.xrevrange(self._stream, count=1)
        newest_id = newest[0][0] if newest else b"0-0"
        if is_first:
            self._last_id = newest_id
            self._bus.mark_all_lost()  # who listened before we heard anything
            return
        if _order(newest_id) < _order(self._last_id):
            self._last_id = b"0-0"  # another Redis, or an emptied one: read all it has
        self._bus.wake_all()

    def _read(self, client: Any) -> None:
        found = client.xread({self._stream: self._last_id}, count=BATCH, block=int(_WAIT_S * 1000))
        for entry_id, fields in found[0][1] if found else ():
            self._last_id = entry_id
            self._take(fields)

    def _take(self, fields: dict[bytes, bytes]) -> None:
        writer, first = fields[b"p"].decode(), int(fields[b"n"])
        if writer == self._id:
            return
        if fields[b"w"] == b"1":
            self._bus.mark_all_lost()
        events: list[Any] = orjson.loads(fields[b"e"])
        wanted = self._next.get(writer, first)
        if first > wanted:
            self.gaps += 1
            logger.warning("events were lost between processes", missing=first - wanted)
            self._bus.mark_all_lost()
            wanted = first
        for topic, cursor, body in events[max(0, wanted - first) :]:
            self._bus.deliver(Event(topic, cursor, body))
            self.heard += 1
        self._next[writer] = max(wanted, first + len(events))


class EventRelayDuty:
    """Who begins to trade has the word."""

    def __init__(self, relay: EventRelay) -> None:
        self._relay = relay

    def start(self) -> None:
        """Take it."""
        self._relay.announce_new_trader()

    def stop(self) -> None:
        """What waits is still said: it is in the database."""


def _order(entry_id: bytes) -> tuple[int, int]:
    at_ms, _, number = entry_id.partition(b"-")
    return int(at_ms), int(number)
