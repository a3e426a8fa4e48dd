"""How far a newcomer is from a first approved order, and what the agent's wheels weigh.

Starts a demo server on a new home folder and `tradertape demo-agent` beside it, approves the first
signal through the agent's UI routes as its page does, and stops the time when the trigger rests at
the sandbox (gate: 3 minutes from `demo-agent`). Then installs the agent's wheels into clean
environments, bare, [kite] and [all], and measures their size and the start of a command.

usage: agent_first_steps.py [journey|wheels]
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from over_http import free_port

ROOT = Path(__file__).parent.parent
GATE_S, STARTS = 180.0, 5
HANDED_OUT = ("indicators", "core", "brokers", "agent")


@contextmanager
def program(*words: str, **environment: str) -> Iterator[None]:
    """Run a program beside this one."""
    log = Path(tempfile.gettempdir()) / "agent-first-steps.log"
    with log.open("ab") as said:
        process = subprocess.Popen(
            words, env={**os.environ, **environment}, stdout=said, stderr=said
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def until(url: str, is_there: Any, within_s: float = 300) -> Any:
    """Ask an address until its answer is the one wanted."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            found = httpx.get(url, timeout=10)
            if found.is_success and (wanted := is_there(found)):
                return wanted
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"{url} did not answer as expected in {within_s:.0f} s")


def journey() -> None:
    """From two commands to a trigger that rests at the sandbox."""
    tradertape = str(Path(sys.executable).with_name("tradertape"))
    port, ui = free_port(), free_port()
    with tempfile.TemporaryDirectory() as home:
        where = {"TRADERTAPE_HOME": home, "TRADERTAPE_PORT": str(port)}
        began = time.monotonic()
        with program(tradertape, "serve", "--demo", **where):
            until(f"http://localhost:{port}/api/agent/latest-version", httpx.Response.json)
            served = time.monotonic()
            with program(tradertape, "demo-agent", "--port", str(ui), **where):
                local = f"http://localhost:{ui}"
                first = until(f"{local}/api/signals", _first_waiting)
                shown = time.monotonic()
                token = httpx.get(f"{local}/api/session").json()["csrf"]
                httpx.post(
                    f"{local}/api/signals/{first}/approve", json={},
                    headers={"X-CSRF-Token": token}, timeout=30,
                ).raise_for_status()  # fmt: skip
                until(f"{local}/api/signals", lambda answer: _is_resting(answer, first))
                placed = time.monotonic()
    print(f"demo server: {served - began:.1f} s (builds its market, runs a first backtest)")
    print(f"demo-agent to the first signal in its UI: {shown - served:.1f} s")
    print(f"approval to the trigger at the sandbox: {placed - shown:.1f} s")
    verdict = "met" if placed - served < GATE_S else "MISSED"
    print(f"demo-agent to the first approved GTT: {placed - served:.1f} s (gate 180 s: {verdict})")


def _first_waiting(answer: httpx.Response) -> str:
    return next((one["id"] for one in answer.json() if one["can_decide"]), "")


def _is_resting(answer: httpx.Response, signal_id: str) -> bool:
    return any(
        intent["state"] == "resting"
        for one in answer.json()
        if one["id"] == signal_id
        for intent in one["intents"]
    )


def wheels() -> None:
    """Sizes and starts of the three ways to install the agent."""
    uv = os.environ.get("UV") or str(ROOT / ".tools/bin/uv")
    with tempfile.TemporaryDirectory() as place:
        built = Path(place) / "wheels"
        for name in HANDED_OUT:
            package = f"tradertape-{name}"
            _call(uv, "build", "--quiet", "--wheel", "--package", package, "--out-dir", str(built))
        own = next(built.glob("tradertape_agent-*.whl"))
        print(f"wheel {own.name}: {own.stat().st_size / 1e3:.0f} kB")
        for extra in ("", "[kite]", "[all]"):
            folder = Path(place) / (extra.strip("[]") or "bare")
            _call(uv, "venv", "--quiet", "--python", sys.executable, str(folder))
            python = str(folder / "bin/python")
            _call(
                uv, "pip", "install", "--quiet", "--python", python, "--compile-bytecode",
                "--find-links", str(built), f"tradertape-agent{extra} @ {own.as_uri()}",
            )  # fmt: skip
            print(f"{extra or 'bare':7} {_about(folder)}")


def _about(folder: Path) -> str:
    site = next((folder / "lib").glob("python*/site-packages"))
    size = sum(one.stat().st_size for one in site.rglob("*") if one.is_file())
    packages = len(list(site.glob("*.dist-info")))
    command, taken = str(folder / "bin/tradertape-agent"), []
    for _ in range(STARTS):
        began = time.monotonic()
        _call(command, "--help")
        taken.append(time.monotonic() - began)
    build = "import tradertape_agent.wiring, tradertape_agent.web.app, waitress"
    began = time.monotonic()
    _call(str(folder / "bin/python"), "-c", build)
    whole = time.monotonic() - began
    return (
        f"{size / 1e6:.0f} MB in {packages} packages, --help {statistics.median(taken):.2f} s, "
        f"everything imported {whole:.2f} s"
    )


def _call(*words: str) -> None:
    subprocess.run(words, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    chosen = sys.argv[1:] or ["journey", "wheels"]
    for one in chosen:
        {"journey": journey, "wheels": wheels}[one]()
