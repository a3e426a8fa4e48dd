"""Laws that hold for any rule on any market: no look-ahead, own candles, Kleene, one form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tradertape_core.market.panel import IndexSeries, Panel
from tradertape_core.strategy.english.sentences import phrase
from tradertape_core.strategy.evaluation.entries import evaluate_entries
from tradertape_core.strategy.evaluation.evaluate import Evaluation, for_strategy
from tradertape_core.strategy.language import rules
from tradertape_core.strategy.language.base_models import BASE_MODELS
from tradertape_core.strategy.language.document import condition_document
from tradertape_core.strategy.language.walk import warm_up_bars
from tradertape_core.strategy.parse.document import complete, parse_strategy
from tradertape_indicators import CATALOGUE

ROWS, COLUMNS = 24, 3
ONE_SERIES = ("sma", "ema", "rsi", "highest", "stdev", "return_pct")


# --- markets and rules ----------------------------------------------------------------------------


@st.composite
def panels(draw) -> Panel:
    """Prices on a coarse grid, so that equal values and crosses happen; some candles missing."""
    ticks = draw(arrays(np.int64, (ROWS, COLUMNS), elements=st.integers(1, 12)))
    absent = draw(arrays(np.bool_, (ROWS, COLUMNS), elements=st.sampled_from([False] * 4 + [True])))
    market = draw(arrays(np.int64, ROWS, elements=st.integers(1, 12))).astype(float)
    market[draw(arrays(np.bool_, ROWS, elements=st.sampled_from([False] * 5 + [True])))] = np.nan
    close = np.where(absent, np.nan, ticks.astype(float))
    index = IndexSeries(open=market, high=market, low=market, close=market)
    return Panel(
        dates=np.datetime64("2024-01-01") + np.arange(ROWS),
        symbols=("A", "B", "C"),
        open=close,
        high=close + 1,
        low=close - 0.5,
        close=close,
        volume=close * 10,
        member=np.ones((ROWS, COLUMNS), dtype=np.bool_),
        sectors=("", "", ""),
        indices={"NIFTY 50": index},
    )


def indicators() -> st.SearchStrategy[rules.Indicator]:
    offset = st.integers(0, 3)
    prices = st.builds(
        lambda name, offset: rules.Indicator(fn=name, offset=offset, name=name),
        st.sampled_from(["close", "high", "low"]),
        offset,
    )
    functions = st.builds(
        lambda fn, n, offset: rules.Indicator(fn, (("period", float(n)),), offset=offset),
        st.sampled_from(ONE_SERIES),
        st.integers(1, 5),
        offset,
    )
    return prices | functions


def operands(*, market: bool = True) -> st.SearchStrategy[rules.Operand]:
    numbers = st.integers(-3, 12).map(lambda n: rules.Number(float(n)))
    leaves: st.SearchStrategy[rules.Operand] = indicators() | numbers
    if market:
        leaves = leaves | indicators().map(rules.Market)
    arith = st.builds(rules.Arith, st.sampled_from("+-*/"), leaves, leaves)
    return leaves | arith


def conditions(*, market: bool = True) -> st.SearchStrategy[rules.Condition]:
    side = operands(market=market)
    leaves: st.SearchStrategy[rules.Condition] = (
        st.builds(rules.Compare, side, st.sampled_from([">", ">=", "<", "<=", "==", "!="]), side)
        | st.builds(rules.Cross, st.sampled_from(["above", "below"]), side, side)
        | st.builds(_between, side, side, side)
        | st.builds(rules.In, side, st.just((1.0, 5.0)))
        | st.builds(rules.Random, st.just(0.5), st.integers(0, 3))
    )
    return st.recursive(leaves, _joined, max_leaves=5)


def _between(value: rules.Operand, low: rules.Operand, high: rules.Operand) -> rules.Between:
    """Two numbers the right way round: a document with empty bounds is refused."""
    if isinstance(low, rules.Number) and isinstance(high, rules.Number) and low.value > high.value:
        low, high = high, low
    return rules.Between(value, low, high)


def _joined(inner: st.SearchStrategy[rules.Condition]) -> st.SearchStrategy[rules.Condition]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return (
        several.map(rules.And)
        | several.map(rules.Or)
        | inner.map(rules.Not)
        | st.builds(rules.ForBars, st.integers(1, 4), inner)
        | several.map(lambda each: rules.Count(max(1, len(each) - 1), each))
    )


def first_rows(panel: Panel, rows: int) -> Panel:
    cut: dict[str, Any] = {
        name: getattr(panel, name)[:rows]
        for name in ("dates", "open", "high", "low", "close", "volume", "member")
    }
    indices = {
        name: IndexSeries(each.open[:rows], each.high[:rows], each.low[:rows], each.close[:rows])
        for name, each in panel.indices.items()
    }
    return replace(panel, **cut, indices=indices)


def own_candles(panel: Panel, i: int) -> tuple[Panel, np.ndarray]:
    """One symbol's candles with its missing days taken out, and the rows they stood in."""
    rows = np.flatnonzero(np.isfinite(panel.close[:, i]))
    cut: dict[str, Any] = {
        name: getattr(panel, name)[rows][:, [i]]
        for name in ("open", "high", "low", "close", "volume", "member")
    }
    symbol, sector = (panel.symbols[i],), (panel.sectors[i],)
    alone = replace(panel, dates=panel.dates[rows], symbols=symbol, sectors=sector, **cut)
    return alone, rows


# --- the laws -------------------------------------------------------------------------------------


@settings(max_examples=150)
@given(panels(), conditions(), st.integers(1, ROWS))
def test_a_verdict_never_depends_on_later_candles(panel, condition, rows):
    whole = Evaluation(panel).truth(condition)
    part = Evaluation(first_rows(panel, rows)).truth(condition)
    np.testing.assert_array_equal(part, whole[:rows])


@settings(max_examples=150)
@given(panels(), conditions(market=False))
def test_a_panel_with_gaps_equals_each_symbol_on_its_own_candles(panel, condition):
    whole = Evaluation(panel).truth(condition)
    for i in range(COLUMNS):
        alone, rows = own_candles(panel, i)
        if rows.size:
            np.testing.assert_array_equal(
                whole[rows, i], Evaluation(alone).truth(condition)[:, 0], panel.symbols[i]
            )


@settings(max_examples=75)
@given(panels(), st.lists(conditions(), min_size=1, max_size=3).map(tuple))
def test_de_morgan_holds_with_nulls(panel, parts):
    truth = Evaluation(panel).truth
    denied = tuple(rules.Not(part) for part in parts)
    np.testing.assert_array_equal(truth(rules.Not(rules.And(parts))), truth(rules.Or(denied)))
    np.testing.assert_array_equal(truth(rules.Not(rules.Or(parts))), truth(rules.And(denied)))


@settings(max_examples=75)
@given(panels(), conditions())
def test_denying_twice_says_the_same(panel, condition):
    truth = Evaluation(panel).truth
    np.testing.assert_array_equal(truth(rules.Not(rules.Not(condition))), truth(condition))


@settings(max_examples=75)
@given(panels(), conditions())
def test_one_of_one_is_the_condition_itself(panel, condition):
    truth = Evaluation(panel).truth
    for joined in (rules.And, rules.Or, lambda one: rules.Count(1, one)):
        np.testing.assert_array_equal(truth(joined((condition,))), truth(condition))
    np.testing.assert_array_equal(truth(rules.ForBars(1, condition)), truth(condition))


@settings(max_examples=100)
@given(conditions())
def test_any_rule_survives_its_document_and_completing_again(condition):
    document = {
        "name": "Any",
        "base_model": "v1_momentum",
        "entry_rules": condition_document(condition),
    }
    once = complete(document)
    assert complete(once) == once
    assert once["entry_rules"] == condition_document(parse_strategy(once).entry_rules)


@settings(max_examples=100)
@given(panels(), conditions())
def test_any_rule_has_words_both_ways(panel, condition):
    said, denied = phrase(condition), phrase(condition, denied=True)
    assert said.count("(") == said.count(")")
    assert said != denied
    assert not {"{", "}", "_"} & set(said + denied)


# --- each indicator and each base model on one market ---------------------------------------------


@pytest.fixture(scope="module")
def market() -> Panel:
    """Six symbols over 700 days: two with holes, one listed late, one delisted early."""
    rng = np.random.default_rng(11)
    shape = (700, 6)
    close = 100 * np.exp(np.cumsum(rng.normal(0.0005, 0.02, shape), axis=0))
    open_ = close * np.exp(rng.normal(0, 0.005, shape))
    high, low = np.maximum(open_, close) * 1.01, np.minimum(open_, close) * 0.99
    volume = rng.integers(100_000, 1_000_000, shape).astype(float)
    absent = np.zeros(shape, dtype=np.bool_)
    absent[rng.integers(1, 699, 60), 0] = True
    absent[300:420, 1] = True
    absent[:150, 2] = True
    absent[500:, 3] = True
    for series in (open_, high, low, close, volume):
        series[absent] = np.nan
    index = np.cumsum(rng.normal(0.5, 10, 700)) + 20_000
    return Panel(
        dates=np.datetime64("2020-01-01") + np.arange(700),
        symbols=tuple("ABCDEF"),
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=volume,
        member=np.ones(shape, dtype=np.bool_),
        sectors=("",) * 6,
        indices={"NIFTY 50": IndexSeries(index, index, index, index)},
    )


OWN = [
    (name, output)
    for name, spec in CATALOGUE.items()
    if not spec.cross_sectional and "left" not in spec.inputs
    for output in spec.outputs
]


@pytest.mark.parametrize(("name", "output"), OWN)
def test_every_indicator_runs_on_the_symbols_own_candles(market, name: str, output: str):
    spec = CATALOGUE[name]
    params = {key: float(value) for key, value in spec.defaults.items()}
    node = rules.Indicator(name, tuple(params.items()), output if len(spec.outputs) > 1 else "")
    whole = Evaluation(market).value(node)
    assert np.isnan(whole[np.isnan(market.close)]).all()
    for i in range(6):
        alone, rows = own_candles(market, i)
        own = Evaluation(alone).value(node)[:, 0]
        np.testing.assert_allclose(whole[rows, i], own, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", BASE_MODELS)
def test_base_models_decide_without_later_candles(market, name: str):
    strategy = parse_strategy(BASE_MODELS[name])
    whole = evaluate_entries(strategy, for_strategy(market, strategy))
    assert whole.signal.any()
    part = first_rows(market, 450)
    cut = evaluate_entries(strategy, for_strategy(part, strategy))
    np.testing.assert_array_equal(cut.signal, whole.signal[:450])
    np.testing.assert_array_equal(cut.regime_ok, whole.regime_ok[:450])
    np.testing.assert_allclose(cut.conviction, whole.conviction[:450], rtol=1e-9)


@pytest.mark.parametrize("name", BASE_MODELS)
def test_after_the_warm_up_nothing_is_undecided(market, name: str):
    strategy = parse_strategy(BASE_MODELS[name])
    always_there = Panel(
        **{
            **{key: getattr(market, key) for key in ("dates", "indices")},
            **{key: getattr(market, key)[:, 4:] for key in ("open", "high", "low", "close")},
            "volume": market.volume[:, 4:],
            "member": market.member[:, 4:],
            "symbols": ("E", "F"),
            "sectors": ("", ""),
        }
    )
    found = evaluate_entries(strategy, for_strategy(always_there, strategy))
    assert not found.insufficient[warm_up_bars(strategy) :].any()
    assert found.insufficient.size > warm_up_bars(strategy)
