"""The in-process message bus, from any thread to open streams on event loops.

`event_relay` carries events between processes. There are two kinds of messages. Frames hold the
newest value of many keys: a slow client gets the newest of each when it is ready, never a queue.
Events are all delivered in order: a client too slow for that must reconnect from its cursor. No
client can delay another.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

MAX_EVENTS = 1_000
MAX_PENDING_FRAMES = 2  # per topic, for an event loop that is behind

# Sends a topic's frame to a client at once, without its mailbox, while the client keeps up; False
# if the client is not ready for it. It must not block or raise.
Direct = Callable[[str, Any], bool]


class Frame(Protocol):
    """The newest values of many keys; two frames can be merged."""

    def over(self, older: Any) -> Any:
        """Merge: this frame plus the keys that only the older one has."""
        ...


@dataclass(frozen=True, slots=True)
class Event:
    """One event. cursor: its position in the order, from which a client can resume."""

    topic: str
    cursor: int
    data: Mapping[str, Any]


@dataclass(slots=True)
class Delivery:
    """What arrived since the last delivery: events in order, and the newest frame of each topic.

    overflowed: events were lost; the client must reconnect from its cursor.
    """

    events: list[Event] = field(default_factory=list[Event])
    frames: dict[str, Any] = field(default_factory=dict[str, Any])
    overflowed: bool = False


class Mailbox:
    """The undelivered messages of one client; belongs to the event loop it was opened on."""

    def __init__(
        self,
        topics: Iterable[str],
        *,
        capacity: int = MAX_EVENTS,
        on_overflow: Callable[[], None] = lambda: None,
        direct: Direct | None = None,
    ) -> None:
        self.topics = set(topics)
        self._direct = direct
        self._on_overflow = on_overflow
        self._capacity = capacity
        self._events: deque[Event] = deque()
        self._frames: dict[str, Any] = {}
        self._overflowed = False
        self._has_messages = False
        self._waiting: asyncio.Future[None] | None = None

    def send_direct(self, topic: str, frame: Any) -> bool:
        """Send a frame at once; False if it has to go through the mailbox."""
        # Only to a reader that waits here: what it has taken but not yet sent must come first.
        is_idle = self._waiting is not None and not self._has_messages
        return is_idle and self._direct is not None and self._direct(topic, frame)

    def put_frame(self, topic: str, frame: Any) -> None:
        """Merge a frame over the one not taken yet."""
        waiting = self._frames.get(topic)
        self._frames[topic] = frame if waiting is None else frame.over(waiting)
        self._notify()

    def put_event(self, event: Event) -> None:
        """Queue an event; a full queue marks the mailbox as overflowed."""
        if self._overflowed:
            return
        if len(self._events) >= self._capacity:
            self._overflowed = True
            self._on_overflow()
        else:
            self._events.append(event)
        self._notify()

    async def take(self, timeout_s: float) -> Delivery | None:
        """Wait for messages; None if none arrived in time."""
        # A bare future and a timer are cheap: hundreds of clients are woken with every frame.
        if not self._has_messages:
            loop = asyncio.get_running_loop()
            self._waiting = loop.create_future()
            timer = loop.call_later(timeout_s, _wake, self._waiting)
            try:
                await self._waiting
            finally:
                timer.cancel()
                self._waiting = None
        return self.take_now() if self._has_messages else None

    @property
    def backlog(self) -> int:
        """How many events are queued."""
        return len(self._events)

    def mark_lost(self) -> None:
        """Mark that events of this mailbox may be missing."""
        self._overflowed = True
        self._notify()

    def wake(self) -> None:
        """Wake the waiting reader without a message."""
        self._notify()

    def take_now(self) -> Delivery:
        """Take what has arrived, without waiting."""
        self._has_messages = False
        taken = Delivery(list(self._events), self._frames, self._overflowed)
        self._events.clear()
        self._frames, self._overflowed = {}, False
        return taken

    def _notify(self) -> None:
        self._has_messages = True
        if self._waiting is not None:
            _wake(self._waiting)


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


class Bus:
    """Publish from any thread; a mailbox is read on the event loop it was opened on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._topics: dict[str, dict[Mailbox, asyncio.AbstractEventLoop]] = {}
        self._undelivered: dict[tuple[asyncio.AbstractEventLoop, str], deque[Any]] = {}
        self._relay: Callable[[Event], None] | None = None
        self.published = self.frames = self.overflows = 0

    def open(
        self,
        topics: Iterable[str],
        *,
        capacity: int = MAX_EVENTS,
        direct: Direct | None = None,
    ) -> Mailbox:
        """Open a mailbox on the running event loop; `close` it afterwards.

        direct: sends frames without the mailbox while its reader is waiting.
        """
        box = Mailbox(topics, capacity=capacity, on_overflow=self._count_overflow, direct=direct)
        loop = asyncio.get_running_loop()
        with self._lock:
            for topic in box.topics:
                self._topics.setdefault(topic, {})[box] = loop
        return box

    def add_topic(self, box: Mailbox, topic: str) -> None:
        """Subscribe a mailbox to one more topic."""
        loop = asyncio.get_running_loop()
        with self._lock:
            box.topics.add(topic)
            self._topics.setdefault(topic, {})[box] = loop

    def close(self, box: Mailbox) -> None:
        """Remove a mailbox."""
        with self._lock:
            for topic in box.topics:
                boxes = self._topics.get(topic, {})
                boxes.pop(box, None)
                if not boxes:
                    self._topics.pop(topic, None)

    def publish(self, event: Event) -> None:
        """Deliver an event to every mailbox of its topic, in every process."""
        self.published += 1
        if self._relay is not None:
            self._relay(event)
        self.deliver(event)

    def set_relay(self, relay: Callable[[Event], None]) -> None:
        """Also pass every event published here to `relay`, which must not block."""
        self._relay = relay

    def deliver(self, event: Event) -> None:
        """Deliver an event to the mailboxes of this process."""
        for loop, boxes in self._mailboxes_of(event.topic).items():
            _call_on(loop, _deliver_event, boxes, event)

    def publish_frame(self, topic: str, frame: Frame) -> None:
        """Deliver a frame to every mailbox of a topic: one call per event loop, not per client.

        A few frames are queued for a loop that is behind; beyond that they are merged.
        """
        self.frames += 1
        for loop in self._mailboxes_of(topic):
            with self._lock:
                waiting = self._undelivered.setdefault((loop, topic), deque())
                is_full = len(waiting) >= MAX_PENDING_FRAMES
                waiting.append(frame.over(waiting.pop()) if is_full else frame)
            if not is_full and not _call_on(loop, self._deliver_frame, loop, topic):
                self._undelivered.pop((loop, topic), None)

    def mark_all_lost(self) -> None:
        """Mark in every mailbox that events may be missing."""
        for box, loop in self._all().items():
            _call_on(loop, box.mark_lost)

    def wake_all(self) -> None:
        """Wake every reader: what it reads elsewhere may have changed without an event."""
        for box, loop in self._all().items():
            _call_on(loop, box.wake)

    def has_listeners(self, topic: str) -> bool:
        """Whether a topic may have listeners, in this process or another."""
        return self._relay is not None or self.listeners(topic) > 0

    def listeners(self, topic: str) -> int:
        """How many mailboxes of this process are subscribed to a topic."""
        with self._lock:
            return len(self._topics.get(topic, ()))

    @property
    def mailboxes(self) -> int:
        """How many mailboxes are open."""
        return len(self._all())

    def by_kind(self) -> dict[str, int]:
        """The number of mailboxes by kind of topic (`run:7` is of the kind `run`)."""
        found: Counter[str] = Counter()
        with self._lock:
            for topic, boxes in self._topics.items():
                found[topic.partition(":")[0]] += len(boxes)
        return dict(found)

    @property
    def backlog(self) -> int:
        """The number of events in the fullest mailbox."""
        return max((box.backlog for box in self._all()), default=0)

    def _all(self) -> dict[Mailbox, asyncio.AbstractEventLoop]:
        with self._lock:
            return {box: loop for boxes in self._topics.values() for box, loop in boxes.items()}

    def _deliver_frame(self, loop: asyncio.AbstractEventLoop, topic: str) -> None:
        with self._lock:
            waiting = self._undelivered[loop, topic]
            frame = waiting.popleft()
            if not waiting:
                del self._undelivered[loop, topic]
        for box in self._mailboxes_of(topic).get(loop, []):
            if not box.send_direct(topic, frame):
                box.put_frame(topic, frame)

    def _count_overflow(self) -> None:
        self.overflows += 1

    def _mailboxes_of(self, topic: str) -> dict[asyncio.AbstractEventLoop, list[Mailbox]]:
        by_loop: dict[asyncio.AbstractEventLoop, list[Mailbox]] = {}
        with self._lock:
            for box, loop in self._topics.get(topic, {}).items():
                by_loop.setdefault(loop, []).append(box)
        return by_loop


def _call_on(loop: asyncio.AbstractEventLoop, call: Any, *arguments: Hashable | Any) -> bool:
    try:
        loop.call_soon_threadsafe(call, *arguments)
    except RuntimeError:  # the loop is closed, and its mailboxes with it
        return False
    return True


def _deliver_event(boxes: list[Mailbox], event: Event) -> None:
    for box in boxes:
        box.put_event(event)
