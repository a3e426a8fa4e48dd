"""Flat prices, gaps and turns: what each indicator answers where a formula alone does not say."""

from __future__ import annotations

import numpy as np
import pytest

import tradertape_indicators as ta

NAN = float("nan")
FLAT = np.full(40, 50.0)
NOTHING = np.zeros(40)
RISING = np.arange(1.0, 41.0)


def test_rsi_is_50_when_flat_100_when_only_rising_0_when_only_falling(engine):
    assert (ta.rsi(FLAT, 14)[14:] == 50.0).all()
    assert (ta.rsi(RISING, 14)[14:] == 100.0).all()
    assert (ta.rsi(RISING[::-1], 14)[14:] == 0.0).all()


def test_mfi_is_50_when_flat_100_when_only_rising_0_when_only_falling():
    def mfi(price):
        return ta.mfi(price, price, price, FLAT, 14)[14:]

    assert (mfi(FLAT) == 50.0).all()
    assert (mfi(RISING) == 100.0).all()
    assert (mfi(RISING[::-1]) == 0.0).all()


def test_a_range_of_zero_gives_zero():
    assert (ta.stochastic(FLAT, FLAT, FLAT)["stoch_k"][13:] == 0.0).all()
    assert (ta.williamsr(FLAT, FLAT, FLAT)[13:] == 0.0).all()
    assert not np.signbit(ta.williamsr(FLAT, FLAT, FLAT)[13:]).any()


def test_no_volume_gives_no_volume_weighted_price():
    assert np.isnan(ta.vwma(FLAT, NOTHING)).all()
    assert np.isnan(ta.vwap(FLAT, FLAT, FLAT, NOTHING)).all()
    assert np.isnan(ta.volume_ratio(NOTHING)).all()


def test_vwap_starts_with_the_first_volume_and_takes_a_price_as_it_is():
    assert ta.vwap_of_price([10.0, 20.0, 40.0], [0.0, 1.0, 3.0]).tolist() == [
        pytest.approx(NAN, nan_ok=True),
        20.0,
        35.0,
    ]


def test_a_nan_spoils_its_windows_and_no_other():
    values = RISING.copy()
    values[10] = NAN
    spoiled = np.flatnonzero(np.isnan(ta.sma(values, 5)))
    assert spoiled.tolist() == [0, 1, 2, 3, 10, 11, 12, 13, 14]


def test_an_average_is_seeded_again_after_a_gap(engine):
    values = np.array([1.0, 2.0, 3.0, 7.0, NAN, 10.0, 20.0, 30.0, 60.0])
    assert ta.ema(values, 3).tolist() == pytest.approx(
        [NAN, NAN, 2.0, 4.5, NAN, NAN, NAN, 20.0, 40.0], nan_ok=True
    )


def test_the_first_true_range_of_a_run_is_high_less_low(engine):
    high = np.array([10.0, 30.0, NAN, 90.0, 95.0])
    low, close = high - 2.0, high - 1.0
    expected = [2.0, 21.0, NAN, 2.0, 6.0]
    assert ta.true_range(high, low, close).tolist() == pytest.approx(expected, nan_ok=True)
    assert ta.atr(high, low, close, 1).tolist() == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("hole", ["high", "low", "close"])
def test_a_bar_without_one_of_its_prices_has_no_range(engine, candles, hole):
    series = {key: candles(60)[key].copy() for key in ("high", "low", "close")}
    series[hole][40] = NAN
    values = ta.atr(series["high"], series["low"], series["close"], 5)
    assert np.isnan(values[40:45]).all()
    assert not np.isnan(values[45:]).any()


def test_adx_starts_afresh_where_neither_side_moved(engine):
    high = np.array([10.0, 11, 12, 13, 14, 14, 14, 15, 16, 17])
    low = high - 1.0
    result = ta.adx(high, low, low + 0.5, 2)
    assert result["adx"][3] == 100.0
    flat = np.full(60, 10.0)
    quiet = ta.adx(flat + 1.0, flat, flat + 0.5, 2)
    assert (quiet["plus_di"][1:] == 0.0).all()
    assert np.isnan(quiet["adx"]).all()


def test_supertrend_turns_on_closes_through_the_band_and_never_loosens(engine, candles):
    series = candles(400, seed=21)
    high, low, close = series["high"], series["low"], series["close"]
    result = ta.supertrend(high, low, close, 7, 1.5)
    line, direction = result["supertrend"], result["direction"]
    assert {1.0, -1.0} <= set(direction[6:])
    for i in range(7, 400):
        if direction[i] == direction[i - 1]:
            assert (line[i] - line[i - 1]) * direction[i] >= 0
            assert (close[i] - line[i - 1]) * direction[i] >= 0
        else:
            assert (close[i] - line[i - 1]) * direction[i] > 0
    assert np.array_equal(result["long"], np.where(direction > 0, line, NAN), equal_nan=True)
    assert np.array_equal(result["short"], np.where(direction < 0, line, NAN), equal_nan=True)


def test_supertrend_carries_its_state_over_a_bar_without_a_close(engine, candles):
    series = {key: candles(60, seed=2)[key].copy() for key in ("high", "low", "close")}
    series["close"][30] = NAN
    result = ta.supertrend(series["high"], series["low"], series["close"], 5, 1.5)
    assert (result["supertrend"][30:35] == result["supertrend"][29]).all()
    assert (result["direction"][30:35] == result["direction"][29]).all()
    assert result["supertrend"][35] != result["supertrend"][29]


def test_sar_reverses_on_a_touch_to_the_old_extreme(engine):
    high = np.array([10.0, 11.0, 12.0, 11.5, 9.0])
    low = np.array([9.0, 10.0, 11.0, 9.0, 8.0])
    result = ta.sar(high, low)
    # 9 → 9 + .02 × (10 − 9) clamped to the low 9 → 9 + .04 × 2 clamped to 9 → touched at 9
    assert result["sar"].tolist() == pytest.approx([9.0, 9.0, 9.0, 12.0, 12.0])
    assert result["trend"].tolist() == [1.0, 1.0, 1.0, -1.0, -1.0]


def test_obv_starts_at_zero_in_every_run():
    price = np.array([10.0, 11, 11, 10, NAN, 5, 6])
    volume = np.array([7.0, 5, 3, 2, 9, 100, 4])
    expected = [0.0, 5.0, 5.0, 3.0, NAN, 0.0, 4.0]
    assert ta.obv(price, volume).tolist() == pytest.approx(expected, nan_ok=True)


def test_a_touch_is_no_crossing_until_it_goes_beyond():
    left, right = np.array([1.0, 2, 3, 3, NAN, 4]), np.array([2.0, 2, 2, 3, 3, 3])
    assert ta.crossover(left, right).tolist() == [False, False, True, False, False, False]
    assert ta.crossunder(right, left).tolist() == [False, False, True, False, False, False]


def test_rising_means_above_every_one_before():
    values = np.array([1.0, 3.0, 2.0, 4.0, 4.0, NAN, 5.0, 6.0, 7.0])
    assert ta.rising(values, 2).tolist() == [False] * 3 + [True] + [False] * 4 + [True]
    assert ta.falling(-values, 2).tolist() == ta.rising(values, 2).tolist()


def test_by_name_a_direction_is_unknown_rather_than_false_without_history():
    values = ta.compute("rising", {"close": np.array([1.0, 2.0, 3.0, 2.0])}, {"period": 2})
    assert values.tolist() == pytest.approx([NAN, NAN, 1.0, 0.0], nan_ok=True)
