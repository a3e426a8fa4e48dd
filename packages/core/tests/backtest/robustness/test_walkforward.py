"""Walk-forward windows and what is made of them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.backtest.robustness.walkforward import (
    Choice,
    Proof,
    walk_forward,
    walk_forward_windows,
)
from tradertape_core.kernel.errors import InvalidInput

DAY = timedelta(days=1)


def test_rolling_windows_move_along_and_anchored_ones_grow():
    rolling = walk_forward_windows(date(2020, 1, 1), date(2022, 12, 31), train_months=12)
    assert [(w.train_start, w.test_start, w.test_end) for w in rolling] == [
        (date(2020, 1, 1), date(2021, 1, 1), date(2021, 6, 30)),
        (date(2020, 7, 1), date(2021, 7, 1), date(2021, 12, 31)),
        (date(2021, 1, 1), date(2022, 1, 1), date(2022, 6, 30)),
        (date(2021, 7, 1), date(2022, 7, 1), date(2022, 12, 31)),
    ]
    anchored = walk_forward_windows(
        date(2020, 1, 1), date(2022, 12, 31), train_months=12, anchored=True
    )
    assert {w.train_start for w in anchored} == {date(2020, 1, 1)}
    assert [w.train_end for w in anchored] == [w.train_end for w in rolling]


@settings(max_examples=60)
@given(
    st.dates(date(2015, 1, 1), date(2018, 12, 31)),
    st.integers(500, 3000),
    st.integers(1, 24),
    st.integers(1, 12),
    st.booleans(),
)
def test_test_stretches_follow_each_other_and_never_overlap_their_training(
    start, days, train, test, anchored
):
    end = start + timedelta(days=days)
    try:
        windows = walk_forward_windows(
            start, end, train_months=train, test_months=test, anchored=anchored
        )
    except InvalidInput:
        return
    for window in windows:
        assert window.train_start < window.train_end
        assert window.train_end + DAY == window.test_start
        assert window.test_start <= window.test_end <= end
    for left, right in pairwise(windows):
        assert left.test_end + DAY == right.test_start


@pytest.mark.parametrize(
    ("end", "months"),
    [(date(2017, 1, 1), (0, 6)), (date(2017, 1, 1), (40, 6)), (date(2020, 1, 1), (1, 1))],
)
def test_windows_that_do_not_fit_are_refused(end, months):
    with pytest.raises(InvalidInput):
        walk_forward_windows(date(2014, 1, 1), end, train_months=months[0], test_months=months[1])


def test_the_out_of_sample_curve_is_stitched_with_the_capital_carried_on():
    windows = walk_forward_windows(
        date(2020, 1, 1), date(2022, 12, 31), train_months=24, test_months=6
    )
    seen = []

    def choose(window):
        return Choice({"a": window.train_start.year}, {"cagr": 20.0, "sharpe": 1.0})

    def prove(window, parameters):
        seen.append(parameters)
        dates = [window.test_start.isoformat(), window.test_end.isoformat()]
        return Proof({"cagr": 10.0}, dates, [1000.0, 1100.0], 1000.0)

    found = walk_forward(windows, choose, prove, starting_capital=5000)
    assert seen == [{"a": 2020}, {"a": 2020}]
    assert [point["equity"] for point in found["equity_curve"]] == [5000, 5500, 5500, 6050]
    assert found["out_of_sample"]["total_return"] == pytest.approx(21)
    assert found["out_of_sample"]["profitable_windows_pct"] == 100
    assert found["efficiency"] == pytest.approx(found["out_of_sample"]["cagr"] / 20, abs=1e-6)
    assert found["windows"][1]["test_start"] == "2022-07-01"
    assert found["windows"][1]["in_sample"]["sharpe"] == 1.0


def test_a_stretch_without_a_day_leaves_the_capital_as_it_was():
    windows = walk_forward_windows(date(2020, 1, 1), date(2022, 6, 30))
    found = walk_forward(
        windows, lambda _: Choice({}, {"cagr": None}), lambda *_: Proof({}, [], [], 1000.0),
        starting_capital=1000,
    )  # fmt: skip
    assert found["out_of_sample"]["total_return"] == 0
    assert found["efficiency"] is found["out_of_sample"]["cagr"] is None
