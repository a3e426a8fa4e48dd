"""Orders a second by our SDK and by the published client 0.7.4, on one server, in turns.

    python bench/sdk_orders.py [orders] [rounds]

Each round starts a process for each client, which places orders one after the other in a dry and in
a paper run, over one kept connection, and reports the wall time of each call and the processor time
it spent itself. The best round of each counts: the machine is shared. The Python calls of one order
are counted besides: they are the same on any machine, however busy.
"""

from __future__ import annotations

import cProfile
import json
import os
import pstats
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
PUBLISHED = "kite-algo-worker==0.7.4"
ASIDE = ROOT / ".tools" / PUBLISHED.replace("==", "-")
BIN = Path(sys.executable).parent
PASSWORD = "correct horse battery staple"  # noqa: S105 - of a throw-away server
WARM_UP = 20


def drive(orders: int) -> None:
    """Place orders with whichever client is on the path; print the figures."""
    import kite_algo_worker as kaw

    client = kaw.KiteAlgoWorkerClient(
        kaw.AlgoWorkerConfig(os.environ["URL"], os.environ["TOKEN"], timeout=30.0)
    )
    order = kaw.equity_market_order("INFY", "BUY", 1)
    found: dict[str, dict[str, float]] = {}
    for mode in ("dry_run", "paper"):
        run = client.create_run(
            template_id="bench", account_scope=f"kite:{mode.replace('_', '-')}", execution_mode=mode
        )
        run_id = run["strategy_run_id"]
        for n in range(WARM_UP):
            client.place_order(run_id, order, f"{run_id}:warm:{n:05}")
        took: list[float] = []
        own = time.process_time()
        for n in range(orders):
            start = time.perf_counter()
            client.place_order(run_id, order, f"{run_id}:order:{n:05}")
            took.append(time.perf_counter() - start)
        own = time.process_time() - own
        took.sort()
        counted = calls_of(partial(client.place_order, run_id, order, f"{run_id}:counted"))
        found[mode] = {
            "per_s": orders / sum(took),
            "p50_ms": statistics.median(took) * 1000,
            "p99_ms": took[int(orders * 0.99) - 1] * 1000,
            "own_us": own / orders * 1e6,
            "calls": counted,
        }
    print(json.dumps(found))


def calls_of(work: Callable[[], object]) -> int:
    profile = cProfile.Profile()
    profile.runcall(work)
    return int(getattr(pstats.Stats(profile), "total_calls"))  # noqa: B009 - its stub lacks it


def main() -> None:
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    install()
    with tempfile.TemporaryDirectory() as home:
        port = free_port()
        environment = {**os.environ, "TRADERTAPE_HOME": home}
        command = [str(BIN / "tradertape"), "serve", "--demo", "--port", str(port)]
        with Path(home, "server.log").open("wb") as log:
            server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url)
            environment |= {"URL": url, "TOKEN": token(environment)}
            report(measure(environment, orders, rounds), orders)
        finally:
            server.terminate()
            server.wait(30)


def measure(
    environment: dict[str, str], orders: int, rounds: int
) -> dict[str, list[dict[str, dict[str, float]]]]:
    """Both clients in turns, so that both meet the same machine."""
    paths = {"published 0.7.4": str(ASIDE), "ours": ""}
    found: dict[str, list[dict[str, dict[str, float]]]] = {name: [] for name in paths}
    for _ in range(rounds):
        for name, path in paths.items():
            command = [sys.executable, __file__, "--drive", str(orders)]
            done = subprocess.run(
                command, env={**environment, "PYTHONPATH": path}, capture_output=True, text=True,
                check=False,
            )  # fmt: skip
            if done.returncode:
                sys.exit(done.stderr)
            found[name].append(json.loads(done.stdout))
    return found


def report(found: dict[str, list[dict[str, dict[str, float]]]], orders: int) -> None:
    print(f"\nplace_order, {orders} orders a run, one after the other; the best round of each\n")
    print("| run | client | orders/s | p50 ms | p99 ms | client's own µs | its Python calls |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for mode in ("dry_run", "paper"):
        best = {
            name: max((one[mode] for one in rounds), key=lambda figures: figures["per_s"])
            for name, rounds in found.items()
        }
        for name, one in best.items():
            figures = f"{one['per_s']:.0f} | {one['p50_ms']:.2f} | {one['p99_ms']:.2f}"
            print(f"| {mode} | {name} | {figures} | {one['own_us']:.0f} | {one['calls']} |")
        ours, theirs = best["ours"], best["published 0.7.4"]
        ratio, own = ours["per_s"] / theirs["per_s"], theirs["own_us"] / ours["own_us"]
        fewer = theirs["calls"] / ours["calls"]
        print(f"| {mode} | ratio | {ratio:.2f}× | | | {own:.2f}× less | {fewer:.2f}× fewer |")


def install() -> None:
    if (ASIDE / "kite_algo_worker").is_dir():
        return
    uv = subprocess.run(
        [ROOT / "scripts" / "find-uv.sh"], capture_output=True, text=True, check=True
    )
    command = [uv.stdout.strip(), "pip", "install", "-q", "--target", str(ASIDE), PUBLISHED]
    subprocess.run(command, cwd=ROOT, check=True)


def token(environment: dict[str, str]) -> str:
    user = "bench@example.com"
    tradertape = str(BIN / "tradertape")
    create = [tradertape, "user", "create", user, "--password-stdin"]
    subprocess.run(create, env=environment, input=PASSWORD, text=True, check=True)
    issue = [tradertape, "token", "create", "--user", user, "--kind", "worker", "--name", "b"]
    scopes = ["--scope", "paper", "--scope", "data"]
    done = subprocess.run(
        [*issue, *scopes], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{url}/api/health", timeout=2)  # noqa: S310 - our own server
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    sys.exit("the server did not start")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--drive"]:
        drive(int(sys.argv[2]))
    else:
        main()
