"""Laws that every entry of the catalogue keeps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tradertape_indicators as ta

NAMES = sorted(ta.CATALOGUE)
SMALL = {"period": 5, "k_period": 5, "fast_period": 4, "slow_period": 7, "signal_period": 3}
WINDOWED = [name for name in NAMES if not ta.CATALOGUE[name].recursive]
RECURSIVE = [name for name in NAMES if ta.CATALOGUE[name].recursive]
CARRIES = "supertrend"  # keeps its state over a gap, by definition

outputs = pytest.mark.parametrize(
    ("name", "output"), [(name, out) for name in NAMES for out in ta.CATALOGUE[name].outputs]
)
modest = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


def small(name):
    """Short periods, so that warm-up is short."""
    return {one.name: SMALL[one.name] for one in ta.CATALOGUE[name].params if one.name in SMALL}


def line(name, series, output="", params=None):
    return ta.compute(name, series, small(name) if params is None else params, output=output)


def cut(series, first=None, last=None):
    return {key: values[first:last] for key, values in series.items()}


def warm_up(name, output=""):
    return ta.CATALOGUE[name].warm_up(small(name), output)


@outputs
def test_the_first_defined_bar_is_the_warm_up(engine, candles, name, output):
    spec = ta.CATALOGUE[name]
    for params in ({}, small(name)):
        first = spec.warm_up(params, output)
        values = ta.compute(name, candles(first + 40, 3, seed=3), params, output=output)
        defined = ~np.isnan(values)
        assert not defined[:first].any()
        if output != "short":  # defined only while the supertrend is down
            assert defined[first].all()


@pytest.mark.parametrize("name", NAMES)
def test_a_history_shorter_than_the_warm_up_gives_only_nan(engine, candles, name):
    for bars in range(max(warm_up(name), 1)):
        for output in ta.CATALOGUE[name].outputs:
            values = line(name, candles(bars, 2), output)
            assert values.shape == (bars, 2)
            assert np.isnan(values[: warm_up(name, output)]).all()


@outputs
def test_a_value_never_depends_on_later_bars(on_numpy, candles, name, output):
    @modest
    @given(seed=st.integers(0, 10_000), holes=st.sampled_from([0.0, 0.1]), keep=st.integers(1, 59))
    def law(seed, holes, keep):
        series = candles(warm_up(name) + 60, 3, seed=seed, holes=holes)
        last = warm_up(name) + keep
        whole = line(name, series, output)
        np.testing.assert_array_equal(line(name, cut(series, last=last), output), whole[:last])

    law()


@pytest.mark.parametrize("name", WINDOWED)
def test_a_windowed_value_is_the_same_to_the_bit_wherever_the_history_starts(candles, name):
    @modest
    @given(seed=st.integers(0, 10_000), drop=st.integers(1, 40))
    def law(seed, drop):
        series = candles(warm_up(name) + 60, 3, seed=seed)
        for output in ta.CATALOGUE[name].outputs:
            whole = line(name, series, output)
            late = line(name, cut(series, first=drop), output)
            settled = max(warm_up(name, output), 1)  # the first true range lacks a close before
            np.testing.assert_array_equal(late[settled:], whole[drop + settled :])

    law()


@pytest.mark.parametrize("name", RECURSIVE)
def test_a_recursive_value_forgets_where_the_history_started(engine, candles, name):
    series = candles(700, 3, seed=11)
    for output in ta.CATALOGUE[name].outputs:
        whole = line(name, series, output)
        late = line(name, cut(series, first=97), output)
        np.testing.assert_allclose(late[500:], whole[597:], rtol=1e-9)


def test_without_a_period_sums_go_back_to_the_first_bar(candles):
    series = candles(200, 3)
    names = ("high", "low", "close", "volume")
    high, low, close, volume = (series[name] for name in names)
    whole = ta.obv(close, volume)
    late = ta.obv(close[50:], volume[50:])
    np.testing.assert_allclose(np.diff(late, axis=0), np.diff(whole[50:], axis=0))
    rolling = ta.obv(close, volume, 20)
    np.testing.assert_allclose(rolling[20:], whole[20:] - whole[:-20], atol=1e-6)
    np.testing.assert_allclose(
        ta.vwap(high, low, close, volume, 200)[-1], ta.vwap(high, low, close, volume)[-1]
    )


@outputs
def test_columns_are_independent(engine, candles, name, output):
    if ta.CATALOGUE[name].cross_sectional:
        pytest.skip("compares columns by definition")
    series = candles(warm_up(name) + 60, 4, seed=5, holes=0.03)
    together = line(name, series, output)
    for column in range(4):
        alone = line(name, {key: values[:, column] for key, values in series.items()}, output)
        np.testing.assert_array_equal(together[:, column], alone)


@outputs
def test_both_engines_agree_to_the_bit(candles, name, output):
    series = candles(warm_up(name) + 300, 5, seed=9, holes=0.02)
    lines = []
    for compiled in (False, True):
        ta.use_numba(compiled)
        lines.append(line(name, series, output))
    ta.use_numba(None)
    np.testing.assert_array_equal(*lines)


@pytest.mark.parametrize("name", [name for name in NAMES if name != CARRIES])
def test_an_indicator_starts_afresh_after_a_gap(engine, candles, name):
    gap = warm_up(name) + 10
    series = {key: values.copy() for key, values in candles(2 * gap + 30, 3, seed=4).items()}
    for values in series.values():
        values[gap] = np.nan
    for output in ta.CATALOGUE[name].outputs:
        whole = line(name, series, output)
        fresh = line(name, cut(series, first=gap + 1), output)
        assert np.isnan(whole[gap]).all()
        defined = ~np.isnan(fresh)
        assert defined.any() or output == "short"
        np.testing.assert_array_equal(whole[gap + 1 :][defined], fresh[defined])
        if ta.CATALOGUE[name].recursive:
            np.testing.assert_array_equal(whole[gap + 1 :], fresh)


@pytest.mark.parametrize("name", ["ema", "rsi", "atr", "sar"])
def test_an_infinite_price_is_a_gap_to_a_recursive_indicator(engine, candles, name):
    series = {key: values.copy() for key, values in candles(60, 2).items()}
    for values in series.values():
        values[30] = np.inf
    values = line(name, series)
    assert not np.isinf(values).any()
    assert np.isnan(values[30]).all()


@outputs
def test_results_are_float64_and_the_caller_s_own(candles, name, output):
    series = candles(warm_up(name) + 5, 2)
    values = line(name, series, output)
    assert values.dtype == np.float64
    if ta.CATALOGUE[name].family != "price":  # those are read-only views
        assert not any(np.shares_memory(values, one) for one in series.values())
    else:
        assert not values.flags.writeable


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_says_all_that_a_reader_needs(name):
    spec = ta.CATALOGUE[name]
    assert spec.name == name
    assert spec.title
    assert spec.unit
    assert spec.source
    assert spec.outputs
    assert ta.check_params(name, {}) == spec.defaults
    assert all(one.minimum <= one.default <= one.maximum for one in spec.params)
