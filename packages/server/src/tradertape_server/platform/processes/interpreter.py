"""Settings of the Python interpreter for a server, made once, after everything is imported."""

from __future__ import annotations

import gc
import sys
from enum import EnumType

_GC_THRESHOLD = 50_000


def tune_for_serving() -> None:
    """Tune garbage collection and enums for serving; what is loaded now is never collected."""
    # The collector then need not traverse the loaded modules in every run.
    gc.collect()
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
