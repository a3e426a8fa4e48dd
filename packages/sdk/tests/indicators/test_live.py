"""The live engine gives, candle by candle, what the indicators give over the whole history."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kite_algo_worker import indicators
from kite_algo_worker.indicators import LiveIndicatorEngine, live
from kite_algo_worker.models import WorkerCandle

EVERYTHING = [
    ("sma", {"period": 4, "source": "close"}),
    ("ema", {"period": 4, "source": "close"}),
    ("wma", {"period": 5, "column": "close"}),
    ("vwma", {"period": 4, "source": ["close", "volume"]}),
    ("supertrend", {"period": 3, "multiplier": 1.5}),
    ("rsi", {"period": 3, "source": "close"}),
    ("macd", {"fast_period": 3, "slow_period": 5, "signal_period": 3, "column": "close"}),
    ("ppo", {"fast_period": 3, "slow_period": 5, "signal_period": 3, "source": "close"}),
    ("dpo", {"period": 4, "source": "close"}),
    ("stochastic", {"k_period": 4}),
    ("cci", {"period": 4}),
    ("williamsr", {"period": 4}),
    ("williams_r", {"period": 5}),
    ("linreg", {"period": 4, "source": "close"}),
    ("atr", {"period": 3, "source": ("high", "low", "close")}),
    ("bbands", {"period": 4, "source": "close"}),
    ("keltner", {"period": 3, "multiplier": 1.5}),
    ("adx", {"period": 3}),
    ("aroon", {"period": 4}),
    ("sar", {}),
    ("obv", {}),
    ("vwap", {}),
    ("mfi", {"period": 3}),
    ("highest", {"period": 3, "source": "high"}),
    ("lowest", {"period": 3, "column": "low"}),
    ("rising", {"period": 2, "source": "close"}),
    ("falling", {"period": 2, "source": "close"}),
    ("crossover", {"source": ["close", "open"]}),
    ("crossunder", {"source": ["close", "open"]}),
]
property_test = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def rows_of(frame):
    return [
        {"ts": ts.isoformat(), **row, "is_complete": True}
        for ts, row in zip(frame.index, frame.to_dict(orient="records"))
    ]


def batch(rows, configs=EVERYTHING):
    """The values over the whole of these candles."""
    frame = pd.DataFrame(rows).drop(columns=["ts", "is_complete"])
    answers = {}
    for name, params in configs:
        given_params = {key: value for key, value in params.items() if key != "source"}
        source = params.get("source")
        series = [frame] if source is None else [frame[one] for one in np.atleast_1d(source)]
        result = getattr(indicators, name)(*series, **given_params)
        last = result.iloc[-1]
        answers[name] = last.to_dict() if isinstance(result, pd.DataFrame) else last.item()
    return answers


def known(value):
    if isinstance(value, dict):
        return {key: known(one) for key, one in value.items()}
    return None if value != value else value


def shown(values):
    return {key: one.value for key, one in values.items()}


def test_every_indicator_has_a_live_form():
    callables = {name for name in indicators.__all__ if name.islower() and name not in (
        "format_output", "normalize_input", "njit", "ta"
    )}  # fmt: skip
    assert {name for name, _ in EVERYTHING} == callables


@property_test
@given(seed=st.integers(0, 10_000), holes=st.sampled_from([0.0, 0.08]), ticks=st.booleans())
def test_each_final_candle_gives_the_batch_value_to_the_last_bit(candles, seed, holes, ticks):
    rows = rows_of(candles(26, seed=seed, holes=holes, ticks=ticks))
    engine = LiveIndicatorEngine(EVERYTHING)
    for count, row in enumerate(rows, start=1):
        values = engine.finalize_candle(row)
        if count in (1, 5, 14, 26):
            expected = {key: known(value) for key, value in batch(rows[:count]).items()}
            assert repr(shown(values)) == repr(expected)


STEPS = ("final", "provisional", "again", "correct", "late", "late provisional", "rebuild")


@property_test
@given(
    seed=st.integers(0, 10_000),
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 30)), min_size=3, max_size=25),
)
def test_candles_in_any_order_give_the_batch_values(candles, seed, steps):
    market = rows_of(candles(60, seed=seed))
    engine, seen, confirmed, following = LiveIndicatorEngine(EVERYTHING), [], [], None
    for number, (step, where) in enumerate(steps):
        new = {**market[30 + number], "is_complete": step in ("final", "correct", "late")}
        place = min(where, len(confirmed) - 1)
        if step in ("correct", "again") and confirmed:
            new["ts"] = confirmed[-1]["ts"]
        elif step in ("late", "late provisional") and confirmed:
            new["ts"] = confirmed[place]["ts"]
        elif step == "rebuild":
            engine.rebuild(confirmed)
            following = confirmed
        before = [row for row in confirmed if row["ts"] < new["ts"]]
        after = [row for row in confirmed if row["ts"] > new["ts"]]
        if step in ("final", "correct", "late"):
            values, confirmed = engine.finalize_candle(new), [*before, new, *after]
            following = [*before, new]
        elif step != "rebuild":
            values = engine.update_provisional(new)
            following = [*before, new, *after]
        else:
            values = engine.values
        seen.append(step)
        if not following:
            assert shown(values) == dict.fromkeys(shown(values))
            continue
        expected = {key: known(value) for key, value in batch(following).items()}
        assert repr(shown(values)) == repr(expected), seen


@pytest.mark.parametrize("history", [0, 3, 14])
def test_the_engine_answers_as_the_published_one(published, candles, history):
    frame = candles(history + 6, seed=history)
    rows = rows_of(frame)
    configs = [one for one in EVERYTHING if one[0] != "supertrend"]
    mine = LiveIndicatorEngine.from_history(frame.iloc[:history], configs)
    theirs = published.LiveIndicatorEngine.from_history(frame.iloc[:history], configs)
    for place in range(history, len(rows)):
        provisional = {**rows[place], "close": rows[place]["open"]}
        for engine_pair in (
            (mine.update_provisional, theirs.update_provisional, provisional),
            (mine.update_provisional, theirs.update_provisional, rows[place]),
            (mine.finalize_candle, theirs.finalize_candle, rows[place]),
        ):
            one, other, row = engine_pair
            assert_alike(one(row), other(row))
            assert mine.metadata == theirs.metadata
            assert mine.confirmed == theirs.confirmed
    assert_alike(mine.values, theirs.values)


def assert_alike(mine, theirs):
    assert list(mine) == list(theirs)
    for name, one in mine.items():
        other = theirs[name]
        assert (one.confirmed, one.ts, one.ready) == (other.confirmed, other.ts, other.ready), name
        assert type(one.value) is type(other.value)
        assert near(one.value, other.value), name


def near(one, other):
    """Whether two values are the same but for how the last bits were rounded."""
    if isinstance(one, dict):
        return list(one) == list(other) and all(near(one[key], other[key]) for key in one)
    return one is other or one == pytest.approx(other, rel=1e-8, abs=1e-8)


def test_a_history_that_ends_with_an_incomplete_candle_starts_provisional(published, candles):
    rows = rows_of(candles(20))
    answer = {"candles": rows[:-1], "current": {**rows[-1], "is_complete": False}}
    for last in (None, {**rows[-1], "is_complete": True}, {**rows[-1], "is_complete": "false"}):
        mine, theirs = (
            LiveIndicatorEngine(EVERYTHING[:4]),
            published.LiveIndicatorEngine(EVERYTHING[:4]),
        )
        assert_alike(mine.rebuild(answer, last), theirs.rebuild(answer, last))
        assert mine.metadata == theirs.metadata
        assert mine.confirmed == theirs.confirmed
        assert_alike(mine.confirmed_values, theirs.confirmed_values)


def test_an_engine_without_candles_has_no_values(published):
    mine = LiveIndicatorEngine.from_history([], EVERYTHING[:3])
    theirs = published.LiveIndicatorEngine.from_history([], EVERYTHING[:3])
    assert_alike(mine.values, theirs.values)
    assert mine.metadata == theirs.metadata
    assert not mine.ready


def test_a_supertrend_is_ready_once_its_line_is_known(candles):
    engine = LiveIndicatorEngine.from_history(candles(20), [("supertrend", {"period": 3})])
    value = engine.values["supertrend"].value
    assert None in (value["long"], value["short"])
    assert engine.ready


def test_two_indicators_of_one_name_have_keys_of_their_own(published, candles):
    fast, slow = {"period": 3, "source": "close"}, {"period": 9, "source": "close"}
    frame = candles(20)
    mine = LiveIndicatorEngine.from_history(frame, [("ema", fast), ("ema", slow)])
    theirs = published.LiveIndicatorEngine.from_history(frame, [("ema", fast), ("ema", slow)])
    assert mine.values["ema"].value == pytest.approx(theirs.values["ema"].value)
    close = frame["close"]
    assert mine.values["ema(period=3, source=close)"].value == indicators.ema(close, 3).iloc[-1]
    assert mine.values["ema(period=9, source=close)"].value == indicators.ema(close, 9).iloc[-1]


def test_a_label_names_the_result(candles):
    frame = candles(20)
    configs = [
        ("ema", {"period": 3, "source": "close", "label": "fast"}),
        ("ema", {"period": 9, "source": "close", "label": "slow"}),
        ("ema", {"period": 5, "source": "close"}),
    ]
    engine = LiveIndicatorEngine.from_history(frame, configs)
    assert list(engine.values) == ["fast", "slow", "ema"]
    assert engine.values["fast"].value == indicators.ema(frame["close"], 3).iloc[-1]


def test_a_candle_is_evaluated_once_however_long_the_history(candles, monkeypatch):
    calls = []
    bind = live.bind

    def counting(name, params):
        columns, stream = bind(name, params)
        look, keep = stream.look, stream.keep
        monkeypatch.setattr(stream, "look", lambda *bar: (calls.append("look"), look(*bar))[1])
        monkeypatch.setattr(stream, "keep", lambda: (calls.append("keep"), keep())[1])
        return columns, stream

    monkeypatch.setattr(live, "bind", counting)
    for bars in (30, 1_500):
        rows = rows_of(candles(bars + 1))
        engine = LiveIndicatorEngine.from_history(candles(bars), [("rsi", {"column": "close"})])
        steps = []
        for update in (
            engine.update_provisional,
            engine.update_provisional,
            engine.finalize_candle,
        ):
            calls.clear()
            update(rows[-1])
            steps.append(tuple(calls))
        assert steps == [("keep", "look"), ("look",), ("look",)]


def test_updates_need_no_pandas():
    code = """
import sys
from kite_algo_worker.indicators import LiveIndicatorEngine
engine = LiveIndicatorEngine([("sma", {"period": 2, "source": "close"})])
for minute in (15, 20, 25):
    ts = f"2024-01-01T09:{minute}:00+05:30"
    engine.finalize_candle({"ts": ts, "close": minute})
print(engine.values["sma"].value, engine.last_ts, "pandas" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["22.5", "2024-01-01T09:25:00+05:30", "False"], done.stderr


@pytest.mark.parametrize(
    "time",
    [
        "2024-01-01T09:15:00+05:30",
        "2024-01-01T03:45:00Z",
        "2024-01-01 09:15",
        "2024-01-01",
        "2024-01-01T09:15:00.25",
        "1 Jan 2024 09:15",
        pd.Timestamp("2024-01-01T09:15", tz="Asia/Kolkata"),
        pd.Timestamp("2024-01-01T09:15").to_pydatetime(),
        1_704_080_700_000_000_000,
    ],
    ids=str,
)
def test_a_time_reads_as_published(published, time):
    config = [("highest", {"period": 1, "source": "close"})]
    mine, theirs = LiveIndicatorEngine(config), published.LiveIndicatorEngine(config)
    candle = {"timestamp": time, "close": 5}
    assert_alike(mine.finalize_candle(candle), theirs.finalize_candle(candle))
    assert_alike(mine.update_provisional(candle), theirs.update_provisional(candle))


def test_the_same_moment_in_another_zone_is_the_same_candle():
    engine = LiveIndicatorEngine([("sma", {"period": 2, "source": "close"})])
    engine.finalize_candle({"ts": "2024-01-01T09:10:00+05:30", "close": 1.0})
    engine.finalize_candle({"ts": "2024-01-01T09:15:00+05:30", "close": 2.0})
    values = engine.finalize_candle({"ts": "2024-01-01T03:45:00Z", "close": 4.0})
    assert values["sma"].value == 2.5


def test_times_with_and_without_a_zone_do_not_mix():
    engine = LiveIndicatorEngine([("sma", {"period": 2, "source": "close"})])
    engine.finalize_candle({"ts": "2024-01-01T09:10:00+05:30", "close": 1.0})
    with pytest.raises(TypeError, match="do not mix"):
        engine.finalize_candle({"ts": "2024-01-01T09:15:00", "close": 1.0})


@pytest.mark.parametrize("candle", [{"close": 1.0}, {"ts": None, "close": 1.0}, {"ts": "soon"}])
def test_a_candle_without_a_time_is_refused(candle):
    with pytest.raises(ValueError, match="time"):
        LiveIndicatorEngine([]).update_provisional(candle)


def test_a_model_is_accepted_like_a_mapping():
    candle = WorkerCandle(ts="2024-01-01T09:15:00", open=1, high=3, low=1, close=2, volume=9)
    engine = LiveIndicatorEngine([("vwap", {}), ("sma", {"period": 1, "source": "oi"})])
    values = engine.finalize_candle(candle)
    assert shown(values) == {"vwap": 2.0, "sma": None}


WRONG = {
    "not a tuple": ([["ema", {}]], TypeError),
    "no params": ([("ema",)], TypeError),
    "a number for a name": ([(5, {})], TypeError),
    "a list for params": ([("ema", [])], TypeError),
    "an unknown indicator": ([("emma", {})], KeyError),
    "an unknown column": ([("sma", {"period": 2, "source": "price"})], KeyError),
    "an unknown column of several": ([("atr", {"source": ("high", "price", "low")})], KeyError),
    "a source of another kind": ([("sma", {"period": 2, "source": 5})], TypeError),
    "the whole candle for one series": ([("sma", {"period": 2})], ValueError),
    "an unknown column by name": ([("sma", {"period": 2, "column": "price"})], KeyError),
    "one series for three": ([("atr", {"source": "high"})], TypeError),
    "two series for three": ([("atr", {"source": ("high", "low")})], ValueError),
    "no period": ([("sma", {"source": "close"})], TypeError),
    "an unknown parameter": ([("atr", {"length": 5})], TypeError),
    "a period of zero": ([("atr", {"period": 0})], ValueError),
    "one series for a crossing": ([("crossover", {"source": "close"})], TypeError),
    "no volume column": ([("vwma", {"column": "close"})], ValueError),
    "no volume": ([("obv", {"source": "close"})], TypeError),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_indicator_is_refused_as_published(published, candles, name):
    configs, error = WRONG[name]
    for engine in (LiveIndicatorEngine, published.LiveIndicatorEngine):
        with pytest.raises(error):
            engine.from_history(candles(5), configs)
