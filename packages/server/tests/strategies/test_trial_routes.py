"""Trying a document on one symbol of the simulated world."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient

from tradertape_core.strategy.explanation.explain import explain
from tradertape_core.strategy.language.walk import warm_up_bars
from tradertape_core.strategy.parse.document import complete, parse_strategy
from tradertape_server.features.strategies.trial_service import TrialService

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


def test_an_explanation_has_seen_the_history_of_the_signals(signed_in: TestClient) -> None:
    """The RSI of a close is that on which the signal was decided, to the last digit."""
    found = _signals(signed_in)
    day = max(signal["date"] for signal in found["signals"])
    body = {"strategy": DIP, "symbol": "INFY", "day": day}

    start = {"start_date": DAYS["start_date"]}
    whole = signed_in.post("/api/strategies/explain", json={**body, **start}).json()
    alone = signed_in.post("/api/strategies/explain", json=body).json()

    seen, shorter = _numbers(whole["entry"]), _numbers(alone["entry"])
    assert seen == pytest.approx(shorter, rel=1e-2)
    assert seen != shorter  # the RSI has forgotten nearly, not wholly, where its history began
    trials: TrialService = cast("Any", signed_in.app).state.container.trials
    panel = trials.market.panel(
        "nifty_100",
        date.fromisoformat(DAYS["start_date"]),
        date.fromisoformat(DAYS["end_date"]),
        warm_up_bars=warm_up_bars(parse_strategy(complete(DIP))),
    )
    as_signalled = explain(parse_strategy(complete(DIP)), panel, "INFY", date.fromisoformat(day))
    assert seen == _numbers(as_signalled["entry"])
    late = signed_in.post("/api/strategies/explain", json={**body, "start_date": "2099-01-01"})
    assert late.status_code == 400


def _numbers(tree: Any) -> list[float]:
    """Every number in a tree."""
    if isinstance(tree, dict):
        return [number for value in tree.values() for number in _numbers(value)]
    if isinstance(tree, list):
        return [number for value in tree for number in _numbers(value)]
    return [tree] if isinstance(tree, float) else []
