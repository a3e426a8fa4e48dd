"""Replays of an option run's protection: endpoint 58 (KQ-03)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from .option_calls import Json, guard, replay


def test_a_replay_reports_when_and_why_a_rule_triggers(
    caller: Any, api: Any, straddle: Any, nifty: Any
) -> None:
    run_id = straddle(protection={"stoploss_pct": 20.0, "basis": "premium"})
    call, put = nifty("CE", 0), nifty("PE", 0)
    path = [
        {"at": "2026-01-05T10:00:00+05:30", "prices": {"leg_0": 100, "leg_1": 100}},
        {"at": "2026-01-05T10:05:00", "prices": {call.tradingsymbol: 130}},
        {"at": "2026-01-05T10:09:00", "prices": {str(put.instrument_token): 112.5, call.id: 130}},
    ]
    replayed = replay(caller, api, run_id, path).json()
    assert replayed["would_have_fired"]
    first = replayed["first"]
    assert (first["index"], first["at"]) == (2, "2026-01-05T10:09:00+05:30")
    assert (first["rule"], first["pnl_pct"], first["pnl"]) == ("basket_stoploss", -21.25, -2762.5)
    assert [one["price"] for one in first["exits"]] == [130.0, 112.5]
    assert [step["pnl_pct"] for step in replayed["steps"]] == [0.0, -15.0, -21.25]
    assert guard(caller, api, run_id)["status"] == "armed"  # nothing changed


def test_the_same_replay_gives_the_same_bytes(caller: Any, api: Any, straddle: Any) -> None:
    run_id = straddle(protection={"trailing_activate_pct": 5, "trailing_drawdown_pct": 2})
    path = [{"pnl_pct": value} for value in (0, 6, 9, 7.5, 6.5)]
    first, again = (replay(caller, api, run_id, path) for _ in range(2))
    assert again.content == first.content
    replayed = first.json()["first"]
    assert (replayed["index"], replayed["rule"]) == (4, "basket_trailing")


@pytest.mark.parametrize(
    ("snapshot", "pct"),
    [({"pnl": -1300}, -10.0), ({"combined_premium": 240}, -20.0), ({"pnl_pct": 3}, 3.0)],
)
def test_a_snapshot_may_give_the_profit_of_the_whole(
    caller: Any, api: Any, straddle: Any, snapshot: Json, pct: float
) -> None:
    run_id = straddle(protection={"stoploss_pct": 50.0, "basis": "premium"})
    (step,) = replay(caller, api, run_id, [snapshot]).json()["steps"]
    assert step["pnl_pct"] == pct


def test_another_protection_can_be_replayed_before_the_entry(
    caller: Any, api: Any, nifty: Any, option_run: Any
) -> None:
    run_id = option_run(caller, ("BUY", nifty("CE", 0)))["strategy_run_id"]
    assert replay(caller, api, run_id, [{"pnl": 1}]).headers["X-Error-Code"] == "no_protection"
    rules = {"stoploss_pct": 10}
    blind = replay(caller, api, run_id, [{"pnl": 1}], protection=rules)
    assert blind.json()["detail"][0]["pointer"] == "/metric_snapshots/0/prices"
    replayed = replay(
        caller, api, run_id, [{"prices": {"leg_0": 50}}, {"prices": {"leg_0": 44}}],
        protection=rules,
    ).json()  # fmt: skip
    assert (replayed["entry_is_assumed"], replayed["first"]["index"]) == (True, 1)
    nothing = replay(caller, api, run_id, [], protection=rules)
    assert nothing.headers["X-Error-Code"] == "no_recorded_path"


def test_percentages_are_replayed_before_the_entry(
    caller: Any, api: Any, nifty: Any, option_run: Any
) -> None:
    legs = (("SELL", nifty("CE", 0)), ("SELL", nifty("PE", 0)))
    rules = {"stoploss_pct": 20.0, "target_pct": 30.0, "basis": "premium", "leg_stoploss_pct": 50}
    run_id = option_run(caller, *legs, protection=rules)["strategy_run_id"]
    path = [{"pnl_pct": value} for value in (0, -10, -20.5, -30)]
    replayed = replay(caller, api, run_id, path).json()
    assert (replayed["entry_is_assumed"], replayed["base"]) == (True, None)
    first = replayed["first"]
    assert (first["index"], first["rule"], first["pnl_pct"]) == (2, "basket_stoploss", -20.5)
    assert [one["price"] for one in first["exits"]] == [None, None]
    assert {one["instrument"] for one in first["exits"]} == {leg[1].id for leg in legs}
    assert {one["transaction_type"] for one in first["exits"]} == {"BUY"}
    assert [step["pnl"] for step in replayed["steps"]] == [None] * 3
    assert "positions" not in replayed["backend_protection"]
    assert guard(caller, api, run_id)["waits_for_entry"]


def test_percentages_before_the_first_prices_are_followed_by_the_entrys(
    caller: Any, api: Any, nifty: Any, option_run: Any
) -> None:
    rules = {"stoploss_inr": 400, "trailing_stoploss_pct": 50}
    made = option_run(caller, ("BUY", nifty("CE", 0)), protection=rules)
    path = [{"pnl_pct": 0}, {"prices": {"leg_0": 50}}, {"pnl_pct": 2}, {"prices": {"leg_0": 43}}]
    replayed = replay(caller, api, made["strategy_run_id"], path).json()
    assert replayed["base"] == 50.0 * made["legs"][0]["quantity"]
    assert [step["pnl_pct"] for step in replayed["steps"]] == [0, 0, 2, -14]
    assert (replayed["first"]["index"], replayed["first"]["rule"]) == (3, "basket_stoploss")


@pytest.mark.parametrize(
    ("rules", "path", "pointer"),
    [
        ({"stoploss_inr": 400}, [{"pnl_pct": -5}], "/protection/stoploss_inr"),
        ({"target_premium": 9}, [{"pnl_pct": -5}], "/protection/target_premium"),
        ({"target_pct": 9}, [{"pnl_pct": 1}, {"pnl": 5}], "/metric_snapshots/1/prices"),
        ({"target_pct": 9}, [{"combined_premium": 5}], "/metric_snapshots/0/prices"),
        ({"target_pct": 9}, [{"pnl_pct": "much"}], "/metric_snapshots/0/pnl_pct"),
    ],
)
def test_what_needs_entry_prices_is_named_before_the_entry(
    caller: Any, api: Any, nifty: Any, option_run: Any, rules: Json, path: Any, pointer: str
) -> None:
    run_id = option_run(caller, ("BUY", nifty("CE", 0)), protection=rules)["strategy_run_id"]
    refused = replay(caller, api, run_id, path)
    assert refused.status_code == 422
    assert pointer in [problem["pointer"] for problem in refused.json()["detail"]]


@pytest.mark.parametrize(
    ("snapshot", "pointer"),
    [
        ({}, "/metric_snapshots/1/prices"),
        ({"prices": {"leg_9": 1}}, "/metric_snapshots/1/prices/leg_9"),
        ({"prices": {"leg_0": -1}}, "/metric_snapshots/1/prices/leg_0"),
        ({"at": "yesterday", "pnl": 1}, "/metric_snapshots/1/at"),
        ({"at": "2020-01-01T10:00:00+05:30", "pnl": 1}, "/metric_snapshots/1/at"),
    ],
)
def test_a_snapshot_without_values_is_named(
    caller: Any, api: Any, straddle: Any, snapshot: Json, pointer: str
) -> None:
    run_id = straddle(protection={"stoploss_pct": 50.0})
    refused = replay(caller, api, run_id, [{"pnl": 0}, snapshot])
    assert refused.status_code == 422
    assert pointer in [problem["pointer"] for problem in refused.json()["detail"]]


def test_without_snapshots_the_recorded_minutes_are_replayed(
    caller: Any, api: Any, straddle: Any, container: Any, clock: Any, monkeypatch: Any
) -> None:
    """The candles of the legs since the entry; the feed of these tests has none of its own."""
    from decimal import Decimal

    from tradertape_core.market.candle import Candle

    run_id = straddle(protection={"stoploss_pct": 20.0, "basis": "premium"})
    begun = clock.now().replace(second=0, microsecond=0)

    def candles(_instrument: Any, _interval: Any, *, count: int) -> list[Any]:
        assert count > 375  # a whole session
        closes = (100, 110, 121, 130)
        return [
            Candle(begun + timedelta(minutes=n), *[Decimal(close)] * 4, 100)
            for n, close in enumerate(closes)
        ]

    monkeypatch.setattr(container.feed, "candles", candles)
    clock.advance(minutes=10)
    replayed = replay(caller, api, run_id, []).json()
    assert (replayed["source"], replayed["entry_is_assumed"]) == ("recorded", False)
    assert (replayed["first"]["rule"], replayed["first"]["pnl_pct"]) == ("basket_stoploss", -21.0)
