"""Attacks one after another, and the orders of a user beside each.

A server as `tradertape serve --demo` starts it, with the limits it comes with; only that of
requests without a session is lower, so that a short attack reaches it. A worker places an
order every 60 ms on its connection, and now and then opens a new one. In turn: the orders alone,
and beside one attack (`attack_traffic.py`), which is a process of lower priority. Prints for each
attack the outcomes its requests had, the latencies of the orders and the server's memory.

Gates: no order and no new connection of the user is refused; each attack has only the outcomes
written here, and all those it must have; the p99 of an order is at most twice that of an idle
server, or FLOOR_MS; memory grows by at most MEMORY_MB; during each attack, also while strangers
guess at the user's password, she signs in with it in the browser that has done so before.

usage: attacks.py [SECONDS of each attack] [FLOOR_MS]
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from attack_traffic import ATTACKS, Attack
from orders import Client, token_of, wait_for, worker
from over_http import free_port
from parallel_writes import EMAIL, PASSWORD, SERVER, Sample, sign_in

GATE, FLOOR_MS, MEMORY_MB = 2.0, 0.0, 320
PAUSE_S = 0.06  # 1,000 orders a minute: within the limit of a token
NEW_CONNECTION_EVERY = 50
ANONYMOUS_PER_MINUTE = "60"
WARM_UP_S = 3.0


@dataclass(frozen=True)
class Outcomes:
    """What an attack may lead to, and what it must lead to."""

    allowed: frozenset[str]
    needed: frozenset[str]


def _outcomes(allowed: str, needed: str) -> Outcomes:
    return Outcomes(frozenset(f"{allowed} {needed}".split()), frozenset(needed.split()))


# `closed`: the response of a server that reads no more is lost on the way to who still sends.
OUTCOMES = {
    "large bodies": _outcomes("closed", "413 429"),
    "nested bodies": _outcomes("", "422 429"),
    "large bodies of a user": _outcomes("413 503", "422 429"),
    "headers of 200 MB": _outcomes("431 closed", ""),
    "300 slow heads": _outcomes("", "408"),
    "300 slow bodies": _outcomes("429 closed", "408"),
    "forged addresses": _outcomes("200", "429"),
    "wrong passwords": _outcomes("429 503", "401"),
    "unknown accounts": _outcomes("503", "401"),
    "requests of links": _outcomes("429", "200"),
    "200 parallel writes": _outcomes("429 503", "200"),
}


@dataclass
class Memory:
    """The resident memory of a process, watched."""

    process: int
    peak_mb: float = 0.0

    def now_mb(self) -> float:
        """What it has now."""
        status = Path(f"/proc/{self.process}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Keep the peak of this time in `peak_mb`."""
        self.peak_mb, over = 0.0, threading.Event()

        def watch() -> None:
            while not over.wait(0.05):
                self.peak_mb = max(self.peak_mb, self.now_mb())

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@dataclass
class Row:
    """One attack: what its requests and the orders beside it had."""

    name: str
    orders: Sample
    seen: Counter[str]
    peak_mb: float
    sign_in: tuple[str, float]  # status, seconds

    def faults(self, idle: Sample, *, floor_ms: float, most_mb: float) -> list[str]:
        """Why it does not pass."""
        wanted = OUTCOMES[self.name]
        slowest_ms = max(GATE * idle.at(0.99), floor_ms)
        found = [f"the user got {one}, {n} times" for one, n in self.orders.failures.items()]
        found += [f"{self.seen[one]} × {one}" for one in self.seen if one not in wanted.allowed]
        found += [f"never {one}" for one in wanted.needed - set(self.seen)]
        if self.sign_in[0] != "200":
            found.append(f"the user's sign-in had the status {self.sign_in[0]}")
        if self.orders.at(0.99) > slowest_ms:
            found.append(f"p99 over {slowest_ms:.0f} ms")
        if self.peak_mb > most_mb:
            found.append(f"memory over {most_mb:.0f} MB")
        return found


@dataclass
class User:
    """Places orders and signs in; counts what is refused."""

    port: int
    demo: dict[str, str]
    place: Any
    count: int = 0
    device: str = field(default="", repr=False)  # the cookie by which the server knows her browser

    def place_until(self, until: threading.Event, sample: Sample) -> None:
        """Place an order every PAUSE_S until told to stop."""
        while not until.wait(PAUSE_S):
            began = time.perf_counter()
            try:
                self.place()
                sample.latencies_s.append(time.perf_counter() - began)
                self.count += 1
                if self.count % NEW_CONNECTION_EVERY == 0:
                    Client(self.port, {}).ask("GET", "/api/health")
            except (RuntimeError, OSError, http.client.HTTPException) as error:
                sample.failures[str(error).partition(" b'")[0][-60:]] += 1

    @contextlib.contextmanager
    def placing(self, sample: Sample) -> Iterator[None]:
        """Place orders beside what is done meanwhile."""
        over = threading.Event()
        thread = threading.Thread(target=self.place_until, args=(over, sample))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def sign_in(self) -> tuple[str, float]:
        """Sign in on a new connection; returns the status and the seconds it took."""
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content-Type": "application/json", "Cookie": self.device}
        path, body = "/api/auth/password-login", json.dumps(self.demo)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__, time.perf_counter() - began
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            if cookie.startswith("kite_device="):
                self.device = cookie.partition(";")[0]
        return str(answer.status), time.perf_counter() - began


def carry_out(name: str, seconds: float, target: Attack) -> Counter[str]:
    """One attack, in a process of its own; what it saw."""
    command = [sys.executable, str(Path(__file__).with_name("attack_traffic.py")), name]
    given = {key: value for key, value in asdict(target).items() if key not in {"until", "seen"}}
    command.append(str(seconds))
    done = subprocess.run(
        command, check=True, input=json.dumps(given), stdout=subprocess.PIPE, text=True
    )
    return Counter(json.loads(done.stdout))


def compare(process: int, port: int, demo: dict[str, str], seconds: float, floor_ms: float) -> int:
    cookie = sign_in(port)
    other = Client(port, {"Cookie": cookie, "Origin": f"http://localhost:{port}"})
    made = other.ask("POST", "/api/watchlists", {"name": "List", "instruments": ["NSE:INFY"]})
    target = Attack(port, demo["email"], cookie, f"/api/watchlists/{made['id']}")
    user = User(port, demo, worker(port, token_of(port, demo), 0))
    user.sign_in()
    memory = Memory(process)
    with user.placing(Sample()):
        time.sleep(WARM_UP_S)
    most_mb, idle, rows = memory.now_mb() + MEMORY_MB, Sample(), list[Row]()
    for name in ATTACKS:
        with user.placing(idle):
            time.sleep(seconds / 2)
        rows.append(beside(name, seconds, target, user, memory))
    limits = {"floor_ms": floor_ms, "most_mb": most_mb}
    faults = [f"{row.name}: {one}" for row in rows for one in row.faults(idle, **limits)]
    faults += [f"idle: the user got {one}" for one in idle.failures]
    print_table(idle, rows, most_mb - MEMORY_MB)
    print("\n".join(faults) or "No order was refused; every attack passed.")
    return 1 if faults else 0


def beside(name: str, seconds: float, target: Attack, user: User, memory: Memory) -> Row:
    """One attack, and what the user does meanwhile."""
    orders, sign_ins = Sample(), list[tuple[str, float]]()
    signing_in = threading.Timer(seconds * 0.6, lambda: sign_ins.append(user.sign_in()))
    with memory.watched(), user.placing(orders):
        signing_in.start()
        seen = carry_out(name, seconds, target)
        signing_in.join()
    row = Row(name, orders, seen, memory.peak_mb, sign_ins[0])
    print(row.name, dict(seen), file=sys.stderr)
    return row


def print_table(idle: Sample, rows: list[Row], before_mb: float) -> None:
    figures = f"{'p50':>8} {'p99':>8} {'× idle':>7} {'peak MB':>8} {'sign-in s':>10}"
    print(f"{'':24} {'orders':>7} {figures}  outcomes")
    for row in [Row("idle", idle, Counter(), before_mb, ("", 0.0)), *rows]:
        p99 = row.orders.at(0.99)
        times = f"{row.orders.at(0.5):8.1f} {p99:8.1f} {p99 / idle.at(0.99):7.2f}"
        outcomes = ", ".join(f"{n} × {one}" for one, n in sorted(row.seen.items()))
        more = f"{row.peak_mb:8.0f} {row.sign_in[1]:10.1f}"
        print(f"{row.name:24} {len(row.orders.latencies_s):7} {times} {more}  {outcomes}")


def main(seconds: float, floor_ms: float) -> int:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="tradertape-bench-") as home:
        environment = {
            **os.environ,
            "TRADERTAPE_HOME": home,
            "TRADERTAPE_ANONYMOUS_REQUESTS_PER_MINUTE": ANONYMOUS_PER_MINUTE,
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
            return compare(process.pid, port, demo, seconds, floor_ms)
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    given = [float(one) for one in sys.argv[1:]]
    sys.exit(main(*given, *(10.0, FLOOR_MS)[len(given) :]))
