"""Live ticks: 500 stream clients x 1,000 symbols x 10 Hz, and how long a tick takes to reach one.

The last scenario is an everyday one: 50 clients of 100 symbols each.

    python bench/streams.py              # every scenario, about a minute and a half
    python bench/streams.py --quick      # a few beats of each
    python bench/streams.py --only "ltp, one" --beats 1000
    python bench/streams.py --plain      # clients that cannot unpack gzip
    python bench/streams.py --floor      # what the machine itself needs for the same bytes

A real server in a process of its own (`streaming.py`), 500 connections over loopback that read
server-sent events. Every symbol ticks in every beat. Lists of their own are 1,000 of 1,500 symbols
drawn for each client. A latency is from the moment the feed is handed the tick to the moment the
last byte of its message has been read; both processes read the same monotonic clock.

A rented machine is at times slower by much, for milliseconds (`machine.py`). The gates are judged
of every beat; of those it ran evenly in, the p99 is told as well, and how many they were.

500 readers on the server's own machine would take from it what readers elsewhere do not: they look
at the head of a message and have the kernel throw the rest away (MSG_TRUNC). Two more connections
unpack, parse and check all they get.

The readers say that they take gzip, as `requests`, `httpx` and browsers do unasked, so both SDKs: a
message for many is compressed once; lists of their own, more than a few, are not. With `--plain`
they do not say so.

What the figures can be at most: a tick is 137 bytes as `ltp`, 344 as `quote`, so a beat is 69 or
172 MB as it is, 0.7 or 1.7 GB/s; for one list, compressed, a tenth or a fifth. The server copies
each byte twice (the gather, the send), and the last of 500 clients waits for the other 499:
`--floor` (`streaming_floor.py`) does that and nothing else. On top of it the server judges and
writes 1,500 ticks a beat.
"""

from __future__ import annotations

import argparse
import json
import random
import selectors
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from machine import Machine, Stall, is_hit
from over_http import free_port

CHECKED, RATE_HZ = 2, 10
CHECK_EVERY = 10  # of their frames: parsing holds the other readers up
GATE_MS, HELD_HZ = 50.0, 9.9
HEAD = 400  # bytes of a message that are looked at
_ROOM = memoryview(bytearray(1 << 20))
_GZIP, _RAW = 31, -15  # window bits of the whole, and of a piece of it
Figures = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """Who listens to what."""

    name: str
    mode: str
    is_shared: bool
    clients: int = 500
    symbols: int = 1_000
    is_plain: bool = False


SCENARIOS = (
    Scenario("ltp, one list", "ltp", is_shared=True),
    Scenario("ltp, lists of their own", "ltp", is_shared=False),
    Scenario("quote, one list", "quote", is_shared=True),
    Scenario("quote, lists of their own", "quote", is_shared=False),
    Scenario("quote, 50 clients of 100 symbols", "quote", is_shared=False, clients=50, symbols=100),
)


class Reader:
    """One connection: the frames it got, each with the beat it is of and when it was whole."""

    def __init__(
        self, port: int, path: str, token: str, *, is_checked: bool, is_plain: bool
    ) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        encoding = "identity" if is_plain else "gzip"
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        self.socket.sendall(f"{head}Accept-Encoding: {encoding}\r\n\r\n".encode())
        self._unpack, self._is_plain = _as_it_is, True
        self._first = 65_536 if is_checked else HEAD + 20
        self.got: list[tuple[str, float]] = []
        self.bytes = 0
        self.most = 0
        self._is_checked = is_checked
        self._head = bytearray()
        self._body = bytearray()
        self._left = 0
        self._beat = ""

    def wait_open(self) -> None:
        while b"\r\n\r\n" not in self._head:
            self._head += self.socket.recv(4096)
        answer, _, rest = bytes(self._head).partition(b"\r\n\r\n")
        assert b" 200 " in answer.split(b"\r\n")[0], answer
        if b"content-encoding: gzip" in answer.lower():
            self._unpack, self._is_plain = zlib.decompressobj(_GZIP).decompress, False
        self._head = bytearray(rest)
        self.socket.setblocking(False)  # noqa: FBT003 - its only form

    def read(self) -> None:
        """Take what has come."""
        while True:
            is_waste = self._left > 0 and not self._is_checked
            asked = min(self._left, len(_ROOM)) if is_waste else self._first
            try:
                took = self.socket.recv_into(_ROOM, asked, socket.MSG_TRUNC if is_waste else 0)
            except BlockingIOError:
                return
            if not took:
                raise ConnectionError("the server closed a stream")
            if is_waste:
                self._skip(took)
                if not self._left:
                    self._whole()
            else:
                self._head += _ROOM[:took]
                self._parse()
            if took < asked or (is_waste and not self._left):
                return

    def _skip(self, took: int) -> None:
        self._left -= took
        self.bytes += took

    def _parse(self) -> None:
        """Chunks: their length in hex, a line's end, so many bytes, a line's end."""
        while True:
            if self._left:
                took = min(self._left, len(self._head))
                if self._is_checked:
                    self._body += self._head[:took]
                del self._head[:took]
                self._skip(took)
                if self._left:
                    return
                self._whole()
            end = self._head.find(b"\r\n")
            if end < 0:
                return
            length, first = int(self._head[:end], 16), end + 2
            if length > HEAD and len(self._head) < first + HEAD:
                return
            head = bytes(self._head[first : first + HEAD]) if length > HEAD else b""
            self._beat = _beat_of(head, is_plain=self._is_plain) if head else ""
            self._left = length + 2
            del self._head[:first]

    def _whole(self) -> None:
        text = self._unpack(bytes(self._body[:-2])) if self._is_checked else b""
        self._body.clear()
        if self._beat:
            self.got.append((self._beat, time.monotonic()))
        if len(self.got) % CHECK_EVERY == 1 and text.startswith(b"data:"):
            ticks = orjson.loads(text[6:-2])["ticks"]
            self.most = max(self.most, len(ticks))
            assert len({one["instrument_token"] for one in ticks}) == len(ticks)


def _as_it_is(part: bytes) -> bytes:
    return part


@lru_cache(maxsize=8)
def _beat_of(head: bytes, *, is_plain: bool) -> str:
    """The beat that a message is of, by its first bytes: a piece of a body stands alone."""
    if not is_plain:
        is_stored = head[:1] == b"\0"
        head = head[5:] if is_stored else zlib.decompressobj(_RAW).decompress(head, HEAD)
    _, found, rest = head.partition(b'"timestamp":"')
    return rest.partition(b'"')[0].decode() if found else ""


class Server:
    """The other process."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process, self.port = process, port
        hello = self.answer()
        self.token: str = hello["token"]
        self.tokens: list[int] = hello["tokens"]

    def ask(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def answer(self) -> Figures:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    @property
    def output(self) -> Any:
        return self._process.stdout


@contextmanager
def server(script: str = "streaming.py") -> Iterator[Server]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="tradertape-bench-") as home:
        command = [sys.executable, str(Path(__file__).parent / script), str(port), home]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            other = Server(process, port)
            yield other
            other.ask("quit")
            process.wait(timeout=20)
        finally:
            process.kill()


def run(other: Server, machine: Machine, asked: Scenario, beats: int) -> Figures:
    """Everybody connected, then beats at 10 Hz."""
    readers = _connect(other, asked)
    selector = selectors.DefaultSelector()
    for one in readers:
        selector.register(one.socket, selectors.EVENT_READ, one)
    selector.register(other.output, selectors.EVENT_READ, None)
    _settle(selector, 1.0)
    for one in readers:
        one.got.clear()
        one.bytes = 0
    machine.stalls()
    busy_s = time.process_time()
    other.ask(f"beats {beats}")
    _settle(selector, beats / RATE_HZ * 5)
    said = other.answer()
    _settle(selector, 0.5)
    busy_s, stalls = time.process_time() - busy_s, machine.stalls()
    for one in readers:
        one.socket.close()
    selector.close()
    crowd = readers[: asked.clients]
    said["symbols_in_a_frame"] = min(one.most for one in readers[asked.clients :])
    return _figures(crowd, said, beats, busy_s) | _even(crowd, said, stalls)


def _connect(other: Server, asked: Scenario) -> list[Reader]:
    """The crowd, and two more that check."""
    readers: list[Reader] = []
    for number in range(asked.clients + CHECKED):
        draw = random.Random(0 if asked.is_shared else number % asked.clients)
        names = ",".join(map(str, draw.sample(other.tokens, asked.symbols)))
        path = f"/api/algo-workers/worker/market/ticks/stream?mode={asked.mode}&tokens={names}"
        is_checked = number >= asked.clients
        readers.append(
            Reader(other.port, path, other.token, is_checked=is_checked, is_plain=asked.is_plain)
        )
    for one in readers:
        one.wait_open()
    return readers


def _settle(selector: selectors.BaseSelector, seconds: float) -> None:
    """Read until the time is over or the server has answered."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            if key.data is None:
                selector.unregister(key.fileobj)
                return
            key.data.read()


def _figures(crowd: list[Reader], said: Figures, beats: int, busy_s: float) -> Figures:
    entered: dict[str, float] = said["entered_s"]
    lags = sorted(
        (at - entered[beat]) * 1_000 for one in crowd for beat, at in one.got if beat in entered
    )
    assert lags, "no tick arrived"
    delivered = len(lags) / (beats * len(crowd))
    return {
        "delivered": round(delivered, 4),
        "frames_per_s": round(delivered * beats / said["took_s"], 2),
        "lag_p50_ms": round(lags[len(lags) // 2], 1),
        "lag_p99_ms": round(lags[int(len(lags) * 0.99)], 1),
        "server_ms_per_frame": round(said["busy_s"] / beats * 1_000, 1),
        "of_it_feed_ms": round(said["feed_s"] / beats * 1_000, 1),
        "of_it_making_ticks_ms": round(said["ticking_s"] / beats * 1_000, 1),
        "clients_ms_per_frame": round(busy_s / beats * 1_000, 1),
        "mb_per_frame": round(sum(one.bytes for one in crowd) / beats / 1e6, 1),
        "symbols_in_a_frame": said["symbols_in_a_frame"],
        "server_peak_mb": said["peak_mb"],
    }


def _even(crowd: list[Reader], said: Figures, stalls: list[Stall]) -> Figures:
    """The figures of the beats that no stall of the machine fell into."""
    entered: dict[str, float] = said["entered_s"]
    arrived: dict[str, list[float]] = {beat: [] for beat in entered}
    for one in crowd:
        for beat, at in one.got:
            arrived.get(beat, []).append(at)
    lags = sorted(
        (at - entered[beat]) * 1_000
        for beat, times in arrived.items()
        if times and not is_hit(entered[beat], max(times), stalls)
        for at in times
    )
    return {
        "even_beats": len(lags) // len(crowd),
        "even_lag_p99_ms": round(lags[int(len(lags) * 0.99)], 1) if lags else None,
    }


def judge(name: str, found: Figures) -> None:
    """Print the scenario's figures, and a line for each gate."""
    print(json.dumps({name: found}), flush=True)
    p99_ms, held = found["lag_p99_ms"], found["frames_per_s"]
    verdict(f"{name}: frames a second to each", held, f">= {HELD_HZ}", held >= HELD_HZ)
    verdict(f"{name}: tick to client p99, ms", p99_ms, f"< {GATE_MS:.0f}", p99_ms < GATE_MS)
    even, even_ms = found["even_beats"], found["even_lag_p99_ms"]
    if even_ms is not None:
        print(f"  in the {even} beats the machine ran evenly in: {even_ms:,.1f}", flush=True)


def verdict(what: str, figure: float, target: str, is_met: bool) -> None:
    print(f"* {what}: {figure:,.1f} (gate {target}) {'met' if is_met else 'MISSED'}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--beats", type=int, default=100)
    parser.add_argument("--only", default="", help="scenarios whose name holds this")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--floor", action="store_true")
    asked = parser.parse_args()
    beats = 10 if asked.quick else asked.beats
    script = "streaming_floor.py" if asked.floor else "streaming.py"
    with Machine() as machine, server(script) as other:
        for scenario in (one for one in SCENARIOS if asked.only in one.name):
            wanted = replace(scenario, is_plain=asked.plain)
            judge(scenario.name, run(other, machine, wanted, beats))


if __name__ == "__main__":
    main()
