"""The code that runs in each worker process, and the protocol of the work it does."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import OrderedDict
from typing import Any, Protocol

from tradertape_server.platform.compute import numba_cache

Batch = list[tuple[int, Any]]  # (index of the item, its result)
Numbered = tuple[int, Any]

_OPENED_KEPT = 2


class Work(Protocol):
    """What the items of one map share. It is pickled to the workers: keep it small."""

    @property
    def key(self) -> str:
        """Works with equal keys share, in each worker, the result of `open`."""
        ...

    def load(self) -> Any:
        """Read what the items need; on a cluster once, on the machine that submits the work."""
        ...

    def open(self, loaded: Any) -> Any:
        """Prepare what was loaded, in each worker process."""
        ...

    def run(self, opened: Any, item: Any) -> Any:
        """Process one item."""
        ...


# A worker does one chunk at a time, so this needs no lock.
_opened: OrderedDict[str, Any] = OrderedDict()


def start_worker() -> None:
    """Initialise a worker of the pool: it ignores Ctrl-C and ends when its parent has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    numba_cache.load()


def run_chunk(work: Work, items: list[Numbered]) -> Batch:
    """Process items on a machine that can read our files."""
    opened = _kept(work.key)
    if opened is None:
        opened = _keep(work.key, work.open(work.load()))
    return [(index, work.run(opened, item)) for index, item in items]


def run_shipped(work: Work, loaded: Any, items: list[Numbered]) -> Batch:
    """Process items with data that was loaded on another machine."""
    opened = _kept(work.key)
    if opened is None:
        numba_cache.load()
        opened = _keep(work.key, work.open(loaded))
    return [(index, work.run(opened, item)) for index, item in items]


def _kept(key: str) -> Any:
    if key in _opened:
        _opened.move_to_end(key)
    return _opened.get(key)


def _keep(key: str, opened: Any) -> Any:
    _opened[key] = opened
    while len(_opened) > _OPENED_KEPT:
        _opened.popitem(last=False)
    return opened


def _end_with_parent() -> None:
    # A killed parent cannot end its workers, which would wait for the next chunk for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        with contextlib.suppress(Exception):
            parent.join()
        os._exit(1)
