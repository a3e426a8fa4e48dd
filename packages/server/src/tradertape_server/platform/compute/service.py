"""Parallel computation: in this process, in a pool of local processes, or on a Ray cluster.

A `Work` defines what its items share and what is done with one of them; the same function runs in
every place, so that results are equal. Short work stays in this process: starting workers and
sending items to them would cost more than it saves.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from tradertape_server.platform.compute.numba_cache import is_filled
from tradertape_server.platform.compute.worker_process import (
    Batch,
    Numbered,
    Work,
    run_chunk,
    start_worker,
)
from tradertape_server.platform.errors import Unavailable

Place = Literal["auto", "here", "pool", "cluster"]
IsCancelled = Callable[[], bool]

# The least duration of work for which starting workers is worth it. Without a filled numba cache
# every worker would have to compile first.
_POOL_THRESHOLD_S = 2.0
_COLD_POOL_THRESHOLD_S = 60.0
_BATCH_S = 0.25  # about how often results are yielded and a cancellation is noticed
_MAX_CHUNK = 100
_TICK_S = 0.2


def never() -> bool:
    """The `is_cancelled` of work that is never cancelled."""
    return False


class Compute:
    """Creates mappers of work over items; the pool starts with the first long work and stays.

    workers: processes of the pool, 0 for one per processor. ray_address: a cluster to use instead.
    numba_cache: the folder of compiled code, to know whether workers start with it.
    """

    def __init__(
        self, *, workers: int = 0, ray_address: str = "", numba_cache: Path | None = None
    ) -> None:
        self.workers = workers or os.cpu_count() or 1
        self.ray_address = ray_address
        self._numba_cache = numba_cache
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    def mapper(
        self, work: Work, *, place: Place = "auto", is_cancelled: IsCancelled = never
    ) -> Mapper:
        """Return a mapper of `work` over items, for use by one thread."""
        if place == "auto" and self.ray_address:
            place = "cluster"
        return Mapper(self, work, place, is_cancelled)

    def pool(self) -> ProcessPoolExecutor:
        """Return the pool; start it if necessary."""
        with self._lock:
            if self._pool is None:
                # Not fork: a forked copy may deadlock on a lock that another thread held.
                method = "spawn" if sys.platform in {"win32", "darwin"} else "forkserver"
                self._pool = ProcessPoolExecutor(
                    self.workers,
                    mp_context=multiprocessing.get_context(method),
                    initializer=start_worker,
                )
            return self._pool

    def pool_threshold_s(self) -> float:
        """How long work must take in this process before the pool is worth it, in seconds."""
        if self.workers == 1:
            return float("inf")
        if self._pool is not None:
            return _POOL_THRESHOLD_S / 2
        is_warm = self._numba_cache is not None and is_filled(self._numba_cache)
        return _POOL_THRESHOLD_S if is_warm else _COLD_POOL_THRESHOLD_S

    def close(self) -> None:
        """End the workers after their current chunks."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)


class Mapper:
    """Maps one work over items, any number of times; what the work opened is kept in between."""

    def __init__(
        self, compute: Compute, work: Work, place: Place, is_cancelled: IsCancelled
    ) -> None:
        self._compute = compute
        self._work = work
        self._place = place
        self._is_cancelled = is_cancelled
        self._opened: Any = None
        self._shipped: Any = None
        self._each_s = 0.0

    def map(self, items: Sequence[Any]) -> Iterator[Batch]:
        """Yield results in batches as they finish; stops when cancelled or closed.

        Raises what the work raises, and Unavailable when a worker died or the cluster cannot be
        reached.
        """
        numbered = list(enumerate(items))
        if self._place == "cluster":
            yield from self._on_cluster(numbered)
        elif self._place == "pool":
            yield from self._in_pool(numbered)
        else:
            yield from self._here(numbered)

    def results(self, items: Sequence[Any]) -> list[Any]:
        """Every result, in the order of the items; fewer when cancelled."""
        found: dict[int, Any] = {}
        for batch in self.map(items):
            found.update(batch)
        return [found[index] for index in sorted(found)]

    def _here(self, items: list[Numbered]) -> Iterator[Batch]:
        """Work in this process; if the rest turns out to be long, continue in the pool."""
        is_first = self._opened is None
        if is_first:
            self._opened = self._work.open(self._work.load())
        done = 0
        while done < len(items) and not self._is_cancelled():
            # The first item fills caches that all others use, so its time is not typical.
            some = items[:1] if is_first else items[done:]
            batch, took_s = _for_a_while(self._work, self._opened, some)
            done += len(batch)
            if not is_first:
                self._each_s = took_s / len(batch)
            is_first = False
            yield batch
            if self._place == "auto" and self._is_long(len(items) - done):
                yield from self._in_pool(items[done:])
                return

    def _is_long(self, items: int) -> bool:
        return self._each_s * items > self._compute.pool_threshold_s()

    def _in_pool(self, items: list[Numbered]) -> Iterator[Batch]:
        chunks = _chunks(items, self._compute.workers, self._each_s)
        pool = self._compute.pool()
        running: set[Future[Batch]] = set()
        try:
            while not self._is_cancelled():
                for piece in islice(chunks, 2 * self._compute.workers - len(running)):
                    running.add(pool.submit(run_chunk, self._work, piece))
                if not running:
                    return
                finished, running = wait(running, _TICK_S, FIRST_COMPLETED)
                for future in finished:
                    yield future.result()
        except BrokenProcessPool as error:
            self._compute.close()
            raise Unavailable("A worker process died (out of memory?); resume the job.") from error
        finally:
            for future in running:
                future.cancel()

    def _on_cluster(self, items: list[Numbered]) -> Iterator[Batch]:
        from tradertape_server.platform.compute import cluster  # noqa: PLC0415 - loads Ray

        ray = cluster.connected(self._compute.ray_address)
        if self._shipped is None:
            # The loaded data is sent once to each machine, so these need none of our files.
            self._shipped = ray.put(self._work.load())
        processors = cluster.processors(ray)
        chunks = _chunks(items, processors, self._each_s)
        running: list[Any] = []
        try:
            while not self._is_cancelled():
                running += [
                    cluster.submit(ray, self._work, self._shipped, piece)
                    for piece in islice(chunks, 2 * processors - len(running))
                ]
                if not running:
                    return
                finished, running = ray.wait(running, num_returns=1, timeout=_TICK_S)
                for one in finished:
                    yield cluster.result(ray, one)
        finally:
            for one in running:
                ray.cancel(one)


def _chunks(items: list[Numbered], workers: int, each_s: float) -> Iterator[list[Numbered]]:
    """Split items so that sending a chunk is cheap and all workers finish about together."""
    even = -(-len(items) // (4 * workers))
    timely = int(_BATCH_S / each_s) if each_s else _MAX_CHUNK
    size = max(1, min(even, timely, _MAX_CHUNK))
    return iter([items[at : at + size] for at in range(0, len(items), size)])


def _for_a_while(work: Work, opened: Any, items: Sequence[Numbered]) -> tuple[Batch, float]:
    started = time.perf_counter()
    batch: Batch = []
    took_s = 0.0
    for index, item in items:
        batch.append((index, work.run(opened, item)))
        took_s = time.perf_counter() - started
        if took_s > _BATCH_S:
            break
    return batch, took_s
