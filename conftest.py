"""For every test of the workspace."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """Keep what was imported out of the collector's rounds: it goes nowhere until the end."""
    gc.collect()
    gc.freeze()
