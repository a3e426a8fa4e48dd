"""Whether indicators run compiled by numba, a series at a time, or as numpy over columns.

Importing numba costs some 0.4 s, more than a command line's whole backtest, so this package never
imports it unasked: by default kernels are compiled only in a process where something else has
imported numba already. `use_numba(True)` asks for it; the results are the same to the last bit.

Compiled code is kept in numba's cache: the folder NUMBA_CACHE_DIR if set, else `__pycache__` beside
the kernels if that is writable, else numba's folder in the user's cache directory.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from tradertape_indicators.arrays import Matrix

_Kernel = Callable[..., None]
_TOGETHER = 64  # columns of a panel that are turned into series at once: a tile stays in the cache


class _Choice:
    wanted: bool | None = None


_compiled: dict[_Kernel, _Kernel] = {}


def use_numba(wanted: bool | None) -> None:
    """Say how indicators run, for the whole process.

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
    """Say whether the next indicator runs compiled."""
    if _Choice.wanted is None:
        return "numba" in sys.modules
    return _Choice.wanted


def over_series(
    kernel: _Kernel,
    inputs: Sequence[Matrix],
    *numbers: float,
    outputs: int = 1,
    of_panel: _Kernel | None = None,
) -> list[Matrix] | None:
    """Run a kernel over every column of some matrices; None if numpy is to do the work.

    kernel: takes the inputs, the numbers, then the outputs; each matrix holds a series in each row.
    of_panel: does the same where there are several, on matrices with a series in each column.
    Returns the outputs, (n, m) like the inputs.
    """
    if not numba_in_use():
        return None
    kinds = "".join("f" if isinstance(one, float) else "i" for one in numbers)
    arguments = f"{'m' * len(inputs)}{kinds}{'o' * outputs}"
    rows, columns = inputs[0].shape
    results = [np.empty((rows, columns)) for _ in range(outputs)]
    if columns > 1 and of_panel is not None:
        compiled(of_panel, arguments)(*inputs, *numbers, *results)
        return results
    run = compiled(kernel, arguments)
    if columns == 1:
        run(*(_row(one) for one in inputs), *numbers, *(_row(one) for one in results))
        return results
    for first in range(0, columns, _TOGETHER):
        tile = slice(first, first + _TOGETHER)
        turned = [np.ascontiguousarray(one[:, tile].T) for one in inputs]
        made = [np.empty_like(turned[0]) for _ in range(outputs)]
        run(*turned, *numbers, *made)
        for result, one in zip(results, made):
            result[:, tile] = one.T
    return results


def _row(column: Matrix) -> Matrix:
    return column.reshape(1, -1)


def compiled(kernel: _Kernel, arguments: str) -> _Kernel:
    """Return the kernel compiled.

    arguments: a letter per argument: m matrix to read, o matrix to write, i int, f float.
    """
    if kernel not in _compiled:
        _compiled[kernel] = _compile(kernel, arguments)
    return _compiled[kernel]


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
    options = {"cache": True, "nogil": True}
    return numba.njit(signature, **options)(_with_parts(kernel, numba, options))


def _with_parts(function: Callable[..., Any], numba: Any, options: Any) -> Callable[..., Any]:
    """The function with those of its own module that it calls compiled."""
    known = function.__globals__
    parts = {
        name: numba.njit(**options)(_with_parts(known[name], numba, options))
        for name in function.__code__.co_names
        if inspect.isfunction(known.get(name)) and known[name].__module__ == function.__module__
    }
    if not parts:
        return function
    made = FunctionType(function.__code__, {**known, **parts}, function.__name__)
    made.__qualname__, made.__module__ = function.__qualname__, function.__module__
    return made
