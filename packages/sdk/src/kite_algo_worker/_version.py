"""The version of this package."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path


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
        return metadata.version("kite-algo-worker")
    except metadata.PackageNotFoundError:
        return _of_project(Path(__file__).resolve().parents[2])


__version__ = version()
