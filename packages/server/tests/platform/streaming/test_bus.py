"""The bus and the streams on it (FAULTS §5: slow readers, cursors, heartbeats, revocation)."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tradertape_server.platform.streaming import streams
from tradertape_server.platform.streaming.bus import Bus, Event
from tradertape_server.platform.streaming.streams import (
    EventStream,
    ascii_json,
    first_of,
    sse,
    sse_end,
)


class Latest(dict[int, float]):
    """A frame of the tests."""

    def over(self, older: Latest) -> Latest:
        return Latest({**older, **self})


class Hearer:
    """A client that keeps up; deaf: that does not."""

    def __init__(self, *, is_deaf: bool = False) -> None:
        self.handed: list[dict[int, float]] = []
        self._is_deaf = is_deaf

    def send(self, _topic: str, frame: Latest) -> bool:
        if not self._is_deaf:
            self.handed.append(dict(frame))
        return not self._is_deaf


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


def test_a_slow_client_gets_the_newest_of_each_key_and_no_queue() -> None:
    async def story() -> None:
        bus = Bus()
        slow, quick = bus.open(["t"]), bus.open(["t"])
        seen = 0
        for beat in range(1_000):
            bus.publish_frame("t", Latest({1: beat, 2 + beat % 3: beat}))
            await asyncio.sleep(0)
            seen += len((await quick.take(1)).frames)  # type: ignore[union-attr]
        taken = await slow.take(1)
        assert taken is not None
        assert taken.frames == {"t": {1: 999, 2: 999, 3: 997, 4: 998}}
        assert seen == 1_000

    run(story())


def test_a_loop_that_is_behind_is_handed_the_newest_and_not_every_beat_it_missed() -> None:
    hearer = Hearer()
    handed = hearer.handed

    async def story() -> None:
        bus = Bus()
        box = bus.open(["t"], direct=hearer.send)
        waiting = asyncio.ensure_future(box.take(1))
        await asyncio.sleep(0)
        for beat in range(100):  # while the loop is here, it hears of none
            bus.publish_frame("t", Latest({1: beat, 2 + beat % 3: beat}))
        await asyncio.sleep(0)
        assert handed == [{1: 0, 2: 0}, {1: 99, 2: 99, 3: 97, 4: 98}]
        bus.publish_frame("t", Latest({1: 100}))
        await asyncio.sleep(0)
        assert handed[2:] == [{1: 100}]
        waiting.cancel()

    run(story())


def test_a_frame_is_handed_to_each_of_many_once() -> None:
    async def story() -> None:
        bus = Bus()
        hearers = [Hearer(is_deaf=n % 3 == 0) for n in range(300)]
        boxes = [bus.open(["t"], direct=one.send) for one in hearers]
        waiting = [asyncio.ensure_future(box.take(1)) for box in boxes]
        await asyncio.sleep(0)
        for beat in range(50):
            bus.publish_frame("t", Latest({1: beat}))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        for n, one in enumerate(hearers):
            assert one.handed == ([] if n % 3 == 0 else [{1: beat} for beat in range(50)])
        for n, one in enumerate(waiting):
            assert one.done() == (n % 3 == 0)
            one.cancel()

    run(story())


def test_a_stalled_client_costs_less_than_a_megabyte() -> None:
    async def story() -> None:
        bus = Bus()
        stalled = [bus.open(["t"]) for _ in range(50)]
        for beat in range(200):
            bus.publish_frame("t", Latest(dict.fromkeys(range(1_000), float(beat))))
            await asyncio.sleep(0)
        for box in stalled:
            frame = box.take_now().frames["t"]
            assert len(frame) == 1_000
            assert sys.getsizeof(frame) < 100_000

    run(story())


def test_events_keep_their_order_and_none_is_dropped() -> None:
    async def story() -> None:
        bus = Bus()
        box = bus.open(["a"])
        writer = threading.Thread(
            target=lambda: [bus.publish(Event("a", n, {"n": n})) for n in range(500)]
        )
        writer.start()
        seen: list[int] = []
        while len(seen) < 500:
            delivery = await box.take(5)
            assert delivery is not None
            assert not delivery.overflowed
            seen += [event.cursor for event in delivery.events]
        writer.join()
        assert seen == list(range(500))

    run(story())


def test_a_client_too_slow_for_events_is_told_to_come_back() -> None:
    async def story() -> None:
        bus = Bus()
        box, other = bus.open(["a"], capacity=10), bus.open(["a"])
        for n in range(12):
            bus.publish(Event("a", n, {}))
        await asyncio.sleep(0)
        taken, whole = await box.take(1), await other.take(1)
        assert taken is not None
        assert whole is not None
        assert (taken.overflowed, [e.cursor for e in taken.events]) == (True, list(range(10)))
        assert len(whole.events) == 12

    run(story())


def test_a_closed_mailbox_and_another_topic_hear_nothing() -> None:
    async def story() -> None:
        bus = Bus()
        box = bus.open(["a"])
        bus.publish(Event("b", 1, {}))
        assert await box.take(0.01) is None
        bus.add_topic(box, "b")
        assert (bus.listeners("a"), bus.listeners("b"), bus.mailboxes) == (1, 1, 1)
        bus.close(box)
        bus.publish(Event("b", 2, {}))
        bus.publish_frame("a", Latest())
        assert await box.take(0.01) is None
        assert bus.mailboxes == 0

    run(story())


def test_a_loop_that_is_gone_does_not_stop_the_publisher() -> None:
    bus = Bus()

    async def leave() -> None:
        bus.open(["a"])

    run(leave())
    bus.publish(Event("a", 1, {}))
    bus.publish_frame("a", Latest())


def test_json_is_one_line_of_ascii_without_nan() -> None:
    line = ascii_json({"text": "₹\u2028\u0085\n", "no": float("nan"), "far": float("inf")})
    assert line.isascii()
    assert b"\n" not in line
    assert json.loads(line) == {"text": "₹\u2028\u0085\n", "no": None, "far": None}
    assert sse(b"{}", event="x", cursor=7) == b"id: 7\nevent: x\ndata: {}\n\n"
    assert sse_end("over") == b'event: end\ndata: {"reason":"over"}\n\n'


class Wire:
    """The other side of an ASGI answer."""

    def __init__(self, *, stalls: bool = False) -> None:
        self.sent: list[dict[str, Any]] = []
        self.gone = asyncio.Event()
        self.stalls = stalls

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if self.stalls and message["type"] == "http.response.body":
            await asyncio.Event().wait()
        self.sent.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(m.get("body", b"") for m in self.sent)


class Guard:
    def __init__(self, after_s: float = 60.0) -> None:
        self.after_s = after_s

    async def ended(self) -> str:
        await asyncio.sleep(self.after_s)
        return "revoked"


closed: list[str] = []


async def forever() -> AsyncIterator[bytes]:
    try:
        while True:
            yield sse(b"{}")
            await asyncio.sleep(0.01)
    finally:
        closed.append("yes")


async def answer(stream: EventStream, wire: Wire) -> None:
    await stream({"type": "http"}, wire.receive, wire.send)


def test_a_stream_ends_when_its_credential_does() -> None:
    async def story() -> None:
        closed.clear()
        wire = Wire()
        await answer(EventStream(forever(), Guard(0.05)), wire)
        assert wire.body.endswith(b'event: error\ndata: {"detail":"revoked"}\n\n')
        assert wire.sent[-1]["more_body"] is False
        assert closed == ["yes"]
        headers = dict(wire.sent[0]["headers"])
        assert headers[b"content-type"] == b"text/event-stream; charset=utf-8"
        assert b"content-length" not in headers

    run(story())


def test_a_stream_ends_when_its_client_goes() -> None:
    async def story() -> None:
        closed.clear()
        wire = Wire()
        asyncio.get_running_loop().call_later(0.05, wire.gone.set)
        await answer(EventStream(forever(), Guard()), wire)
        assert closed == ["yes"]

    run(story())


def test_a_stalled_reader_is_let_go_and_a_revoked_one_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(guard: Guard) -> float:
        started = time.perf_counter()
        await answer(EventStream(forever(), guard), Wire(stalls=True))
        return time.perf_counter() - started

    monkeypatch.setattr(streams, "STALLED_S", 0.1)
    assert run(story(Guard())) < 3
    monkeypatch.setattr(streams, "STALLED_S", 60)
    assert run(story(Guard(0.05))) < 3


def test_the_first_result_ends_the_rest_and_an_error_is_handed_on() -> None:
    async def failing() -> None:
        raise ValueError("broken")

    async def story() -> None:
        assert await first_of(asyncio.sleep(0, "done"), asyncio.sleep(60)) == "done"
        with pytest.raises(ValueError, match="broken"):
            await first_of(failing(), asyncio.sleep(60))

    run(story())
