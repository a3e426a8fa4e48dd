"""Figures by hand and by scipy; findings on noise, and on an edge that was planted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, false_discovery_control, mannwhitneyu

from tradertape_core.journal.discovery import MOST_FALSE, Bucket, discover
from tradertape_core.journal.statistics import figures, wilson


def test_figures_by_hand() -> None:
    found = figures(np.array([100.0, -50.0, -30.0, 200.0, -20.0]))
    assert (found.count, found.wins, found.net) == (5, 2, 200.0)
    assert (found.win_rate, found.average_win, found.profit_factor) == (0.4, 150.0, 3.0)
    assert found.average_loss == pytest.approx(-100 / 3)
    assert (found.losing_streak, found.drawdown) == (2, -80.0)
    nothing = figures(np.array([]))
    assert (nothing.count, nothing.win_rate, nothing.average, nothing.drawdown) == (
        0,
        None,
        None,
        0,
    )


@given(st.integers(0, 200), st.integers(1, 200))
def test_the_interval_of_a_rate_is_wilsons(wins: int, more: int) -> None:
    low, high = wilson(wins, wins + more)
    theirs = binomtest(wins, wins + more).proportion_ci(0.95, method="wilson")
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@given(st.lists(st.integers(-5, 5), min_size=45, max_size=80), st.integers(20, 24))
def test_chances_are_scipys(values: list[int], inside: int) -> None:
    returns = np.array(values, dtype=float)
    members = np.arange(len(values)) < inside
    found, _ = discover(returns, [Bucket("side", "long", members)])
    theirs = mannwhitneyu(
        returns[members], returns[~members], alternative="two-sided", method="asymptotic"
    ).pvalue
    assert found[0].chance == pytest.approx(1.0 if np.isnan(theirs) else theirs, abs=1e-9)


def buckets_of(rng: np.random.Generator, count: int) -> list[Bucket]:
    weekday, hour, symbol = (rng.integers(0, n, count) for n in (5, 7, 12))
    return [
        Bucket(name, str(value), values == value)
        for name, values in (("weekday", weekday), ("hour", hour), ("symbol", symbol))
        for value in np.unique(values)
    ]


def test_noise_stands_out_as_seldom_as_promised() -> None:
    """On noise every finding is false: at most one journal in ten may have any."""
    journals = 300
    wrong = 0
    for seed in range(journals):
        rng = np.random.default_rng(seed)
        found, _ = discover(rng.standard_t(3, 400) * 0.02, buckets_of(rng, 400))
        wrong += any(one.stands_out for one in found)
    assert wrong <= MOST_FALSE * journals


def test_a_planted_edge_stands_out_and_a_small_group_is_not_tested() -> None:
    rng = np.random.default_rng(5)
    returns = rng.standard_t(3, 600) * 0.01
    buckets = buckets_of(rng, 600)
    friday = next(one for one in buckets if (one.dimension, one.name) == ("weekday", "4"))
    returns[friday.members] -= 0.008
    rare = Bucket("symbol", "RARE", np.arange(600) < 19)
    found, small = discover(returns, [*buckets, rare])
    assert [(one.dimension, one.name) for one in found if one.stands_out] == [("weekday", "4")]
    assert (found[0].is_better, small) == (False, 1)
    assert found[0].average < found[0].average_others


def test_corrections_are_scipys() -> None:
    rng = np.random.default_rng(11)
    found, _ = discover(rng.normal(size=500), buckets_of(rng, 500))
    theirs = false_discovery_control([one.chance for one in found], method="by")
    assert [one.adjusted for one in found] == pytest.approx(theirs.tolist())
