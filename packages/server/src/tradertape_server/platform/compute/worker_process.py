"""What runs in each process that works, and what it needs to know of a work."""

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
    """What the items of one map share. Pickled to the workers: keep it small."""

    @property
    def key(self) -> str:
        """Equal keys share, in each worker, what `open` returned."""
        ...

    def load(self) -> Any:
        """Read what the items need; on a cluster once, on the machine that asks."""
        ...

    def open(self, loaded: Any) -> Any:
        """Make it ready, in each process that works."""
        ...

    def run(self, opened: Any, item: Any) -> Any:
        """Do one item."""
        ...


# A worker does one chunk at a time, so this needs no lock.
_opened: OrderedDict[str, Any] = OrderedDict()


def start_worker() -> None:
    """Make a pool's process ready: it leaves Ctrl-C to its parent, and ends when that has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    numba_cache.load()


def run_chunk(work: Work, items: list[Numbered]) -> Batch:
    """Do some items in a process that can read our files."""
    opened = _kept(work.key)
    if opened is None:
        opened = _keep(work.key, work.open(work.load()))
    return [(index, work.run(opened, item)) for index, item in items]


def run_shipped(work: Work, loaded: Any, items: list[Numbered]) -> Batch:
    """Do some items with what was loaded elsewhere."""
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
    # A parent that was killed cannot end us, and we would wait for its next chunk for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        with contextlib.suppress(Exception):
            parent.join()
        os._exit(1)
