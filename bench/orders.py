"""Durable orders over HTTP beside a bare endpoint of the same server, in the same run.

Every order goes the whole way: token, session nonce, run, risk gate, one synced commit with its
key and outbox, the paper venue, fills, postings, a second synced commit, the kept answer. The bare
endpoint is the workers' health page behind the same layers. Prints both rates and their ratio, and
the server's processor time for each: where others use the machine too, that can be compared.

usage: orders.py [SECONDS] [CLIENTS]
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from over_http import free_port

PREFIX = "/api/algo-workers/worker"
SHARES = ("INFY", "TCS", "RELIANCE", "SBIN", "ITC", "HDFCBANK", "ICICIBANK", "LT")
GATE_RATIO, GATE_RATE = 0.35, 300
SLICES = 8
HEARTBEAT_S = 20.0
LOADED_S = 8.0


class Client:
    """One connection, kept open."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Content-Type": "application/json", **headers}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        text = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, path, text, {**self._headers, **headers})
            answer = self._connection.getresponse()
        except (BrokenPipeError, http.client.RemoteDisconnected):
            # Closed while it was idle; the same key makes asking again safe.
            self._connection.close()
            self._connection.request(method, path, text, {**self._headers, **headers})
            answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return json.loads(content) if content else None


@dataclass
class Rate:
    """What some clients reached."""

    latencies_s: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu_s: float = 0.0  # of the server

    @property
    def per_second(self) -> float:
        return len(self.latencies_s) / self.seconds

    def add(self, more: Rate) -> None:
        """Count another measurement of the same in."""
        self.latencies_s += more.latencies_s
        self.seconds += more.seconds
        self.cpu_s += more.cpu_s

    def __str__(self) -> str:
        ordered = sorted(self.latencies_s)
        p99 = ordered[int(len(ordered) * 0.99)] * 1000
        p50 = statistics.median(ordered) * 1000
        cpu = self.cpu_s / len(ordered) * 1000
        times = f"p50 {p50:6.1f} ms   p99 {p99:6.1f} ms"
        return f"{self.per_second:7.0f}/s   {times}   server CPU {cpu:5.2f} ms each"


def cpu_of(process: int) -> float:
    """Seconds of processor time a process has used, all its threads; 0 where nobody tells."""
    stat = Path(f"/proc/{process}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(jobs: list[Any], seconds: float, server: int) -> Rate:
    """Run each job again and again on a thread of its own."""
    rate, lock = Rate(), threading.Lock()
    start = threading.Barrier(len(jobs) + 1)
    errors: list[Exception] = []

    def loop(job: Any) -> None:
        own: list[float] = []
        start.wait()
        until = time.perf_counter() + seconds
        try:
            while (before := time.perf_counter()) < until:
                job()
                own.append(time.perf_counter() - before)
        except Exception as error:  # noqa: BLE001 - told below, by the one who waits
            errors.append(error)
        with lock:
            rate.latencies_s += own

    threads = [threading.Thread(target=loop, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    start.wait()
    began, used_s = time.perf_counter(), cpu_of(server)
    for thread in threads:
        thread.join()
    rate.seconds, rate.cpu_s = time.perf_counter() - began, cpu_of(server) - used_s
    if errors:
        raise errors[0]
    return rate


def worker(port: int, token: str, number: int) -> Any:
    """A worker with a run of its own, which buys and sells in turn, and sends its heartbeats."""
    client = Client(port, {"Authorization": f"Bearer {token}"})
    run = client.ask(
        "POST",
        f"{PREFIX}/runs",
        {
            "strategy_run_id": f"bench-{os.getpid()}-{number}",
            "template_id": "bench",
            "account_scope": "kite:paper-a",
            "execution_mode": "paper",
        },
    )["strategy_run_id"]
    nonce = client.ask("POST", f"{PREFIX}/runs/{run}/claim-session")["worker_session_nonce"]
    count, beat_at = 0, 0.0

    def beat() -> None:
        nonlocal beat_at
        body = {"worker_id": "bench", "status": "running"}
        client.ask(
            "POST", f"{PREFIX}/runs/{run}/heartbeat", body, **{"X-Worker-Session-Nonce": nonce}
        )
        beat_at = time.monotonic()

    def place() -> None:
        nonlocal count
        if time.monotonic() - beat_at > HEARTBEAT_S:
            beat()
        side = "SELL" if count % 2 else "BUY"
        order = {
            "exchange": "NSE",
            "tradingsymbol": SHARES[number % len(SHARES)],
            "transaction_type": side,
            "product": "MIS",
            "order_type": "MARKET",
            "quantity": 1,
        }
        body = {
            "intent_type": "place_order",
            "payload": {"order": order},
            "idempotency_key": f"{run}:{count:08d}",
            "metadata": {},
        }
        headers = {"X-Worker-Session-Nonce": nonce}
        client.ask("POST", f"{PREFIX}/runs/{run}/intents", body, **headers)
        count += 1

    return place


def token_of(port: int, demo: dict[str, str]) -> str:
    """Sign in, and make a worker's token."""
    client = Client(port, {"Origin": f"http://localhost:{port}"})
    connection = client._connection
    connection.request(
        "POST", "/api/auth/password-login", json.dumps(demo), {"Content-Type": "application/json"}
    )
    answer = connection.getresponse()
    answer.read()
    cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    wanted = {"label": "bench", "scopes": ["paper", "data"]}
    made = client.ask("POST", "/api/auth/worker-tokens", wanted, Cookie=cookie)
    return str(made["token"])


def main(seconds: float, clients: int) -> int:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="tradertape-bench-") as home:
        environment = {
            **os.environ,
            "TRADERTAPE_HOME": home,
            "TRADERTAPE_REQUESTS_PER_MINUTE": "100000000",
            "TRADERTAPE_ANONYMOUS_REQUESTS_PER_MINUTE": "100000000",
            "TRADERTAPE_LOG_LEVEL": "error",
        }
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tradertape_server",
                "serve",
                "--demo",
                "--json",
                "--port",
                str(port),
            ],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            started = json.loads(process.stdout.readline())
            wait_for(port)
            token = token_of(port, started["demo"])
            return compare(process.pid, port, token, seconds, clients)
        finally:
            process.terminate()
            process.wait()


def wait_for(port: int) -> None:
    """Wait until a server answers and has loaded its compiled code, which it does after that."""
    for _ in range(200):
        try:
            Client(port, {}).ask("GET", "/api/health")
        except (OSError, RuntimeError):
            time.sleep(0.1)
        else:
            time.sleep(LOADED_S)
            return


def compare(server: int, port: int, token: str, seconds: float, clients: int) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    bare_clients = [Client(port, headers) for _ in range(clients)]
    bare = [lambda one=one: one.ask("GET", f"{PREFIX}/health") for one in bare_clients]
    orders = [worker(port, token, number) for number in range(clients)]
    for job in (*bare, *orders):
        job()
    plain, placed = Rate(), Rate()
    for _ in range(SLICES):  # in turn, for a machine is not equally fast all the time
        plain.add(measure(bare, seconds / SLICES, server))
        placed.add(measure(orders, seconds / SLICES, server))
    print(f"{'bare':16}{plain}\n{'durable orders':16}{placed}")
    print(f"{'one client':16}{measure(orders[:1], seconds / 4, server)}")
    ratio = placed.per_second / plain.per_second
    print(f"ratio {ratio:.2f} (gate {GATE_RATIO}), {clients} clients, gate {GATE_RATE}/s")
    return 0 if ratio >= GATE_RATIO and placed.per_second >= GATE_RATE else 1


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    given = sys.argv[1:]
    sys.exit(main(float(given[0]) if given else 16.0, int(given[1]) if len(given) > 1 else 32))
