"""Rolling windows against the plainest way to write them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import tradertape_indicators as ta
from tradertape_indicators import windows

PERIODS = [1, 2, 3, 5, 8, 13, 20, 31, 64, 200]


def plainly(values, period, reduce):
    """Reduce every window (…, period), oldest first; NaN in warm-up."""
    result = np.full(values.shape, np.nan)
    if period <= len(values):
        result[period - 1 :] = reduce(sliding_window_view(values, period, axis=0))
    return result


@pytest.fixture(params=[(300, 3), (3_000, 40)], ids=["one block", "several blocks"])
def prices(candles, request):
    bars, symbols = request.param
    return candles(bars, symbols, holes=0.002)["close"]


@pytest.mark.parametrize("period", PERIODS)
def test_windows_are_what_numpy_says_of_each(prices, period):
    weights = np.arange(1, period + 1) / (period * (period + 1) / 2)
    expected = {
        "window_sum": lambda w: w.sum(axis=-1),
        "window_max": lambda w: w.max(axis=-1),
        "window_min": lambda w: w.min(axis=-1),
        "window_weighted_mean": lambda w: w @ weights,
    }
    for name, reduce in expected.items():
        ours = getattr(windows, name)(prices, period)
        np.testing.assert_allclose(ours, plainly(prices, period, reduce), rtol=1e-12)
    mean, variance = windows.window_moments(prices, period)
    np.testing.assert_allclose(mean, plainly(prices, period, lambda w: w.mean(axis=-1)), rtol=1e-12)
    plain = plainly(prices, period, lambda w: w.var(axis=-1))
    np.testing.assert_allclose(variance, plain, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("period", PERIODS)
def test_mean_deviation_is_what_numpy_says(prices, period):
    mean = windows.window_moments(prices, period)[0]
    ours = windows.window_deviation(prices, mean, period)
    plain = plainly(
        prices, period, lambda w: np.abs(w - w.mean(axis=-1, keepdims=True)).mean(axis=-1)
    )
    np.testing.assert_allclose(ours, plain, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("period", [1, 2, 3, 6, 7])
def test_the_age_of_the_highest_counts_from_the_oldest_of_equals(period):
    values = np.random.default_rng(3).integers(1, 4, (200, 2)).astype(float)
    plain = plainly(values, period, lambda w: period - 1.0 - w.argmax(axis=-1))
    np.testing.assert_array_equal(windows.window_age_of_max(values, period), plain)


def test_a_flat_price_has_no_deviation_at_all():
    flat = np.full(100, 100.1)
    assert (ta.stdev(flat, 20)[19:] == 0.0).all()
    assert (ta.cci(flat, flat, flat, 20)[19:] == 0.0).all()
    np.testing.assert_allclose(ta.linreg(flat, 14)[13:], 100.1, rtol=1e-15)
    np.testing.assert_allclose(ta.ema(flat, 9)[8:], 100.1, rtol=1e-15)


def test_a_large_price_leaves_nothing_behind():
    """A running sum would carry the rounding of 1e15 along for ever."""
    values = np.ones(50)
    values[10] = 1e15
    assert (ta.sma(values, 5)[15:] == 1.0).all()
    assert (ta.stdev(values, 5)[15:] == 0.0).all()
