"""The console's quotes, candles and history, with the names and values that workers get."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.mark.parametrize("mode", ["ltp", "quote", "full"])
def test_quotes_are_by_the_identifier_asked_for(signed_in: TestClient, mode: str) -> None:
    asked = {"symbols": ["NSE:INFY", "NSE:INFI"], "mode": mode}
    answer = signed_in.post("/api/live/quotes", json=asked)
    assert answer.status_code == 200, answer.text
    assert list(answer.json()["quotes"]) == ["NSE:INFY"]
    assert ("depth" in answer.json()["quotes"]["NSE:INFY"]) == (mode != "ltp")
    (unknown,) = answer.json()["unresolved"]
    assert (unknown["identifier"], "NSE:INFY" in unknown["near"]) == ("NSE:INFI", True)


def test_the_unfinished_candle_is_apart(signed_in: TestClient) -> None:
    query = {"symbol": "NSE:INFY", "interval": "minute", "lookback": 3}
    answer = signed_in.get("/api/live/candles", params=query)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["count"] == 3
    assert all(candle["is_complete"] for candle in found["candles"])
    assert found["current"] is None or not found["current"]["is_complete"]


def test_a_history_names_its_range_and_source(with_market: None, signed_in: TestClient) -> None:
    query = {"symbol": "NSE:INFY", "interval": "day", "from": "2025-12-01", "to": "2025-12-31"}
    answer = signed_in.get("/api/live/history", params=query)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["from"][:10], found["to"][:10]) == ("2025-12-01", "2025-12-31")
    assert found["count"] == len(found["candles"]) == 22
    assert found["source"] == "db"


@pytest.mark.parametrize(
    ("begins_at", "is_warned"),
    [(datetime(2026, 10, 31, 6, tzinfo=UTC), False), (datetime(2026, 11, 1, 6, tzinfo=UTC), True)],
)
def test_the_console_is_told_that_the_published_holidays_end(sign_in: Any, is_warned: bool) -> None:
    found = sign_in("person@example.com").get("/api/live/status").json()["state_hint"]
    assert ("holidays are known until 2026-12-31" in found) is is_warned
