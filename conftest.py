"""For every test of the workspace."""

from __future__ import annotations

import ast
import gc
import os
import re
import sys
import threading
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import settings

# How long an example takes says nothing here: tests run beside each other, and beside other checks.
# A test that wants many examples asks for a multiple of the profile's (`settings.default`).
settings.register_profile("fast", deadline=None, max_examples=25)
settings.register_profile("all", deadline=None, max_examples=100)

if sys.version_info < (3, 11, 8):
    # Threads that parse at the same time share one counter there, and one gets a SystemError
    # (CPython gh-106905). A test's server, sandbox and agent are threads of one process.
    _parse, _one_at_a_time = ast.parse, threading.RLock()

    def _parse_alone(*args: Any, **options: Any) -> Any:
        with _one_at_a_time:
            return _parse(*args, **options)

    ast.parse = _parse_alone


@pytest.hookimpl(optionalhook=True)  # the wheels' tests run without xdist
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests wait for disks, leases and other programs.

    Each has its own PostgreSQL and up to a gigabyte of memory: five are enough.
    """
    return min(os.cpu_count() or 1, 4) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put a test's group into its name, where `--dist loadgroup` looks for it; slow ones may last.

    pytest-xdist 3.8 writes it to where pytest 9.2 no longer reads it: without a word, tests that
    share a server went to every process, and each started its own.
    """
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(0))
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


_CLIENT_TEST = re.compile(
    r"sandbox/tests/clients/test_(\w+)\.py::test_\w+\[(?:\w+\.py-)?(.*?)\](?:@|$)"
)
_ADAPTER_TEST = re.compile(r"brokers/tests/contract/test_(\w+)\.py::.*\[(kite|upstox|groww)[-\]]")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what the brokers' own clients called in the sandbox, and what each adapter passed."""
    calls: dict[str, list[str]] = defaultdict(list)
    passed: dict[str, int] = defaultdict(int)
    for report in terminalreporter.stats.get("passed", ()):
        if found := _CLIENT_TEST.search(report.nodeid):
            calls[found[1]].append(found[2])
        elif found := _ADAPTER_TEST.search(report.nodeid):
            passed[found[2]] += 1
    if calls:
        terminalreporter.section("the brokers' own clients against the sandbox")
    for client, names in sorted(calls.items()):
        terminalreporter.write_line(
            f"{client}, {len(names)} calls passed: {', '.join(sorted(names))}"
        )
    if passed:
        terminalreporter.section("the adapters' contract suite against the sandbox")
        tests = ", ".join(f"{name} {count} passed" for name, count in sorted(passed.items()))
        terminalreporter.write_line(tests)
