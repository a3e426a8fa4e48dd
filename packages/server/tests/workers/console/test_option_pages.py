"""The console's list of option runs (KQ)."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
RUNS = "options/runs"


def test_an_option_run_is_listed_with_legs_premium_and_next_action(
    worker: Any, sign_in: Any, api: Any, nifty: Any, option_run: Any, new_run: Any, market: Any
) -> None:
    caller = worker()
    new_run(caller, "run-1")
    sold = nifty("CE", 0)
    market.trade(sold.id, "200.00")
    made = option_run(
        caller,
        ("SELL", sold), ("BUY", nifty("CE", 2)),
        protection={"stoploss_inr": 5000.0, "target_pct": 80.0, "basis": "premium"},
    )  # fmt: skip
    page = sign_in("person@example.com")

    def listed(**query: Any) -> Any:
        return page.get("/api/workers/option-runs", params=query).json()

    (before,) = listed()
    assert before["card"]["strategy_run_id"] == made["strategy_run_id"]
    assert (before["option_status"], before["premium"]) == ("created", None)
    assert before["waits_for_entry"]
    assert [leg["side"] for leg in before["legs"]] == ["SELL", "BUY"]
    assert before["legs"][0]["strike"] == float(sold.strike)

    run_id = made["strategy_run_id"]
    entered = caller.post(api(f"{RUNS}/{run_id}/enter"), json={"metadata": {}})
    assert entered.status_code == 200, entered.text
    (held,) = listed()
    assert held["option_status"] == "entered"
    assert held["premium"]["units"] == sold.lot_size
    assert held["premium"]["entry"] < 0, "a credit"
    assert held["card"]["next"]["basis"] == "premium"
    live = page.get(f"/api/workers/runs/{run_id}").json()["live"]
    stop = next(s for s in live["steps"] if s["rule"] == "basket_stoploss")
    assert stop["amount"] == pytest.approx(-5000, abs=1)
    net = live["pulse"]["pnl"]["gross"]
    assert stop["away"] == pytest.approx(5000 + net, abs=1)

    assert caller.post(api(f"{RUNS}/{run_id}/exit"), json={"metadata": {}}).is_success
    assert listed() == []
    (over,) = listed(finished=True)
    assert over["option_status"] == "exited"
