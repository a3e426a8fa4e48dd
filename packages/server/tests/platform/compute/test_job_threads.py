"""Threads that take work from a table."""

from __future__ import annotations

import queue
import threading

import pytest

from tradertape_server.platform.compute.job_threads import JobThreads, next_fair_job


@pytest.mark.parametrize(
    ("waiting", "busy", "last_served", "chosen"),
    [
        ([], {}, {}, None),
        ([(1, 7), (2, 7)], {}, {}, 1),
        ([(1, 7), (2, 7), (3, 8)], {7: 1}, {}, 3),  # who has nothing under way comes first
        ([(1, 7), (2, 7), (3, 8)], {}, {7: 5}, 3),  # then who waited longest
        ([(1, 7), (2, 8)], {7: 1, 8: 1}, {7: 1, 8: 2}, 1),
    ],
)
def test_two_people_are_served_in_turns(
    waiting: list[tuple[int, int]],
    busy: dict[int, int],
    last_served: dict[int, int],
    chosen: int | None,
) -> None:
    assert next_fair_job(waiting, busy, last_served) == chosen


class _Source:
    """A queue in memory."""

    def __init__(self, *jobs: int) -> None:
        self.waiting = queue.SimpleQueue[int]()
        self.done = queue.SimpleQueue[tuple[int, str]]()
        self.recovered = 0
        for job in jobs:
            self.waiting.put(job)

    def recover(self) -> None:
        self.recovered += 1

    def take(self) -> int | None:
        try:
            return self.waiting.get_nowait()
        except queue.Empty:
            return None

    def work(self, job: int, stopping: threading.Event) -> None:
        if job < 0:
            raise ValueError(f"job {job} is wrong")
        self.done.put((job, "worked"))

    def failed(self, job: int, error: Exception) -> None:
        self.done.put((job, str(error)))


def test_what_waits_is_done_and_a_failure_does_not_stop_the_rest() -> None:
    source = _Source(1, -2, 3)
    threads = JobThreads("test", source, threads=1)

    threads.start()
    threads.start()
    outcomes = [source.done.get(timeout=60) for _ in range(3)]
    threads.stop()

    assert outcomes == [(1, "worked"), (-2, "job -2 is wrong"), (3, "worked")]
    assert source.recovered == 1


def test_a_ring_brings_new_work_at_once() -> None:
    source = _Source()
    threads = JobThreads("test", source, threads=2)
    threads.start()

    source.waiting.put(9)
    threads.wake()

    assert source.done.get(timeout=2) == (9, "worked")
    threads.stop()
