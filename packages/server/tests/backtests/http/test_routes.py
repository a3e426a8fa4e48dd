"""BT-01 to BT-06: backtests over HTTP on the simulated world, on both databases."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_server.features.backtests.runs.schemas import Report

pytestmark = pytest.mark.usefixtures("with_market")

SignIn = Callable[..., TestClient]
SEED = {
    "universe": "nifty_100",
    "start_date": "2020-01-01",
    "end_date": "2026-01-01",
    "starting_capital": 10_000_000,
    "position_size_pct": 10,
    "max_positions": 20,
    "max_per_sector": 2,
    "slippage_bps": 5,
}
SHORT = {**SEED, "start_date": "2024-01-01", "end_date": "2025-01-01"}


@pytest.fixture
def strategy(signed_in: TestClient) -> dict[str, Any]:
    body = {"name": "My dip buyer", "base_model": "v3_dip_buyer"}
    return signed_in.post("/api/strategies", json=body).json()


def _run(client: TestClient, **body: Any) -> dict[str, Any]:
    response = client.post("/api/backtest/run", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def test_bt_01_and_05_the_seeds_script_prints_its_three_figures(
    signed_in: TestClient, strategy: dict[str, Any]
) -> None:
    result = _run(signed_in, strategy_id=strategy["id"], **SEED)

    printed = (
        f"CAGR: {result['summary']['cagr']:.1f}%",
        f"Win rate: {result['summary']['win_rate']:.1f}%",
        f"Total trades: {result['summary']['total_trades']}",
    )
    assert all(printed)
    assert 0 < result["summary"]["win_rate"] <= 100
    assert result["summary"]["total_trades"] == len(result["trades"]) > 50
    assert result["simulated"]
    assert any("imulated" in warning for warning in result["warnings"])
    Report.model_validate(result)  # exactly the fields that the API describes


def test_bt_02_and_03_a_run_is_stored_completely(
    signed_in: TestClient, strategy: dict[str, Any]
) -> None:
    result = _run(signed_in, strategy_id=strategy["id"], name="First", tags=["dips"], **SHORT)

    listed = signed_in.get("/api/backtest/runs", params={"strategy_id": strategy["id"]})
    kept = signed_in.get(f"/api/backtest/runs/{result['run_id']}").json()

    assert listed.headers["X-Total-Count"] == "1"
    [run] = listed.json()
    assert run["headline"]["cagr"] == result["summary"]["cagr"]
    assert run["strategy"] == {"id": strategy["id"], "name": "My dip buyer", "version": 1}
    assert (run["name"], run["tags"]) == ("First", ["dips"])
    assert 2 <= len(run["headline"]["spark"]) <= 130
    assert kept["trades"] == result["trades"]
    assert kept["equity_curve"] == result["equity_curve"]
    assert kept["hash"] == result["hash"]


def test_bt_04_a_deleted_run_is_gone(signed_in: TestClient, strategy: dict[str, Any]) -> None:
    result = _run(signed_in, strategy_id=strategy["id"], **SHORT)
    path = f"/api/backtest/runs/{result['run_id']}"

    assert signed_in.delete(path).status_code == 204
    assert signed_in.get(path).status_code == 404
    assert signed_in.get("/api/backtest/runs").json() == []


def test_the_same_inputs_give_the_same_bytes(
    signed_in: TestClient, strategy: dict[str, Any]
) -> None:
    one = _run(signed_in, strategy_id=strategy["id"], **SHORT)
    two = _run(signed_in, strategy_id=strategy["id"], **SHORT)

    for varying in ("run_id", "created_at", "took_ms"):
        one.pop(varying), two.pop(varying)
    assert one == two
    assert (
        _run(signed_in, strategy_id=strategy["id"], **{**SHORT, "slippage_bps": 6})["hash"]
        != one["hash"]
    )


def test_another_persons_run_is_not_found(
    sign_in: SignIn, signed_in: TestClient, strategy: dict[str, Any]
) -> None:
    result = _run(signed_in, strategy_id=strategy["id"], **SHORT)
    other = sign_in("other@example.com")

    for method, path in (
        ("GET", f"/api/backtest/runs/{result['run_id']}"),
        ("DELETE", f"/api/backtest/runs/{result['run_id']}"),
        ("GET", f"/api/backtest/runs/{result['run_id']}/trades.csv"),
    ):
        assert other.request(method, path).status_code == 404
    assert other.get("/api/backtest/runs").json() == []
    foreign = other.post("/api/backtest/run", json={"strategy_id": strategy["id"], **SHORT})
    assert foreign.status_code == 404


def test_an_inline_strategy_runs_and_need_not_be_saved(signed_in: TestClient) -> None:
    inline = {"name": "Inline", "base_model": "v1_momentum"}

    result = _run(signed_in, strategy=inline, save=False, **SHORT)

    assert result["run_id"] is None
    assert result["strategy"] == {"id": None, "name": "Inline", "version": None}
    assert signed_in.get("/api/backtest/runs").json() == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        ({"strategy_id": 2**70}, 422, "strategy_id"),
        ({"end_date": "2019-01-01"}, 400, "end_date must be after start_date"),
        ({"start_date": "2020-13-45"}, 422, "start_date"),
        ({"universe": []}, 400, "universe"),
        ({"universe": "nifty_9000"}, 400, "nifty_100"),
        ({"universe": "custom:NOSUCH"}, 400, "NOSUCH"),
        ({"strategy_id": 999_999}, 404, "Strategy not found"),
        ({"data_set": "moon"}, 400, "simulated"),
        ({"max_positions": 0}, 422, "max_positions"),
        ({"charges": "free_lunch"}, 400, "free_lunch"),
        ({"start_date": "2090-01-01", "end_date": "2091-01-01"}, 400, "2090"),
    ],
)
def test_bad_input_is_a_clear_4xx(
    signed_in: TestClient, strategy: dict[str, Any], wrong: dict[str, Any], status: int, words: str
) -> None:
    body = {"strategy_id": strategy["id"], **SHORT, **wrong}

    refused = signed_in.post("/api/backtest/run", json=body)

    assert refused.status_code == status, refused.text
    assert words in refused.text


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_run_is_downloaded_as_csv_and_as_a_page(
    signed_in: TestClient, strategy: dict[str, Any]
) -> None:
    result = _run(signed_in, strategy_id=strategy["id"], **SHORT)
    path = f"/api/backtest/runs/{result['run_id']}"

    trades = list(csv.DictReader(io.StringIO(signed_in.get(f"{path}/trades.csv").text)))
    equity = list(csv.DictReader(io.StringIO(signed_in.get(f"{path}/equity.csv").text)))
    page = signed_in.get(f"{path}/tear-sheet.html")

    assert len(trades) == len(result["trades"]) + len(result["open_positions"])
    assert len(equity) == len(result["equity_curve"])
    assert page.headers["Content-Type"].startswith("text/html")
    assert "My dip buyer" in page.text
    assert "simulated" in page.text.lower()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_latest_run_of_each_strategy_and_the_labels(
    signed_in: TestClient, strategy: dict[str, Any]
) -> None:
    _run(signed_in, strategy_id=strategy["id"], **SHORT)
    second = _run(signed_in, strategy_id=strategy["id"], **SHORT)

    labelled = signed_in.put(
        f"/api/backtest/runs/{second['run_id']}/labels", json={"name": "Kept", "tags": ["a"]}
    )

    assert labelled.json()["name"] == "Kept"
    latest = signed_in.get("/api/backtest/latest").json()
    assert [(run["run_id"], run["name"]) for run in latest] == [(second["run_id"], "Kept")]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_form_offers_the_choices_of_the_core(signed_in: TestClient) -> None:
    from tradertape_core.ledger.charges import schedule

    options = signed_in.get("/api/backtest/options").json()

    assert options["defaults"]["universe"] == "nifty_100"
    for choice in options["charges"]:
        if choice["value"] != "none":
            assert schedule(choice["value"])


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_run_without_a_single_trade_has_every_field_and_no_nan(signed_in: TestClient) -> None:
    inline = {
        "name": "Never",
        "base_model": "v1_momentum",
        "filters": {"min_price": 100_000_000},
    }

    result = _run(signed_in, strategy=inline, **SHORT)

    Report.model_validate(result)
    assert result["summary"]["total_trades"] == 0
    assert result["summary"]["win_rate"] is None
    assert result["summary"]["ending_capital"] == SHORT["starting_capital"]
