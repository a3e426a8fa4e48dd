"""A worker's way into a running server."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def worker(live_server) -> dict[str, str]:
    """The environment of a worker with a token of its own on the running server."""
    return live_server.worker("sdk")
