"""The strategy language's own indicators (ST-02): each by hand on a few bars."""

from __future__ import annotations

import numpy as np
import pytest

import tradertape_indicators as ta

NAN = float("nan")

PRICES = {"close", "open", "high", "low", "volume"}
AVERAGES = {"sma20", "sma50", "sma200", "ema9", "ema21", "macd", "macd_signal"}
RANGES = {"rsi14", "rsi2", "atr14", "atr_pct", "adx14", "bb_upper", "bb_lower"}
LEVELS = {"high_20d", "low_20d", "high_52w", "drawdown_20d_pct", "drawdown_52w_pct", "gap_pct"}
MOVES = {"ret_5d", "ret_20d", "ret_60d", "vol_ratio_20", "turnover_20d", "rs_rank_60"}
SHORT_NAMES = PRICES | AVERAGES | RANGES | LEVELS | MOVES | {"vol_regime", "trend_alignment"}


def test_the_language_has_exactly_its_short_names():
    assert set(ta.SHORT_NAMES) == SHORT_NAMES


@pytest.mark.parametrize("name", sorted(SHORT_NAMES))
def test_a_short_name_is_its_indicator_with_its_parameters(candles, name):
    short = ta.SHORT_NAMES[name]
    series = candles(300, 4)
    by_hand = ta.compute(short.fn, series, short.params, source=short.source, output=short.output)
    assert not np.isnan(by_hand[-1]).any()
    np.testing.assert_array_equal(ta.compute(name, series), by_hand)


def test_a_return_is_in_percent_of_the_price_back_then():
    assert ta.return_pct([100.0, 50.0, 110.0], 2)[2] == pytest.approx(10.0)
    assert np.isnan(ta.return_pct([0.0, 50.0], 1)[1])


def test_a_drawdown_is_positive_percent_below_the_highest_high():
    high, close = [100.0, 120.0, 110.0, 100.0], [95.0, 118.0, 90.0, 100.0]
    assert ta.drawdown_pct(high, close, 2)[1:].tolist() == pytest.approx(
        [100 * 2 / 120, 25.0, 100 * 10 / 110]
    )


def test_volume_ratio_counts_its_own_bar():
    assert ta.volume_ratio([100.0, 100.0, 400.0], 3)[2] == pytest.approx(2.0)


def test_turnover_is_the_mean_of_price_times_volume():
    assert ta.turnover([10.0, 20.0], [5.0, 10.0], 2)[1] == pytest.approx(125.0)


def test_a_gap_is_the_open_against_the_close_before():
    assert ta.gap_pct([100.0, 94.0], [100.0, 99.0]).tolist() == pytest.approx(
        [NAN, -6.0], nan_ok=True
    )


def test_atr_in_percent_is_of_the_close():
    high, low, close = [12.0, 12.0], [8.0, 8.0], [10.0, 8.0]
    assert ta.atr_pct(high, low, close, 1).tolist() == pytest.approx([40.0, 50.0])


def test_the_rank_is_the_share_of_others_that_are_lower():
    rank = ta.percentile_rank(np.array([[3.0, 1.0, 2.0, NAN, 5.0], [1.0, 1.0, 1.0, 1.0, 0.0]]))
    assert rank[0].tolist() == pytest.approx([200 / 3, 0.0, 100 / 3, NAN, 100.0], nan_ok=True)
    assert rank[1].tolist() == pytest.approx([62.5, 62.5, 62.5, 62.5, 0.0])


def test_only_members_rank_and_are_ranked_against():
    values = np.array([[1.0, 2.0, 3.0, 4.0]])
    member = np.array([[True, False, True, True]])
    ranks = ta.percentile_rank(values, member)[0]
    assert ranks.tolist() == pytest.approx([0.0, NAN, 50.0, 100.0], nan_ok=True)


def test_nobody_to_compare_with_gives_no_rank():
    assert np.isnan(ta.percentile_rank(np.array([[1.0, NAN], [NAN, NAN]]))).all()
    assert np.isnan(ta.rs_rank(np.arange(1.0, 80.0), 60)).all()


def test_relative_strength_ranks_returns_among_the_members(candles):
    close = candles(80, 5, seed=8)["close"]
    member = np.ones((80, 5), dtype=bool)
    member[:, 2] = False
    ranks = ta.compute("rs_rank_60", {"close": close}, member=member)
    returns = close[-1] / close[-61]
    others = returns[[0, 1, 3, 4]]
    assert ranks[-1, 0] == pytest.approx(100 * (others < returns[0]).sum() / 3)
    assert np.isnan(ranks[:, 2]).all()
    with pytest.raises(ValueError, match=r"member must have shape \(80, 5\), was \(80,\)"):
        ta.rs_rank(close, member=member[:, 0])


def test_the_volatility_regime_is_100_when_as_volatile_as_usual_and_200_when_twice():
    calm = np.tile([1.01, 1 / 1.01], 40)
    close = 100.0 * np.cumprod(calm)
    assert ta.vol_regime(close, 10, 40)[-1] == pytest.approx(100.0)
    assert np.isnan(ta.vol_regime(np.full(60, 5.0), 10, 40)).all()
    wild = np.concatenate([calm, np.tile([1.02, 1 / 1.02], 5)])
    returns = wild - 1.0
    expected = 100 * returns[-10:].std() / returns[-40:].std()
    assert ta.vol_regime(100.0 * np.cumprod(wild), 10, 40)[-1] == pytest.approx(expected)


def test_trend_alignment_counts_its_four_signs():
    up = np.arange(1.0, 301.0)
    assert ta.trend_alignment(up)[-1] == 100.0
    assert ta.trend_alignment(up[::-1])[-1] == 0.0
    dipping = up.copy()
    dipping[-1] = 285.0  # below the 20-bar mean, above the long ones
    assert ta.trend_alignment(dipping)[-1] == 75.0
    assert np.isnan(ta.trend_alignment(up)[:199]).all()
