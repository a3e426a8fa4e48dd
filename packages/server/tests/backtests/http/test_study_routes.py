"""BT-06: robustness studies over HTTP on the simulated world, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_server.features.backtests.studies.schemas import StudyDetail

pytestmark = pytest.mark.usefixtures("with_market")

SignIn = Callable[..., TestClient]
STRATEGY = {"name": "Dips", "base_model": "v3_dip_buyer"}
BACKTEST = {
    "strategy": STRATEGY,
    "universe": "nifty_50",
    "start_date": "2022-01-01",
    "end_date": "2024-01-01",
}
RANGES = {
    "/stops/target_pct": {"min": 6, "max": 10, "step": 2},
    "/stops/atr_stop_mult": [2, 3],
}
SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def _start(client: TestClient, **body: Any) -> dict[str, Any]:
    response = client.post("/api/backtest/studies", json={"backtest": BACKTEST, **body})
    assert response.status_code == 202, response.text
    return response.json()


def test_bt_06_a_sweep_ranks_every_combination(signed_in: TestClient, poller: Any) -> None:
    started = _start(signed_in, kind="sweep", parameters=RANGES, name="Targets")

    study = poller.study(started["study_id"])

    assert (study["status"], study["error"]) == ("completed", "")
    assert (study["done"], study["total"], study["rows_total"]) == (6, 6, 6)
    assert study["eta_s"] is None
    result = study["result"]
    figures = [row["sharpe"] for row in result["ranked"]]
    assert figures == sorted(figures, reverse=True)
    assert len(result["heat_maps"]) == 1
    assert {entry["parameter"] for entry in result["param_sensitivity"]} == set(RANGES)
    assert 0 <= result["best"]["deflated_sharpe"] <= 1
    assert result["best"]["trials"] == 6
    StudyDetail.model_validate(study)


@SQLITE
def test_the_best_row_equals_a_backtest_of_it_to_the_last_digit(
    signed_in: TestClient, poller: Any
) -> None:
    started = _start(signed_in, kind="sweep", parameters=RANGES)
    best = poller.study(started["study_id"])["result"]["best"]

    body = {**BACKTEST, "strategy": best["strategy"], "save": False}
    alone = signed_in.post("/api/backtest/run", json=body).json()

    for name in ("cagr", "sharpe", "max_drawdown", "total_trades", "win_rate"):
        assert best[name] == alone["summary"][name], name
    assert best["equity_curve"][-1]["equity"] == alone["summary"]["ending_capital"]


def test_bt_06_a_walk_forward_tests_its_choices_on_later_data(
    signed_in: TestClient, poller: Any
) -> None:
    started = _start(
        signed_in,
        kind="walk_forward",
        parameters={"/stops/target_pct": [6, 10]},
        train_months=12,
        test_months=6,
    )

    study = poller.study(started["study_id"])

    assert study["status"] == "completed", study["error"]
    assert study["done"] == study["total"] == 2 * 3
    windows = study["result"]["windows"]
    assert [row["test_start"] for row in windows] == ["2023-01-01", "2023-07-01"]
    assert all(row["train_end"] < row["test_start"] for row in windows)
    curve = study["result"]["equity_curve"]
    assert curve[0]["date"] >= "2023-01-01"
    assert [row["number"] for row in study["rows"]] == [0, 1]
    assert "equity" not in study["rows"][0]


@SQLITE
def test_bt_06_studies_of_a_finished_run(signed_in: TestClient, poller: Any) -> None:
    run = signed_in.post("/api/backtest/run", json=BACKTEST).json()

    def study(kind: str, **more: Any) -> dict[str, Any]:
        body = {"kind": kind, "run_id": run["run_id"], **more}
        started = signed_in.post("/api/backtest/studies", json=body)
        assert started.status_code == 202, started.text
        found = poller.study(started.json()["study_id"])
        assert found["status"] == "completed", found["error"]
        return found["result"]

    fan = study("monte_carlo", runs=500, seed=7)
    cut = study("lookahead", samples=3)
    late = study("recursive", start_up_bars=[30, 200])

    assert fan["p5"] < fan["p50"] < fan["p95"]
    assert fan["fan"][0]["p50"] == run["summary"]["starting_capital"]
    assert (cut["passed"], cut["differences"]) == (True, [])
    assert {row["start_up_bars"] for row in late["rows"]} == {30, 200}
    listed = signed_in.get("/api/backtest/studies", params={"run_id": run["run_id"]})
    assert listed.headers["X-Total-Count"] == "3"
    assert {row["kind"] for row in listed.json()} == {"monte_carlo", "lookahead", "recursive"}


@SQLITE
def test_a_search_proposes_the_same_for_the_same_seed(signed_in: TestClient, poller: Any) -> None:
    request = {
        "kind": "search",
        "parameters": {"/stops/target_pct": {"min": 4, "max": 14}, "/stops/atr_stop_mult": [2, 3]},
        "trials": 20,
        "seed": 5,
    }

    one = poller.study(_start(signed_in, **request)["study_id"])
    two = poller.study(_start(signed_in, **request)["study_id"])
    other = poller.study(_start(signed_in, **{**request, "seed": 6})["study_id"])

    assert one["status"] == "completed", one["error"]
    assert len(one["rows"]) == 20
    assert one["rows"] == two["rows"]
    assert one["result"] == two["result"]
    assert other["rows"] != one["rows"]


@SQLITE
def test_invalid_values_fail_alone(signed_in: TestClient, poller: Any) -> None:
    started = _start(signed_in, kind="sweep", parameters={"/stops/target_pct": [-5, 8]})

    study = poller.study(started["study_id"])

    assert study["status"] == "completed"
    assert study["result"]["failed"] == 1
    [failed] = [row for row in study["rows"] if "error" in row]
    assert failed["parameters"] == {"/stops/target_pct": -5}
    assert "target_pct" in failed["error"]


@SQLITE
@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        ({"parameters": {}}, 422, "needs parameters"),
        ({"parameters": {"nonsense": [1, 2]}}, 400, "declares no parameter"),
        ({"parameters": {"/stops/nonsense": [1, 2]}}, 400, "nothing at"),
        ({"parameters": {"/stops/target_pct": {"min": 1, "max": 9}}}, 400, "needs a step"),
        (
            {
                "parameters": {
                    "/stops/target_pct": {"min": 1, "max": 150, "step": 1},
                    "/stops/atr_stop_mult": {"min": 1, "max": 150, "step": 1},
                }
            },
            400,
            "22,500 combinations",
        ),
        ({"metric": "luck"}, 422, "metric"),
        ({"kind": "walk_forward", "train_months": 200}, 400, "windows"),
        ({"kind": "tarot"}, 422, "kind"),
        ({"backtest": None}, 422, "either run_id or backtest"),
        ({"backtest": {**BACKTEST, "universe": "nifty_9000"}}, 400, "nifty_9000"),
        ({"backtest": None, "run_id": "bt_none"}, 404, "not found"),
    ],
)
def test_an_invalid_study_is_refused_at_once(
    signed_in: TestClient, wrong: dict[str, Any], status: int, words: str
) -> None:
    body = {"kind": "sweep", "backtest": BACKTEST, "parameters": RANGES, **wrong}

    refused = signed_in.post("/api/backtest/studies", json=body)

    assert refused.status_code == status, refused.text
    assert words in refused.text
    assert signed_in.get("/api/backtest/studies").json() == []


def test_another_persons_study_is_not_found(
    sign_in: SignIn, signed_in: TestClient, poller: Any
) -> None:
    study_id = _start(signed_in, kind="sweep", parameters={"/stops/target_pct": [8]})["study_id"]
    poller.study(study_id)
    other = sign_in("other@example.com")

    for method, path in (
        ("GET", ""),
        ("GET", "/rows"),
        ("POST", "/cancel"),
        ("POST", "/resume"),
        ("DELETE", ""),
    ):
        response = other.request(method, f"/api/backtest/studies/{study_id}{path}")
        assert response.status_code == 404, (method, path)
    assert other.get("/api/backtest/studies").json() == []
    assert signed_in.get(f"/api/backtest/studies/{study_id}/rows").headers["X-Total-Count"] == "1"
    assert signed_in.delete(f"/api/backtest/studies/{study_id}").status_code == 204
    assert signed_in.get(f"/api/backtest/studies/{study_id}").status_code == 404
