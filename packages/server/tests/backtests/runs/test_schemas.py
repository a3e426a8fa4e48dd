"""Backtest requests, before any market data is read (bad input is a clear 4xx)."""

from __future__ import annotations

import zlib
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from tradertape_core.kernel.errors import InvalidDocument, InvalidInput
from tradertape_server.features.backtests.runs.schemas import BacktestRequest
from tradertape_server.features.backtests.runs.service import stored_report

GOOD: dict[str, Any] = {
    "strategy_id": 42,
    "start_date": "2020-01-01",
    "end_date": "2026-01-01",
}


def test_bt_01_the_documented_request_has_the_documented_defaults() -> None:
    config = BacktestRequest(
        **GOOD,
        universe="nifty_100",
        starting_capital=10_000_000,
        position_size_pct=10,
        max_positions=20,
        max_per_sector=2,
        slippage_bps=5,
    ).config()

    assert config.starting_capital == 10_000_000
    assert config.max_positions == 20
    assert (config.fill_model, config.intrabar_order) == ("auto", "conservative")
    assert config.charges == "zerodha_equity_delivery"
    assert BacktestRequest(**GOOD).config().starting_capital == 1_000_000


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"strategy": {"name": "x"}}, "not both"),
        ({"strategy_id": None}, "either strategy_id or strategy"),
        ({"fill_model": "tomorrow"}, "fill_model"),
        ({"start_date": "yesterday"}, "start_date"),
        ({"slippage_bps": float("nan")}, "slippage_bps"),
        ({"starting_capitol": 1}, "starting_capitol"),
    ],
)
def test_a_malformed_request_is_refused_by_name(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        BacktestRequest(**{**GOOD, **wrong})


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"position_size_pct": 0}, "position_size_pct"),
        ({"max_positions": 0}, "max_positions"),
        ({"starting_capital": 5}, "starting_capital"),
    ],
)
def test_values_out_of_range_are_refused_by_name(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidDocument, match=words):
        BacktestRequest(**{**GOOD, **wrong}).config()


@pytest.mark.parametrize("end", ["2019-01-01", GOOD["start_date"]])
def test_an_end_before_the_start_is_a_bad_parameter(end: str) -> None:
    with pytest.raises(InvalidInput, match="end_date must be after start_date") as caught:
        BacktestRequest(**{**GOOD, "end_date": end}).config()
    assert not isinstance(caught.value, InvalidDocument)


def test_a_report_of_an_earlier_version_has_the_parts_that_are_new_since() -> None:
    trade: dict[str, Any] = {"quantity": 7}
    old = {"trades": [trade], "open_positions": [{"quantity": 2}], "summary": {}, "costs": {}}
    report = stored_report(zlib.compress(orjson.dumps(old)))
    assert report["trades"] == [{"quantity": 7, "dividends": 0.0, "wanted_quantity": 7}]
    assert report["open_positions"][0]["wanted_quantity"] == 2
    assert report["summary"] == {"total_dividends": 0.0, "cut_purchases": 0, "delayed_exits": 0}
    assert (report["costs"], report["as_entered"]) == ({"dividends": 0.0}, None)
    now = {**report, "as_entered": {"fill_model": "gtt_touch"}}
    assert stored_report(zlib.compress(orjson.dumps(now))) == now
