"""Damaged files of a data set close that set, and only that one; what a person can do about it."""

from __future__ import annotations

import json
import os
import pickle
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradertape_core.kernel.errors import InvalidInput, StoredDataDamaged
from tradertape_server.features.market import simulated_data_set
from tradertape_server.features.market.data_sets.damage import DataSetDamaged
from tradertape_server.features.market.data_sets.draft import open_draft
from tradertape_server.features.market.data_sets.store import SIMULATED
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.market.watch import MarketWatch

RANGE = (date(2024, 1, 1), date(2024, 12, 31))


def candles_file(market: MarketService, name: str = "toy") -> Path:
    return market.store.folder(name) / market.store.manifest(name).tables["candles"]


def alter(path: Path, factor: float = 10.0) -> None:
    """Write a sound Parquet file with other prices in place of the set's."""
    table = pq.read_table(path)
    for name in ("open", "high", "low", "close"):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, pa.array(np.asarray(table[name]) * factor))
    pq.write_table(table, path)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


DAMAGE = {"truncated": truncate, "altered": alter, "flipped": flip, "missing": Path.unlink}
damaged = pytest.mark.parametrize("kind", DAMAGE)


@damaged
@pytest.mark.parametrize("has_cache", [True, False])
def test_a_damaged_file_closes_its_set_and_no_other(make_set, market, kind, has_cache):
    make_set("sound", ["INFY"])
    manifest = make_set("toy", ["INFY", "TCS"])
    market.panel("all", *RANGE)
    if not has_cache:
        (market.store.cache_folder(manifest) / "head.json").unlink()
    DAMAGE[kind](candles_file(market))
    for reader in (market, MarketService(market.home, market.clock)):
        for read in (
            lambda m: m.panel("all", *RANGE),
            lambda m: m.candles("INFY"),
            lambda m: m.search("INFY"),
            lambda m: m.gaps(),
        ):
            with pytest.raises(
                StoredDataDamaged, match=r"toy cannot be used: day/candles.*data discard toy"
            ):
                read(reader)
        assert reader.panel("all", *RANGE, data_set="sound").shape == (40, 1)
        assert {one.manifest.name: bool(one.problem) for one in reader.status()} == {
            "sound": False,
            "toy": True,
        }


@pytest.mark.parametrize("table", ["indices", "dividends", "membership", "imports"])
def test_every_file_of_a_set_counts(make_set, market, table, tmp_path):
    from tradertape_server.features.market.data_sets.reference_rows import Dividend, Spell

    make_set(
        "toy",
        ["INFY"],
        dividends=[Dividend("INFY", date(2024, 1, 10), 3.0, adjusted=True)],
        spells=[Spell("mine", "INFY", date(2024, 1, 1))],
    )
    with open_draft(market.store, "toy") as draft:
        draft.imports = [{"rejected": 0, "reasons": {}, "file": "a.csv"}]
        draft.commit(market.clock)
    market.panel("all", *RANGE)
    flip(market.store.folder("toy") / market.store.manifest("toy").tables[table])
    with pytest.raises(StoredDataDamaged, match=table):
        market.panel("all", *RANGE)


def test_restored_files_open_the_set_again(make_set, market):
    make_set("toy", ["INFY"])
    before = market.panel("all", *RANGE).close.copy()
    path = candles_file(market)
    content = path.read_bytes()
    alter(path)
    assert set(market.opened.problems()) == {"toy"}
    path.write_bytes(content)
    assert market.opened.problems() == {}
    np.testing.assert_array_equal(market.panel("all", *RANGE).close, before)


def test_damage_that_the_file_system_does_not_report_is_found_in_the_background(
    make_set, market, monkeypatch
):
    make_set("toy", ["INFY"])
    market.panel("all", *RANGE)
    blind = ((0, 0, 0, 0),)
    monkeypatch.setattr(
        "tradertape_server.features.market.data_sets.tables_check.signature", lambda _: blind
    )
    market.panel("all", *RANGE)
    alter(candles_file(market))
    MarketWatch(market).check_tables()
    with pytest.raises(StoredDataDamaged):
        market.panel("all", *RANGE)


def test_altered_parquet_is_never_given_under_the_version_of_the_import(make_set, market):
    before = make_set("toy", ["INFY"])
    close = market.panel("all", *RANGE).close.copy()
    alter(candles_file(market), factor=2.0)
    with pytest.raises(StoredDataDamaged, match="data accept toy"):
        market.panel("all", *RANGE)
    accepted = market.accept("toy")
    assert accepted.data_version != before.data_version
    panel = market.panel("all", *RANGE)
    assert panel.data_version == accepted.data_version == market.data_version()
    np.testing.assert_array_equal(panel.close, close * 2)


def test_rewriting_the_same_prices_keeps_the_version(make_set, market):
    before = make_set("toy", ["INFY"])
    path = candles_file(market)
    pq.write_table(pq.read_table(path), path, compression="gzip")
    assert "altered" in market.opened.problem("toy")
    assert market.accept("toy").data_version == before.data_version
    assert market.opened.problems() == {}


def test_impossible_or_unreadable_files_are_not_accepted(make_set, market):
    make_set("toy", ["INFY"])
    alter(candles_file(market), factor=-1.0)
    with pytest.raises(InvalidInput, match="prices: 40 candles are invalid"):
        market.accept("toy")
    truncate(candles_file(market))
    with pytest.raises(StoredDataDamaged, match="cannot be used"):
        market.accept("toy")


def test_nothing_is_imported_on_top_of_damaged_files(make_set, market):
    make_set("toy", ["INFY"])
    alter(candles_file(market))
    with pytest.raises(StoredDataDamaged, match="altered"), open_draft(market.store, "toy"):
        pytest.fail("a damaged set was opened for changes")


def test_a_discarded_set_frees_its_name_and_keeps_its_files(make_set, market):
    before = make_set("toy", ["INFY"])
    truncate(candles_file(market))
    kept = market.discard("toy")
    assert market.store.names() == []
    assert (kept / "manifest.json").is_file()
    assert make_set("toy", ["INFY"]).data_version == before.data_version
    assert market.panel("all", *RANGE).shape == (40, 1)
    with pytest.raises(InvalidInput, match="no data set"):
        market.discard("absent")


@pytest.mark.parametrize("member", ["basis", "content_hash", "first", "simulated"])
def test_an_altered_manifest_closes_its_set(make_set, market, member):
    make_set("sound", ["TCS"])
    make_set("toy", ["INFY"])
    path = market.store.folder("toy") / "manifest.json"
    document = json.loads(path.read_text())
    document[member] = "2020-01-01"
    path.write_text(json.dumps(document))
    with pytest.raises(StoredDataDamaged, match=r"manifest\.json has been altered"):
        market.panel("all", *RANGE)
    assert {one.manifest.name: bool(one.problem) for one in market.data_sets()} == {
        "sound": False,
        "toy": True,
    }


def test_a_set_of_an_older_version_gets_its_checksums_when_it_is_opened(make_set, market):
    before = make_set("toy", ["INFY"])
    path = market.store.folder("toy") / "manifest.json"
    document = json.loads(path.read_text())
    for member in ("checksums", "sha256"):
        document.pop(member)
    path.write_text(json.dumps(document))
    fresh = MarketService(market.home, market.clock)
    assert fresh.panel("all", *RANGE).data_version == before.data_version
    assert market.store.manifest("toy") == before
    path.write_text(json.dumps(document))
    alter(candles_file(market))
    with pytest.raises(StoredDataDamaged, match="altered"):
        MarketService(market.home, market.clock).panel("all", *RANGE)


def test_a_damaged_simulated_market_is_generated_again(market, monkeypatch):
    made: list[str] = []

    def fill(draft, _world) -> None:
        from packages.server.tests.market.conftest import walk

        made.append("set")
        draft.candles = walk(["INFY"], 5)
        last = str(simulated_data_set.last_session(market.clock, simulated_data_set.nse_calendar()))
        draft.candles.day[-1] = last

    monkeypatch.setattr(simulated_data_set, "generate", lambda *_, **__: None)
    monkeypatch.setattr(simulated_data_set, "_fill", fill)
    monkeypatch.setattr(simulated_data_set, "_is_current", lambda manifest, _: manifest.candles > 0)
    market.ensure_simulated_world()
    market.ensure_simulated_world()
    assert made == ["set"]
    truncate(candles_file(market, SIMULATED))
    assert market.ensure_simulated_world().candles == 5
    assert made == ["set", "set"]
    assert market.opened.problems() == {}


def test_the_error_travels_between_processes():
    error = pickle.loads(pickle.dumps(DataSetDamaged("toy", "a file is missing", "Restore it.")))  # noqa: S301
    assert (error.name, error.problem, error.remedy) == ("toy", "a file is missing", "Restore it.")
    assert str(error) == "Data set toy cannot be used: a file is missing. Restore it."
