"""What harmful files cost, how long the server stalls beside them, and an import of 100,000 trades.

Starts a server on a new home folder with a database of its own and posts files to it. For each:
status, time, peak memory of the reading process, and the longest answer of a ping that another
thread sends every 20 ms (gate: 250 ms). Then one tradebook of 100,000 trades: time to read and to
store, memory, the longest ping, and the time of the history page afterwards (gate: 300 ms).

usage: uploads.py [attacks [WORD IN A NAME] | large]
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx
from over_http import free_port

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from packages.server.tests.uploads.corpus.everything import CASES  # noqa: E402
from packages.server.tests.uploads.files import books  # noqa: E402
from packages.server.tests.uploads.files.account_statements import PAN  # noqa: E402

MANY = 100_000
STALL_MS, PAGE_MS = 250, 300


@contextmanager
def server(home: str = "") -> Iterator[tuple[str, dict[str, str], int]]:
    """A server of its own: its address, the headers of its session, its process.

    home: a folder to keep, where a person and a session are if the server was there before.
    """
    with tempfile.TemporaryDirectory() as temporary:
        home = home or temporary
        url = f"http://127.0.0.1:{(port := free_port())}"
        environment = {
            **os.environ, "TRADERTAPE_HOME": home, "TRADERTAPE_PORT": str(port),
            "TRADERTAPE_REQUESTS_PER_MINUTE": "100000",
        }  # fmt: skip
        program = str(Path(sys.executable).with_name("tradertape"))
        key = _account(environment)
        process = subprocess.Popen(
            [program, "serve"], env=environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _until_ready(url)
            yield url, {"Cookie": f"kite_session={key}", "Origin": url}, process.pid
        finally:
            process.terminate()
            process.wait(30)


def _account(environment: dict[str, str]) -> str:
    """Make an account with a session in the server's database; the session."""
    script = """
import sys
from tradertape_server.settings import Settings
from tradertape_server.wiring import build_container
from tradertape_server.features.auth.models import User
from tradertape_server.features.auth.sign_in.sessions import open_session
from tradertape_server.platform.database.schema_migration import upgrade
from tradertape_server.setting_groups import account_policy
container = build_container(Settings())
upgrade(container.database.engine)
now = container.clock.now()
with container.database.write() as session:
    user = session.query(User).first()
    if user is None:
        user = User(email="person@example.com", is_admin=True, created_at=now)
        session.add(user)
        session.flush()
    print(open_session(session, user, method="bench", ip="127.0.0.1", user_agent="bench", now=now,
                       life=account_policy(container.settings).life))
container.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip().splitlines()[-1]


def _until_ready(url: str) -> None:
    _until_answered(f"{url}/api/health")


def _until_answered(url: str) -> None:
    for _ in range(300):
        try:
            if httpx.get(url, timeout=5).status_code < 500:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise SystemExit(f"nothing answers at {url}")


class Pings:
    """Asks for the server's health every 20 ms; `longest_ms` since the last `reset`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._longest = 0.0
        self._stopped = threading.Event()
        threading.Thread(target=self._loop, daemon=True).start()

    def reset(self) -> float:
        """The longest answer so far, in ms, and begin anew."""
        found, self._longest = self._longest, 0.0
        return found * 1000

    def stop(self) -> None:
        """End the pings."""
        self._stopped.set()

    def _loop(self) -> None:
        with httpx.Client(timeout=60) as client:
            while not self._stopped.wait(0.02):
                start = time.perf_counter()
                client.get(f"{self._url}/api/health")
                self._longest = max(self._longest, time.perf_counter() - start)


@contextmanager
def idle_program() -> Iterator[str]:
    """The address of a program that does nothing else than answer: what a ping of it takes is the
    machine's doing, not the server's."""
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with tempfile.TemporaryDirectory() as nothing:
        process = subprocess.Popen(
            command, cwd=nothing, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )  # fmt: skip
        try:
            _until_answered(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


class Peak:
    """The largest resident memory of the server and of its children, by /proc, in MB."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.server_mb = self.child_mb = 0.0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._stopped.wait(0.01):
            self.server_mb = max(self.server_mb, _resident_mb(self._pid))
            for child in _children(self._pid):
                self.child_mb = max(self.child_mb, _resident_mb(child))


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(one) for one in task.read_text().split()]
        except OSError:
            continue
    return found


def _resident_mb(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * resource.getpagesize() / 2**20


def attack(url: str, headers: dict[str, str], pid: int, word: str = "") -> bool:
    """Post the harmful files with a word in their names; whether each was refused, or was harmless,
    and no ping was over the gate."""
    pings, is_good = Pings(url), True
    heads = f"{'kB':>6} {'status':>6} {'s':>7} {'child MB':>9} {'server MB':>9} {'stall ms':>9}"
    print(f"{'file':<60} {heads}")
    for case in CASES:
        if word not in str(case):
            continue
        name, kind, content = str(case), case.kind, case.make()
        field = "files[]" if kind == "tradebook" else "file"
        pings.reset()
        start = time.perf_counter()
        with Peak(pid) as peak:
            answer = httpx.post(
                f"{url}/api/uploads/{kind}", files={field: (name, content)},
                data={"password": PAN}, headers=headers, timeout=90,
            )  # fmt: skip
        took, stall = time.perf_counter() - start, pings.reset()
        is_good &= answer.status_code in ((200, 400) if case.is_harmless else (400,))
        is_good &= stall < STALL_MS
        print(
            f"{name[:60]:<60} {len(content) // 1024:>6} {answer.status_code:>6} {took:>7.2f} "
            f"{peak.child_mb:>9.0f} "
            f"{peak.server_mb:>9.0f} {stall:>9.0f}"
        )
    pings.stop()
    return is_good


def large(url: str, headers: dict[str, str], pid: int) -> bool:
    """Import many trades; whether no ping and no page was over its gate."""
    trades = books.invented(1, MANY, first=date(2015, 1, 1), last=date(2024, 12, 31))
    content = books.kite_csv(trades)
    with idle_program() as idle, Peak(pid) as peak:
        pings, control = Pings(url), Pings(idle)
        start = time.perf_counter()
        answer = httpx.post(
            f"{url}/api/uploads/tradebook", files={"files[]": ("book.csv", content)},
            headers=headers, timeout=120,
        ).json()  # fmt: skip
        read_s = time.perf_counter() - start
        job = answer["rebuild"]["job_id"]
        while True:
            shown = httpx.get(f"{url}/api/uploads/{job}", headers=headers, timeout=60).json()
            if shown["state"] != "importing":
                break
            time.sleep(0.2)
        stored_s = time.perf_counter() - start
        stall, usual = pings.reset(), control.reset()
        pings.stop()
        control.stop()
    start = time.perf_counter()
    httpx.get(f"{url}/api/uploads", headers=headers, timeout=60)
    page_ms = (time.perf_counter() - start) * 1000
    print(
        f"{MANY} trades, {len(content) / 2**20:.1f} MB: read in {read_s:.1f} s, {shown['state']} "
        f"after {stored_s:.1f} s; child {peak.child_mb:.0f} MB, server {peak.server_mb:.0f} MB; "
        f"longest ping {stall:.0f} ms, of an idle program {usual:.0f} ms; page {page_ms:.0f} ms"
    )
    return shown["state"] == "done" and stall < STALL_MS and page_ms < PAGE_MS


def main() -> None:
    """Run what was asked for, or both."""
    wanted, word = sys.argv[1:2], " ".join(sys.argv[2:])
    results: list[bool] = []
    with server() as (url, headers, pid):
        if wanted != ["large"]:
            results.append(attack(url, headers, pid, word))
        if wanted != ["attacks"]:
            results.append(large(url, headers, pid))
    raise SystemExit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
