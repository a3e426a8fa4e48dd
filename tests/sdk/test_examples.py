"""The six examples, as a person runs them: against a real server, dry and on paper (KZ-01)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "packages" / "sdk" / "examples"
SIX = [
    "basic_equity_worker.py",
    "live_exit_preview.py",
    "managed_run_worker.py",
    "mean_reversion_worker.py",
    "option_basket_worker.py",
    "signal_driven_worker.py",
]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live server")]


def run(name: str, environment: dict[str, str], *arguments: str, given: str = "") -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        env=environment, input=given, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_these_are_all() -> None:
    assert sorted(path.name for path in EXAMPLES.glob("*.py")) == SIX


@pytest.mark.parametrize("name", SIX)
def test_an_example_is_dry_by_default(name: str, worker: dict[str, str]) -> None:
    """KC-02."""
    environment = {key: value for key, value in worker.items() if key != "KITE_ALGO_EXECUTION_MODE"}
    assert run(name, environment)


@pytest.mark.parametrize("name", SIX)
def test_an_example_trades_on_paper(name: str, worker: dict[str, str]) -> None:
    """KC-02."""
    assert run(name, {**worker, "KITE_ALGO_EXECUTION_MODE": "paper"})


@pytest.mark.parametrize("name", SIX)
def test_an_example_refuses_real_money(name: str, worker: dict[str, str]) -> None:
    """KC-03."""
    environment = {**worker, "KITE_ALGO_EXECUTION_MODE": "live"}
    environment.pop("KITE_ALGO_ENABLE_LIVE", None)
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name)], env=environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "KITE_ALGO_ENABLE_LIVE=1" in done.stderr


def test_an_example_says_in_a_line_that_the_server_is_away() -> None:
    environment = {**os.environ, "KITE_ALGO_API_BASE": "http://127.0.0.1:1"}
    environment["KITE_ALGO_WORKER_TOKEN"] = "kwa_none"
    started = [
        subprocess.Popen(
            [sys.executable, str(EXAMPLES / name)], env=environment, stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL, text=True,
        )
        for name in SIX
    ]  # fmt: skip
    told = [one.communicate(timeout=120)[1] for one in started]
    assert {one.returncode for one in started} == {1}
    assert all(text.startswith("Stopped: no answer to ") for text in told), told
    assert all(text.count("\n") == 1 for text in told), told


def test_an_oversold_share_is_bought_once(worker: dict[str, str]) -> None:
    environment = {
        **worker,
        "KITE_ALGO_EXECUTION_MODE": "paper",
        "KITE_ALGO_RUN_ID": "example-mean-reversion",
        "KITE_ALGO_OVERSOLD": "101",
        "KITE_ALGO_SYMBOLS": "NSE:INFY",
    }
    first = run("mean_reversion_worker.py", environment)
    again = run("mean_reversion_worker.py", environment)
    orders = [line for line in (first + again).splitlines() if line.startswith("order ")]
    assert len(orders) == 2
    assert orders[0] == orders[1]


def test_signals_come_by_pipe_and_each_is_carried_out_once(worker: dict[str, str]) -> None:
    line = '{"id": "s-1", "symbol": "NSE:INFY", "side": "BUY", "quantity": 1}\n'
    environment = {**worker, "KITE_ALGO_EXECUTION_MODE": "paper"}
    told = run("signal_driven_worker.py", environment, "-", given=line * 3)
    assert told.count("COMPLETE") == 3
    assert told.endswith("orders: 1\n")


def test_a_run_is_left_when_that_is_confirmed(worker: dict[str, str]) -> None:
    paper = {**worker, "KITE_ALGO_EXECUTION_MODE": "paper"}
    told = run("live_exit_preview.py", paper)
    assert "Nothing was sent" in told
    run_id = told.split()[1]
    flatten = {**paper, "KITE_ALGO_RUN_ID": run_id, "KITE_ALGO_CONFIRM_FLATTEN": "YES"}
    assert told.splitlines()[0] == f"run {run_id} open paper"
    assert run("live_exit_preview.py", flatten).endswith(f"run {run_id} closed\n")
