"""The published package, aside, to compare ours with."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
WHEEL = "kite-algo-worker==0.7.4"
ASIDE = ROOT / ".tools" / "published-worker-0.7.4"
ALIAS = "published_worker"  # it is loaded under this name, so that both fit in one process


@pytest.fixture(scope="session")
def published_folder() -> Path:
    """The folder with the published package, unpacked once, without what it depends on."""
    if not ASIDE.is_dir():
        partial = ASIDE.with_name(f"{ASIDE.name}.{os.getpid()}")
        found = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
        command = [found, "pip", "install", "-q", "--no-deps", "--target", str(partial), WHEEL]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"the published package could not be installed: {done.stderr.strip()}")
        try:
            partial.rename(ASIDE)
        except OSError:  # another test run was first
            shutil.rmtree(partial)
    return ASIDE


@pytest.fixture(scope="session")
def published_module(published_folder: Path) -> Callable[[str], ModuleType]:
    """Give a module of the published package by its name, such as "indicators"; "" the whole."""
    package = published_folder / "kite_algo_worker"
    if ALIAS not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            ALIAS, package / "__init__.py", submodule_search_locations=[str(package)]
        )
        assert spec is not None
        assert spec.loader is not None
        sys.modules[ALIAS] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[ALIAS])
    return lambda name: importlib.import_module(f"{ALIAS}.{name}" if name else ALIAS)
