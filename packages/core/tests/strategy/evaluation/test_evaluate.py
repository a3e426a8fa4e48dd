"""Every node and operand on panels small enough to check by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.strategy.evaluation.evaluate import Evaluation, IndicatorCache
from tradertape_core.strategy.language import rules
from tradertape_core.strategy.language.walk import reads_position

CLOSE = rules.Indicator(fn="close", name="close")
SMA2 = rules.Indicator(fn="sma", params=(("period", 2.0),))


def number(value: float) -> rules.Number:
    return rules.Number(value)


def above(value: float) -> rules.Compare:
    return rules.Compare(CLOSE, ">", number(value))


def column(found: Any, i: int = 0) -> list[Any]:
    return [None if value != value else value for value in found[:, i].tolist()]


# --- operands -------------------------------------------------------------------------------------


def test_indicators_run_over_missing_days(make_panel):
    panel = make_panel({"A": [1, None, 3, 5], "B": [1, 2, 3, 4], "C": [None, None, 4, 6]})
    found = Evaluation(panel).value(SMA2)
    assert column(found, 0) == [None, None, 2, 4]
    assert column(found, 1) == [None, 1.5, 2.5, 3.5]
    assert column(found, 2) == [None, None, None, 5]


def test_offsets_step_along_the_symbols_own_candles(make_panel):
    panel = make_panel({"A": [1, None, 3, 5], "B": [1, 2, 3, 4]})
    before = rules.Indicator(fn="close", name="close", offset=1)
    found = Evaluation(panel).value(before)
    assert column(found, 0) == [None, None, 1, 3]
    assert column(found, 1) == [None, 1, 2, 3]


def test_an_offset_beyond_the_panel_is_null(make_panel):
    far = rules.Indicator(fn="close", name="close", offset=9)
    assert column(Evaluation(make_panel({"A": [1, 2]})).value(far)) == [None, None]


def test_params_and_numbers_are_the_same_everywhere(make_panel):
    evaluation = Evaluation(make_panel({"A": [1, 2]}), {"n": 7.0})
    assert column(evaluation.value(rules.Param("n"))) == [7, 7]
    assert column(evaluation.value(number(3))) == [3, 3]


def test_a_declared_parameter_sets_an_indicators_period(make_panel):
    panel = make_panel({"A": [1, 3, 5]})
    node = rules.Indicator(fn="sma", params=(("period", rules.Param("n")),))
    assert column(Evaluation(panel, {"n": 2.0}).value(node)) == [None, 2, 4]
    assert column(Evaluation(panel, {"n": 3.0}).value(node)) == [None, None, 3]


def test_a_parameter_no_indicator_accepts_is_refused(make_panel):
    node = rules.Indicator(fn="sma", params=(("period", rules.Param("n")),))
    with pytest.raises(InvalidInput, match="period must be a whole number"):
        Evaluation(make_panel({"A": [1]}), {"n": 0.0}).value(node)


@pytest.mark.parametrize(
    ("op", "expected"),
    [("+", [6, 4]), ("-", [2, 4]), ("*", [8, 0]), ("/", [2, None])],
)
def test_arithmetic_divides_by_zero_to_null(make_panel, op, expected):
    panel = make_panel({"A": [4, 4]}, volume=np.array([[2.0], [0.0]]))
    node = rules.Arith(op, CLOSE, rules.Indicator(fn="volume", name="volume"))
    assert column(Evaluation(panel).value(node)) == expected


def test_constants_divide_too(make_panel):
    evaluation = Evaluation(make_panel({"A": [4]}))
    assert column(evaluation.value(rules.Arith("/", number(3), number(2)))) == [1.5]
    assert column(evaluation.value(rules.Arith("/", number(3), number(0)))) == [None]


def test_market_values_run_over_the_indexs_own_missing_days(make_panel, make_index):
    panel = make_panel(
        {"A": [1, 1, 1, 1], "B": [2, None, 2, 2]},
        indices={"NIFTY 50": make_index([10, None, 20, 40])},
    )
    evaluation = Evaluation(panel)
    for i in (0, 1):
        assert column(evaluation.value(rules.Market(SMA2)), i) == [None, None, 15, 30]


def test_a_market_the_panel_does_not_carry_is_named(make_panel, make_index):
    panel = make_panel({"A": [1]}, indices={"NIFTY BANK": make_index([1])})
    with pytest.raises(InvalidInput, match=r'"NIFTY 50".*it has: NIFTY BANK'):
        Evaluation(panel).value(rules.Market(CLOSE))


def test_positions_are_not_read_from_panels(make_panel):
    node = rules.Compare(rules.PositionValue("pnl_pct"), ">", number(3))
    assert reads_position(rules.Not(rules.Or((above(1), node))))
    assert not reads_position(rules.Not(above(1)))
    with pytest.raises(InvalidInput, match='"pnl_pct" is read of a position'):
        Evaluation(make_panel({"A": [1]})).truth(node)


def test_relative_strength_compares_members_by_their_own_candles(make_panel):
    member = np.ones((4, 4), dtype=np.bool_)
    member[:, 3] = False
    panel = make_panel(
        {"A": [10, None, 11, 14], "B": [10, 10, 10, 12], "C": [10, 10, 10, 11], "D": [1, 1, 1, 9]},
        member=member,
    )
    node = rules.Indicator(fn="rs_rank", params=(("period", 1.0),))
    found = Evaluation(panel).value(node)
    assert found[3].tolist()[:3] == [100, 50, 0]  # A +27 %, B +20 %, C +10 %
    assert found[2].tolist()[:3] == [100, 25, 25]  # A against its own candle two days before
    assert np.isnan(found[1, 0])
    assert np.isnan(found[:, 3]).all()


# --- conditions -----------------------------------------------------------------------------------


def test_missing_candles_are_null_whatever_is_asked(make_panel):
    panel = make_panel({"A": [1, None, 3]})
    always = rules.Compare(number(1), "<", number(2))
    for node in (above(2), rules.Not(above(2)), always, rules.Random(1.0)):
        assert Evaluation(panel).truth(node)[1, 0] == -1
    assert column(Evaluation(panel).truth(always)) == [1, -1, 1]


def test_short_history_never_becomes_true_by_a_not(make_panel):
    panel = make_panel({"A": [5, 5, 5]})
    node = rules.Not(rules.Compare(CLOSE, ">", rules.Indicator("sma", (("period", 9.0),))))
    assert column(Evaluation(panel).truth(node)) == [-1, -1, -1]


def test_and_or_not_count(make_panel):
    panel = make_panel({"A": [1, 2, 3]})
    low, high = above(1), above(2)
    truth = Evaluation(panel).truth
    assert column(truth(rules.And((low, high)))) == [0, 0, 1]
    assert column(truth(rules.Or((low, high)))) == [0, 1, 1]
    assert column(truth(rules.Not(high))) == [1, 1, 0]
    assert column(truth(rules.Count(2, (low, high, above(0))))) == [0, 1, 1]


@pytest.mark.parametrize(
    ("direction", "expected"), [("above", [-1, 0, 1, 0, 0]), ("below", [-1, 0, 0, 0, 1])]
)
def test_a_cross_needs_the_candle_before(make_panel, direction, expected):
    panel = make_panel({"A": [1, 2, 3, 4, 1]})
    node = rules.Cross(direction, CLOSE, number(2))
    assert column(Evaluation(panel).truth(node)) == expected


def test_a_cross_looks_back_over_missing_days(make_panel):
    panel = make_panel({"A": [1, None, None, 3], "B": [1, 1, 3, 3]})
    node = rules.Cross("above", CLOSE, number(2))
    assert column(Evaluation(panel).truth(node), 0) == [-1, -1, -1, 1]
    assert column(Evaluation(panel).truth(node), 1) == [-1, 0, 1, 0]


def test_a_cross_of_a_stock_over_the_market(make_panel, make_index):
    panel = make_panel(
        {"A": [1, None, 5], "B": [1, 5, 5]}, indices={"NIFTY 50": make_index([2, 2, 2])}
    )
    node = rules.Cross("above", CLOSE, rules.Market(CLOSE))
    assert column(Evaluation(panel).truth(node), 0) == [-1, -1, 1]
    assert column(Evaluation(panel).truth(node), 1) == [-1, 1, 0]


def test_for_bars_counts_the_symbols_own_candles(make_panel):
    panel = make_panel({"A": [3, 3, None, 3, 1, 3], "B": [3, 1, 3, 3, 3, 3]})
    node = rules.ForBars(3, above(2))
    assert column(Evaluation(panel).truth(node), 0) == [-1, -1, -1, 1, 0, 0]
    assert column(Evaluation(panel).truth(node), 1) == [-1, 0, 0, 0, 1, 1]


@pytest.mark.parametrize("bars", [1, 2, 3, 4, 5, 7])
def test_for_bars_of_any_length(make_panel, bars):
    closes = [3, 3, 3, 1, 3, 3, 3, 3, 3, 3, 3]
    found = Evaluation(make_panel({"A": closes})).truth(rules.ForBars(bars, above(2)))[:, 0]
    for i in range(len(closes)):
        seen = closes[max(0, i - bars + 1) : i + 1]
        expected = 0 if 1 in seen else 1 if len(seen) == bars else -1
        assert found[i] == expected


def test_for_bars_of_what_never_changes(make_panel):
    panel = make_panel({"A": [3, None, 3, 3]})
    always = rules.Compare(number(2), ">", number(1))
    assert column(Evaluation(panel).truth(rules.ForBars(2, always))) == [-1, -1, 1, 1]


def test_days_before_a_listing_do_not_count(make_panel, make_index):
    panel = make_panel({"A": [None, None, 3, 3]}, indices={"NIFTY 50": make_index([1, 3, 3, 3])})
    market_up = rules.Compare(rules.Market(CLOSE), ">", number(2))
    assert column(Evaluation(panel).truth(rules.ForBars(2, market_up))) == [-1, -1, -1, 1]
    crossed = rules.Cross("above", rules.Market(CLOSE), number(2))
    assert column(Evaluation(panel).truth(crossed)) == [-1, -1, -1, 0]


def test_a_day_the_index_missed_at_the_end_shows_no_older_value(make_panel, make_index):
    before = rules.Market(rules.Indicator(fn="close", name="close", offset=1))
    for closes in ([1, None], [1, None, 2]):
        panel = make_panel({"A": [1] * len(closes)}, indices={"NIFTY 50": make_index(closes)})
        assert column(Evaluation(panel).value(before))[1] is None


def test_between_and_in(make_panel):
    panel = make_panel({"A": [1, 2, 3, 4]})
    truth = Evaluation(panel).truth
    assert column(truth(rules.Between(CLOSE, number(2), number(3)))) == [0, 1, 1, 0]
    assert column(truth(rules.In(CLOSE, (1.0, 4.0)))) == [1, 0, 0, 1]


def test_random_draws_depend_on_seed_date_and_symbol_alone(make_panel):
    many = make_panel({f"S{i}": [1.0] * 200 for i in range(20)})
    few = make_panel({"S7": [1.0] * 100})
    node = rules.Random(0.3, seed=5)
    whole = Evaluation(many).truth(node)
    assert whole[:100, 7].tolist() == Evaluation(few).truth(node)[:, 0].tolist()
    assert 0.27 < whole.mean() < 0.33
    assert (Evaluation(many).truth(rules.Random(0.3, seed=6)) != whole).mean() > 0.3
    assert Evaluation(many).truth(rules.Random(0.0)).max() == 0
    assert Evaluation(many).truth(rules.Random(1.0)).min() == 1


def test_random_draws_are_the_published_hash_in_plain_integers(make_panel):
    panel = make_panel({"INFY": [1.0] * 16, "M&M": [1.0] * 16})
    found = Evaluation(panel).truth(rules.Random(0.5, seed=1))
    days = panel.dates.astype(int).tolist()
    for i, symbol in enumerate(panel.symbols):
        assert found[:, i].tolist() == [int(drawn(1, day, symbol) < 0.5) for day in days]


def drawn(seed: int, day: int, symbol: str) -> float:
    fnv = 0xCBF29CE484222325
    for byte in symbol.encode():
        fnv = (fnv ^ byte) * 0x100000001B3 % 2**64
    return (splitmix(splitmix(day ^ splitmix(seed)) ^ fnv) >> 11) / 2**53


def splitmix(state: int) -> int:
    state = (state + 0x9E3779B97F4A7C15) % 2**64
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    state = (state ^ state >> 27) * 0x94D049BB133111EB % 2**64
    return state ^ state >> 31


# --- the cache ------------------------------------------------------------------------------------


def test_evaluations_share_indicators_through_a_cache(make_panel):
    panel = make_panel({"A": [1, 2, 3]})
    cache = IndicatorCache(panel)
    first = Evaluation(panel, cache=cache).value(SMA2)
    second = Evaluation(panel, cache=cache).value(SMA2)
    assert np.shares_memory(first, second)
    assert not first.flags.writeable


def test_a_cache_serves_its_own_panel_alone(make_panel):
    cache = IndicatorCache(make_panel({"A": [1]}))
    with pytest.raises(InvalidInput, match="another panel"):
        Evaluation(make_panel({"A": [1]}), cache=cache)


def test_a_cache_drops_what_was_used_longest_ago(make_panel):
    panel = make_panel({"A": [float(i) for i in range(100)]})
    cache = IndicatorCache(panel, max_bytes=2 * 800)
    kept = [cache.indicator("sma", {"period": float(n)}) for n in (2, 3)]
    assert cache.indicator("sma", {"period": 2.0}) is kept[0]
    cache.indicator("sma", {"period": 4.0})
    assert cache.indicator("sma", {"period": 2.0}) is kept[0]
    assert cache.indicator("sma", {"period": 3.0}) is not kept[1]


def test_evaluating_leaves_the_panel_as_it_was(make_panel):
    panel = make_panel({"A": [1, None, 3, 5], "B": [1, 2, 3, 4]})
    before = panel.close.copy()
    evaluation = Evaluation(panel)
    evaluation.truth(rules.Cross("above", CLOSE, SMA2))
    evaluation.value(rules.Indicator(fn="close", name="close", offset=1))
    np.testing.assert_array_equal(panel.close, before)
    assert panel.close.flags.writeable
