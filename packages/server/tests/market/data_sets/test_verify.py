from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from tradertape_core.market.calendar import nse_calendar
from tradertape_server.features.market.data_sets.candles import rows_from, spread
from tradertape_server.features.market.data_sets.draft import open_draft, read_draft
from tradertape_server.features.market.data_sets.gaps import find_gaps
from tradertape_server.features.market.data_sets.verify import find_jumps


def verdicts(market):
    return {check.name: check.verdict for check in market.verify()}


def dense_of(days, closes, *, volume=1000.0):
    """One symbol's candles: flat days at the given closes."""
    close = np.array(closes, float)
    values = dict.fromkeys(("open", "high", "low", "close"), close)
    values = {**values, "volume": np.full(len(close), volume)}
    return spread(rows_from(["ACME"] * len(close), np.array(days, "datetime64[D]"), values))


def gaps_of(dense):
    return find_gaps(
        dense.dates, dense.symbols, dense.values["close"], dense.values["volume"], nse_calendar()
    )


def test_a_sound_set_has_nothing_against_it(make_set, market):
    make_set("toy", ["INFY", "TCS"])
    assert set(verdicts(market).values()) == {"ok"}


def test_missing_sessions_are_gaps_and_holidays_are_not():
    # 2024-01-25 is a Thursday, the 26th Republic Day, then a weekend; the 29th and 30th traded.
    found = gaps_of(dense_of(["2024-01-24", "2024-01-25", "2024-01-30"], [1, 1, 1]))
    assert found.total == 1
    assert found.by_day == ((date(2024, 1, 29), 1),)
    assert found.by_symbol == (("ACME", 1),)


def test_a_muhurat_session_belongs_to_the_calendar():
    found = gaps_of(dense_of(["2024-10-31", "2024-11-01", "2024-11-04"], [1, 1, 1]))
    assert (found.total, found.odd_days) == (0, ())


def test_candles_on_a_closed_day_are_odd():
    found = gaps_of(dense_of(["2024-01-25", "2024-01-26", "2024-01-29"], [1, 1, 1]))
    assert found.odd_days == (date(2024, 1, 26),)


def test_before_listing_and_after_delisting_nothing_is_missing(make_set, market):
    gone = [("TCS", position) for position in (0, 1, 2, 38, 39)]
    make_set("toy", ["INFY", "TCS"], gaps=gone)
    assert market.gaps().total == 0


def test_candles_without_volume_are_counted():
    assert gaps_of(dense_of(["2024-01-24", "2024-01-25"], [1, 1], volume=0)).zero_volume == 2


@pytest.mark.parametrize(
    ("after", "ratio"), [(500.0, 2.0), (203.0, 5.0), (98.5, 10.0), (745.0, 4 / 3), (1990.0, 0.5)]
)
def test_a_step_by_a_common_ratio_looks_like_a_split(after, ratio):
    days = ["2024-01-23", "2024-01-24", "2024-01-25"]
    (jump,) = find_jumps(dense_of(days, [1000, 1000, after]))
    assert jump.day == date(2024, 1, 25)
    assert jump.ratio == pytest.approx(ratio)


@pytest.mark.parametrize("after", [800.0, 1200.0, 990.0, 880.0])
def test_a_step_within_the_price_bands_is_none(after):
    assert find_jumps(dense_of(["2024-01-24", "2024-01-25"], [1000, after])) == []


def test_impossible_and_doubled_candles_are_errors(make_set, market):
    make_set("toy", ["INFY", "TCS"])
    with open_draft(market.store, "toy") as draft:
        values = {name: column.copy() for name, column in draft.candles.values.items()}
        values["low"][3] = values["high"][3] + 1
        draft.candles = replace(draft.candles, values=values)
        draft.commit(market.clock)
    assert verdicts(market)["prices"] == "error"


def test_another_parquet_file_than_the_versions_is_an_error(make_set, market):
    make_set("toy", ["INFY", "TCS"])
    other = make_set("other", ["INFY", "TCS"], days=39)
    manifest = market.store.manifest("toy")
    stolen = market.store.folder("other") / other.tables["candles"]
    (market.store.folder("toy") / manifest.tables["candles"]).write_bytes(stolen.read_bytes())
    market.use("toy")
    found = verdicts(market)
    assert found["content"] == "error"
    assert found["cache"] == "error"


def test_a_changed_cache_is_an_error_and_a_missing_one_a_warning(make_set, market):
    manifest = make_set("toy", ["INFY", "TCS"])
    path = market.store.cache_folder(manifest) / "close.npy"
    close = np.load(path)
    close[0, 0] += 1
    np.save(path, close)
    assert verdicts(market)["cache"] == "error"
    path.unlink()
    assert verdicts(market)["cache"] == "warning"
    assert read_draft(market.store, manifest).content_hash() == manifest.content_hash
