"""Drawdowns: by hand, by law and against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.backtest.metrics.drawdown import deepest, figures, underwater_pct

DAYS = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]")
paths = st.lists(st.integers(1, 200), min_size=1, max_size=60)


def test_a_fall_is_measured_from_peak_to_trough_and_lasts_until_the_peak_is_back():
    equity = np.array([100.0, 120, 90, 100, 120, 130, 117])
    first, second = deepest(DAYS[:7], underwater_pct(equity, 100))
    assert (first.start, first.trough, first.end) == (1, 2, 4)
    assert first.depth == pytest.approx(-25)
    assert (first.days, first.recovery_days) == (3, 2)
    assert (second.start, second.end, second.recovery_days) == (5, None, None)
    assert second.depth == pytest.approx(-10)


def test_a_fall_from_the_starting_capital_counts_from_the_first_day():
    found = figures(DAYS[:3], underwater_pct(np.array([90.0, 80, 85]), 100))
    assert found["max_drawdown"] == pytest.approx(-20)
    assert found["max_drawdown_start"] == "2024-01-01"
    assert found["max_drawdown_end"] is None
    assert found["max_drawdown_days"] == 2
    assert found["time_under_water_pct"] == 100
    assert found["ulcer_index"] == pytest.approx(((10**2 + 20**2 + 15**2) / 3) ** 0.5)


def test_a_curve_that_only_rises_has_no_drawdown():
    found = figures(DAYS[:3], underwater_pct(np.array([101.0, 102, 103]), 100))
    assert found["max_drawdown"] == 0
    assert found["max_drawdown_start"] is None
    assert found["time_under_water_pct"] == 0


@settings(max_examples=100)
@given(paths)
def test_drawdowns_agree_with_a_plain_walk_along_the_curve(path):
    peak, falls, worst = 100.0, [], None
    for i, value in enumerate(path):
        if value >= peak:
            peak = value
            if worst is not None:
                falls.append((*worst, i))
                worst = None
        elif worst is None or value / peak - 1 < worst[0]:
            worst = (value / peak - 1, i)
    if worst is not None:
        falls.append((*worst, None))
    found = deepest(DAYS[: len(path)], underwater_pct(np.array(path, float), 100), limit=100)
    key = lambda fall: (round(fall[0], 9), fall[1])  # noqa: E731 - a sort key, used twice
    assert sorted(falls, key=key) == sorted(
        ((pytest.approx(f.depth / 100), f.trough, f.end) for f in found),
        key=lambda fall: (round(fall[0].expected, 9), fall[1]),
    )


@settings(max_examples=50)
@given(paths, st.integers(1, 5))
def test_the_deepest_come_first_and_no_more_than_asked_for(path, limit):
    found = deepest(DAYS[: len(path)], underwater_pct(np.array(path, float), 100), limit)
    depths = [fall.depth for fall in found]
    assert depths == sorted(depths)
    assert len(found) <= limit


def test_maximum_drawdown_agrees_with_empyrical():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        empyrical = pytest.importorskip("empyrical")
    returns = np.random.default_rng(5).normal(0, 0.01, 500)
    mine = underwater_pct(np.cumprod(1 + returns) * 100, 100).min()
    assert mine == pytest.approx(empyrical.max_drawdown(returns) * 100)
