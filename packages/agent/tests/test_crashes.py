"""The agent is killed at a step of placing and started again: nothing doubled, nothing lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import Machine, environment_of, machine
from packages.brokers.tests.sandboxed import Running

from tradertape_agent.journal.intents import IntentState

SCRIPT = Path(__file__).with_name("crashing_agent.py")
ORDERS = {
    "gtt": {"type": "gtt_single", "trigger_price": 160, "limit_price": 160.5, "stop_trigger": 140},
    "limit": {"type": "limit", "limit_price": 140, "stop_trigger": 130},
}


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    monkeypatch.setattr("tradertape_brokers.limiter.Limiter.acquire", lambda *_: 0.0)


@pytest.fixture
def own(tmp_path: Path, cloud: FakeCloud, running: Running) -> Iterator[Machine]:
    with machine(tmp_path, cloud, running) as made:
        made.cycle()  # the instruments are there, and the instance has its name
        yield made


def crash(own: Machine, at: int) -> list[str]:
    """Run a cycle in a process of its own that ends at a step; the steps, where it does not."""
    environment = {
        **os.environ, **environment_of(own.running),
        "TRADERTAPE_AGENT_CONFIG": str(own.agent.folder.config),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, SCRIPT, str(at)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode in (0, -9), done.stderr
    return done.stdout.splitlines()


def at_broker(own: Machine) -> int:
    """Triggers and orders there are."""
    return len(own.triggers()) + len(own.orders())


def settle(own: Machine) -> None:
    """Start again, and let the patience with late books pass."""
    for _ in range(4):
        own.cycle()
        own.later(seconds=40)


def check(own: Machine, number: int, before: int) -> None:
    """One intent is at most one order, and the cloud knows the truth of it."""
    placed = at_broker(own) - before
    outcomes = [one for one in own.cloud.outcomes(number) if one != "unknown"]
    assert placed in (0, 1)
    assert outcomes == (["placed"] if placed else ["failed"]), (placed, outcomes)
    assert own.agent.journal.reports.count() == 0
    assert own.agent.journal.intents.of_states([IntentState.SENDING]) == []


def steps_of(own: Machine, kind: str) -> list[str]:
    own.cloud.add(1000, order=ORDERS[kind])
    steps = crash(own, 0)
    assert own.cloud.outcomes(1000) == ["placed"]
    return steps


def test_killed_between_writing_sending_and_recording_nothing_is_doubled(own: Machine) -> None:
    steps = steps_of(own, "gtt")
    send = steps.index("before place") + 1
    for number, at in enumerate((send, send + 1, send + 2), start=1):
        before = at_broker(own)
        own.cloud.add(number, order=ORDERS["gtt"])
        crash(own, at)
        settle(own)
        check(own, number, before)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ORDERS)
def test_killed_at_every_step_nothing_is_doubled_and_no_report_is_lost(
    own: Machine, kind: str
) -> None:
    steps = steps_of(own, kind)
    assert len(steps) > 20
    for at in range(1, len(steps) + 1):
        before = at_broker(own)
        own.cloud.add(at, order=ORDERS[kind])
        crash(own, at)
        settle(own)
        check(own, at, before)
