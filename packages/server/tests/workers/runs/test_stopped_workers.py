"""A worker process that is stopped (SIGSTOP) and resumes when its run is another's or closed:
FAULTS §2. The worker is our client in a process of its own, over real HTTP; the minute in which it
is silent is the frozen clock's."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn

SCRIPT = Path(__file__).with_name("stopped_worker.py")
NONCE = "X-Worker-Session-Nonce"
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
RUN = {"strategy_run_id": "run-1"}


@dataclass
class Stopped:
    """The worker's process."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.strip())

    def send(self, sign: signal.Signals) -> None:
        self.process.send_signal(sign)

    @property
    def placed(self) -> list[str]:
        return [line.split()[2] for line in self.lines if line.startswith("placed")]


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"feed": "off", "requests_per_minute": 100_000}


@pytest.fixture
def stopped(serving: uvicorn.Server, worker: Any, wait_for: Any) -> Iterator[Stopped]:
    """Our worker, stopped after a few orders at any moment."""
    seed = random.SystemRandom().randrange(10**6)
    draw = random.Random(seed)
    token = worker().headers["Authorization"].removeprefix("Bearer ")
    environment = {
        **os.environ,
        "KITE_ALGO_API_BASE": f"http://127.0.0.1:{serving.config.port}",
        "KITE_ALGO_WORKER_TOKEN": token,
        "RUN_ID": "run-1",
    }
    command = [sys.executable, str(SCRIPT)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            made = Stopped(process)
            count = draw.randint(3, 12)
            wait_for(lambda: len(made.placed) >= count)
            time.sleep(draw.uniform(0, 0.05))  # at any step of its next order
            made.send(signal.SIGSTOP)
            time.sleep(0.05)  # what it had sent comes in
            wait_for(lambda: not serving.server_state.tasks)
            sys.stdout.write(f"seed {seed}\n")  # shown when the test fails
            yield made
        finally:
            with suppress(ProcessLookupError):
                made.send(signal.SIGCONT)
            process.kill()


def wake(stopped: Stopped, wait_for: Callable[..., None]) -> set[str]:
    """Resume it; return what it printed: refusals and successes."""
    before = len(stopped.lines)
    stopped.send(signal.SIGCONT)
    assert stopped.process.wait(timeout=60) == 0
    wait_for(lambda: any("release" in line for line in stopped.lines))
    return {line for line in stopped.lines[before:] if not line.startswith("placed")}


def orders(caller: Any, api: Any) -> list[dict[str, Any]]:
    return caller.get(api("orders"), params=RUN).json()["orders"]


def test_a_stopped_worker_is_refused_after_another_has_claimed_its_run(
    stopped: Stopped, worker: Any, api: Any, buy: Any, clock: Any, market: Any, wait_for: Any
) -> None:
    other = worker()
    clock.advance(seconds=59)
    assert other.post(api("runs/run-1/claim-session")).status_code == 409
    clock.advance(seconds=2)
    market.refresh()
    claimed = other.post(api("runs/run-1/claim-session")).json()
    assert claimed["takeover"] is True
    headers = {NONCE: claimed["worker_session_nonce"]}
    assert other.post(
        api("runs/run-1/intents"), json=buy("other:00001", product="MIS"), headers=headers
    ).status_code == 200  # fmt: skip
    known = orders(other, api)
    assert wake(stopped, wait_for) == {
        "refused 409 order", "refused 409 basket", "refused 409 heartbeat", "refused 409 risk",
        "refused 409 protection", "refused 409 exit", "refused 409 release",
    }  # fmt: skip
    assert orders(other, api) == known, "nothing of it landed"
    own = [one["order_id"] for one in known if one["quantity"] == 1]
    assert sorted(own) == sorted(stopped.placed), "and it has a reply for each that had"
    assert other.post(api("runs/run-1/heartbeat"), json={}, headers=headers).status_code == 200


def test_the_run_of_a_stopped_worker_is_exited_once_and_accepts_nothing_more(
    stopped: Stopped, worker: Any, api: Any, clock: Any, market: Any, guardian: Any,
    container: Any, wait_for: Any,
) -> None:  # fmt: skip
    caller = worker()
    guardian.check_all()
    clock.advance(seconds=59)
    market.refresh()
    guardian.check_all()
    assert caller.get(api("runs/run-1")).json()["status"] == "open"
    clock.advance(seconds=2)
    market.refresh()
    guardian.check_all()
    known = orders(caller, api)
    bought = [one for one in known if one["transaction_type"] == "BUY"]
    (sold,) = [one for one in known if one["transaction_type"] == "SELL"]
    assert (sold["quantity"], sold["status"]) == (len(bought), "COMPLETE")
    assert caller.get(api("runs/run-1")).json()["status"] == "closed"
    printed = wake(stopped, wait_for)
    assert {"refused 409 order", "refused 409 basket"} <= printed
    assert orders(caller, api) == known
    assert sorted(one["order_id"] for one in bought) == sorted(stopped.placed)
    assert [one for one in container.execution.positions(run_id="run-1") if one.is_open] == []
