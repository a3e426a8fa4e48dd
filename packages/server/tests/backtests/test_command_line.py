"""The studies of the command line give what the API gives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from tradertape_server.cli.main import app

pytestmark = [
    pytest.mark.usefixtures("with_market"),
    pytest.mark.parametrize("engine", ["sqlite"], indirect=True),
]
DATES = ["--start", "2022-01-01", "--end", "2024-01-01", "--universe", "nifty_50"]
BACKTEST = {
    "strategy": {"name": "Dips", "base_model": "v3_dip_buyer"},
    "universe": "nifty_50",
    "start_date": "2022-01-01",
    "end_date": "2024-01-01",
    "participation_pct": 2,
    "sizing": {"method": "risk_pct", "risk_per_trade_pct": 0.5},
    "risk_free_pct": 6,
    "intrabar_order": "t_doc",
    "seed": 7,
}
SETTINGS = [
    "--participation-pct", "2", "--sizing", "risk_pct", "--risk-per-trade-pct", "0.5",
    "--risk-free-pct", "6", "--intrabar-order", "t_doc", "--seed", "7",
]  # fmt: skip
TARGETS = ["--param", "/stops/target_pct=6,10"]
STUDIES = {
    "sweep": (TARGETS, {"kind": "sweep", "parameters": {"/stops/target_pct": [6, 10]}}),
    "search": (
        ["--param", "/stops/target_pct=4:14", "--trials", "6"],
        {
            "kind": "search",
            "parameters": {"/stops/target_pct": {"min": 4, "max": 14}},
            "trials": 6,
        },
    ),
    "walk-forward": (
        [*TARGETS, "--train-months", "12", "--anchored"],
        {
            "kind": "walk_forward",
            "parameters": {"/stops/target_pct": [6, 10]},
            "train_months": 12,
            "anchored": True,
        },
    ),
    "monte-carlo": (
        ["--runs", "300", "--block-days", "10"],
        {"kind": "monte_carlo", "runs": 300, "block_days": 10},
    ),
    "look-ahead": (["--samples", "2"], {"kind": "lookahead", "samples": 2}),
    "recursive": (
        ["--start-up-bars", "30,200"],
        {"kind": "recursive", "start_up_bars": [30, 200]},
    ),
}
WORDS = {
    "sweep": "2 of 2 combinations, by sharpe",
    "search": "6 of 6 combinations, by sharpe",
    "walk-forward": "Out of sample: CAGR",
    "monte-carlo": "Largest drawdown",
    "look-ahead": "Passed:",
    "recursive": "bars of history",
}


@pytest.fixture
def call(simulated_home, tmp_path, monkeypatch):
    own = tmp_path / "own.json"
    own.write_text(json.dumps(BACKTEST["strategy"]))
    monkeypatch.setenv("TRADERTAPE_HOME", str(simulated_home))
    monkeypatch.setenv("TRADERTAPE_WORKERS", "1")

    def call(name: str, *arguments: str, strategy: str = str(own)) -> Any:
        return CliRunner().invoke(
            app, ["backtest", name, "--strategy", strategy, *DATES, *SETTINGS, *arguments]
        )

    return call


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_gives_what_the_api_gives(
    call, signed_in: TestClient, poller: Any, name: str
) -> None:
    arguments, request = STUDIES[name]
    body = {"backtest": BACKTEST, "seed": 7, **request}
    started = signed_in.post("/api/backtest/studies", json=body)
    assert started.status_code == 202, started.text
    expected = poller.study(started.json()["study_id"])

    done = call(name, *arguments, "--json")

    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found.pop("total") == expected["total"]
    assert found == expected["result"]


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_is_printed_for_people(call, name: str) -> None:
    done = call(name, *STUDIES[name][0])

    assert done.exit_code == 0, done.output
    assert WORDS[name] in done.stdout


@pytest.mark.parametrize(
    ("name", "arguments", "code", "words"),
    [
        ("walk-forward", [*TARGETS, "--train-months", "200"], 1, "windows"),
        ("walk-forward", [*TARGETS, "--train-months", "0"], 2, "/train_months"),
        ("search", ["--param", "/stops/target_pct=4:14", "--metric", "luck"], 2, "sharpe"),
        ("sweep", ["--param", "/stops/target_pct=4:14"], 1, "needs a step"),
        ("monte-carlo", ["--method", "tarot"], 2, "/method"),
        ("recursive", ["--start-up-bars", "thirty"], 2, "30,60,120"),
    ],
)
def test_an_invalid_study_names_what_is_wrong(call, name, arguments, code, words) -> None:
    done = call(name, *arguments)

    assert done.exit_code == code
    assert words in (done.output if code == 2 else str(done.exception))


def test_a_decision_that_looks_ahead_is_exit_code_1(call, monkeypatch) -> None:
    from tradertape_server.features.backtests.studies import plans

    difference = {"kind": "signals", "date": "2022-05-02", "symbol": "INFY"}
    found = {"passed": False, "checked": ["2022-06-01"], "differences": [difference]}
    monkeypatch.setattr(plans, "lookahead_check", lambda *_, **__: found)

    done = call("look-ahead")

    assert done.exit_code == 1
    assert "kind signals, date 2022-05-02, symbol INFY" in done.stdout
