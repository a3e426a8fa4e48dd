"""Seals: a damaged column cache gives no figures, and is built again."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tradertape_core.kernel.errors import StoredDataDamaged
from tradertape_server.features.market.data_sets.seals import (
    BLOCK_BYTES,
    SEAL,
    Guard,
    SealBroken,
    Sealing,
)
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.market.watch import MarketWatch

RANGE = (date(2024, 1, 1), date(2024, 12, 31))
SYMBOLS = ["INFY", "TCS"]


def flip(path: Path, at: int = -1) -> None:
    """Change one byte in place; the file keeps its size and, here, its time."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[at] ^= 0x41
    with path.open("r+b") as handle:
        handle.write(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def figures(market: MarketService) -> dict[str, float]:
    """Sums of everything a panel takes from the columns."""
    panel = market.panel("all", *RANGE)
    part = market.panel(["INFY"], *RANGE)
    index = panel.indices["NIFTY 50"].close
    dividends, splits = panel.dividends, panel.splits
    sums = {name: getattr(panel, name).sum() for name in ("open", "high", "low", "close", "volume")}
    return {
        **sums,
        "part": part.close.sum(),
        "index": index.sum(),
        "dividends": float(np.sum(dividends.amount)),
        "splits": float(np.sum(splits.ratio)),
        "dates": float(panel.dates.astype(np.int64).sum()),
    }


@pytest.fixture
def toy(make_set, market):
    from tradertape_server.features.market.data_sets.reference_rows import Action, Dividend

    return make_set(
        "toy",
        SYMBOLS,
        actions=[Action("INFY", date(2024, 1, 30), "split", 2.0)],
        dividends=[Dividend("TCS", date(2024, 1, 15), 9.0, adjusted=True)],
    )


def sealed_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file() and path.name != SEAL)


def test_every_file_of_a_column_cache_is_sealed(toy, market, tmp_path):
    folder = market.store.cache_folder(toy)
    names = sealed_files(folder)
    assert {"close.npy", "dividends_value.npy", "splits_value.npy", "head.json"} <= set(names)
    assert len(names) == 18
    for name in names:
        copy = tmp_path / "copies" / name / folder.name
        shutil.copytree(folder, copy)
        Guard().require(copy)
        flip(copy / name)
        with pytest.raises(SealBroken, match=name):
            Guard().require(copy)


@pytest.mark.parametrize("when", ["before the start", "while it is open"])
def test_an_altered_cache_never_gives_figures(toy, market, when):
    expected = figures(market)
    folder = market.store.cache_folder(toy)
    is_open = when == "while it is open"
    found = 0
    for name in [*sealed_files(folder), *(() if is_open else (SEAL,))]:
        reader = market if is_open else MarketService(market.home, market.clock)
        flip(folder / name)
        assert figures(reader) == expected, name
        found += 1
        assert reader.opened.caches_damaged == (found if is_open else 1), name
    assert found == (18 if is_open else 19)


def test_an_altered_selection_is_built_again(toy, market):
    expected = figures(market)
    (part,) = (market.store.cache_folder(toy) / "selections").iterdir()
    flip(part / "close.npy")
    assert figures(market) == expected
    assert market.opened.caches_damaged == 1
    flip(part / "close.npy")
    assert figures(MarketService(market.home, market.clock)) == expected


def test_a_truncated_cache_is_built_again_while_it_is_open(toy, market):
    expected = figures(market)
    os.truncate(market.store.cache_folder(toy) / "close.npy", 200)
    assert figures(market) == expected


def test_a_figure_computed_while_the_columns_changed_is_refused(toy, market):
    expected = figures(market)
    market.require_unchanged()
    flip(market.store.cache_folder(toy) / "close.npy")
    with pytest.raises(StoredDataDamaged, match=r"altered while it was read\. Try again"):
        market.require_unchanged()
    assert figures(market) == expected
    market.require_unchanged()


def test_damage_that_the_file_system_does_not_report_is_found_in_the_background(
    toy, market, monkeypatch
):
    expected = figures(market)
    blind = ((0, 0, 0, 0),)
    monkeypatch.setattr(
        "tradertape_server.features.market.data_sets.seals.signature", lambda _files: blind
    )
    sleeping = MarketService(market.home, market.clock)
    assert figures(sleeping) == expected
    flip(market.store.cache_folder(toy) / "volume.npy")
    MarketWatch(sleeping).check_columns()
    assert sleeping.opened.caches_damaged == 1
    assert sleeping.opened.problems() == {}  # built again
    assert figures(sleeping) == expected


def test_each_opening_compares_another_block(tmp_path):
    content = bytes(range(256)) * (BLOCK_BYTES // 64)  # four blocks
    sealing = Sealing()
    sealing.add("a.bin", content)
    (tmp_path / "a.bin").write_bytes(content)
    (tmp_path / SEAL).write_bytes(sealing.to_json())
    guard = Guard()
    guard.require(tmp_path)
    known = guard._known[tmp_path]
    flip(tmp_path / "a.bin")  # in the last block
    known.signature = known.seal.signature()  # as if the file system had not noticed
    for _ in range(3):
        guard.require(tmp_path)
    with pytest.raises(SealBroken):
        guard.require(tmp_path)


def test_a_cache_of_an_older_version_is_built_again_without_an_alarm(toy, market):
    expected = figures(market)
    (market.store.cache_folder(toy) / SEAL).unlink()
    fresh = MarketService(market.home, market.clock)
    assert figures(fresh) == expected
    assert fresh.opened.caches_damaged == 0
    assert (market.store.cache_folder(toy) / SEAL).is_file()
