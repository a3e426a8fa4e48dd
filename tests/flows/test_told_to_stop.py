"""A server is told to stop (SIGTERM) under load and started again: FAULTS §1, a deploy while people
trade."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from types import ModuleType

import pytest
from flow_clients import SdkPlacer, SdkReader
from flow_servers import Server, Servers
from flow_traffic import Traffic, every_law_holds

GRACE_S = 20  # `graceful_stop_s`, as it comes
IN_SOAK = "TRADERTAPE_SOAK" in os.environ
ROUNDS = 20 if IN_SOAK else 2


@pytest.mark.slow
def test_a_server_told_to_stop_loses_and_doubles_nothing(
    alone: Servers, oracles: ModuleType
) -> None:
    """Streams are open all the time: they end, and come back once each."""
    seed = random.SystemRandom().randrange(10**6)
    sys.stdout.write(f"seed {seed}\n")  # with whatever goes wrong from here on
    draw, (server,) = random.Random(seed), alone.servers
    traffic = Traffic(alone, placer=SdkPlacer, reader=SdkReader)
    traffic.begin()
    stops = []
    for number in range(ROUNDS):
        traffic.goes_on(f"before stop {number} (seed {seed})", more=draw.randint(20, 60))
        stops.append(told_to_stop(server))
        server.start()
        server.wait_until_up()
    traffic.goes_on(f"at the end (seed {seed})")
    every_law_holds(alone, traffic, oracles)
    reconnects = [one.reconnects for one in traffic.readers if isinstance(one, SdkReader)]
    assert max(reconnects) <= ROUNDS, f"one for each stop (seed {seed})"
    assert "limit of graceful" not in server.log.read_text()
    codes = sum((one.refusals for one in traffic.placers), Counter[str]())
    sys.stdout.write(
        f"\nseed {seed}: {ROUNDS} stops, {max(stops):.1f} s at most; {traffic.acknowledged} orders "
        f"acknowledged, none lost, none doubled; streams came back {reconnects} times; "
        f"cut: {dict(codes)}\n"
    )


def told_to_stop(server: Server) -> float:
    """Seconds until it is gone: it must not wait for streams, which never end."""
    assert server.process is not None
    began_s = time.monotonic()
    server.send(signal.SIGTERM)
    assert server.process.wait(timeout=GRACE_S + 30) in {0, -signal.SIGTERM}
    took_s = time.monotonic() - began_s
    assert took_s < GRACE_S, "it waited for streams"
    return took_s
