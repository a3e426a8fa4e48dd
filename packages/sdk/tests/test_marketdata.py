"""Candles as frames and arrays: as the published package makes them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from kite_algo_worker import marketdata as ours
from kite_algo_worker import models

FIRST = {
    "ts": "2024-01-01T09:15:00",
    "open": 1.0,
    "high": 3.0,
    "low": 0.5,
    "close": 2.0,
    "volume": 10,
}
SECOND = {
    "ts": "2024-01-01T09:20:00",
    "open": 2.0,
    "high": 4.0,
    "low": 1.5,
    "close": 3.0,
    "volume": 20,
}
CURRENT = {**SECOND, "ts": "2024-01-01T09:25:00", "is_complete": False}


def renamed(candle, name):
    return {name: candle["ts"], **{key: value for key, value in candle.items() if key != "ts"}}


SOURCES = {
    "nothing": None,
    "no candles": [],
    "an answer": {"candles": [FIRST, SECOND], "current": CURRENT, "is_stale": False},
    "an answer without candles": {"candles": None, "current": None},
    "an answer with the current one alone": {"current": CURRENT},
    "one candle": FIRST,
    "candles": [FIRST, SECOND],
    "candles from a generator": lambda: (one for one in (FIRST, SECOND)),
    "candles out of order": [SECOND, FIRST],
    "two of one time": [FIRST, {**FIRST, "close": 2.5}, SECOND],
    "timestamp": [renamed(FIRST, "timestamp"), renamed(SECOND, "timestamp")],
    "time": [renamed(FIRST, "time")],
    "a time that cannot be read": [FIRST, {**SECOND, "ts": "soon"}],
    "no time that can be read": [{**FIRST, "ts": "soon"}],
    "datetimes": [{**FIRST, "ts": dt.datetime(2024, 1, 1, 9, 15)}],  # noqa: DTZ001
    "a zone": [{**one, "ts": one["ts"] + "+05:30"} for one in (FIRST, SECOND)],
    "open interest": [{**FIRST, "oi": 5.0}, {**SECOND, "oi": 7.0}],
    "open interest of one": [{**FIRST, "oi": 5.0}, SECOND],
    "completeness in words": [{**FIRST, "is_complete": word} for word in ("no",)]
    + [{**SECOND, "is_complete": word} for word in ("yes",)],
    "completeness in numbers": [{**FIRST, "is_complete": 0}, {**SECOND, "is_complete": 1}],
    "a price missing": [{**FIRST, "close": None}, SECOND],
    "a frame with ts": pd.DataFrame([FIRST, SECOND]),
    "a frame on its index": pd.DataFrame([FIRST, SECOND]).set_index("ts"),
    "a frame on another index": pd.DataFrame([FIRST, SECOND])
    .rename(columns={"ts": "when"})
    .set_index("when"),
    "a frame on datetimes": pd.DataFrame(
        {"open": [1.0], "high": [3.0], "low": [0.5], "close": [2.0], "volume": [3]},
        index=pd.DatetimeIndex(["2024-01-01"]),
    ),
    "a frame with an unnamed index": pd.DataFrame([FIRST, SECOND]).drop(columns="ts"),
    "an empty frame": pd.DataFrame(columns=["ts", "close"]),
    "no timestamp": [{"close": 1.0}],
    "a number": 5,
}

ALL_READ = [name for name in SOURCES if name not in ("no timestamp", "a number")]


@pytest.fixture(scope="session")
def theirs(published_module):
    """The published package's `marketdata`."""
    return published_module("marketdata")


def outcome(call, source):
    try:
        return call(source() if callable(source) else source)
    except Exception as error:  # noqa: BLE001 - what is raised is the outcome
        return error


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_read_as_published(theirs, name):
    mine = outcome(ours.candles_to_df, SOURCES[name])
    expected = outcome(theirs.candles_to_df, SOURCES[name])
    assert type(mine) is type(expected), (mine, expected)
    if isinstance(mine, pd.DataFrame):
        expected["oi"] = pd.to_numeric(expected["oi"])  # None where ours is NaN
        pd.testing.assert_frame_equal(mine, expected, check_dtype=False, check_index_type=False)
        assert mine["is_complete"].dtype == bool


@pytest.mark.parametrize("name", ALL_READ)
def test_arrays_are_as_published(theirs, name):
    mine, expected = (outcome(module.ohlcv_arrays, SOURCES[name]) for module in (ours, theirs))
    assert (mine.oi is None) == (expected.oi is None)
    assert [pd.Timestamp(one) for one in mine.index] == [
        pd.Timestamp(one) for one in expected.index
    ]
    for column in ("open", "high", "low", "close", "volume", "is_complete"):
        np.testing.assert_array_equal(
            getattr(mine, column).astype(float), getattr(expected, column).astype(float)
        )
    assert mine.is_complete.dtype == bool


def test_models_are_read_as_their_mappings():
    candle = models.WorkerCandle(**FIRST)
    history = models.WorkerHistoricalCandles(
        candles=[candle], current=models.WorkerCandle(**CURRENT)
    )
    expected = ours.candles_to_df({"candles": [FIRST], "current": CURRENT}).astype(
        {"volume": float}
    )
    pd.testing.assert_frame_equal(ours.candles_to_df(history).astype({"volume": float}), expected)
    assert ours.candles_to_df(candle).index.equals(expected.index[:1])


def test_a_frame_has_its_columns_and_its_index():
    frame = ours.candles_to_df([FIRST, SECOND])
    assert list(frame.columns) == ours.OHLCV_COLUMNS
    assert isinstance(frame.index, pd.DatetimeIndex)
    assert frame.index.name == "ts"
    assert frame["oi"].dtype == float
    assert frame["is_complete"].tolist() == [True, True]


def test_times_in_several_formats_are_all_read():
    """pandas takes the format of the first for all, and the published package loses the others."""
    rows = [FIRST, {**SECOND, "ts": "2024-01-01T09:20:00.5"}, {**SECOND, "ts": "2024-01-02"}]
    assert len(ours.candles_to_df(rows)) == 3


def test_a_frame_is_not_written_to():
    source = pd.DataFrame([FIRST, SECOND]).set_index("ts")
    before = source.copy()
    ours.candles_to_df(source)
    pd.testing.assert_frame_equal(source, before)


def test_arrays_are_of_one_length_and_of_their_kind():
    arrays = ours.ohlcv_arrays([{**FIRST, "oi": 5}, CURRENT])
    assert arrays.close.tolist() == [2.0, 3.0]
    assert arrays.oi.tolist() == [5.0, pytest.approx(float("nan"), nan_ok=True)]
    assert arrays.is_complete.tolist() == [True, False]
    assert ours.ohlcv_arrays([FIRST]).oi is None


def test_a_candle_without_a_time_is_refused():
    with pytest.raises(ValueError, match="a candle needs a timestamp: ts, timestamp or time"):
        ours.candles_to_df([{"close": 1.0}])
