"""A candle at a time gives what the whole array gives, to the last bit."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tradertape_indicators as ta
from tradertape_indicators.streaming import STREAMS, stream

FUNCTIONS = {name: getattr(ta, name) for name in STREAMS}
INPUTS = {
    **{name: ta.CATALOGUE[name].inputs for name in STREAMS if name in ta.CATALOGUE},
    "vwap_of_price": ("close", "volume"),
}
PERIODS = {
    "macd": ("fast_period", "slow_period", "signal_period"),
    "ppo": ("fast_period", "slow_period", "signal_period"),
    "stochastic": ("k_period", "d_period"),
    **dict.fromkeys(("obv", "sar", "vwap", "vwap_of_price", "true_range"), ()),
    **dict.fromkeys(("crossover", "crossunder"), ()),
}
property_test = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def arrays_of(name, series):
    return [series["close" if key == "source" else key] for key in INPUTS[name]]


def params_of(name, period):
    if name in ("macd", "ppo"):
        return {"fast_period": period, "slow_period": period + 3, "signal_period": 3}
    return dict.fromkeys(PERIODS.get(name, ("period",)), period)


def by_output(result):
    """Lines by the name of the output, whatever the form of the result."""
    lines = result if isinstance(result, dict) else {"": result}
    return {key: np.asarray(line, dtype=float) for key, line in lines.items()}


def walked(name, params, arrays):
    node = stream(name, params)
    answers = []
    for bar in zip(*(one.tolist() for one in arrays)):
        answers.append(node.look(*bar))
        node.keep()
    if answers and isinstance(answers[0], dict):
        return {key: np.array([one[key] for one in answers]) for key in answers[0]}
    return {"": np.array(answers, dtype=float)}


def assert_same(name, params, arrays):
    whole = by_output(FUNCTIONS[name](*arrays, **params))
    streamed = walked(name, params, arrays)
    assert list(streamed) == list(whole)
    for key, line in whole.items():
        np.testing.assert_array_equal(streamed[key], line, err_msg=f"{name} {key}")


@pytest.mark.parametrize("name", STREAMS)
def test_a_candle_at_a_time_equals_the_whole_array(engine, candles, name):
    @property_test
    @given(
        seed=st.integers(0, 10_000), holes=st.sampled_from([0.0, 0.07]), period=st.integers(1, 33)
    )
    def law(seed, holes, period):
        series = candles(140, seed=seed, holes=holes)
        assert_same(name, params_of(name, period), arrays_of(name, series))

    law()


@pytest.mark.parametrize("name", STREAMS)
def test_a_market_of_few_prices_with_ties_and_stops_is_the_same(candles, name):
    @property_test
    @given(seed=st.integers(0, 10_000), period=st.integers(1, 9))
    def law(seed, period):
        draw = np.random.default_rng(seed)
        close = 100.0 + draw.integers(-1, 2, 90)
        series = {
            "close": close,
            "high": close + draw.integers(0, 2, 90),
            "low": close - draw.integers(0, 2, 90),
            "volume": draw.integers(0, 2, 90).astype(float),
            "left": close,
            "right": np.full(90, 100.0),
        }
        assert_same(name, params_of(name, period), arrays_of(name, series))

    law()


@pytest.mark.parametrize("name", STREAMS)
def test_looking_at_other_candles_first_leaves_no_trace(candles, name):
    series = candles(80, seed=3)
    other = candles(80, seed=4)
    params = params_of(name, 6)
    plain, curious = stream(name, params), stream(name, params)
    for bar, wrong in zip(
        zip(*(one.tolist() for one in arrays_of(name, series))),
        zip(*(one.tolist() for one in arrays_of(name, other))),
    ):
        curious.look(*wrong)
        curious.look(*(math.nan for _ in wrong))
        curious.look(*wrong)
        assert repr(curious.look(*bar)) == repr(plain.look(*bar))
        curious.keep()
        plain.keep()


def test_the_defaults_are_those_of_the_array_functions():
    for name, make in STREAMS.items():
        ours = inspect.signature(make).parameters.values()
        theirs = inspect.signature(FUNCTIONS[name]).parameters.values()
        # Without a period they sum since the first bar, as a stream does.
        given = {one.name: one.default for one in theirs if one.default not in {one.empty, None}}
        assert {one.name: one.default for one in ours} == given, name


def test_an_unknown_name_says_which_there_are():
    with pytest.raises(ValueError, match="no streaming indicator 'vwop'; there are adx, aroon"):
        stream("vwop")


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("sma", {"period": 0}),
        ("ema", {"period": 2.5}),
        ("bbands", {"multiplier": 0}),
        ("supertrend", {"multiplier": -1.0}),
        ("ppo", {"fast_period": 9, "slow_period": 9}),
        ("sar", {"acceleration": 0.3, "maximum": 0.2}),
        ("stochastic", {"d_period": 0}),
        ("rising", {"period": 0}),
    ],
)
def test_wrong_parameters_are_refused_as_by_the_array_function(reference, name, params):
    with pytest.raises(ValueError) as of_stream:  # noqa: PT011 - the texts are compared below
        stream(name, params)
    with pytest.raises(ValueError) as of_arrays:  # noqa: PT011
        FUNCTIONS[name](*arrays_of(name, reference), **params)
    assert str(of_stream.value) == str(of_arrays.value)


def test_a_candle_costs_the_same_after_a_long_history():
    """State does not grow: what a stream holds after 5,000 bars is what it held after 500."""
    node = stream("bbands", {"period": 20})
    held = []
    for bar in range(5_001):
        node.look(100.0 + bar % 7)
        node.keep()
        if bar in (500, 5_000):
            levels = node._moments._levels
            held.append(sum(len(ring) for ring, *_ in levels))
    assert held[0] == held[1] < 3 * 20
