"""Two agents beside each other, clouds and brokers that fail, a day away, clocks that jump."""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import Machine, machine
from packages.brokers.tests.sandboxed import Running

from tradertape_agent.journal.intents import IntentState

LONG_S = float(os.environ.get("TRADERTAPE_TWO_AGENTS_S", "300"))
_UNFINISHED = (IntentState.SENDING, IntentState.UNCLEAR)


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    monkeypatch.setattr("tradertape_brokers.limiter.Limiter.acquire", lambda *_: 0.0)


@contextmanager
def two(folder: Path, cloud: FakeCloud, running: Running) -> Iterator[list[Machine]]:
    """Two machines with one key, signed in with one session: a second login ends the first."""
    for name in ("a", "b"):
        (folder / name).mkdir()
    with (
        machine(folder / "a", cloud, running) as one,
        machine(folder / "b", cloud, running) as other,
    ):
        session = other.agent.desk.primary.session
        assert session is not None
        one.agent.desk.primary._open(session)
        yield [one, other]


def work(own: Machine, stop: threading.Event) -> None:
    while not stop.is_set():
        own.cycle()


def run_beside(owns: list[Machine], seconds: float, *, seed: int) -> int:
    """Both work while signals arrive, the cloud fails and clocks jump; how many signals came."""
    draw, stop, number = random.Random(seed), threading.Event(), 0
    cloud = owns[0].cloud
    threads = [threading.Thread(target=work, args=(one, stop)) for one in owns]
    for one in threads:
        one.start()
    clock, pause = threading.Event(), 0.15
    rounds = int(seconds / pause)
    for _ in range(rounds):
        number += 1
        cloud.add(number)
        cloud.is_down = draw.random() < 0.15
        if draw.random() < 0.1:
            draw.choice(owns).watch.set_by = timedelta(seconds=draw.uniform(-3600, 3600))
        clock.wait(pause)
    cloud.is_down = False
    stop.set()
    for one in threads:
        one.join(60)
    for one in owns:
        one.watch.set_by = timedelta(0)
    for _ in range(4):
        for one in owns:
            one.cycle()
            one.later(seconds=40)
    return number


def check_each_is_placed_once(owns: list[Machine], number: int) -> None:
    cloud = owns[0].cloud
    placed = Counter(one["signal_id"] for one in cloud.results if one["outcome"] == "placed")
    assert placed == dict.fromkeys(range(1, number + 1), 1)
    assert len(owns[0].triggers()) == number
    for one in owns:
        assert one.agent.journal.reports.count() == 0
        assert one.agent.journal.intents.of_states(_UNFINISHED) == []


def test_two_agents_beside_each_other_place_each_signal_once(
    tmp_path: Path, cloud: FakeCloud, running: Running
) -> None:
    with two(tmp_path, cloud, running) as owns:
        check_each_is_placed_once(owns, run_beside(owns, 2, seed=1))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_agents_for_minutes_place_each_signal_once(
    tmp_path: Path, cloud: FakeCloud, running: Running
) -> None:
    done = 0
    for seed in range(max(1, round(LONG_S / 15))):  # a broker's list of triggers has an end
        cloud.items.clear()
        cloud.results.clear()
        cloud.leases.clear()
        folder = tmp_path / str(seed)
        folder.mkdir()
        with two(folder, cloud, running) as owns:
            number = run_beside(owns, 15, seed=seed)
            check_each_is_placed_once(owns, number)
            done += number
    assert done > LONG_S


def test_a_day_away_with_orders_at_the_broker_and_reports_in_the_journal(
    tmp_path: Path, cloud: FakeCloud, running: Running
) -> None:
    """Twenty signals before it, five still valid after it; one was placed and fired meanwhile."""
    with machine(tmp_path, cloud, running) as own:
        own.cloud.add(100)
        own.cycle()
        own.cloud.is_down = True
        own.price("160.2")
        own.until_fired()
        own.cycle()  # the fill is known here, and the cloud is away
        waiting = own.agent.journal.reports.count()
        own.price("150")
        for number in range(1, 21):
            hours = 48 if number > 15 else 1
            end = own.cloud.now() + timedelta(hours=hours)
            own.cloud.add(number, expires_at=end.isoformat())
        own.cloud.offset = timedelta(hours=24)
        own.cloud.is_down = False
        for _ in range(3):
            own.cycle()
        assert waiting > 0
        assert own.cloud.outcomes(100) == ["placed", "triggered", "filled"]
        told = [own.cloud.outcomes(number) for number in range(1, 21)]
        assert told == [["expired"]] * 15 + [["placed"]] * 5
        assert len(own.triggers()) == 5


@pytest.mark.parametrize("hours", [-30, -1, 1, 30])
def test_a_clock_that_jumps_places_nothing_twice_and_nothing_late(
    tmp_path: Path, cloud: FakeCloud, running: Running, hours: int
) -> None:
    """The cloud's clock decides, whatever this machine's says; sessions end by their own."""
    with machine(tmp_path, cloud, running) as own:
        own.cloud.add(1)
        own.cycle()
        over = own.cloud.now() - timedelta(seconds=1)
        own.cloud.add(2, expires_at=over.isoformat())
        own.watch.set_by = timedelta(hours=hours)
        own.cycle()
        own.watch.set_by = timedelta(0)
        own.cycle()
        assert own.cloud.outcomes(1) == ["placed"]
        assert own.cloud.outcomes(2) in ([], ["expired"])
        own.cycle()
        assert own.cloud.outcomes(2) == ["expired"]
        assert len(own.triggers()) == 1


def test_a_machine_that_slept_between_the_poll_and_the_order_asks_anew(
    tmp_path: Path, cloud: FakeCloud, running: Running
) -> None:
    """Its monotonic clock stood still: the lease and the signal may be over."""
    with machine(tmp_path, cloud, running) as own:
        own.cycle()
        own.cloud.add(1)
        answered = own.agent.loop._poll()
        own.watch.set_by = timedelta(hours=8)
        own.agent.loop._place(answered)
        assert own.cloud.outcomes(1) == []
        own.watch.set_by = timedelta(0)
        own.cycle()
        assert own.cloud.outcomes(1) == ["placed"]
        assert len(own.triggers()) == 1
