"""Golden vectors: TA-Lib, wherever its definition is ours.

TA-Lib seeds ATR, ADX, MACD and PPO otherwise; those are compared where the seed has worn off. Its
SAR clamps before it tests for a reversal and starts from a direction of its own: only how often the
two agree is compared.
"""

from __future__ import annotations

import numpy as np
import pytest
import talib

import tradertape_indicators as ta

BARS = 900
SETTLED = 600

SAME = {
    "sma": (lambda s: talib.SMA(s["close"], 20), lambda s: ta.sma(s["close"], 20)),
    "sma of 200": (lambda s: talib.SMA(s["close"], 200), lambda s: ta.sma(s["close"], 200)),
    "ema": (lambda s: talib.EMA(s["close"], 21), lambda s: ta.ema(s["close"], 21)),
    "wma": (lambda s: talib.WMA(s["close"], 13), lambda s: ta.wma(s["close"], 13)),
    "linreg": (lambda s: talib.LINEARREG(s["close"], 14), lambda s: ta.linreg(s["close"], 14)),
    "rsi": (lambda s: talib.RSI(s["close"], 14), lambda s: ta.rsi(s["close"], 14)),
    "rsi of 2": (lambda s: talib.RSI(s["close"], 2), lambda s: ta.rsi(s["close"], 2)),
    "stdev": (lambda s: talib.STDDEV(s["close"], 20, 1), lambda s: ta.stdev(s["close"], 20)),
    "highest": (lambda s: talib.MAX(s["high"], 20), lambda s: ta.highest(s["high"], 20)),
    "lowest": (lambda s: talib.MIN(s["low"], 20), lambda s: ta.lowest(s["low"], 20)),
    "return": (lambda s: talib.ROC(s["close"], 20), lambda s: ta.return_pct(s["close"], 20)),
    "cci": (lambda s: talib.CCI(*hlc(s), 20), lambda s: ta.cci(*hlc(s), 20)),
    "williamsr": (lambda s: talib.WILLR(*hlc(s), 14), lambda s: ta.williamsr(*hlc(s), 14)),
    "mfi": (
        lambda s: talib.MFI(*hlc(s), s["volume"], 14),
        lambda s: ta.mfi(*hlc(s), s["volume"], 14),
    ),
    "bollinger upper": (
        lambda s: talib.BBANDS(s["close"], 20, 2, 2)[0],
        lambda s: ta.bbands(s["close"])["upper"],
    ),
    "bollinger lower": (
        lambda s: talib.BBANDS(s["close"], 20, 2, 2)[2],
        lambda s: ta.bbands(s["close"])["lower"],
    ),
    "aroon up": (
        lambda s: talib.AROON(s["high"], s["low"], 14)[1],
        lambda s: ta.aroon(s["high"], s["low"])["aroon_up"],
    ),
    "aroon down": (
        lambda s: talib.AROON(s["high"], s["low"], 14)[0],
        lambda s: ta.aroon(s["high"], s["low"])["aroon_down"],
    ),
}

SAME_ONCE_SETTLED = {
    "stochastic k": (  # TA-Lib shows K only from where D is known
        lambda s: talib.STOCHF(*hlc(s), 14, 3)[0],
        lambda s: ta.stochastic(*hlc(s))["stoch_k"],
    ),
    "stochastic d": (
        lambda s: talib.STOCHF(*hlc(s), 14, 3)[1],
        lambda s: ta.stochastic(*hlc(s))["stoch_d"],
    ),
    "true range": (lambda s: talib.TRANGE(*hlc(s)), lambda s: ta.true_range(*hlc(s))),
    "atr": (lambda s: talib.ATR(*hlc(s), 14), lambda s: ta.atr(*hlc(s), 14)),
    "atr in percent": (lambda s: talib.NATR(*hlc(s), 14), lambda s: ta.atr_pct(*hlc(s), 14)),
    "adx": (lambda s: talib.ADX(*hlc(s), 14), lambda s: ta.adx(*hlc(s))["adx"]),
    "plus di": (lambda s: talib.PLUS_DI(*hlc(s), 14), lambda s: ta.adx(*hlc(s))["plus_di"]),
    "minus di": (lambda s: talib.MINUS_DI(*hlc(s), 14), lambda s: ta.adx(*hlc(s))["minus_di"]),
    "macd": (lambda s: talib.MACD(s["close"])[0], lambda s: ta.macd(s["close"])["macd"]),
    "macd signal": (lambda s: talib.MACD(s["close"])[1], lambda s: ta.macd(s["close"])["signal"]),
    "macd histogram": (
        lambda s: talib.MACD(s["close"])[2],
        lambda s: ta.macd(s["close"])["histogram"],
    ),
    "ppo": (
        lambda s: talib.PPO(s["close"], 12, 26, talib.MA_Type.EMA),
        lambda s: ta.ppo(s["close"])["ppo"],
    ),
}


def hlc(series):
    return series["high"], series["low"], series["close"]


@pytest.fixture(scope="module")
def market(candles):
    return candles(BARS, seed=7)


@pytest.mark.parametrize("name", SAME)
def test_the_whole_line_is_that_of_talib(engine, market, name):
    theirs, ours = SAME[name]
    np.testing.assert_allclose(ours(market), theirs(market), rtol=1e-8, atol=1e-7)


@pytest.mark.parametrize("name", SAME_ONCE_SETTLED)
def test_the_line_is_that_of_talib_once_the_seed_has_worn_off(engine, market, name):
    theirs, ours = SAME_ONCE_SETTLED[name]
    np.testing.assert_allclose(
        ours(market)[SETTLED:], theirs(market)[SETTLED:], rtol=1e-7, atol=1e-9
    )


def test_obv_moves_as_talib_s_which_starts_at_the_first_volume(market):
    theirs = talib.OBV(market["close"], market["volume"])
    ours = ta.obv(market["close"], market["volume"])
    np.testing.assert_allclose(ours, theirs - market["volume"][0])


def test_sar_is_on_talib_s_side_as_often_as_the_page_says():
    rng = np.random.default_rng(1)
    equal, same_side, apart = [], [], []
    for _ in range(40):
        close = 100 * np.exp(np.cumsum(rng.normal(0, 0.015, 1500)))
        opened = np.concatenate([close[:1], close[:-1]]) * np.exp(rng.normal(0, 0.004, 1500))
        high = np.maximum(opened, close) * (1 + abs(rng.normal(0, 0.006, 1500)))
        low = np.minimum(opened, close) * (1 - abs(rng.normal(0, 0.006, 1500)))
        theirs, ours = talib.SAR(high, low, 0.02, 0.2)[100:], ta.sar(high, low)
        level, trend = ours["sar"][100:], ours["trend"][100:]
        equal.append(np.isclose(theirs, level, rtol=1e-9).mean())
        same_side.append((np.where(theirs < close[100:], 1, -1) == trend).mean())
        apart.append((abs(theirs - level) / close[100:]).mean())
    assert np.mean(equal) == pytest.approx(0.90, abs=0.02)
    assert np.mean(same_side) == pytest.approx(0.98, abs=0.01)
    assert np.mean(apart) == pytest.approx(0.0015, abs=0.0005)
