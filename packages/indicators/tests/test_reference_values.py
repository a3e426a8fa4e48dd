"""Values of the published worker package, which ours must repeat."""

from __future__ import annotations

import numpy as np
import pytest

import tradertape_indicators as ta

NAN = float("nan")

# indicator, parameters, output -> (first defined bar, value at bar 39)
PUBLISHED = [
    ("sma", {"period": 5}, "sma", 4, 123.5),
    ("ema", {"period": 5}, "ema", 4, 123.058175),
    ("wma", {"period": 5}, "wma", 4, 123.566667),
    ("vwma", {"period": 5}, "vwma", 4, 123.500865),
    ("supertrend", {"period": 5, "multiplier": 1.5}, "supertrend", 4, 117.566659),
    ("supertrend", {"period": 5, "multiplier": 1.5}, "direction", 4, 1.0),
    ("supertrend", {"period": 5, "multiplier": 1.5}, "long", 4, 117.566659),
    ("supertrend", {"period": 5, "multiplier": 1.5}, "short", None, NAN),
    ("supertrend", {"period": 3, "multiplier": 0.5}, "supertrend", 2, 125.590027),
    ("supertrend", {"period": 3, "multiplier": 0.5}, "direction", 2, -1.0),
    ("rsi", {"period": 7}, "rsi", 7, 50.418677),
    ("macd", {"fast_period": 5, "slow_period": 9, "signal_period": 4}, "macd", 8, 0.864403),
    ("macd", {"fast_period": 5, "slow_period": 9, "signal_period": 4}, "signal", 11, 0.982350),
    ("macd", {"fast_period": 5, "slow_period": 9, "signal_period": 4}, "histogram", 11, -0.117946),
    ("ppo", {"fast_period": 5, "slow_period": 9, "signal_period": 4}, "ppo", 8, 0.707404),
    ("ppo", {"fast_period": 5, "slow_period": 9, "signal_period": 4}, "signal", 11, 0.807029),
    ("ppo", {"fast_period": 5, "slow_period": 9, "signal_period": 4}, "histogram", 11, -0.099625),
    ("dpo", {"period": 6}, "dpo", 9, -0.083333),
    ("stochastic", {"k_period": 7, "d_period": 3}, "stoch_k", 6, 40.0),
    ("stochastic", {"k_period": 7, "d_period": 3}, "stoch_d", 8, 59.047619),
    ("cci", {"period": 7}, "cci", 6, -22.151899),
    ("williamsr", {"period": 7}, "williamsr", 6, -60.0),
    ("williams_r", {"period": 7}, "williams_r", 6, -60.0),
    ("linreg", {"period": 7}, "linreg", 6, 125.035714),
    ("atr", {"period": 7}, "atr", 6, 7.983147),
    ("bbands", {"period": 5, "multiplier": 2.0}, "upper", 4, 129.728965),
    ("bbands", {"period": 5, "multiplier": 2.0}, "middle", 4, 123.5),
    ("bbands", {"period": 5, "multiplier": 2.0}, "lower", 4, 117.271035),
    ("keltner", {"period": 7, "multiplier": 1.5}, "upper", 6, 134.617862),
    ("keltner", {"period": 7, "multiplier": 1.5}, "middle", 6, 122.643142),
    ("keltner", {"period": 7, "multiplier": 1.5}, "lower", 6, 110.668422),
    ("adx", {"period": 5}, "plus_di", 4, 37.194742),
    ("adx", {"period": 5}, "minus_di", 4, 36.337815),
    ("adx", {"period": 5}, "adx", 8, 14.765872),
    ("aroon", {"period": 7}, "aroon_up", 7, 85.714286),
    ("aroon", {"period": 7}, "aroon_down", 7, 14.285714),
    ("sar", {}, "sar", 0, 116.046835),
    ("sar", {}, "trend", 0, 1.0),
    ("mfi", {"period": 7}, "mfi", 7, 58.540313),
    ("highest", {"period": 5}, "highest", 4, 128.0),
    ("lowest", {"period": 5}, "lowest", 4, 119.0),
]


@pytest.mark.parametrize(
    ("name", "params", "output", "first", "last"),
    PUBLISHED,
    ids=[f"{row[0]}-{row[2]}-{row[3]}" for row in PUBLISHED],
)
def test_an_indicator_repeats_the_published_value(
    engine, reference, name, params, output, first, last
):
    values = ta.compute(name, reference, params, output=output)
    defined = np.flatnonzero(~np.isnan(values))
    assert (defined[0] if len(defined) else None) == first
    assert values[39] == pytest.approx(last, abs=5e-7, nan_ok=True)


def test_sums_since_the_first_bar_repeat_the_published_values(engine, reference):
    high, low, close, volume = (reference[name] for name in ("high", "low", "close", "volume"))
    assert ta.obv(close, volume)[39] == 11476.0
    assert ta.vwap(high, low, close, volume)[39] == pytest.approx(115.113802, abs=5e-7)


def test_crossings_and_directions_are_counted_as_published(reference):
    close = reference["close"]
    fast, slow = ta.ema(close, 3), ta.sma(close, 8)
    assert ta.crossover(fast, slow).sum() == 6
    assert ta.crossunder(fast, slow).sum() == 6
    assert ta.rising(close, 2).sum() == 11
    assert ta.falling(close, 2).sum() == 14


@pytest.mark.parametrize(
    ("period", "multiplier", "ups", "downs", "total"),
    [(5, 1.5, 36, 0, 3912.671270), (3, 0.5, 18, 20, 4393.332960)],
)
def test_supertrend_walks_the_published_line(
    engine, reference, period, multiplier, ups, downs, total
):
    high, low, close = reference["high"], reference["low"], reference["close"]
    result = ta.supertrend(high, low, close, period, multiplier)
    assert (result["direction"] == 1).sum() == ups
    assert (result["direction"] == -1).sum() == downs
    assert np.nansum(result["supertrend"]) == pytest.approx(total, abs=5e-7)


def test_sar_walks_the_published_line(engine, reference):
    result = ta.sar(reference["high"], reference["low"])
    assert (result["trend"] == 1).sum() == 36
    assert (result["trend"] == -1).sum() == 4
    assert result["sar"].sum() == pytest.approx(4364.754353, abs=5e-7)
