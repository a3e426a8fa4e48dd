"""The console's options: the same answers as the workers', for a signed-in browser."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

WORKER = "/api/algo-workers/worker/options"
CONSOLE = "/api/options"


@pytest.mark.parametrize(
    ("console", "worker_path"),
    [
        ("session", "session"),
        ("expiries", "expiries"),
        ("chain", "chain"),
        ("greeks", "greeks"),
        ("pcr", "analytics/pcr"),
        ("max-pain", "analytics/max-pain"),
    ],
)
def test_the_console_reads_what_workers_read(
    worker: TestClient, signed_in: TestClient, console: str, worker_path: str
) -> None:
    answer = signed_in.get(f"{CONSOLE}/NIFTY/{console}")
    assert answer.status_code == 200, answer.text
    assert answer.content == worker.get(f"{WORKER}/underlyings/NIFTY/{worker_path}").content


def test_the_console_selects_and_previews_as_workers_do(
    worker: TestClient, signed_in: TestClient
) -> None:
    wanted = {"legs": [{"option_type": "CE", "offset": "ATM"}]}
    chosen = signed_in.post(f"{CONSOLE}/NIFTY/select", json=wanted)
    assert chosen.status_code == 200, chosen.text
    by_worker = worker.post(f"{WORKER}/underlyings/NIFTY/selection/resolve", json=wanted)
    assert chosen.content == by_worker.content
    (contract,) = chosen.json()["resolved"]
    leg: dict[str, Any] = {
        "tradingsymbol": contract["tradingsymbol"], "exchange": "NFO",
        "transaction_type": "BUY", "lots": 1,
    }  # fmt: skip
    strategy = {"underlying": "NIFTY", "legs": [leg]}
    shown = signed_in.post(f"{CONSOLE}/strategies/preview", json=strategy)
    assert shown.status_code == 200, shown.text
    by_worker = worker.post(f"{WORKER}/strategies/preview", json=strategy)
    assert shown.content == by_worker.content
