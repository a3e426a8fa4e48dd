"""The cache of numba-compiled code, filled and loaded beside the first requests.

Compiling takes most of a minute, once; loading from the cache takes a second. The cache is in the
home folder: the folder of the source code may not be writable, and compiled code does not carry
over to another machine.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"
LOADED_AFTER_S = 5.0
_NICE = 10


def numba_cache(home: Path) -> Path:
    """Return the cache folder: the one configured for numba, else one in the home folder."""
    return Path(os.environ.get(VARIABLE) or home / "cache" / "numba")


def use_cache(home: Path) -> Path:
    """Configure numba to use the cache; call this before anything imports numba."""
    cache = numba_cache(home)
    os.environ[VARIABLE] = str(cache)
    return cache


def is_filled(cache: Path) -> bool:
    """Whether the cache holds the current version of the code."""
    return _mark(cache).is_file()


def _mark(cache: Path) -> Path:
    """The file that marks a filled cache; numba's own files tell only by loading numba."""
    text = hashlib.sha256(sys.version.encode())
    for package in ("tradertape_core", "tradertape_indicators", "numba"):
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            # numba, too, detects changes by the time and size of the source files.
            sources = (
                Path(folder).rglob("*.py") if package != "numba" else [Path(folder, "__init__.py")]
            )
            for path in sorted(sources):
                text.update(f"{path} {path.stat().st_mtime_ns} {path.stat().st_size}".encode())
    return cache / f"filled-{text.hexdigest()[:16]}"


def load() -> None:
    """Load the compiled code into this process; compile what the cache lacks."""
    if find_spec("numba") is None:
        return
    from tradertape_core.backtest.simulation.simulate import warm_up  # noqa: PLC0415 - not at every start
    from tradertape_indicators import use_numba  # noqa: PLC0415 - as above

    warm_up()
    use_numba(wanted=True)
    _call_every_indicator()
    if VARIABLE in os.environ:
        mark = _mark(Path(os.environ[VARIABLE]))
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()


def _call_every_indicator() -> None:
    import numpy as np  # noqa: PLC0415 - as above

    from tradertape_indicators import CATALOGUE, compute  # noqa: PLC0415 - as above

    for series in (np.ones((1, 1)), np.ones((1, 2))):  # one symbol, and a panel of two
        for name, spec in CATALOGUE.items():
            columns = {str(wanted): series for wanted in (*spec.inputs, "close")}
            output = spec.outputs[0] if len(spec.outputs) > 1 else ""
            compute(name, columns, {}, output=output)


def prepare(cache: Path, *, after_s: float = LOADED_AFTER_S) -> None:
    """Load the cache into a server once it serves, after so many seconds.

    Loading takes a second of the processor, which after a crash belongs to the orders. What needs
    compiled code earlier loads it itself, where that pays. If the cache is empty, another process
    fills it: compiling here would slow every request for a minute. Until then backtests use the
    interpreted loop.
    """
    threading.Thread(
        target=_load_or_fill, args=(cache, after_s), name="numba-cache", daemon=True
    ).start()


def _load_or_fill(cache: Path, after_s: float) -> None:
    time.sleep(after_s)
    if is_filled(cache):
        load()
    else:
        fill(cache)


def fill(cache: Path) -> None:
    """Compile into the cache in another process, then load from there."""
    command = [sys.executable, "-c", f"from {__name__} import load_for_parent as f; f()"]
    # The closed pipe tells it that this process ended, whatever the reason.
    with subprocess.Popen(  # noqa: S603 - a fixed command line
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as compiler:
        compiler.wait()
    if is_filled(cache):
        load()


def load_for_parent() -> None:
    """Compile for the process at the other end of standard input, and end when it ends.

    It takes a processor for a minute: whatever the server does comes first.
    """
    if hasattr(os, "nice"):
        os.nice(_NICE)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    load()


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)
