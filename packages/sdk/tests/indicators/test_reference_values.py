"""The values the contract writes down, through the names strategies call."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kite_algo_worker import indicators as ta

NAN = float("nan")

# call -> per column (first bar that is known, value at bar 39)
VALUES = {
    "sma": (lambda f: ta.sma(f.close, 5), {"sma": (4, 123.5)}),
    "ema": (lambda f: ta.ema(f.close, 5), {"ema": (4, 123.058175)}),
    "wma": (lambda f: ta.wma(f.close, 5), {"wma": (4, 123.566667)}),
    "vwma": (lambda f: ta.vwma(f.close, f.volume, 5), {"vwma": (4, 123.500865)}),
    "supertrend": (
        lambda f: ta.supertrend(f, period=5, multiplier=1.5),
        {
            "supertrend": (4, 117.566659),
            "direction": (4, 1.0),
            "long": (4, 117.566659),
            "short": (None, NAN),
        },
    ),
    "rsi": (lambda f: ta.rsi(f.close, 7), {"rsi": (7, 50.418677)}),
    "macd": (
        lambda f: ta.macd(f.close, 5, 9, 4),
        {"macd": (8, 0.864403), "signal": (11, 0.982350), "histogram": (11, -0.117946)},
    ),
    "ppo": (
        lambda f: ta.ppo(f.close, 5, 9, 4),
        {"ppo": (8, 0.707404), "signal": (11, 0.807029), "histogram": (11, -0.099625)},
    ),
    "dpo": (lambda f: ta.dpo(f.close, 6), {"dpo": (9, -0.083333)}),
    "stochastic": (
        lambda f: ta.stochastic(f, k_period=7, d_period=3),
        {"stoch_k": (6, 40.0), "stoch_d": (8, 59.047619)},
    ),
    "cci": (lambda f: ta.cci(f, period=7), {"cci": (6, -22.151899)}),
    "williamsr": (lambda f: ta.williamsr(f, period=7), {"williamsr": (6, -60.0)}),
    "williams_r": (lambda f: ta.williams_r(f, period=7), {"williamsr": (6, -60.0)}),
    "linreg": (lambda f: ta.linreg(f.close, 7), {"linreg": (6, 125.035714)}),
    "atr": (lambda f: ta.atr(f, period=7), {"atr": (6, 7.983147)}),
    "bbands": (
        lambda f: ta.bbands(f.close, 5, 2.0),
        {"upper": (4, 129.728965), "middle": (4, 123.5), "lower": (4, 117.271035)},
    ),
    "keltner": (
        lambda f: ta.keltner(f, period=7, multiplier=1.5),
        {"upper": (6, 134.617862), "middle": (6, 122.643142), "lower": (6, 110.668422)},
    ),
    "adx": (
        lambda f: ta.adx(f, period=5),
        {"plus_di": (4, 37.194742), "minus_di": (4, 36.337815), "adx": (8, 14.765872)},
    ),
    "aroon": (
        lambda f: ta.aroon(f, period=7),
        {"aroon_up": (7, 85.714286), "aroon_down": (7, 14.285714)},
    ),
    "sar": (ta.sar, {"sar": (0, 116.046835), "trend": (0, 1.0)}),
    "obv": (lambda f: ta.obv(f.close, f.volume), {"obv": (0, 11476.0)}),
    "vwap": (ta.vwap, {"vwap": (0, 115.113802)}),
    "mfi": (lambda f: ta.mfi(f, period=7), {"mfi": (7, 58.540313)}),
    "highest": (lambda f: ta.highest(f.close, 5), {"highest": (4, 128.0)}),
    "lowest": (lambda f: ta.lowest(f.close, 5), {"lowest": (4, 119.0)}),
}


@pytest.mark.parametrize("name", VALUES)
def test_an_indicator_gives_the_value_of_the_contract(reference, name):
    call, columns = VALUES[name]
    result = call(reference)
    frame = result.to_frame() if isinstance(result, pd.Series) else result
    assert list(frame.columns) == list(columns)
    for column, (first, last) in columns.items():
        known = np.flatnonzero(frame[column].notna())
        assert (known[0] if len(known) else None) == first
        assert frame[column].iloc[39] == pytest.approx(last, abs=5e-7, nan_ok=True)


def test_booleans_are_counted_as_in_the_contract(reference):
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
def test_the_supertrend_walks_the_line_of_the_contract(
    reference, period, multiplier, ups, downs, total
):
    result = ta.supertrend(reference, period=period, multiplier=multiplier)
    assert (result["direction"] == 1).sum() == ups
    assert (result["direction"] == -1).sum() == downs
    assert result["supertrend"].sum() == pytest.approx(total, abs=5e-7)


def test_the_sar_walks_the_line_of_the_contract(reference):
    result = ta.sar(reference)
    assert (result["trend"] == 1).sum() == 36
    assert (result["trend"] == -1).sum() == 4
    assert result["sar"].sum() == pytest.approx(4364.754353, abs=5e-7)


def test_a_flat_series_has_an_rsi_of_50():
    assert ta.rsi([100.0] * 20, 14)[-1] == 50.0
