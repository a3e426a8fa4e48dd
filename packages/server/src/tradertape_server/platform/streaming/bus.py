"""Handing news from threads to open streams; `event_relay` carries events between processes.

There are two kinds. Frames hold the newest value of many keys: a client that is slow gets the
newest of each when it is ready, never a queue. Events are all delivered in order: a client too slow
for that is told to come back from its cursor. Nothing a client does, or leaves undone, holds up
another.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

EVENTS_KEPT = 1_000
FRAMES_WAITING = 2  # of a topic, for a loop that is behind

# A client's own way past its mailbox, for as long as it keeps up: sends a topic's frame on the
# spot; False where the client is not ready for it. It must not wait or fail.
Direct = Callable[[str, Any], bool]


class Frame(Protocol):
    """The newest values of many keys, which can be laid over an older frame."""

    def over(self, older: Any) -> Any:
        """This frame with what only the older one has."""
        ...


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. cursor: its place in the order, to come back from."""

    topic: str
    cursor: int
    data: Mapping[str, Any]


@dataclass(slots=True)
class Delivery:
    """What came since the last time: events in order, and for each topic the newest frame.

    overflowed: events were lost; the client must go and come back from its cursor.
    """

    events: list[Event] = field(default_factory=list[Event])
    frames: dict[str, Any] = field(default_factory=dict[str, Any])
    overflowed: bool = False


class Mailbox:
    """One client's news; belongs to the event loop it was opened on."""

    def __init__(
        self,
        topics: Iterable[str],
        *,
        capacity: int = EVENTS_KEPT,
        overflows: Callable[[], None] = lambda: None,
        direct: Direct | None = None,
    ) -> None:
        self.topics = set(topics)
        self._direct = direct
        self._overflows = overflows
        self._capacity = capacity
        self._events: deque[Event] = deque()
        self._frames: dict[str, Any] = {}
        self._overflowed = False
        self._has_news = False
        self._waiting: asyncio.Future[None] | None = None

    def send_direct(self, topic: str, frame: Any) -> bool:
        """Hand a frame on at once, where that goes."""
        # Only past a reader that waits here: what it has taken and not sent must come first.
        is_idle = self._waiting is not None and not self._has_news
        return is_idle and self._direct is not None and self._direct(topic, frame)

    def put_frame(self, topic: str, frame: Any) -> None:
        """Lay a frame over the one not taken yet."""
        waiting = self._frames.get(topic)
        self._frames[topic] = frame if waiting is None else frame.over(waiting)
        self._tell()

    def put_event(self, event: Event) -> None:
        """Queue an event; with a full queue the client is over."""
        if self._overflowed:
            return
        if len(self._events) >= self._capacity:
            self._overflowed = True
            self._overflows()
        else:
            self._events.append(event)
        self._tell()

    async def take(self, timeout_s: float) -> Delivery | None:
        """Wait for news; None when none came in time."""
        # A bare future and a timer: hundreds of clients are woken with every frame.
        if not self._has_news:
            loop = asyncio.get_running_loop()
            self._waiting = loop.create_future()
            timer = loop.call_later(timeout_s, _wake, self._waiting)
            try:
                await self._waiting
            finally:
                timer.cancel()
                self._waiting = None
        return self.take_now() if self._has_news else None

    @property
    def backlog(self) -> int:
        """How many events wait to be taken."""
        return len(self._events)

    def mark_lost(self) -> None:
        """Events for this one may be missing."""
        self._overflowed = True
        self._tell()

    def wake(self) -> None:
        """Wake whoever waits, with nothing in hand."""
        self._tell()

    def take_now(self) -> Delivery:
        """What there is, without waiting."""
        self._has_news = False
        taken = Delivery(list(self._events), self._frames, self._overflowed)
        self._events.clear()
        self._frames, self._overflowed = {}, False
        return taken

    def _tell(self) -> None:
        self._has_news = True
        if self._waiting is not None:
            _wake(self._waiting)


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


class Bus:
    """Publish from any thread; read on the event loop the mailbox was opened on."""

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
        capacity: int = EVENTS_KEPT,
        direct: Direct | None = None,
    ) -> Mailbox:
        """A mailbox for the running event loop; give it back with `close`.

        direct: what to do with frames while the reader waits for news; it must not wait or fail.
        """
        box = Mailbox(topics, capacity=capacity, overflows=self._count_overflow, direct=direct)
        loop = asyncio.get_running_loop()
        with self._lock:
            for topic in box.topics:
                self._topics.setdefault(topic, {})[box] = loop
        return box

    def add_topic(self, box: Mailbox, topic: str) -> None:
        """Let a mailbox hear one topic more."""
        loop = asyncio.get_running_loop()
        with self._lock:
            box.topics.add(topic)
            self._topics.setdefault(topic, {})[box] = loop

    def close(self, box: Mailbox) -> None:
        """Forget a mailbox."""
        with self._lock:
            for topic in box.topics:
                boxes = self._topics.get(topic, {})
                boxes.pop(box, None)
                if not boxes:
                    self._topics.pop(topic, None)

    def publish(self, event: Event) -> None:
        """Hand an event to every mailbox of its topic, in every process."""
        self.published += 1
        if self._relay is not None:
            self._relay(event)
        self.deliver(event)

    def set_relay(self, relay: Callable[[Event], None]) -> None:
        """Have every event that is published here handed on as well; it must not wait."""
        self._relay = relay

    def deliver(self, event: Event) -> None:
        """Hand an event to the mailboxes of this process."""
        for loop, boxes in self._listening(event.topic).items():
            _on(loop, _deliver_event, boxes, event)

    def publish_frame(self, topic: str, frame: Frame) -> None:
        """Hand a frame to every mailbox of a topic: one call for each loop, not each client.

        A few frames wait for a loop that is behind; then the newest is laid over the last of them.
        """
        self.frames += 1
        for loop in self._listening(topic):
            with self._lock:
                waiting = self._undelivered.setdefault((loop, topic), deque())
                is_full = len(waiting) >= FRAMES_WAITING
                waiting.append(frame.over(waiting.pop()) if is_full else frame)
            if not is_full and not _on(loop, self._deliver_frame, loop, topic):
                self._undelivered.pop((loop, topic), None)

    def mark_all_lost(self) -> None:
        """Tell every mailbox that events may be missing."""
        for box, loop in self._all().items():
            _on(loop, box.mark_lost)

    def wake_all(self) -> None:
        """Wake whoever waits: what they read elsewhere may have changed unheard."""
        for box, loop in self._all().items():
            _on(loop, box.wake)

    def has_listeners(self, topic: str) -> bool:
        """Whether anybody may hear a topic, here or in another process."""
        return self._relay is not None or self.listeners(topic) > 0

    def listeners(self, topic: str) -> int:
        """How many mailboxes hear a topic."""
        with self._lock:
            return len(self._topics.get(topic, ()))

    @property
    def mailboxes(self) -> int:
        """How many there are."""
        return len(self._all())

    def by_kind(self) -> dict[str, int]:
        """How many mailboxes hear each kind of topic (`run:7` is of the kind `run`)."""
        found: Counter[str] = Counter()
        with self._lock:
            for topic, boxes in self._topics.items():
                found[topic.partition(":")[0]] += len(boxes)
        return dict(found)

    @property
    def backlog(self) -> int:
        """How many events the fullest mailbox holds."""
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
        for box in self._listening(topic).get(loop, []):
            if not box.send_direct(topic, frame):
                box.put_frame(topic, frame)

    def _count_overflow(self) -> None:
        self.overflows += 1

    def _listening(self, topic: str) -> dict[asyncio.AbstractEventLoop, list[Mailbox]]:
        by_loop: dict[asyncio.AbstractEventLoop, list[Mailbox]] = {}
        with self._lock:
            for box, loop in self._topics.get(topic, {}).items():
                by_loop.setdefault(loop, []).append(box)
        return by_loop


def _on(loop: asyncio.AbstractEventLoop, call: Any, *arguments: Hashable | Any) -> bool:
    try:
        loop.call_soon_threadsafe(call, *arguments)
    except RuntimeError:  # the loop is gone, and its mailboxes with it
        return False
    return True


def _deliver_event(boxes: list[Mailbox], event: Event) -> None:
    for box in boxes:
        box.put_event(event)
