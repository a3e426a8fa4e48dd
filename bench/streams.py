"""Streams: 500 clients x 1,000 symbols x 10 Hz, and how long a tick takes to reach a reader.

    python bench/streams.py            # the whole
    python bench/streams.py --quick    # a tenth of the frames

The first part is what the server itself does in a frame, sockets left out: judge 1,000 ticks, write
them, and hand them to 500 streams. The second reads server-sent events over real sockets.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import threading
import time
from pathlib import Path

import uvicorn
import uvloop
from over_http import free_port

from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.market.world.quoting import rupees_of
from tradertape_server.features.auth.audit import COMMAND_LINE
from tradertape_server.features.auth.keys import Keys, Owner
from tradertape_server.features.feed.frames import Selection
from tradertape_server.features.feed.nothing import NoSource
from tradertape_server.features.feed.service import TICKS, Feed
from tradertape_server.features.feed.source import Mode
from tradertape_server.main import create_app
from tradertape_server.platform.bus import Bus
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.logging import configure_logging
from tradertape_server.platform.migrating import upgrade
from tradertape_server.settings import Settings
from tradertape_server.wiring import Container, build_container

CLIENTS, SYMBOLS, RATE_HZ, STALLED = 500, 1_000, 10, 50
READERS = 40


def instruments(count: int) -> list[Instrument]:
    return [
        Instrument(exchange="NSE", tradingsymbol=f"S{n}", instrument_token=n, exchange_token=n)
        for n in range(1, count + 1)
    ]


def ticks(feed_clock: SystemClock, count: int, beat: int) -> list[Tick]:
    now = feed_clock.now()
    return [
        Tick(
            instrument_token=n, instrument_id=f"NSE:S{n}", at=now, exchange_at=now, seq=beat,
            last_price=rupees_of(100_000 + (beat * 7 + n) % 500), close=rupees_of(100_000),
            open=rupees_of(100_000), high=rupees_of(100_600), low=rupees_of(99_900),
            bid=rupees_of(99_995), ask=rupees_of(100_005), bid_quantity=10, ask_quantity=20,
            volume=beat * 10, average_price=rupees_of(100_100), last_quantity=10,
        )
        for n in range(1, count + 1)
    ]  # fmt: skip


async def fan_out(frames: int, *, is_shared: bool) -> dict[str, float]:
    """Busy time of a frame with 450 clients that read and 50 that do not."""
    clock, bus = SystemClock(), Bus()
    feed = Feed(NoSource(), clock, bus)
    known = instruments(SYMBOLS + (0 if is_shared else CLIENTS))
    published_s: dict[int, float] = {}
    lags: list[float] = []
    done = asyncio.Event()

    async def reader(number: int) -> None:
        first = 0 if is_shared else number
        tokens = range(first + 1, first + SYMBOLS + 1)
        wanted = Selection.of(dict.fromkeys(tokens, Mode.QUOTE))
        box = bus.open([TICKS])
        while not done.is_set():
            delivery = await box.take(0.5)
            if delivery and (frame := delivery.frames.get(TICKS)):
                frame.worker(wanted)
                newest = next(iter(frame.quotes.values())).tick.seq
                lags.append(time.perf_counter() - published_s[newest])

    readers = [asyncio.create_task(reader(n)) for n in range(CLIENTS - STALLED)]
    stalled = [bus.open([TICKS]) for _ in range(STALLED)]
    await asyncio.sleep(0.1)
    started_s, busy_s = time.perf_counter(), time.process_time()
    for beat in range(frames):
        news = ticks(clock, len(known), beat)
        published_s[beat] = time.perf_counter()
        await asyncio.to_thread(feed.receive, news, known)
        await asyncio.sleep(max(0.0, started_s + (beat + 1) / RATE_HZ - time.perf_counter()))
    busy_s, took_s = time.process_time() - busy_s, time.perf_counter() - started_s
    done.set()
    await asyncio.gather(*readers)
    return {
        "busy_ms_per_frame": round(busy_s / frames * 1_000, 1),
        "frames_per_second": round(frames / took_s, 2),
        "delivered": len(lags) / (frames * (CLIENTS - STALLED)),
        "lag_p50_ms": round(statistics.median(lags) * 1_000, 1),
        "lag_p99_ms": round(sorted(lags)[int(len(lags) * 0.99)] * 1_000, 1),
        "stalled_clients": len(stalled),
    }


def over_sockets(seconds: float) -> dict[str, float]:
    """From the moment the feed looked to the moment a reader of a stream has the bytes."""
    with tempfile.TemporaryDirectory() as folder:
        container, token = _server(Path(folder))
        port = free_port()
        config = uvicorn.Config(create_app(container=container), log_level="error", port=port)
        server = uvicorn.Server(config)
        threading.Thread(target=server.run, daemon=True).start()
        while not server.started:
            time.sleep(0.05)
        beats: list[float] = []
        container.feed.on_ticks(lambda _: beats.append(time.perf_counter()))
        lags = asyncio.run(_read(port, token, seconds, beats))
        server.should_exit = True
        time.sleep(0.5)
    lags.sort()
    return {
        "readers": READERS,
        "messages": len(lags),
        "lag_p50_ms": round(statistics.median(lags) * 1_000, 2),
        "lag_p99_ms": round(lags[int(len(lags) * 0.99)] * 1_000, 2),
    }


def _server(home: Path) -> tuple[Container, str]:
    configure_logging(level="error", form="json")
    container = build_container(Settings(home=home, feed_rate_hz=RATE_HZ, log_level="error"))
    upgrade(container.database.engine)
    user_id = container.auth.create_user("bench@example.com", password=None, name="Bench")
    with container.database.write() as session:
        owner, keys = Owner(user_id, "bench@example.com"), Keys(container.clock, "worker")
        key = keys.create(
            session, owner, COMMAND_LINE, label="x", scopes=["data"], expires_in_days=None
        )
    return container, key.token


async def _read(port: int, token: str, seconds: float, beats: list[float]) -> list[float]:
    lags: list[float] = []

    async def reader() -> None:
        inward, outward = await asyncio.open_connection("127.0.0.1", port)
        path = (
            "/api/algo-workers/worker/market/ticks/stream?symbols=NSE:INFY,NSE:TCS,NSE:NIFTY%2050"
        )
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
        outward.write(head.encode())
        until, warm = time.perf_counter() + seconds, time.perf_counter() + 2
        while time.perf_counter() < until:
            line = await inward.readline()
            if line.startswith(b"data:") and beats and time.perf_counter() > warm:
                lags.append(time.perf_counter() - beats[-1])
        outward.close()

    await asyncio.gather(*(reader() for _ in range(READERS)))
    return lags


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    frames = 20 if quick else 200
    results = {  # on the loop the server runs on
        "same symbols": uvloop.run(fan_out(frames, is_shared=True)),
        "symbols of their own": uvloop.run(fan_out(frames, is_shared=False)),
        "over sockets": over_sockets(5 if quick else 20),
    }
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
