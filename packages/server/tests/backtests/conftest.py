"""Fixtures of tests of queued runs and studies."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient

UNFINISHED = {"queued", "running"}


class Poller:
    """Polls a run or a study until it is finished, as the console does."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def until_finished(self, path: str, *, attempts: int = 1500) -> dict[str, Any]:
        for _ in range(attempts):
            found = self._client.get(path).json()
            if found["status"] not in UNFINISHED:
                return found
            threading.Event().wait(0.02)
        pytest.fail(f"{path} is still {found['status']}: {found}")

    def run(self, run_id: str) -> dict[str, Any]:
        return self.until_finished(f"/api/backtest/runs/{run_id}/status")

    def study(self, study_id: str) -> dict[str, Any]:
        return self.until_finished(f"/api/backtest/studies/{study_id}")


@pytest.fixture
def poller(signed_in: TestClient) -> Poller:
    return Poller(signed_in)
