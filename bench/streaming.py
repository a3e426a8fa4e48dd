"""The server of `streams.py`, in a process of its own: real routes, a market told by hand.

usage: streaming.py PORT HOME. Prints one line of JSON when it serves (a token, the instruments),
then does what each line of its input says and answers with a line of JSON: `beats N` makes N beats,
`quit` ends it.
"""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path

import uvicorn

from tradertape_core.kernel.clock import IST
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.market.world.quoting import rupees_of
from tradertape_server.container import Container
from tradertape_server.features.auth.audit import COMMAND_LINE
from tradertape_server.features.auth.credentials.keys import Keys, Owner
from tradertape_server.features.feed.sources.no_source import NoSource
from tradertape_server.main import create_app
from tradertape_server.platform.database.schema_migration import upgrade
from tradertape_server.platform.logging import configure_logging
from tradertape_server.platform.processes.interpreter import tune_for_serving
from tradertape_server.platform.streaming.connections import StreamingHttp
from tradertape_server.settings import Settings
from tradertape_server.wiring import build_container

RATE_HZ = 10
KNOWN = 1_500  # 500 lists of 1,000, each one on from the last


@dataclass
class Beats:
    """What the server saw of a run. entered_s: on the clock that all processes share."""

    entered_s: dict[str, float] = field(default_factory=dict[str, float])
    took_s: float = 0.0
    busy_s: float = 0.0
    feed_s: float = 0.0
    ticking_s: float = 0.0
    peak_mb: int = 0


def instruments(container: Container) -> list[Instrument]:
    """Shares first, then what is written on them."""
    known = sorted(container.instruments.master.all(), key=lambda one: one.instrument_token)
    return known[:KNOWN]


def ticks(container: Container, known: list[Instrument], beat: int) -> list[Tick]:
    """Every instrument moves, and all in the same moment, which names the beat."""
    now = container.clock.now() + timedelta(microseconds=1)
    return [
        Tick(
            instrument_token=one.instrument_token, instrument_id=one.id, at=now, exchange_at=now,
            seq=beat, last_price=rupees_of(paise),
            open=rupees_of(100_000), high=rupees_of(100_600), low=rupees_of(99_900),
            close=rupees_of(100_000), bid=rupees_of(paise - 5), ask=rupees_of(paise + 5),
            bid_quantity=10, ask_quantity=20, volume=beat * 10, last_quantity=10,
            average_price=rupees_of(100_100 + beat),
        )
        for n, one in enumerate(known)
        for paise in [100_000 + (beat * 7 + n) % 500]
    ]  # fmt: skip


def run(container: Container, known: list[Instrument], first: int, count: int) -> Beats:
    """Beats at their rate; a beat that is late is not made up for."""
    found = Beats()
    began_s, busy_s = time.perf_counter(), time.process_time()
    for beat in range(first, first + count):
        thread_s = time.thread_time()
        news = ticks(container, known, beat)
        found.ticking_s += time.thread_time() - thread_s
        name = news[0].at.astimezone(IST).isoformat()
        thread_s = time.thread_time()
        found.entered_s[name] = time.monotonic()
        container.feed.receive(news, known)
        found.feed_s += time.thread_time() - thread_s
        due_s = began_s + (beat - first + 1) / RATE_HZ
        time.sleep(max(0.0, due_s - time.perf_counter()))
    found.took_s = time.perf_counter() - began_s
    found.busy_s = time.process_time() - busy_s
    found.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return found


def build(home: Path) -> tuple[Container, str]:
    """A container whose market says nothing by itself, and a token to read it with."""
    configure_logging(level="error", form="json")
    container = build_container(
        Settings(
            home=home,
            feed="off",
            log_level="error",
            requests_per_minute=1_000_000,
            feed_rate_hz=1.0,
        )
    )
    upgrade(container.database.engine)
    container.feed.source = NoSource()
    user_id = container.auth.create_user("bench@example.com", password=None, name="Bench")
    with container.database.write() as session:
        owner, keys = Owner(user_id, "bench@example.com"), Keys(container.clock, "worker")
        key = keys.create(
            session, owner, COMMAND_LINE, label="x", scopes=["data"], expires_in_days=None
        )
    return container, key.token


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


def main(port: int, home: Path) -> None:
    container, token = build(home)
    known, beat = instruments(container), 1
    application = create_app(container=container)
    tune_for_serving()
    config = uvicorn.Config(
        application, http=StreamingHttp, log_config=None, access_log=False, port=port,
        server_header=False, proxy_headers=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    say(token=token, tokens=[one.instrument_token for one in known])
    for line in sys.stdin:
        action, _, argument = line.strip().partition(" ")
        if action == "quit":
            break
        found = run(container, known, beat, int(argument))
        beat += int(argument)
        say(**asdict(found))
    server.should_exit = True
    thread.join()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
