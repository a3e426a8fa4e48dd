"""Trigger and limit of an entry order, on the tick."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.strategy.language.base_models import BASE_MODELS
from tradertape_core.strategy.language.entry_price import buffer_side, entry_prices
from tradertape_core.strategy.parse.document import parse_strategy

NOW = date(2026, 11, 20)


def planned(close: float, on: date = NOW, base_model: str = "v1_momentum", **changes):
    strategy = parse_strategy(BASE_MODELS[base_model])
    strategy = replace(strategy, entry=replace(strategy.entry, **changes))
    prices = entry_prices(strategy, close, on)
    return prices.trigger, prices.limit


@pytest.mark.parametrize(
    ("base_model", "side"),
    [
        ("v0_dart_monkey", "above"),
        ("v1_momentum", "above"),
        ("v2_breakout", "above"),
        ("v3_dip_buyer", "below"),
        ("v4_alpha", "above"),
    ],
)
def test_auto_buys_dips_below_and_strength_above(base_model, side):
    strategy = parse_strategy(BASE_MODELS[base_model])
    assert buffer_side(strategy) == side
    other = replace(strategy, entry=replace(strategy.entry, buffer_side="below"))
    assert buffer_side(other) == "below"


@pytest.mark.parametrize(
    ("close", "changes", "expected"),
    [
        (100.0, {}, (100.5, 100.81)),  # 100.8015 up to the next paisa
        (100.0, {"buffer_side": "below"}, (99.5, 99.8)),  # 99.7985
        (1000.0, {}, (1005.0, 1008.1)),  # 1008.015 up to 0.10
        (2000.0, {"buffer_side": "below", "buffer_pct": 0.333}, (1993.3, 1999.3)),  # 1993.34 down
        (100.0, {"buffer_pct": 0.0, "limit_offset_pct": 0.0}, (100.0, 100.0)),
        (100.0, {"order": "limit"}, (None, 100.3)),
        (100.0, {"order": "market"}, (None, None)),
        (0.012, {"buffer_side": "below", "buffer_pct": 50}, (0.01, 0.02)),
    ],
)
def test_triggers_and_limits_round_so_that_the_order_can_fill(close, changes, expected):
    assert planned(close, **changes) == pytest.approx(expected, abs=1e-9)


def test_the_tick_is_that_of_the_day():
    assert planned(100.01, date(2024, 1, 1)) == pytest.approx((100.55, 100.9))
    assert planned(100.01, NOW) == pytest.approx((100.52, 100.83))


@pytest.mark.parametrize("close", [0.0, -5.0, float("nan"), float("inf")])
def test_a_signal_without_a_price_is_refused(close):
    with pytest.raises(InvalidInput, match="positive close"):
        planned(close)
