"""The agent is killed at a step of placing and started again: nothing doubled, nothing lost."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from packages.agent.tests.fake_cloud import FakeCloud, served_cloud
from packages.agent.tests.machine import Machine, environment_of, machine, sign_in
from packages.brokers.tests.sandboxed import Running

from tradertape_agent.desk.account import AccountState
from tradertape_agent.journal.intents import IntentState
from tradertape_brokers.masters import files

SCRIPT = Path(__file__).with_name("crashing_agent.py")
ORDERS = {
    "gtt": {"type": "gtt_single", "trigger_price": 160, "limit_price": 160.5, "stop_trigger": 140},
    "limit": {"type": "limit", "limit_price": 140, "stop_trigger": 130},
}
KILLS = int(os.environ.get("TRADERTAPE_KILLS", "200" if "TRADERTAPE_SOAK" in os.environ else "3"))
FROM_STEP = int(os.environ.get("TRADERTAPE_FROM_STEP", "1"))  # where a long run is continued
_KEPT = {"HOME", "PATH", "PYTHONPATH"}  # of the environment
_ON_ONE_MACHINE = 40  # kills: the lists of a broker grow with each


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    monkeypatch.setattr("tradertape_brokers.limiter.Limiter.acquire", lambda *_: 0.0)


class Crashing:
    """A machine whose agent runs in processes that are killed."""

    def __init__(self, own: Machine) -> None:
        self.own = own
        self.total = self.at_broker()
        config = str(own.agent.folder.config)
        # No more than it needs: each request looks all of it through for proxies.
        environment = {
            **{name: value for name, value in os.environ.items() if name in _KEPT},
            **environment_of(own.running), "TRADERTAPE_AGENT_CONFIG": config,
        }  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, SCRIPT], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def crash(self, at: int) -> list[str]:
        """Run a cycle in a process of its own that ends at a step; the steps, where it does not."""
        asks, answers = self._process.stdin, self._process.stdout
        assert asks is not None
        assert answers is not None
        asks.write(f"{at}\n")
        asks.flush()
        code, steps = json.loads(answers.readline())
        assert code == (-9 if at else 0), steps
        return steps

    def steps(self, kind: str) -> list[str]:
        self.own.cloud.add(100_000, order=ORDERS[kind])
        steps = self.crash(0)
        assert self.own.cloud.outcomes(100_000) == ["placed"]
        self.total = self.at_broker()
        return steps

    def at_broker(self) -> int:
        """Triggers and orders there are in the broker's own books."""
        account = self.own.account
        return sum(one.is_active for one in account.gtts.values()) + len(account.orders)

    def kill(self, number: int, kind: str, at: int) -> int:
        """Kill the agent at a step of placing a signal, and start it again; how many orders."""
        self.own.cloud.add(number, order=ORDERS[kind])
        self.crash(at)
        self.own.restart()
        self.settle(number)
        before, self.total = self.total, self.at_broker()
        placed, outcomes = self.total - before, self.known(number)
        assert placed in (0, 1)
        assert outcomes == (["placed"] if placed else ["failed"]), (placed, outcomes)
        journal = self.own.agent.journal
        assert journal.reports.count() == 0
        assert journal.intents.of_states([IntentState.SENDING]) == []
        return placed

    def known(self, number: int) -> list[str]:
        return [one for one in self.own.cloud.outcomes(number) if one != "unknown"]

    def settle(self, number: int) -> None:
        """Work until the outcome is known, and the patience with late books has passed."""
        for _ in range(5):
            self.sign_in_where_over()
            self.own.cycle()
            if self.known(number):
                return
            self.own.later(seconds=40)

    def sign_in_where_over(self) -> None:
        """The clock that is set forward passes the broker's hour before the day does."""
        if self.own.agent.desk.primary.state is not AccountState.CONNECTED:
            sign_in(self.own.agent)

    def end(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Each agent that starts tells of the same differences again."""
    caplog.set_level(logging.ERROR, logger="tradertape_agent")


@contextmanager
def crashing(folder: Path, cloud: FakeCloud, running: Running) -> Iterator[Crashing]:
    folder.mkdir(exist_ok=True)
    with machine(folder, cloud, running) as own:
        own.cycle()  # the instruments are there, and the instance has its name
        with shortened(own):
            made = Crashing(own)
            try:
                yield made
            finally:
                made.end()


@contextmanager
def shortened(own: Machine) -> Iterator[None]:
    """Keep one instrument of the broker's list meanwhile: each process reads all of it."""
    path = own.agent.folder.instruments / "kite.json.gz"
    whole = files.read(path)
    assert whole is not None
    kept = [one for one in whole.instruments if one.id == "NSE:INFY"]
    files.write(path, replace(whole, instruments=kept))
    try:
        yield
    finally:
        files.write(path, whole)


def test_killed_between_writing_sending_and_recording_nothing_is_doubled(
    tmp_path: Path, cloud: FakeCloud, running: Running
) -> None:
    with crashing(tmp_path, cloud, running) as one:
        send = one.steps("gtt").index("before place") + 1
        placed = [one.kill(number, "gtt", send + number) for number in range(3)]
    # What was not sent is known to be absent; what was sent is found.
    assert placed == [0, 1, 1]


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("kind", ORDERS)
def test_killed_at_every_step_nothing_is_doubled_and_no_report_is_lost(
    tmp_path: Path, running: Running, kind: str
) -> None:
    """TRADERTAPE_SOAK: two hundred times at each step."""
    done: Counter[int] = Counter()
    at, steps = FROM_STEP, ["?"] * FROM_STEP
    while at <= len(steps):
        folder = tmp_path / f"{at}-{done[at]}"
        with served_cloud() as cloud, crashing(folder, cloud, running) as one:
            steps = one.steps(kind)
            for number in range(1, _ON_ONE_MACHINE + 1):
                one.kill(number, kind, at)
                done[at] += 1
                if done[at] == KILLS:
                    told = f"{kind}: step {at} of {len(steps)}, {steps[at - 1]}: {KILLS} kills"
                    print(told, flush=True)  # noqa: T201 - a long run is watched
                    at += 1
                if at > len(steps):
                    break
            one.own.cycle()  # what was settled stays so
            assert one.at_broker() == one.total
    assert len(done) == len(steps) - FROM_STEP + 1
    assert len(steps) > 20
    assert set(done.values()) == {KILLS}
