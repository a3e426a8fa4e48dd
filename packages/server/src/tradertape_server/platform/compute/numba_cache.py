"""Compiled code made ready before somebody waits for it.

Compiling takes the better part of a minute, once; loading it from the cache takes a second. The
cache is ours, in the home folder: a folder beside the code may not be writable, and one machine's
code is not another's.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"


def numba_cache(home: Path) -> Path:
    """Where compiled code is kept: the folder set for numba, else one in the home folder."""
    return Path(os.environ.get(VARIABLE) or home / "cache" / "numba")


def use_cache(home: Path) -> Path:
    """Name the cache to numba; to be called before anything imports it."""
    cache = numba_cache(home)
    os.environ[VARIABLE] = str(cache)
    return cache


def is_filled(cache: Path) -> bool:
    """Whether the cache holds this very version of the code, compiled."""
    return _mark(cache).is_file()


def _mark(cache: Path) -> Path:
    """The file that says so; numba's own files do not, without loading numba."""
    text = hashlib.sha256(sys.version.encode())
    for package in ("tradertape_core", "tradertape_indicators", "numba"):
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            # As numba sees it: by the time and size of the sources.
            sources = (
                Path(folder).rglob("*.py") if package != "numba" else [Path(folder, "__init__.py")]
            )
            for path in sorted(sources):
                text.update(f"{path} {path.stat().st_mtime_ns} {path.stat().st_size}".encode())
    return cache / f"filled-{text.hexdigest()[:16]}"


def load() -> None:
    """Load the compiled code into this process, compiling it where the cache lacks it."""
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

    for series in (np.ones((1, 1)), np.ones((1, 2))):  # one share, and a panel of them
        for name, spec in CATALOGUE.items():
            columns = {str(wanted): series for wanted in (*spec.inputs, "close")}
            output = spec.outputs[0] if len(spec.outputs) > 1 else ""
            compute(name, columns, {}, output=output)


def prepare(cache: Path) -> None:
    """Make a server ready for its first request: load what is compiled, which takes a second.

    Where nothing is, another process compiles it while this one serves: compiling here would slow
    every request for a minute. Until it is there, runs take the plain loop.
    """
    if is_filled(cache):
        load()
    else:
        threading.Thread(target=fill, args=(cache,), name="warming", daemon=True).start()


def fill(cache: Path) -> None:
    """Compile into the cache in another process, then load from there."""
    command = [sys.executable, "-c", f"from {__name__} import load_for_parent as f; f()"]
    # It hears by the pipe that we ended, however that was.
    with subprocess.Popen(  # noqa: S603 - our own words
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as compiler:
        compiler.wait()
    if is_filled(cache):
        load()


def load_for_parent() -> None:
    """Compile for the process at the other end of standard input, and end when it ends."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    load()


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)
