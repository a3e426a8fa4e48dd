from __future__ import annotations

import numpy as np
import pytest

from tradertape_core.market.world.streams import (
    autoregressive,
    fat_tailed,
    normals,
    stream,
    uniforms,
)


def test_a_stream_depends_on_seed_purpose_and_name_alone() -> None:
    first = stream(1, "noise", "INFY").random(4)
    np.testing.assert_array_equal(first, stream(1, "noise", "INFY").random(4))
    others = [stream(2, "noise", "INFY"), stream(1, "other", "INFY"), stream(1, "noise", "TCS")]
    assert all(not np.array_equal(first, other.random(4)) for other in others)


@pytest.mark.parametrize("draw", [normals, uniforms])
def test_draws_go_on_where_a_shorter_world_stopped_and_ignore_other_names(draw) -> None:
    long = draw(3, "x", ["A", "B", "C"], 50)
    np.testing.assert_array_equal(draw(3, "x", ["C", "A"], 20), long[:20, [2, 0]])


def test_fat_tailed_draws_go_on_too_have_variance_one_and_are_cut() -> None:
    long = fat_tailed(3, "x", ["A", "B"], 60_000, tail=5.0, largest=6.0)
    short = fat_tailed(3, "x", ["B"], 100, tail=5.0, largest=6.0)
    np.testing.assert_array_equal(short[:, 0], long[:100, 1])
    assert np.abs(long).max() <= 6.0
    assert long.var() == pytest.approx(1.0, abs=0.05)
    assert (np.abs(long) > 4).mean() > 10 * 6.3e-5  # a normal one has 6.3e-5 beyond four


def test_an_autoregression_has_the_memory_and_spread_it_was_asked_for() -> None:
    shocks = np.random.default_rng(0).standard_normal((40_000, 2))
    given = shocks.copy()
    path = autoregressive(shocks, 0.9, 0.3)
    np.testing.assert_array_equal(shocks, given)
    assert path.std(axis=0) == pytest.approx([0.3, 0.3], rel=0.05)
    for column in path.T:
        assert np.corrcoef(column[:-1], column[1:])[0, 1] == pytest.approx(0.9, abs=0.02)
    by_hand = [shocks[0, 0] * 0.3 * np.sqrt(0.19)]
    by_hand.append(0.9 * by_hand[0] + shocks[1, 0] * 0.3 * np.sqrt(0.19))
    assert path[:2, 0] == pytest.approx(by_hand)
