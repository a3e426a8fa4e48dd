"""Errors that say what to do, and the one door."""

from __future__ import annotations

import re

import numpy as np
import pytest

import tradertape_indicators as ta

CLOSE = {"close": np.arange(1.0, 31.0)}


@pytest.mark.parametrize(
    ("name", "params", "output", "text"),
    [
        ("rsi", {"period": 0}, "", "rsi: period must be a whole number from 1 to 1,000, was 0"),
        (
            "rsi",
            {"period": 14.5},
            "",
            "rsi: period must be a whole number from 1 to 1,000, was 14.5",
        ),
        ("rsi", {"period": float("nan")}, "", "from 1 to 1,000, was nan"),
        ("rsi", {"period": 1001}, "", "from 1 to 1,000, was 1001"),
        ("rsi", {"period": True}, "", "from 1 to 1,000, was True"),
        ("rsi", {"period": "14"}, "", "from 1 to 1,000, was '14'"),
        ("bbands", {"multiplier": 0}, "", "bbands: multiplier must be a number from 0.01 to 100.0"),
        ("rsi", {"length": 14}, "", "rsi: no parameter 'length'; it takes period"),
        ("gap_pct", {"period": 14}, "", "gap_pct: no parameter 'period'; it takes none"),
        ("rsi14", {"period": 7}, "", "rsi14 takes no parameters: use rsi with period"),
        ("macd", {}, "sig", "macd: no output 'sig'; it has macd, signal, histogram"),
        ("rsi14", {}, "signal", "rsi14 has no outputs to choose from: use rsi"),
        ("rsy14", {}, "", "unknown indicator 'rsy14': did you mean rsi14"),
        ("zzz", {}, "", "unknown indicator 'zzz': the catalogue lists the names"),
        ("atr", {}, "", "atr: needs the series 'high'; given were close"),
        (
            "ppo",
            {"fast_period": 26, "slow_period": 12},
            "",
            "ppo: fast_period must be below slow_period, was 26 against 12",
        ),
        ("vol_regime", {"fast_period": 252}, "", "vol_regime: fast_period must be below"),
        ("sar", {"acceleration": 0.5}, "", "sar: acceleration must be at most maximum, was 0.5"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(name, params, output, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        ta.compute(name, CLOSE, params, output=output)


def test_a_whole_number_may_come_as_a_float():
    assert ta.check_params("rsi", {"period": 7.0}) == {"period": 7}
    assert isinstance(ta.check_params("rsi", {"period": 7.0})["period"], int)
    assert ta.check_params("rsi", {"period": np.int64(7)}) == {"period": 7}


def test_a_name_resolves_to_indicator_parameters_output_and_source():
    assert ta.resolve("macd_signal").fn == "macd"
    assert ta.resolve("macd_signal").output == "signal"
    assert ta.resolve("high_20d").source == "high"
    assert ta.resolve("sma", {"period": 37}, source="volume").params == {"period": 37}
    assert ta.resolve("adx").output == "adx"
    assert ta.resolve("bbands").output == "middle"


def test_the_source_picks_the_series():
    series = {"close": np.arange(5.0), "volume": np.arange(5.0) * 10}
    assert ta.compute("sma", series, {"period": 2}, source="volume")[-1] == 35.0


@pytest.mark.parametrize("period", [0, -3, 2.5, float("nan"), True])
def test_a_function_refuses_a_period_that_is_none(period):
    with pytest.raises(ValueError, match="period must be a whole number of at least 1"):
        ta.sma(CLOSE["close"], period)


@pytest.mark.parametrize("multiplier", [0.0, -1.0, float("inf"), float("nan")])
def test_a_function_refuses_a_multiplier_that_is_not_above_zero(multiplier):
    with pytest.raises(ValueError, match="multiplier must be above 0"):
        ta.bbands(CLOSE["close"], 5, multiplier)


def test_series_of_different_shapes_are_refused():
    with pytest.raises(ValueError, match=r"one shape, were \(3,\), \(4,\), \(3,\)"):
        ta.atr(np.ones(3), np.ones(4), np.ones(3))
    with pytest.raises(ValueError, match="1 or 2 axes"):
        ta.sma(np.ones((2, 2, 2)))


def test_whole_numbers_lists_and_other_memory_orders_are_read_as_they_are():
    expected = ta.sma(CLOSE["close"], 3)
    np.testing.assert_array_equal(ta.sma(list(range(1, 31)), 3), expected)
    columns = np.asfortranarray(np.stack([CLOSE["close"]] * 2, axis=1))
    np.testing.assert_array_equal(ta.rsi(columns, 3)[:, 0], ta.rsi(CLOSE["close"], 3))
