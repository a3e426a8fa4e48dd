"""A broker's ticks through to clients: 3,000 instruments in mode full at 5 Hz, 100 clients.

An exchange that speaks Kite's ticker and the clients are in a child process; this process is the
server's path: ticker, source, feed, bus, a WebSocket per client. usage: broker_ticks.py [SELECTED],
the instruments of a client: 30, so that each is one client's, or up to 500. Latency is from the
frame's send to the client's receipt of its message, on one clock; CPU is this process's.
Everything shares the machine.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import subprocess
import sys
import time
from datetime import timedelta

import numpy as np
import uvloop
import websockets

from tradertape_brokers.kite.packets import _FULL
from tradertape_brokers.kite.ticker import KiteTicker
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import Session
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.instrument import Instrument
from tradertape_server.features.feed.live.feed import TICKS, Feed
from tradertape_server.features.feed.live.frames import TickSelection
from tradertape_server.features.feed.sources.broker_source import BrokerSource
from tradertape_server.features.feed.sources.tick_source import Mode
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.processes.interpreter import tune_for_serving
from tradertape_server.platform.streaming.bus import Bus

INSTRUMENTS, RATE_HZ, CLIENTS, SECONDS = 3_000, 5, 100, 15
STEP_HZ = 20  # of the feed: how often it takes what has come
TICKER, STREAM = 47611, 47612


# --- the child: the exchange and the clients ---------------------------------------------------


def frame_of(rows: np.ndarray, beat: int) -> bytes:
    """All instruments, each in a packet of 184 bytes; the volume is the beat."""
    rows["packet"]["volume"] = beat
    rows["packet"]["last_price"] = 150_000 + beat % 20 * 5
    return len(rows).to_bytes(2, "big") + rows.tobytes()


async def child() -> None:
    sent: dict[int, float] = {}
    late: list[float] = []
    over = asyncio.Event()
    rows = np.zeros(INSTRUMENTS, [("length", ">u2"), ("packet", _FULL)])
    rows["length"] = 184
    rows["packet"]["token"] = np.arange(1, INSTRUMENTS + 1) * 256 + 1
    for name in ("open", "high", "low", "close", "average_price"):
        rows["packet"][name] = 150_000
    rows["packet"]["high"] = 151_000
    rows["packet"]["exchange_time"] = int(time.time())
    rows["packet"]["depth"]["price"] = 150_000
    rows["packet"]["depth"]["quantity"] = 100

    async def ticker(socket: websockets.ServerConnection) -> None:
        await socket.recv()
        start = time.monotonic()
        for beat in range(1, (SECONDS + 3) * RATE_HZ):
            await asyncio.sleep(max(0.0, start + beat / RATE_HZ - time.monotonic()))
            sent[beat] = time.monotonic()
            await socket.send(frame_of(rows, beat))
        over.set()
        await socket.wait_closed()

    async def client(number: int) -> None:
        volume = re.compile(rb'"volume":(\d+)')
        async with websockets.connect(
            f"ws://127.0.0.1:{STREAM}/{number}", compression=None, max_size=None
        ) as socket:
            async for message in socket:
                now = time.monotonic()
                found = volume.search(message if isinstance(message, bytes) else message.encode())
                if found and int(found[1]) > 3 * RATE_HZ:  # after the start
                    late.append(now - sent[int(found[1])])

    async with websockets.serve(ticker, "127.0.0.1", TICKER, compression=None):
        print("ready", flush=True)
        tasks = [asyncio.create_task(client(number)) for number in range(CLIENTS)]
        await over.wait()
        await asyncio.sleep(1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    late_ms = np.array(late) * 1000
    figures = {f"p{p}_ms": round(float(np.percentile(late_ms, p)), 1) for p in (50, 95, 99)}
    print(json.dumps({"messages": len(late), **figures, "beats": len(sent)}), flush=True)


# --- the server's path -------------------------------------------------------------------------


async def server(selected: int) -> None:
    tune_for_serving()
    clock, bus = SystemClock(), Bus()
    listed = [
        Instrument(
            exchange="NSE", tradingsymbol=f"S{n}", instrument_token=n * 256 + 1, exchange_token=n
        )
        for n in range(1, INSTRUMENTS + 1)
    ]
    session = Session(
        broker="kite", user_id="BENCH", api_key="bench", access_token=Secret("bench"),
        expires_at=clock.now() + timedelta(hours=1),
    )  # fmt: skip
    ticker = KiteTicker(session, f"ws://127.0.0.1:{TICKER}", clock)
    source = BrokerSource("kite", ticker, None, lambda one: one, nse_calendar())
    feed = Feed(source, clock, bus, rate_hz=STEP_HZ)
    feed.subscribe("bench", listed, Mode.FULL)

    async def stream(socket: websockets.ServerConnection) -> None:
        number = int((socket.request.path if socket.request else "/0").strip("/"))
        first = number * 30 % (INSTRUMENTS - selected + 1)
        chosen = listed[first : first + selected]
        selection = TickSelection.of({one.instrument_token: Mode.FULL for one in chosen})
        box = bus.open([TICKS])
        try:
            while socket.close_code is None:
                delivery = await box.take(1.0)
                frame = None if delivery is None else delivery.frames.get(TICKS)
                if frame is not None and (message := frame.console(selection)):
                    await socket.send(bytes(message))
        finally:
            bus.close(box)

    async with websockets.serve(stream, "127.0.0.1", STREAM, compression=None):
        worker = await asyncio.create_subprocess_exec(
            sys.executable, __file__, "child", stdout=subprocess.PIPE
        )
        assert worker.stdout is not None
        await worker.stdout.readline()
        await asyncio.sleep(1)
        began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
        feed.start()
        found = json.loads(await worker.stdout.readline())
        after, took = resource.getrusage(resource.RUSAGE_SELF), time.monotonic() - began
        feed.stop()
        await worker.wait()
        await asyncio.to_thread(source.close)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found |= {
        "selected": selected,
        "ticks": feed.ticks_received,
        "refused": feed.refused.total(),
        "lost": source.lost_ticks,
        "cpu_percent_of_a_core": round(100 * used / took),
        "peak_mb": after.ru_maxrss // 1024,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1:] == ["child"]:
        uvloop.run(child())
    else:
        uvloop.run(server(int(sys.argv[1]) if sys.argv[1:] else 30))
