"""Events between processes, over a real Redis that is killed."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tradertape_server.platform.processes.redis_link import RedisLink
from tradertape_server.platform.secrets import SecretBox
from tradertape_server.platform.streaming.bus import Bus, Delivery, Event, Mailbox
from tradertape_server.platform.streaming.event_relay import EventRelay, EventRelayDuty

pytestmark = pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="redis-server: scripts/test-deps.sh"
)


class Server:
    """A redis-server that keeps nothing."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.folder = folder

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--save", "", "--dir"]
        self.process = subprocess.Popen([*command, str(self.folder)], stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    server.start()
    yield server
    server.kill()


class Process:
    """A bus with its relay, and a client on it that keeps what it hears."""

    def __init__(self, link: RedisLink) -> None:
        self.bus = Bus()
        self.relay = EventRelay(link, self.bus)
        self.received: list[int] = []
        self.lost = 0
        self._is_open = threading.Event()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen()))

    def start(self) -> None:
        self._thread.start()
        assert self._is_open.wait(10)
        self.relay.start()

    def stop(self) -> None:
        self.relay.stop()
        self._is_over.set()
        self._thread.join(10)

    def say(self, *cursors: int) -> None:
        for cursor in cursors:
            self.bus.publish(Event("run:1", cursor, {"n": cursor}))

    async def _listen(self) -> None:
        box: Mailbox = self.bus.open(["run:1"])
        self._is_open.set()
        while not self._is_over.is_set():
            found: Delivery | None = await box.take(0.05)
            if found is not None:
                self.received += [event.cursor for event in found.events]
                self.lost += found.overflowed


@pytest.fixture
def pair(redis: Server, tmp_path: Path) -> Iterator[tuple[Process, Process]]:
    url = f"redis://127.0.0.1:{redis.port}/0"
    links = [RedisLink(url, SecretBox.open(tmp_path / "keys")) for _ in range(2)]
    one, other = Process(links[0]), Process(links[1])
    one.start()
    other.start()
    # A client that was there before is told that it may have missed something; until it has taken
    # that in, it is given nothing more.
    eventually(lambda: one.lost and other.lost)
    yield one, other
    one.stop()
    other.stop()


def eventually(what: Callable[[], object], within_s: float = 30.0) -> None:
    until = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)  # threads of Redis and of ours are at work: there is no event to wait on


def test_each_is_heard_once_and_in_order_in_both(pair: tuple[Process, Process]) -> None:
    one, other = pair
    lost = one.lost, other.lost
    one.say(*range(500))
    eventually(lambda: len(other.received) == 500)
    other.say(500, 501)
    eventually(lambda: len(one.received) == 502)
    assert one.received == other.received == list(range(502))
    assert (one.relay.gaps, other.relay.gaps) == (0, 0)
    assert (one.lost, other.lost) == lost


def test_a_redis_that_was_away_and_forgot_everything_loses_nothing(
    pair: tuple[Process, Process], redis: Server
) -> None:
    one, other = pair
    one.say(*range(10))
    eventually(lambda: len(other.received) == 10)
    redis.kill()
    one.say(*range(10, 20))
    redis.start()
    one.say(*range(20, 30))
    eventually(lambda: len(other.received) == 30)
    assert other.received == list(range(30))
    assert other.relay.gaps == 0


def test_what_a_writer_had_to_give_up_is_told(
    pair: tuple[Process, Process], redis: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gap in the numbers: the client comes back from its cursor."""
    from tradertape_server.platform.streaming import event_relay

    one, other = pair
    one.say(0)
    eventually(lambda: other.received == [0] and not one.relay.buffered)
    lost = other.lost
    redis.kill()
    monkeypatch.setattr(event_relay, "MAX_BUFFERED", 5)
    with one.relay._condition:  # at once: the writer has none of them in hand
        one.say(*range(1, 21))
    redis.start()
    eventually(lambda: other.lost > lost and other.relay.received == 6)
    one.say(21)  # what follows before the client has come back is not kept for it
    eventually(lambda: other.received[-1:] == [21])
    assert other.relay.gaps == 1
    assert set(other.received) <= {0, *range(16, 22)}
    assert one.relay.dropped == 15


def test_who_begins_to_trade_tells_every_process_that_events_may_be_missing(
    pair: tuple[Process, Process], redis: Server
) -> None:
    """The trader before may have died between storing an event and saying it."""
    one, other = pair
    one.say(0)
    eventually(lambda: other.received == [0] and not one.relay.buffered)
    lost = one.lost, other.lost
    redis.kill()
    eventually(lambda: not one.relay._link.is_up)
    EventRelayDuty(one.relay).start()
    one.say(1)
    redis.start()
    eventually(lambda: (one.lost, other.lost) == (lost[0] + 1, lost[1] + 1))
    one.say(2)
    eventually(lambda: other.received[-1:] == [2])
