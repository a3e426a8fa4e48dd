"""For every test of the workspace."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import settings

# How long an example takes says nothing here: tests run beside each other, and beside other checks.
# A test that wants many examples asks for a multiple of the profile's (`settings.default`).
settings.register_profile("fast", deadline=None, max_examples=25)
settings.register_profile("all", deadline=None, max_examples=100)


@pytest.hookimpl(optionalhook=True)  # the wheels' tests run without xdist
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests wait for disks, leases and other programs.

    Each has its own PostgreSQL and up to a gigabyte of memory: five are enough.
    """
    return min(os.cpu_count() or 1, 4) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put a test's group into its name, where `--dist loadgroup` looks for it.

    pytest-xdist 3.8 writes it to where pytest 9.2 no longer reads it: without a word, tests that
    share a server went to every process, and each started its own.
    """
    if config.getoption("loadgroup", default=False):
        for item in items:
            for mark in item.iter_markers("xdist_group"):
                item._id = item.id.parse(f"{item.nodeid}@{mark.args[0]}")


def pytest_collection_finish() -> None:
    """Keep what was imported out of the collector's rounds: it goes nowhere until the end."""
    gc.collect()
    gc.freeze()
    # As the server sets it. At 700 new objects, looking for cycles took a tenth of the time.
    gc.set_threshold(50_000)
