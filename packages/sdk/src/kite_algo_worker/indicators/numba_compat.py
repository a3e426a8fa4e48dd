"""numba where it is installed; imported only when a function is compiled."""

from __future__ import annotations

import importlib
from typing import Any

from kite_algo_worker._optional import installed

__all__ = ["NUMBA_AVAILABLE", "njit"]

NUMBA_AVAILABLE: bool = installed("numpy", "numba")


def njit(*args: Any, **kws: Any) -> Any:
    """Compile a function with numba's `njit`; without numba return it unchanged.

    Use it bare or with numba's arguments:

    ```python
    @njit(cache=True)
    def spread(high, low): ...
    ```
    """
    if NUMBA_AVAILABLE:
        return importlib.import_module("numba").njit(*args, **kws)
    if len(args) == 1 and not kws and callable(args[0]):
        return args[0]
    return _same


def _same(function: Any) -> Any:
    return function
