"""The version of this package, and whether another distribution owns the same files."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

NAME = "tradertape-worker"
OTHER = "kite-algo-worker"  # another publisher's distribution of the same import name
_ENTRY = "kite_algo_worker/__init__.py"


def _of_project(folder: Path) -> str:
    # A checkout that was never installed: the version is in pyproject.toml beside src/.
    try:
        text = (folder / "pyproject.toml").read_text(encoding="utf-8")
    except OSError:
        return "0+unknown"
    found = re.search(r'^version\s*=\s*"([^"]+)"', text, re.MULTILINE)
    return found.group(1) if found else "0+unknown"


def version() -> str:
    """Return the installed version; of a bare checkout, the one its project file names."""
    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:
        return _of_project(Path(__file__).resolve().parents[2])


def refuse_other() -> None:
    """Raise ImportError when the other distribution has installed its files over these."""
    try:
        files = metadata.distribution(OTHER).files or []
    except metadata.PackageNotFoundError:
        return
    if any(file.as_posix() == _ENTRY for file in files):
        raise ImportError(
            f"{OTHER} is installed beside {NAME}, and both have the package kite_algo_worker: "
            f"run `pip uninstall {OTHER} {NAME}`, then install {NAME} again"
        )


refuse_other()
__version__ = version()
