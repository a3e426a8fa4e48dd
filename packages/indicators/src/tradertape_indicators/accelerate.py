"""Whether the recursive kernels run compiled by numba or as numpy over columns.

Importing numba costs some 0.4 s, more than a command line's whole backtest, so this package never
imports it unasked: by default kernels are compiled only in a process where something else has
imported numba already. `use_numba(True)` asks for it; the results are the same to the last bit.

Compiled code is kept in numba's cache: the folder NUMBA_CACHE_DIR if set, else `__pycache__` beside
`kernels.py` if that is writable, else numba's folder in the user's cache directory.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from typing import Any

_Kernel = Callable[..., None]


class _Choice:
    wanted: bool | None = None


_compiled: dict[str, _Kernel] = {}


def use_numba(wanted: bool | None) -> None:
    """Say how recursive indicators run, for the whole process.

    True: compiled by numba, imported at the first use. False: numpy. None (the start): compiled if
    numba has been imported already by someone else.
    Raises ImportError if True and numba is not installed.
    """
    if wanted and importlib.util.find_spec("numba") is None:
        raise ImportError(
            "numba is not installed: install tradertape-indicators[fast], or use_numba(None)"
        )
    _Choice.wanted = wanted


def numba_in_use() -> bool:
    """Say whether the next recursive indicator runs compiled."""
    if _Choice.wanted is None:
        return "numba" in sys.modules
    return _Choice.wanted


def compiled(kernel: _Kernel, arguments: str) -> _Kernel | None:
    """Return the kernel compiled, or None if numpy is to do the work.

    arguments: a letter per argument: m matrix to read, o matrix to write, i int, f float.
    """
    if not numba_in_use():
        return None
    name = kernel.__name__
    if name not in _compiled:
        _compiled[name] = _compile(kernel, arguments)
    return _compiled[name]


def _compile(kernel: _Kernel, arguments: str) -> _Kernel:
    numba: Any = importlib.import_module("numba")
    types = numba.types
    # Matrices to read are declared read-only: that fits memory-mapped panels and plain arrays
    # alike, so each kernel is compiled once.
    by_letter = {
        "m": types.Array(types.float64, 2, "C", readonly=True),
        "o": types.Array(types.float64, 2, "C"),
        "i": types.int64,
        "f": types.float64,
    }
    signature = types.void(*(by_letter[letter] for letter in arguments))
    return numba.njit(signature, cache=True, nogil=True)(kernel)
