"""200 parallel writes of one user, and the orders of another user beside them.

Two accounts on one server with SQLite. The first sends bursts of 200 changes of a watch list, each
on a connection of its own, the next burst when all are answered. The second places an order every
40 ms. Measured in turn: the orders alone, and beside the writes. Prints the latencies of orders and
writes and all statuses that were not a success.

Gates: no request fails, and the p99 of an order beside the writes is at most twice that of an idle
server.

usage: parallel_writes.py [SECONDS] [WRITES]
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orders import Client, token_of, wait_for, worker
from over_http import free_port

EMAIL, PASSWORD = "writer@example.com", "correct horse battery staple"
SERVER = [sys.executable, "-m", "tradertape_server"]
GATE = 2.0
PAUSE_S = 0.04
SLICES = 6


@dataclass
class Sample:
    """Latencies of one kind of request, and what failed."""

    latencies_s: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    def at(self, share: float) -> float:
        """The latency that this share of the requests did not exceed, in ms."""
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000

    def __str__(self) -> str:
        shares = "   ".join(f"p{share:g} {self.at(share / 100):7.1f} ms" for share in (50, 95, 99))
        return f"{len(self.latencies_s):6} requests   {shares}   failed {dict(self.failures)}"


async def write(port: int, head: bytes, body: bytes, sample: Sample) -> None:
    """One change on a connection of its own."""
    began = time.perf_counter()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        answer = await reader.read()
        writer.close()
    except OSError as error:
        sample.failures[type(error).__name__] += 1
        return
    sample.latencies_s.append(time.perf_counter() - began)
    status = answer.split(b" ", 2)[1].decode()
    if status != "200":
        sample.failures[status] += 1


async def bursts(port: int, cookie: str, path: str, writes: int, seconds: float) -> Sample:
    """Bursts of parallel writes for so long."""
    sample, number = Sample(), 0
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n"
        f"Cookie: {cookie}\r\nContent-Type: application/json\r\n"
    ).encode()
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        bodies = [json.dumps({"name": f"List {number + n}"}).encode() for n in range(writes)]
        await asyncio.gather(*(write(port, head, body, sample) for body in bodies))
        number += writes
    return sample


def load(port: int, cookie: str, path: str, writes: int, seconds: float) -> None:
    """The process that writes: prints its sample as JSON."""
    sample = asyncio.run(bursts(port, cookie, path, writes, seconds))
    print(json.dumps([sample.latencies_s, sample.failures]))


def place_for(place: Any, seconds: float, sample: Sample) -> None:
    """Place an order every PAUSE_S seconds."""
    until = time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        try:
            place()
        except (RuntimeError, OSError, http.client.HTTPException) as error:
            sample.failures[str(error)[-200:]] += 1
        sample.latencies_s.append(time.perf_counter() - began)
        time.sleep(PAUSE_S)


def sign_in(port: int) -> str:
    """The session cookie of the account that writes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = json.dumps({"email": EMAIL, "password": PASSWORD})
    headers = {"Content-Type": "application/json", "Origin": f"http://localhost:{port}"}
    connection.request("POST", "/api/auth/password-login", body, headers)
    answer = connection.getresponse()
    answer.read()
    return (answer.getheader("Set-Cookie") or "").partition(";")[0]


def compare(port: int, demo: dict[str, str], seconds: float, writes: int) -> int:
    cookie = sign_in(port)
    writer = Client(port, {"Cookie": cookie, "Origin": f"http://localhost:{port}"})
    made = writer.ask("POST", "/api/watchlists", {"name": "List", "instruments": ["NSE:INFY"]})
    path = f"/api/watchlists/{made['id']}"
    place = worker(port, token_of(port, demo), 0)
    idle, beside, written = Sample(), Sample(), Sample()
    place_for(place, 3.0, Sample())
    for _ in range(SLICES):  # in turn, for a machine is not equally fast all the time
        place_for(place, seconds / SLICES, idle)
        command = [sys.executable, __file__, "--load", str(port), cookie, path, str(writes)]
        process = subprocess.Popen([*command, str(seconds / SLICES + 0.5)], stdout=subprocess.PIPE)
        time.sleep(0.5)
        place_for(place, seconds / SLICES, beside)
        latencies, failures = json.loads(process.communicate()[0])
        written.latencies_s += latencies
        written.failures.update(failures)
    ratio = beside.at(0.99) / idle.at(0.99)
    print(f"orders, idle         {idle}\norders beside writes {beside}\n{writes} writes{written}")
    print(f"p99 of an order beside {writes} parallel writes: {ratio:.2f} of idle (gate {GATE})")
    failed = idle.failures + beside.failures + written.failures
    return 0 if ratio <= GATE and not failed else 1


def main(seconds: float, writes: int) -> int:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="tradertape-bench-") as home:
        environment = {
            **os.environ,
            "TRADERTAPE_HOME": home,
            "TRADERTAPE_REQUESTS_PER_MINUTE": "100000000",
            "TRADERTAPE_LOG_LEVEL": "error",
        }
        process = subprocess.Popen(
            [*SERVER, "serve", "--demo", "--json", "--port", str(port)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            demo = json.loads(process.stdout.readline())["demo"]
            wait_for(port)
            create = [*SERVER, "user", "create", EMAIL, "--password-stdin"]
            subprocess.run(create, input=PASSWORD, env=environment, check=True, text=True)
            return compare(port, demo, seconds, writes)
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    given = sys.argv[1:]
    if given[:1] == ["--load"]:
        load(int(given[1]), given[2], given[3], int(given[4]), float(given[5]))
        sys.exit(0)
    sys.exit(main(float(given[0]) if given else 30.0, int(given[1]) if len(given) > 1 else 200))
