"""Compiled code: which cache counts, and that a server never waits for a compiler."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tradertape_server.platform.compute import numba_cache


def test_the_cache_is_in_the_home_unless_numba_was_given_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(numba_cache.VARIABLE, raising=False)
    assert numba_cache.numba_cache(tmp_path) == tmp_path / "cache" / "numba"

    monkeypatch.setenv(numba_cache.VARIABLE, "/elsewhere")
    assert numba_cache.use_cache(tmp_path) == Path("/elsewhere")
    assert os.environ[numba_cache.VARIABLE] == "/elsewhere"


def test_what_another_version_compiled_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "filled-0123456789abcdef").touch()

    assert not numba_cache.is_filled(tmp_path)


def test_a_process_that_loaded_the_code_says_so_and_runs_compiled() -> None:
    script = """
import os
import numba
from tradertape_core.backtest.kernel import engine
from tradertape_server.platform.compute import numba_cache
# numba has taken its folder in: that of all tests, if they have one. None is named to `load`.
os.environ.pop(numba_cache.VARIABLE, None)
numba_cache.load()
assert engine.is_compiled()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True)

    assert done.returncode == 0, done.stderr


def test_a_start_does_not_wait_for_compiled_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash the processor belongs to the orders; the cache is loaded beside them."""
    may_load, loaded_by = threading.Event(), list[str]()
    is_loaded = threading.Event()

    def load() -> None:
        may_load.wait(10)
        loaded_by.append(threading.current_thread().name)
        is_loaded.set()

    monkeypatch.setattr(numba_cache, "is_filled", lambda _cache: True)
    monkeypatch.setattr(numba_cache, "load", load)

    numba_cache.prepare(tmp_path, after_s=0)
    may_load.set()  # reached although nothing could be loaded

    assert is_loaded.wait(10)
    assert loaded_by == ["numba-cache"]


def test_a_cold_cache_is_filled_by_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = f"open({str(tmp_path / 'seen')!r}, 'w').close()"
    real = subprocess.Popen
    asked: list[list[str]] = []

    def compiling(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        asked.append(command)
        return real([sys.executable, "-c", script], **options)

    monkeypatch.setattr(numba_cache.subprocess, "Popen", compiling)
    monkeypatch.setattr(
        numba_cache, "load", lambda: pytest.fail("compiled in the server's process")
    )

    numba_cache.fill(tmp_path)

    [command] = asked
    assert "load_for_parent" in command[2]
    assert (tmp_path / "seen").exists()


def test_the_compiler_ends_with_the_server_it_works_for(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        f"from {numba_cache.__name__} import load_for_parent as f; f()",
    ]
    environment = {**os.environ, numba_cache.VARIABLE: str(tmp_path)}
    compiler = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)

    assert compiler.stdin is not None
    compiler.stdin.close()  # as when the server is killed

    assert compiler.wait(timeout=60) == 1
    assert not numba_cache.is_filled(tmp_path)
