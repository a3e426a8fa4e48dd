"""The day loop two ways from one source: compiled by numba, or as plain Python on buffers.

Importing numba and loading the compiled loop costs longer than a whole run of the plain path, so a
short-lived process does without. The compiled loop is kept in numba's cache: the application names
a folder of its own in NUMBA_CACHE_DIR before the first call.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from hashlib import sha256
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from tradertape_core.backtest.kernel import (
    day,
    deciding,
    liquidity,
    opening,
    records,
    resting,
    trading,
)
from tradertape_core.backtest.kernel.shapes import Sim
from tradertape_core.ledger import charge_table

# What the loop is made of; a function may call any other of these.
_MODULES = (charge_table, liquidity, records, trading, opening, resting, deciding, day)
_CHARGES = (
    "fill_charges", "day_trade_difference", "demat_charge", "part", "order_brokerage",
    "service_tax",
)  # fmt: skip

_ROOT = {"cache": True}
# Parts are called by compiled code alone: wrappers for other callers would double the work.
_PART = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}

_compiled: list[Callable[[Sim], None]] = []


def has_numba() -> bool:
    """Whether numba is installed."""
    return importlib.util.find_spec("numba") is not None


def numba_is_loaded() -> bool:
    """Whether this process has imported numba."""
    return "numba" in sys.modules


def is_compiled() -> bool:
    """Whether this process has loaded the compiled loop."""
    return bool(_compiled)


def run_plain(sim: Sim) -> None:
    """Run the loop as Python. Buffers give Python's own numbers, several times faster to work
    with than numpy's, and write through to the arrays."""
    day.run(buffers(sim))


def run_compiled(sim: Sim) -> None:
    """Run the loop compiled, compiling or loading it first if need be."""
    if not _compiled:
        _compiled.append(_compile())
    _compiled[0](_read_only(sim))


# --- plain ----------------------------------------------------------------------------------------


def buffers(sim: Sim) -> Any:
    """The same arrays as buffers, for running parts of the loop as Python."""
    return _mapped(sim, memoryview)


def _read_only(sim: Sim) -> Any:
    """Views that may not be written of everything that is only read: memory-mapped panels are
    such, and with one kind of array the loop is compiled once."""
    groups = [_mapped(group, _locked) for group in (sim.market, sim.signals, sim.program)]
    market, signals, program = groups
    charges = _mapped(sim.charges, _locked)
    return sim._replace(market=market, signals=signals, program=program, charges=charges)


def _mapped(group: Any, change: Callable[[Any], Any]) -> Any:
    """The named tuple with every array changed, those of named tuples inside too."""
    fields: list[Any] = []
    for value in group:
        if isinstance(value, np.ndarray):
            fields.append(change(value))
        elif isinstance(value, tuple):
            fields.append(_mapped(value, change))
        else:
            fields.append(value)
    return type(group)(*fields)


def _locked(values: Any) -> Any:
    view = values.view(np.ndarray)
    view.flags.writeable = False
    return view


# --- compiled -------------------------------------------------------------------------------------


def _compile() -> Callable[[Sim], None]:
    """Build the loop anew with compiled parts.

    Each function is copied into a namespace where the names of the others mean their compiled
    form. The root's name carries a fingerprint of all sources, for numba's cache looks only at the
    root's file and would not see a change in another.
    """
    numba: Any = importlib.import_module("numba")
    parts = _parts()
    fingerprint = _fingerprint([function.__code__ for function in parts.values()])
    built: dict[str, Any] = {}
    for name, function in parts.items():
        namespace = dict(function.__globals__)
        copy = FunctionType(function.__code__, namespace, name, function.__defaults__)
        copy.__module__ = function.__module__
        copy.__qualname__ = f"{name}_{fingerprint}" if name == "run" else name
        # The loop allocates nothing, so it needs no counting of references; with it, each call of
        # a part would count those of every array. Inlined parts pass no arguments at all.
        options = _ROOT if name == "run" else _PART
        built[name] = _general(numba.njit(nogil=True, _nrt=False, **options)(copy), numba)
    for dispatcher in built.values():
        dispatcher.py_func.__globals__.update(built)
    return built["run"]


def _general(dispatcher: Any, numba: Any) -> Any:
    """Make numba compile a function once for all integers, not anew for each constant."""
    resolve = dispatcher.get_call_template

    def get_call_template(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        return resolve(tuple(numba.types.unliteral(arg) for arg in args), kws)

    dispatcher.get_call_template = get_call_template
    return dispatcher


def _parts() -> dict[str, FunctionType]:
    found: dict[str, FunctionType] = {}
    for module in _MODULES:
        found.update(_functions(module))
    return found


def _functions(module: ModuleType) -> dict[str, FunctionType]:
    own = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, FunctionType) and value.__module__ == module.__name__
    }
    if module is charge_table:
        return {name: own[name] for name in _CHARGES}
    return own


def _fingerprint(codes: list[CodeType]) -> str:
    text = sha256()
    for code in codes:
        text.update(code.co_code)
        text.update(repr((code.co_names, code.co_consts)).encode())
    return text.hexdigest()[:12]
