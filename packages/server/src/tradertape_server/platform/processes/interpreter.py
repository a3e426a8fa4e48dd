"""Settings of the Python interpreter for a server: while it loads, and once it has."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import EnumType

_GC_THRESHOLD = 50_000


@contextmanager
def loading() -> Iterator[None]:
    """Import modules without looking for garbage: hardly any of it is, and looking takes a fifth of
    the time. What was loaded is not looked at later either."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def release() -> None:
    """Have the collector look at everything again: the parts of a server that was closed, too."""
    gc.unfreeze()
    gc.collect()


def tune_for_serving() -> None:
    """Tune garbage collection and enums for serving; what is loaded now is never collected."""
    # The collector then need not traverse what is loaded in every run, nor once now: by then some
    # two thousand of its objects are garbage, which are kept.
    gc.freeze()
    # Each tick frame creates thousands of objects that replace the last frame's: looking for cycles
    # after every 700 of them took as long as the frame itself.
    gc.set_threshold(_GC_THRESHOLD)
    _read_enums_directly()


def _read_enums_directly() -> None:
    """Remove `EnumType.__getattr__` of Python 3.11, which makes reading `Status.OPEN` five times as
    slow although members are ordinary attributes too. Python 3.12 removed it in the same way."""
    if sys.version_info < (3, 12) and "__getattr__" in vars(EnumType):
        del EnumType.__getattr__  # pyright: ignore[reportAttributeAccessIssue] - in 3.11 it has
