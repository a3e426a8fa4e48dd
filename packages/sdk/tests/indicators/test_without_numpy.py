"""Without numpy, pandas or tradertape-indicators four averages remain, in plain Python."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from kite_algo_worker.indicators import _plain

ABSENT = """
import sys
for name in {absent!r}:
    sys.modules[name] = None
import kite_algo_worker as k
from kite_algo_worker import indicators
"""


def run(code: str, *absent: str) -> str:
    whole = ABSENT.format(absent=absent) + code
    done = subprocess.run(
        [sys.executable, "-c", whole], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("absent", ["numpy", "pandas", "tradertape_indicators"])
def test_the_package_imports_and_averages_lists(absent):
    code = "print(k.sma([1, 2, 3, 4], 2), k.ta.ema([1, 2, 3], 2), indicators.rsi([1, 2, 3], 2))"
    assert run(code, absent) == "[None, 1.5, 2.5, 3.5] [None, 1.5, 2.5] [None, None, 100.0]"


def test_everything_else_says_what_to_install():
    code = """
calls = [
    lambda: indicators.macd([1.0]),
    lambda: k.ta.whatever(),
    lambda: indicators.williams_r([1.0]),
    lambda: k.normalize_input([1.0]),
    lambda: k.format_output([1.0], None),
    lambda: k.BaseIndicator.validate_input([1.0]),
    lambda: k.LiveIndicatorEngine.from_history([], []),
    lambda: k.LiveIndicatorEngine([]),
    lambda: k.candles_to_df([]),
    lambda: k.ohlcv_arrays([]),
]
for call in calls:
    try:
        call()
    except ModuleNotFoundError as error:
        print(error)
"""
    lines = run(code, "numpy", "pandas").splitlines()
    assert len(lines) == 10
    assert all('pip install "tradertape-worker[' in line for line in lines)


def test_the_placeholders_exist():
    code = "print(k.IndicatorInput(), k.IndicatorValue(), k.NUMBA_AVAILABLE, k.njit(len)([1, 2]))"
    assert run(code, "numpy", "pandas").endswith("False 2")


def test_njit_leaves_functions_alone_without_numba():
    code = "print(k.NUMBA_AVAILABLE, k.njit(cache=True)(len)([1]), k.njit(abs) is abs)"
    assert run(code, "numba") == "False 1 True"


def test_importing_the_package_imports_neither_pandas_nor_numba():
    code = "print([one for one in ('pandas', 'numba', 'websockets') if one in sys.modules])"
    assert run(code) == "[]"


SERIES = {
    "rising": [1.0, 2, 3, 4, 5, 6, 7],
    "flat": [5.0] * 7,
    "mixed": [3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3],
    "short": [1.0],
    "empty": [],
}


@pytest.fixture(scope="module")
def published_plain(published_folder):
    """What the published package says without numpy: {(call, series, period): list}."""
    code = f"""
import sys
sys.path.insert(0, {str(published_folder)!r})
sys.modules["numpy"] = sys.modules["pandas"] = None
from kite_algo_worker.indicators import ta
print({{
    (call, name, period): getattr(ta, call)(*([series] * (3 if call == "atr" else 1)), period)
    for call in ("sma", "ema", "rsi", "atr")
    for name, series in {SERIES!r}.items()
    for period in (-1, 0, 1, 2, 3, 14)
}})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return importlib.import_module("ast").literal_eval(done.stdout)


def test_the_plain_averages_are_the_published_ones(published_plain):
    ta = _plain.TechnicalAnalysis()
    for (call, name, period), expected in published_plain.items():
        series = [SERIES[name]] * (3 if call == "atr" else 1)
        mine = getattr(ta, call)(*series, period)
        assert len(mine) == len(expected), (call, name, period)
        if call == "rsi" and len(series[0]) < 2:
            continue
        for one, other in zip(mine, expected):
            assert one == (other if other is None else pytest.approx(other)), (call, name, period)


def test_plain_ranges_take_any_iterables():
    ta = _plain.TechnicalAnalysis()
    high, low, close = (11.0, 12.0, 15.0), iter([9.0, 10.0, 12.0]), [10.0, 11.0, 14.0]
    assert ta.atr(high, low, close, 2) == [None, 2.0, 3.0]
    assert ta.sma(None, 3) == []
