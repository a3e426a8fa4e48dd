"""The workers' indicators beside TA-Lib and pandas-ta-classic on a million candles.

    .venv/bin/python bench/sdk_indicators.py [bars]

Ours is called as a strategy calls it, a Series or a frame in and one out; TA-Lib gets bare arrays,
pandas-ta-classic the same Series as ours, told not to use TA-Lib. Time is that of the thread on the
processor, the least of several takes in turns, so that what else the machine does hardly matters.
Ratios are theirs to ours: above 1 ours is faster.

pandas-ta's VWAP starts afresh each day and is left out; TA-Lib has no counterpart of some. Ours of
the recursive ones are compiled by numba; importing and compiling are not counted, as no first call
is.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pandas_ta_classic as classic
import talib

from kite_algo_worker import indicators as ta

BARS = 1_000_000
ROUNDS = 15
SLOW_S = 0.5  # what takes longer is measured once
Call = Callable[[Any], object]


def market(bars: int) -> pd.DataFrame:
    draw = np.random.default_rng(7)
    close = 100.0 * np.exp(np.cumsum(draw.normal(0.0, 0.001, bars)))
    high = close * (1.0 + np.abs(draw.normal(0.0, 0.0007, bars)))
    low = close * (1.0 - np.abs(draw.normal(0.0, 0.0007, bars)))
    index = pd.date_range("2015-01-01 09:15", periods=bars, freq="min", name="ts")
    volume = np.floor(draw.lognormal(10.0, 0.5, bars))
    columns = {"high": high, "low": low, "close": close, "volume": volume}
    return pd.DataFrame(columns, index=index)


def hlc(frame: Any) -> tuple[Any, Any, Any]:
    return frame["high"], frame["low"], frame["close"]


# name -> ours, TA-Lib's, pandas-ta's; None where it has none
CALLS: dict[str, tuple[Call, Call | None, Call | None]] = {
    "sma 20": (
        lambda f: ta.sma(f["close"], 20),
        lambda a: talib.SMA(a["close"], 20),
        lambda f: classic.sma(f["close"], 20, talib=False),
    ),
    "ema 20": (
        lambda f: ta.ema(f["close"], 20),
        lambda a: talib.EMA(a["close"], 20),
        lambda f: classic.ema(f["close"], 20, talib=False),
    ),
    "wma 20": (
        lambda f: ta.wma(f["close"], 20),
        lambda a: talib.WMA(a["close"], 20),
        lambda f: classic.wma(f["close"], 20, talib=False),
    ),
    "vwma 20": (
        lambda f: ta.vwma(f["close"], f["volume"], 20),
        None,
        lambda f: classic.vwma(f["close"], f["volume"], 20),
    ),
    "linreg 14": (
        lambda f: ta.linreg(f["close"], 14),
        lambda a: talib.LINEARREG(a["close"], 14),
        lambda f: classic.linreg(f["close"], 14, talib=False),
    ),
    "supertrend 10": (
        lambda f: ta.supertrend(f, period=10),
        None,
        lambda f: classic.supertrend(*hlc(f), 10, 3.0),
    ),
    "rsi 14": (
        lambda f: ta.rsi(f["close"], 14),
        lambda a: talib.RSI(a["close"], 14),
        lambda f: classic.rsi(f["close"], 14, talib=False),
    ),
    "macd": (
        lambda f: ta.macd(f["close"]),
        lambda a: talib.MACD(a["close"]),
        lambda f: classic.macd(f["close"], talib=False),
    ),
    "ppo": (
        lambda f: ta.ppo(f["close"]),
        lambda a: talib.PPO(a["close"], 12, 26, talib.MA_Type.EMA),
        lambda f: classic.ppo(f["close"], talib=False),
    ),
    "dpo 21": (
        lambda f: ta.dpo(f["close"], 21),
        None,
        lambda f: classic.dpo(f["close"], 21, centered=False),
    ),
    "stochastic": (
        ta.stochastic,
        lambda a: talib.STOCHF(*hlc(a), 14, 3),
        lambda f: classic.stoch(*hlc(f), 14, 3, 1, talib=False),
    ),
    "cci 20": (
        lambda f: ta.cci(f, period=20),
        lambda a: talib.CCI(*hlc(a), 20),
        lambda f: classic.cci(*hlc(f), 20, talib=False),
    ),
    "williamsr 14": (
        ta.williamsr,
        lambda a: talib.WILLR(*hlc(a), 14),
        lambda f: classic.willr(*hlc(f), 14, talib=False),
    ),
    "atr 14": (
        ta.atr,
        lambda a: talib.ATR(*hlc(a), 14),
        lambda f: classic.atr(*hlc(f), 14, talib=False),
    ),
    "bbands 20": (
        lambda f: ta.bbands(f["close"]),
        lambda a: talib.BBANDS(a["close"], 20, 2, 2),
        lambda f: classic.bbands(f["close"], 20, talib=False),
    ),
    "keltner 20": (
        ta.keltner,
        None,
        lambda f: classic.kc(*hlc(f), 20),
    ),
    "adx 14": (
        ta.adx,
        lambda a: (talib.ADX(*hlc(a)), talib.PLUS_DI(*hlc(a)), talib.MINUS_DI(*hlc(a))),
        lambda f: classic.adx(*hlc(f), 14, talib=False),
    ),
    "aroon 14": (
        ta.aroon,
        lambda a: talib.AROON(a["high"], a["low"], 14),
        lambda f: classic.aroon(f["high"], f["low"], 14, talib=False),
    ),
    "sar": (
        ta.sar,
        lambda a: talib.SAR(a["high"], a["low"]),
        lambda f: classic.psar(f["high"], f["low"]),
    ),
    "obv": (
        ta.obv,
        lambda a: talib.OBV(a["close"], a["volume"]),
        lambda f: classic.obv(f["close"], f["volume"], talib=False),
    ),
    "vwap": (ta.vwap, None, None),
    "mfi 14": (
        ta.mfi,
        lambda a: talib.MFI(*hlc(a), a["volume"], 14),
        lambda f: classic.mfi(*hlc(f), f["volume"], 14, talib=False),
    ),
    "highest 20": (
        lambda f: ta.highest(f["high"], 20),
        lambda a: talib.MAX(a["high"], 20),
        lambda f: f["high"].rolling(20).max(),
    ),
    "lowest 20": (
        lambda f: ta.lowest(f["low"], 20),
        lambda a: talib.MIN(a["low"], 20),
        lambda f: f["low"].rolling(20).min(),
    ),
}


def milliseconds(calls: Sequence[tuple[Call, object]]) -> list[float]:
    """The least time of each call, measured in turns so that all meet the same machine."""
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS):
        for (call, given), takes in zip(calls, taken, strict=True):
            if sum(takes) > SLOW_S * 1e3:
                continue
            start = time.thread_time()
            call(given)
            takes.append((time.thread_time() - start) * 1e3)
    return [min(takes) for takes in taken]


def main() -> None:
    bars = int(sys.argv[1]) if len(sys.argv) > 1 else BARS
    frame = market(bars)
    small = market(100_000).iloc[:5_000]
    ta.ema(market(100_000)["close"], 5)  # a long series: from here on ours is compiled
    arrays, few = ({name: one[name].to_numpy() for name in one} for one in (frame, small))
    print(f"{bars:,} candles; ratios are theirs to ours\n")
    print("| indicator | ours, ms | TA-Lib, ms | ratio | pandas-ta-classic, ms | ratio |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    ratios: dict[int, list[float]] = {1: [], 2: []}
    for name, calls in CALLS.items():
        given = ((frame, small), (arrays, few), (frame, small))
        there = {at: call for at, call in enumerate(calls) if call is not None}
        for at, call in there.items():
            call(given[at][1])  # whatever is compiled or imported once
        figures = milliseconds([(call, given[at][0]) for at, call in there.items()])
        took = dict(zip(there, figures, strict=True))
        cells = [f"{took[0]:.1f}"]
        for at, seen in ratios.items():
            if at in took:
                seen.append(took[at] / took[0])
                cells += [f"{took[at]:.1f}", f"{seen[-1]:.2f}"]
            else:
                cells += ["–", "–"]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    middle = [statistics.median(one) for one in ratios.values()]
    least = min(ratios[1])
    print(f"\nmedian ratio: TA-Lib {middle[0]:.2f}, pandas-ta-classic {middle[1]:.2f}")
    print(f"least ratio to TA-Lib: {least:.2f}")


if __name__ == "__main__":
    main()
