from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from tradertape_core.kernel.errors import InvalidInput, StoredDataDamaged
from tradertape_server.features.market.data_sets.candles import CandleRows
from tradertape_server.features.market.data_sets.draft import open_draft
from tradertape_server.features.market.data_sets.store import MarketStore, write_atomically
from tradertape_server.features.market.service import MarketService

RANGE = (date(2024, 1, 1), date(2024, 12, 31))


def raised(rows: CandleRows, rupees: float):
    return {name: column + rupees for name, column in rows.values.items()}


def test_a_new_set_says_what_it_holds(make_set, market):
    manifest = make_set("toy", ["INFY", "TCS"], days=30)
    assert (manifest.candles, manifest.symbols, manifest.indices) == (60, 2, 1)
    assert manifest.first == "2024-01-01"
    assert manifest.data_version == f"toy-split-{manifest.content_hash[:12]}"
    assert market.store.manifest("toy") == manifest


def test_the_same_content_has_the_same_version_whatever_its_order(make_set, market):
    first = make_set("toy", ["INFY", "TCS"])
    second = make_set("other", ["TCS", "INFY"])
    assert first.content_hash != second.content_hash  # the seed follows the symbols' order
    with open_draft(market.store, "toy") as draft:
        draft.candles = draft.candles.take(np.arange(len(draft.candles)))
        again = draft.commit(market.clock)
    assert again.data_version == first.data_version


def test_one_changed_price_changes_the_version(make_set, market):
    before = make_set("toy", ["INFY"])
    with open_draft(market.store, "toy") as draft:
        draft.candles = replace(draft.candles, values=raised(draft.candles, 0.01))
        after = draft.commit(market.clock)
    assert after.data_version != before.data_version


def test_a_crash_before_the_manifest_leaves_the_old_set(make_set, market, monkeypatch):
    before = make_set("toy", ["INFY", "TCS"])

    def crash(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(MarketStore, "publish", crash)
    with open_draft(market.store, "toy") as draft:
        draft.candles = draft.candles.take(draft.candles.code == 0)
        with pytest.raises(KeyboardInterrupt):
            draft.commit(market.clock)
    monkeypatch.undo()
    assert market.store.manifest("toy") == before
    assert market.panel(["INFY", "TCS"], *RANGE).shape == (40, 2)


def test_a_new_version_removes_the_files_of_the_old(make_set, market):
    make_set("toy", ["INFY", "TCS"])
    with open_draft(market.store, "toy") as draft:
        draft.candles = draft.candles.take(draft.candles.code == 0)
        manifest = draft.commit(market.clock)
    folder = market.store.folder("toy")
    assert [p.name for p in (folder / "day").iterdir() if "candles" in p.name] == [
        manifest.tables["candles"].removeprefix("day/")
    ]
    assert [p.name for p in (folder / "columns").iterdir()] == [manifest.content_hash[:12]]


@pytest.mark.parametrize("damage", ["missing", "truncated", "half"])
def test_a_lost_or_damaged_column_cache_is_rebuilt_from_parquet(make_set, market, damage):
    manifest = make_set("toy", ["INFY", "TCS"])
    whole = market.panel("all", *RANGE).close.copy()
    cache = market.store.cache_folder(manifest)
    if damage == "missing":
        shutil.rmtree(cache)
    elif damage == "truncated":
        content = (cache / "close.npy").read_bytes()
        (cache / "close.npy").unlink()
        (cache / "close.npy").write_bytes(content[: len(content) // 2])
    else:
        (cache / "head.json").write_text("{")
    fresh = MarketService(market.home, market.clock)
    np.testing.assert_array_equal(fresh.panel("all", *RANGE).close, whole)


def test_two_processes_may_build_the_cache_at_once(make_set, market):
    make_set("toy", ["INFY", "TCS"])
    expected = float(market.panel(["INFY"], *RANGE).close.sum())
    shutil.rmtree(market.store.folder("toy") / "columns")
    program = (
        "from pathlib import Path; from datetime import date\n"
        "from tradertape_server.features.market.service import MarketService\n"
        f"market = MarketService(Path({str(market.home)!r}), None)\n"
        "print(market.panel(['INFY'], date(2024, 1, 1), date(2024, 12, 31)).close.sum())"
    )
    command = [sys.executable, "-c", program]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    answers = [float(worker.communicate(timeout=60)[0]) for worker in workers]
    assert answers == pytest.approx([expected, expected])


def test_an_open_panel_survives_a_new_version(make_set, market):
    make_set("toy", ["INFY", "TCS"])
    panel = market.panel("all", *RANGE)
    before = panel.close.copy()
    with open_draft(market.store, "toy") as draft:
        draft.candles = replace(draft.candles, values=raised(draft.candles, 5.0))
        draft.commit(market.clock)
    np.testing.assert_array_equal(panel.close, before)
    np.testing.assert_array_equal(market.panel("all", *RANGE).close, before + 5.0)


def test_an_atomic_write_leaves_no_draft_behind(tmp_path):
    write_atomically(tmp_path / "a.json", b"1")
    write_atomically(tmp_path / "a.json", b"2")
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == b"2"


@pytest.mark.parametrize("name", ["", "../evil", "A", "a/b", ".hidden", "x" * 41])
def test_a_set_name_is_never_a_path(market, name):
    with pytest.raises(InvalidInput, match="not a valid name of a data set"):
        market.store.folder(name)


def test_an_unknown_set_names_those_there_are(make_set, market):
    make_set("toy", ["INFY"])
    with pytest.raises(InvalidInput, match="there are: toy"):
        market.panel("all", *RANGE, data_set="real")


def test_a_damaged_manifest_says_so(make_set, market):
    make_set("toy", ["INFY"])
    (market.store.folder("toy") / "manifest.json").write_text('{"format": 1, "name": "toy"}')
    with pytest.raises(StoredDataDamaged, match=r"manifest\.json cannot be read.*data discard toy"):
        market.store.manifest("toy")
