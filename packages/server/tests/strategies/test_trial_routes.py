"""Trying a document on one symbol of the simulated world."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

pytestmark = [
    pytest.mark.parametrize("engine", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("with_market"),
]

DIP = {"name": "Dip", "base_model": "v3_dip_buyer"}
DAYS = {"start_date": "2024-01-01", "end_date": "2025-06-30"}


def _signals(client: TestClient, **fields: Any) -> dict[str, Any]:
    body = {"strategy": DIP, "symbol": "INFY", **DAYS, **fields}
    response = client.post("/api/strategies/signals", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def test_signals_are_on_candles_within_the_requested_days(signed_in: TestClient) -> None:
    found = _signals(signed_in)

    days = [candle["date"] for candle in found["candles"]]
    assert days == sorted(days)
    assert DAYS["start_date"] <= days[0] <= days[-1] <= DAYS["end_date"]
    assert {signal["date"] for signal in found["signals"]} <= set(days)
    assert found["simulated"]
    assert sum(bar["signals"] for bar in found["conviction_histogram"]) > 0


def test_the_day_of_a_signal_is_explained_as_a_buy_and_another_is_not(
    signed_in: TestClient,
) -> None:
    found = _signals(signed_in)
    bought = {signal["date"] for signal in found["signals"]}
    other = next(c["date"] for c in found["candles"] if c["date"] not in bought)

    for day, expected in ((min(bought), True), (other, False)):
        body = {"strategy": DIP, "symbol": "NSE:INFY", "day": day}
        explained = signed_in.post("/api/strategies/explain", json=body).json()
        assert explained["is_signal"] is expected
        assert explained["entry"]["conditions"]
        assert explained["conclusion"].startswith("Bought" if expected else "Not bought")


def test_a_symbol_outside_the_universe_is_refused_with_a_way_out(signed_in: TestClient) -> None:
    body = {"strategy": DIP, "symbol": "NOSUCH", **DAYS}

    refused = signed_in.post("/api/strategies/signals", json=body)

    assert refused.status_code == 400
    assert "custom:NOSUCH" in refused.json()["detail"]


def test_a_document_with_a_mistake_is_refused_with_its_place(signed_in: TestClient) -> None:
    body = {"strategy": {"name": "x", "base_model": "v9"}, "symbol": "INFY", **DAYS}

    refused = signed_in.post("/api/strategies/signals", json=body)

    assert refused.status_code == 422
    assert refused.json()["detail"][0]["pointer"] == "/base_model"
