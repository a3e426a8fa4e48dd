"""Whether the machine itself ran evenly while something was measured.

A rented machine is at times given a fraction of its processors, for milliseconds, and nothing in it
can tell: no steal time is shown. A small job of the same work every two milliseconds can: its own
processor time, which waiting for others is no part of, is then many times what it mostly is.

    with Machine() as machine:
        ...
        stalls = machine.stalls()
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import median
from types import TracebackType
from typing import Self

EVERY_S = 0.002
WORK = 1_000  # rounds of a loop, some 20 microseconds
SLOW = 3.0  # times its median, a job was held up
EDGE_S = EVERY_S  # a stall may have begun and ended so much beside the jobs that show it

Stall = tuple[float, float]  # from, to: time.monotonic(), the same clock in every process


class Machine:
    """A watcher on each processor, beside what is measured."""

    def __enter__(self) -> Self:
        command = [sys.executable, __file__]
        self._watchers = [
            subprocess.Popen(
                [*command, str(cpu)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for cpu in sorted(os.sched_getaffinity(0))
        ]
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _at: TracebackType | None,
    ) -> None:
        for one in self._watchers:
            one.kill()
            one.wait()

    def stalls(self) -> list[Stall]:
        """When a processor stood since the last time this was asked, in order."""
        found: list[Stall] = []
        for one in self._watchers:
            assert one.stdin is not None
            assert one.stdout is not None
            one.stdin.write("\n")
            one.stdin.flush()
            found += [(start, end) for start, end in json.loads(one.stdout.readline())]
        return sorted(found)


def is_hit(start: float, end: float, stalls: Sequence[Stall]) -> bool:
    """Whether a stall was between two moments."""
    return any(began < end and over > start for began, over in stalls)


def stalls_of(jobs: Sequence[tuple[float, float]]) -> list[Stall]:
    """When the machine stood, of jobs as (when, processor time)."""
    usual = median(took for _, took in jobs)
    return [(at - EDGE_S, at + took + EDGE_S) for at, took in jobs if took > SLOW * usual]


def watch(cpu: int) -> None:
    """Do the job for ever; at each line of input, say what was seen since the last."""
    os.sched_setaffinity(0, {cpu})
    os.set_blocking(sys.stdin.fileno(), False)
    jobs: list[tuple[float, float]] = []
    while True:
        at, began_s = time.monotonic(), time.thread_time()
        for _ in range(WORK):
            pass
        jobs.append((at, time.thread_time() - began_s))
        time.sleep(EVERY_S)
        if sys.stdin.readline():
            print(json.dumps(stalls_of(jobs)), flush=True)
            jobs.clear()


if __name__ == "__main__":
    watch(int(sys.argv[1]))
