"""In which forms series are given, and what is refused: as the published package does."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from kite_algo_worker import indicators as ours

HLC = ("high", "low", "close")

# name -> call(module, frame); the published package must answer the same, or raise the same
FORMS = {
    "a list": lambda m, f: m.sma(f["close"].tolist(), 3),
    "a list with None and text": lambda m, _f: m.sma([1, None, "3", "x", 5, 6, 7], 2),
    "a tuple of decimals": lambda m, f: m.ema(tuple(np.round(f["close"], 2).astype(str)), 3),
    "an array": lambda m, f: m.ema(f["close"].to_numpy(), 3),
    "an array of int": lambda m, _f: m.rsi(np.arange(20) % 7, 3),
    "an array of float32": lambda m, _f: m.highest(np.arange(9, dtype=np.float32), 3),
    "an array of bool": lambda m, _f: m.sma(np.array([True, False, True]), 2),
    "an array of datetimes": lambda m, _f: m.sma([dt.date(2024, 1, 1)] * 3, 2),
    "nothing": lambda m, _f: m.ema([], 3),
    "a matrix": lambda m, _f: m.sma(np.ones((4, 2)), 2),
    "a number": lambda m, _f: m.sma(5.0, 2),
    "a Series without a name": lambda m, _f: m.sma(pd.Series([1.0, 2.0, 4.0]), 2),
    "a Series of int": lambda m, _f: m.linreg(pd.Series(range(9), name="n"), 3),
    "a Series with gaps of its own": lambda m, _f: m.sma(
        pd.Series([1, None, 3, 4, 5], dtype="Int64"), 2
    ),
    "a Series of objects": lambda m, _f: m.sma(pd.Series([1, None, "3", 4.0], dtype=object), 1),
    "a frame of one column": lambda m, f: m.wma(f[["close"]], 4),
    "a frame of several columns": lambda m, f: m.wma(f, 4),
    "a frame and its column": lambda m, f: m.bbands(f, 4, column="high"),
    "a frame without that column": lambda m, f: m.rsi(f, 4, column="price"),
    "an input made before": lambda m, f: m.sma(m.normalize_input(f, "close"), 3),
    "several arrays": lambda m, f: m.supertrend(*(f[c].to_numpy() for c in HLC), 4, 2.0),
    "several lists": lambda m, f: m.adx(*(f[c].tolist() for c in HLC), 4),
    "arrays beside a Series": lambda m, f: m.atr(f["high"], f["low"].to_numpy(), f["close"], 4),
    "a Series beside arrays": lambda m, f: m.atr(f["high"].to_numpy(), f["low"], f["close"], 4),
    "a frame with names of its own": lambda m, f: m.atr(
        f.rename(columns=str.upper),
        period=5,
        high_column="HIGH",
        low_column="LOW",
        close_column="CLOSE",
    ),
    "a frame without a column": lambda m, f: m.atr(f.drop(columns="low"), period=4),
    "high and low without close": lambda m, f: m.atr(f["high"], f["low"]),
    "high alone": lambda m, f: m.stochastic(f["high"]),
    "high and low": lambda m, f: m.aroon(f["high"], f["low"], 4),
    "high without low": lambda m, f: m.sar(f["high"]),
    "a frame for sar": lambda m, f: m.sar(f),
    "lengths that differ": lambda m, _f: m.atr([1.0, 2.0], [1.0], [1.0, 2.0], 1),
    "indexes that differ": lambda m, f: m.crossover(f["high"][1:], f["low"][:-1]),
    "crossing of lengths that differ": lambda m, _f: m.crossunder([1.0, 2.0], [1.0]),
    "indexes that differ, of three": lambda m, f: m.atr(f["high"], f["low"], f["close"][::-1], 2),
    "price and volume": lambda m, f: m.vwma(f["close"], f["volume"], 4),
    "price and volume of a frame": lambda m, f: m.vwma(
        f, period=4, column="close", volume_column="volume"
    ),
    "no volume column named": lambda m, f: m.vwma(f, period=4, column="close"),
    "no volume": lambda m, f: m.vwma(f["close"]),
    "obv of two": lambda m, f: m.obv(f["close"], f["volume"]),
    "obv of a frame and a volume": lambda m, f: m.obv(f, f["volume"]),
    "obv of a frame": lambda m, f: m.obv(f, price_column="open"),
    "obv without volume": lambda m, f: m.obv(f["close"]),
    "vwap of price and volume": lambda m, f: m.vwap(f["close"], f["volume"]),
    "vwap of arrays": lambda m, f: m.vwap(f["close"].to_numpy(), volume=f["volume"].to_numpy()),
    "vwap of four": lambda m, f: m.vwap(f["high"], f["low"], f["close"], f["volume"]),
    "vwap of a frame and a volume": lambda m, f: m.vwap(f, volume=f["volume"] * 2),
    "vwap of a frame": lambda m, f: m.vwap(f),
    "vwap of three": lambda m, f: m.vwap(f["high"], f["low"], f["close"]),
    "vwap of one": lambda m, f: m.vwap(f["high"]),
    "vwap of a frame and a low": lambda m, f: m.vwap(f, f["low"]),
    "mfi of four": lambda m, f: m.mfi(f["high"], f["low"], f["close"], f["volume"], 4),
    "mfi of three": lambda m, f: m.mfi(f["high"], f["low"], f["close"]),
    "a period of zero": lambda m, f: m.sma(f["close"], 0),
    "a negative period": lambda m, f: m.adx(f, period=-1),
    "a period with a fraction": lambda m, f: m.ema(f["close"], 5.7),
    "a period in words": lambda m, f: m.rsi(f["close"], "5"),
    "a period of numpy": lambda m, f: m.sma(f["close"], np.int64(5)),
    "no multiplier": lambda m, f: m.keltner(f, multiplier=0),
    "a negative multiplier": lambda m, f: m.supertrend(f, multiplier=-1),
    "fast not below slow": lambda m, f: m.ppo(f["close"], 9, 9),
    "fast above slow in a macd": lambda m, f: m.macd(f["close"], 9, 5, 3),
    "acceleration above the maximum": lambda m, f: m.sar(f, acceleration=0.3, maximum=0.2),
    "no acceleration": lambda m, f: m.sar(f, acceleration=0.0),
    "a method of the shared instance": lambda m, f: m.ta.dpo(f["close"], 4),
    "a method of one's own instance": lambda m, f: m.TechnicalAnalysis().mfi(f, period=4),
    "williams_r as a method": lambda m, f: m.ta.williams_r(f),
}


def outcome(call, module, frame):
    try:
        return call(module, frame)
    except Exception as error:  # noqa: BLE001 - what is raised is the outcome
        return error


@pytest.mark.parametrize("form", FORMS)
def test_an_input_is_accepted_or_refused_as_published(published, candles, form):
    frame = candles(30, seed=2)
    mine = outcome(FORMS[form], ours, frame)
    theirs = outcome(FORMS[form], published, frame)
    assert type(mine) is type(theirs), (mine, theirs)
    if isinstance(mine, pd.DataFrame):
        pd.testing.assert_frame_equal(mine, theirs, rtol=1e-8)
    elif isinstance(mine, pd.Series):
        pd.testing.assert_series_equal(mine, theirs, rtol=1e-8)
    elif not isinstance(mine, Exception):
        np.testing.assert_allclose(mine, theirs, rtol=1e-8)


def test_inputs_are_never_written_to(candles):
    frame = candles(30)
    before = frame.copy()
    for name in ("supertrend", "adx", "sar", "vwap", "mfi", "obv"):
        getattr(ours, name)(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_a_refusal_says_what_to_do(candles):
    frame = candles(5)
    with pytest.raises(ValueError, match="say which with column="):
        ours.sma(frame, 2)
    with pytest.raises(KeyError, match="no column 'price'; there are open, high, low"):
        ours.sma(frame, 2, column="price")
    with pytest.raises(TypeError, match="give high, low, close, or one frame"):
        ours.atr(frame["high"])
    with pytest.raises(ValueError, match="reindex one like the other"):
        ours.crossover(frame["high"], frame["low"][1:])


def test_formatting_reverses_normalizing(published, candles):
    frame = candles(6, holes=0.3)
    for data, column in ((frame["close"], None), (frame, "high"), ([1.0, None], None)):
        mine, theirs = ours.normalize_input(data, column), published.normalize_input(data, column)
        assert (mine.kind, mine.name) == (theirs.kind, theirs.name)
        np.testing.assert_array_equal(mine.values, theirs.values)
        shown = ours.format_output([7.0] * len(mine.values), mine, name="x")
        expected = published.format_output([7.0] * len(theirs.values), theirs, name="x")
        assert type(shown) is type(expected)
        assert list(shown) == list(expected)
    assert ours.ta.validate_input([1.0, 2.0]).kind == "array"


def test_a_custom_indicator_extends_the_base():
    class Spread(ours.BaseIndicator):
        def __call__(self, high, low):
            top, bottom = self.validate_input(high), self.validate_input(low)
            return self.format_output(top.values - bottom.values, top, name="spread")

    spread = Spread()(pd.Series([3.0, 5.0], name="high"), [1.0, 2.0])
    assert spread.name == "spread"
    assert spread.tolist() == [2.0, 3.0]


def test_njit_compiles_bare_and_with_arguments():
    assert ours.NUMBA_AVAILABLE is True

    @ours.njit
    def double(x):
        return 2 * x

    @ours.njit(cache=False)
    def triple(x):
        return 3 * x

    assert (double(2.0), triple(2.0)) == (4.0, 6.0)
    assert hasattr(double, "py_func")
