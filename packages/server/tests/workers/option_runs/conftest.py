"""Fixtures of option runs.

caller      a client with a worker token
straddle    sells a call and a put at 100 each: `straddle(protection={…})` returns the run's id
"""

from __future__ import annotations

from typing import Any

import pytest

from .option_calls import enter


@pytest.fixture
def caller(worker: Any) -> Any:
    return worker()


@pytest.fixture
def straddle(caller: Any, api: Any, nifty: Any, option_run: Any) -> Any:
    """Sells a call and a put at 100 each and returns the run's id."""

    def make(**fields: Any) -> str:
        run = option_run(caller, ("SELL", nifty("CE", 0)), ("SELL", nifty("PE", 0)), **fields)
        run_id = run["strategy_run_id"]
        answer = enter(caller, api, run_id)
        assert answer.json()["result"]["status"] == "accepted", answer.text
        return run_id

    return make
