"""What tests of waiting runs and studies share."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient

UNFINISHED = {"queued", "running"}


class Waiting:
    """Asks for a run or a study until it is finished, as the console does."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def until_finished(self, path: str, *, turns: int = 1500) -> dict[str, Any]:
        for _ in range(turns):
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
def waiting(signed_in: TestClient) -> Waiting:
    return Waiting(signed_in)
