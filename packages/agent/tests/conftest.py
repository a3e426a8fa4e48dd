"""For every test of the agent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from packages.agent.tests.fake_cloud import FakeCloud, served_cloud
from packages.brokers.tests.sandboxed import Running, served_sandbox


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a configuration that does not exist yet; the environment names it."""
    path = tmp_path / "agent.json"
    monkeypatch.setenv("TRADERTAPE_AGENT_CONFIG", str(path))
    return path


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """One sandbox for a file's tests."""
    with served_sandbox() as served:
        yield served


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    """A cloud with one account and no signals."""
    with served_cloud() as served:
        yield served
