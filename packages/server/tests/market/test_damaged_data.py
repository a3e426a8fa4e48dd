"""Damaged market data over HTTP: 503 for that set, true figures for the others, and health."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tradertape_core.kernel.errors import StoredDataDamaged
from tradertape_server.container import Container
from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.market.live_world import LiveWorld

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

_RANGE = (date(2024, 1, 1), date(2024, 12, 31))
STRATEGY = {"name": "Dips", "base_model": "v3_dip_buyer"}
TRIAL = {"strategy": STRATEGY, "symbol": "INFY", "universe": "custom:INFY,TCS"}
RUN = {
    "universe": "custom:INFY,TCS",
    "start_date": "2024-01-10",
    "end_date": "2024-02-20",
    "strategy": STRATEGY,
    "benchmark": "NIFTY 50",
}


@pytest.fixture
def sets(make_set, container: Container) -> dict[str, Any]:
    symbols = ["INFY", "TCS"]
    return {
        "sound": make_set("sound", symbols, into=container.market),
        "toy": make_set("toy", symbols, into=container.market),
    }


def candles_file(container: Container) -> Path:
    store = container.market.store
    return store.folder("toy") / store.manifest("toy").tables["candles"]


READS = (
    ("GET", "/api/market/candles/INFY", None),
    ("GET", "/api/market/symbols", None),
    ("GET", "/api/market/universes", None),
    ("GET", "/api/market/universes/all", None),
    ("POST", "/api/backtest/run", RUN),
    ("POST", "/api/strategies/explain", {**TRIAL, "day": "2024-02-20"}),
    (
        "POST",
        "/api/strategies/signals",
        {**TRIAL, "start_date": "2024-01-10", "end_date": "2024-02-20"},
    ),
)


@pytest.mark.parametrize(("method", "path", "body"), READS)
def test_a_damaged_set_is_a_503_that_says_what_to_do(
    sets: dict[str, Any],
    container: Container,
    signed_in: TestClient,
    method: str,
    path: str,
    body: dict[str, Any] | None,
) -> None:
    def ask(data_set: str) -> Any:
        if body is not None:
            return signed_in.request(method, path, json={**body, "data_set": data_set})
        return signed_in.request(method, path, params={"data_set": data_set})

    assert ask("toy").status_code == 200
    os.truncate(candles_file(container), 500)
    refused = ask("toy")
    assert refused.status_code == 503
    assert refused.headers["X-Error-Code"] == "data_damaged"
    assert "tradertape data discard toy" in refused.json()["detail"]
    assert ask("sound").status_code == 200


def test_the_list_of_data_sets_names_the_damaged_one(
    sets: dict[str, Any], container: Container, signed_in: TestClient
) -> None:
    os.truncate(candles_file(container), 500)
    found = {one["name"]: one for one in signed_in.get("/api/market/data-sets").json()}
    assert found["sound"]["problem"] == ""
    assert "has been altered or truncated" in found["toy"]["problem"]


def _altered_cache(container: Container, name: str) -> None:
    store = container.market.store
    path = store.cache_folder(store.manifest(name)) / "close.npy"
    close = np.load(path)
    np.save(path, close * 10)


def test_an_altered_column_cache_changes_no_figure(
    sets: dict[str, Any], container: Container, signed_in: TestClient
) -> None:
    def summary() -> Any:
        answer = signed_in.post("/api/backtest/run", json={**RUN, "data_set": "toy"})
        assert answer.status_code == 200, answer.text
        return answer.json()["summary"], answer.json()["data_version"]

    before = summary()
    _altered_cache(container, "toy")
    assert summary() == before
    assert container.market.opened.caches_damaged == 1
    text = container.metrics.text().decode()
    assert "tradertape_market_caches_damaged 1.0" in text
    assert "tradertape_market_data_sets_damaged 0.0" in text


def test_health_tells_damage_until_it_is_mended(
    sets: dict[str, Any], container: Container, signed_in: TestClient
) -> None:
    def check() -> dict[str, Any]:
        return signed_in.get("/api/health").json()["checks"]["market_data"]

    container.market.panel("all", *_RANGE)
    assert "damaged" not in check()["facts"]
    _altered_cache(container, "toy")
    assert (check()["status"], check()["facts"]) == ("down", {"damaged": ["toy"]})
    assert "column cache is damaged (close.npy has" in check()["detail"]
    container.market.panel("all", *_RANGE)
    assert "damaged" not in check()["facts"]
    container.market.use("sound")
    path = candles_file(container)
    content = path.read_bytes()
    os.truncate(path, 500)
    found = check()
    assert (found["status"], found["facts"]) == ("stale", {"damaged": ["toy"]})
    assert "tradertape doctor" in found["detail"]
    path.write_bytes(content)
    assert "damaged" not in check()["facts"]


def test_trading_goes_on_without_the_candles(
    sets: dict[str, Any], container: Container, signed_in: TestClient, clock: Any
) -> None:
    """Instruments and the day's prices that are known stay; nothing new is made of damaged data."""
    day = clock.now().date()
    known = container.instruments.get("NSE:INFY")
    world = LiveWorld(container.market)
    prices = world.day(day)
    facts = CorporateFacts(container.market)
    assert facts.version
    os.truncate(candles_file(container), 500)
    clock.advance(seconds=5)
    assert container.instruments.get("NSE:INFY") == known
    assert world.day(day) is prices
    assert (facts.version, facts.rescalings(["INFY"], day)) == ("", [])
    with pytest.raises(StoredDataDamaged):
        LiveWorld(container.market).day(day)
