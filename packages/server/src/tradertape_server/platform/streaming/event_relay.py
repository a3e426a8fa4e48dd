"""The bus between processes: events pass through a Redis stream, in order and each once.

Every process writes the events published on its own bus, numbered, and reads those of the others.
A reader that lost its connection resumes where it was. If numbers are missing (Redis was emptied,
or unreachable for longer than a writer buffers), every open mailbox is marked as having lost
events, and its client reconnects from its cursor: the database is the source of truth, this only
notifies. The same happens when another process begins to trade, as the former one may have ended
with unpublished events.
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

STREAM_LENGTH = 10_000  # batches kept in the Redis stream
MAX_BUFFERED = 20_000  # events of a writer that cannot write
BATCH = 200
_WAIT_S = 1.0
_RETRY_S = 0.3
_WRITER, _READER = "event writer", "event reader"

logger = get_logger(__name__)


class EventRelay:
    """Relays events with two threads: one writes, one reads."""

    def __init__(self, link: RedisLink, bus: Bus) -> None:
        self._link = link
        self._bus = bus
        self._stream = link.name("events")
        self._id = secrets.token_hex(6)
        self._buffer: deque[tuple[int, Event]] = deque()
        self._number = 0
        self._is_new_trader = False
        self._condition = threading.Condition()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._next: dict[str, int] = {}
        self._last_id = b"0-0"
        self.sent = self.received = self.gaps = self.dropped = 0

    @property
    def buffered(self) -> int:
        """How many events are not written yet."""
        return len(self._buffer)

    @property
    def duty(self) -> EventRelayDuty:
        """What the process does when it begins to trade."""
        return EventRelayDuty(self)

    def start(self) -> None:
        """Start the threads; a second call does nothing."""
        if self._threads:
            return
        self._bus.set_relay(self.put)
        for loop, name in ((self._write_all, "events-out"), (self._read_all, "events-in")):
            thread = threading.Thread(target=loop, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Write what is buffered and stop."""
        self._stopping.set()
        with self._condition:
            self._condition.notify_all()
        for thread in self._threads:
            thread.join(timeout=10)

    def put(self, event: Event) -> None:
        """Buffer an event of this process for the others; never blocks."""
        with self._condition:
            self._buffer.append((self._number, event))
            self._number += 1
            if len(self._buffer) > MAX_BUFFERED:
                self._buffer.popleft()  # readers notice the missing number
                self.dropped += 1
            self._condition.notify_all()

    def announce_new_trader(self) -> None:
        """Announce that this process trades now.

        The former trader may have ended with unpublished events, so every mailbox in every process
        is marked as having lost some.
        """
        self._bus.mark_all_lost()
        with self._condition:
            self._is_new_trader = True
            self._condition.notify_all()

    # --- writing ------------------------------------------------------------------------------

    def _write_all(self) -> None:
        client = self._link.connect()
        must_announce = True
        while True:
            with self._condition:
                self._condition.wait_for(
                    lambda: self._buffer or self._is_new_trader or self._stopping.is_set(),
                    timeout=_RETRY_S if must_announce else None,
                )
                batch = [self._buffer[i] for i in range(min(BATCH, len(self._buffer)))]
            if not batch and self._stopping.is_set():
                return
            try:
                if must_announce or self._is_new_trader:
                    self._announce_position(client, batch)
                    must_announce = False
                if batch:
                    self._write(client, batch)
            except RedisError as error:
                must_announce = True
                if self._link.record_state(_WRITER, is_up=False):
                    logger.warning(
                        "events cannot be sent to other processes", reason=type(error).__name__
                    )
                if self._stopping.wait(_RETRY_S):
                    return
                continue
            if self._link.record_state(_WRITER, is_up=True):
                logger.info("events are sent to other processes again")

    def _announce_position(self, client: Any, batch: list[tuple[int, Event]]) -> None:
        """Write the next number without events: after a break, readers detect what they missed."""
        with self._condition:
            number = batch[0][0] if batch else self._number
            is_new_trader, self._is_new_trader = self._is_new_trader, False
        try:
            self._add(client, number, [], is_new_trader=is_new_trader)
        except RedisError:
            self._is_new_trader |= is_new_trader
            raise

    def _write(self, client: Any, batch: list[tuple[int, Event]]) -> None:
        first = batch[0][0]
        # An entry holds consecutive numbers: it ends where events were dropped from the buffer.
        whole = [event for i, (number, event) in enumerate(batch) if number == first + i]
        self._add(client, first, [[one.topic, one.cursor, one.data] for one in whole])
        with self._condition:
            while self._buffer and self._buffer[0][0] < first + len(whole):
                self._buffer.popleft()
        self.sent += len(whole)

    def _add(
        self, client: Any, first: int, events: list[Any], *, is_new_trader: bool = False
    ) -> None:
        fields = {
            b"p": self._id, b"n": first, b"e": orjson.dumps(events), b"w": int(is_new_trader)
        }  # fmt: skip
        client.xadd(self._stream, fields, maxlen=STREAM_LENGTH, approximate=True)

    # --- reading ------------------------------------------------------------------------------

    def _read_all(self) -> None:
        client = self._link.connect()
        is_disconnected = is_first = True
        while not self._stopping.is_set():
            try:
                if is_disconnected:
                    self._find_position(client, is_first=is_first)
                    is_disconnected = is_first = False
                    self._link.record_state(_READER, is_up=True)
                self._read(client)
            except RedisError as error:
                is_disconnected = True
                if self._link.record_state(_READER, is_up=False):
                    logger.warning(
                        "events of other processes cannot be read", reason=type(error).__name__
                    )
                self._stopping.wait(_RETRY_S)

    def _find_position(self, client: Any, *, is_first: bool) -> None:
        newest = client.xrevrange(self._stream, count=1)
        newest_id = newest[0][0] if newest else b"0-0"
        if is_first:
            self._last_id = newest_id
            self._bus.mark_all_lost()  # of clients that connected before the first read
            return
        if _order(newest_id) < _order(self._last_id):
            self._last_id = b"0-0"  # another Redis or an emptied one: read all of it
        self._bus.wake_all()

    def _read(self, client: Any) -> None:
        found = client.xread({self._stream: self._last_id}, count=BATCH, block=int(_WAIT_S * 1000))
        for entry_id, fields in found[0][1] if found else ():
            self._last_id = entry_id
            self._receive(fields)

    def _receive(self, fields: dict[bytes, bytes]) -> None:
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
            self.received += 1
        self._next[writer] = max(wanted, first + len(events))


class EventRelayDuty:
    """Announces the new trader when this process begins to trade."""

    def __init__(self, relay: EventRelay) -> None:
        self._relay = relay

    def start(self) -> None:
        """Announce this process as the trader."""
        self._relay.announce_new_trader()

    def stop(self) -> None:
        """Do nothing: buffered events are committed facts and are still sent."""


def _order(entry_id: bytes) -> tuple[int, int]:
    at_ms, _, number = entry_id.partition(b"-")
    return int(at_ms), int(number)
