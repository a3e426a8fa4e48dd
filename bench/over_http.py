"""A backtest over HTTP: a real server on loopback, a saved run, the whole report read.

Two starts on one home: the first fills the caches as an installation does, the second is measured.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

EMAIL, PASSWORD = "bench@example.com", "correct horse battery staple"
COMMAND = [sys.executable, "-m", "tradertape_server"]
ROUNDS = 40
# The shape of BACKTEST.md's rules: about 100 symbols x 1,500 days.
BODY = {
    "strategy": {"name": "Dips", "base_model": "v3_dip_buyer"},
    "universe": "nifty_100",
    "start_date": "2020-01-01",
    "end_date": "2025-12-31",
    "max_positions": 20,
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(environment: dict[str, str]) -> Iterator[tuple[httpx.Client, float]]:
    """A server and a client, and the seconds from its start to the first page."""
    port = free_port()
    start = time.perf_counter()
    process = subprocess.Popen(
        [*COMMAND, "serve", "--demo", "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            while True:
                try:
                    client.get("/api/health")
                    break
                except httpx.TransportError:
                    if process.poll() is not None:
                        sys.exit("the server did not start")
                    time.sleep(0.02)
            yield client, time.perf_counter() - start
    finally:
        process.terminate()
        process.wait(timeout=60)


def sign_in(client: httpx.Client) -> None:
    answer = client.post("/api/auth/password-login", json={"email": EMAIL, "password": PASSWORD})
    answer.raise_for_status()


def run(client: httpx.Client) -> tuple[float, int]:
    start = time.perf_counter()
    answer = client.post("/api/backtest/run", json=BODY)
    took_ms = (time.perf_counter() - start) * 1000
    answer.raise_for_status()
    if not answer.json()["trades"]:
        sys.exit("the benchmark's strategy did not trade")
    return took_ms, len(answer.content)


def wait_until_warm(home: Path) -> None:
    deadline = time.monotonic() + 300
    while not list((home / "cache" / "numba").glob("filled-*")):
        if time.monotonic() > deadline:
            sys.exit("the compile cache was not filled")
        time.sleep(0.2)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tradertape-bench-") as folder:
        home = Path(folder)
        environment = {**os.environ, "TRADERTAPE_HOME": folder}
        environment.pop("NUMBA_CACHE_DIR", None)
        with server(environment):
            create = [*COMMAND, "user", "create", EMAIL, "--password-stdin"]
            subprocess.run(
                create, input=PASSWORD.encode(), env=environment, check=True, capture_output=True
            )
            wait_until_warm(home)
        with server(environment) as (client, start_s):
            sign_in(client)
            first_ms, _ = run(client)
            took = [run(client) for _ in range(ROUNDS)]
    figures = {
        "http_p50_ms": round(statistics.median(ms for ms, _ in took), 1),
        "http_p95_ms": round(statistics.quantiles([ms for ms, _ in took], n=20)[-1], 1),
        "http_first_ms": round(first_ms, 1),
        "http_start_s": round(start_s, 2),
        "http_answer_kb": round(took[0][1] / 1024),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
