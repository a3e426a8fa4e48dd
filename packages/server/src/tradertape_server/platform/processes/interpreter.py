"""How Python is set for a server: once, when everything is loaded."""

from __future__ import annotations

import gc
import sys
from enum import EnumType

_OBJECTS_A_LOOK = 50_000


def tune_for_serving() -> None:
    """Make this process fit for serving: what is loaded now stays for good."""
    # The collector need not walk through what is loaded at every report.
    gc.collect()
    gc.freeze()
    # A beat makes thousands of objects in the place of the last one's: looking for cycles at every
    # 700 of them took as long as the beat itself.
    gc.set_threshold(_OBJECTS_A_LOOK)
    _read_enums_directly()


def _read_enums_directly() -> None:
    """Python 3.11 reads `Status.OPEN` by a detour, in five times the time, for members that 3.11
    itself has put where any attribute is. 3.12 has it no more, and what it does is done here."""
    if sys.version_info < (3, 12) and "__getattr__" in vars(EnumType):
        del EnumType.__getattr__  # pyright: ignore[reportAttributeAccessIssue] - in 3.11 it has
