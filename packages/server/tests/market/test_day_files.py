"""The market's day on disk: read again as it was built, and never anything else."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tradertape_core.kernel.clock import Clock
from tradertape_core.market.world import DEFAULT_SEED, generate
from tradertape_core.market.world.day import MarketDay, market_day
from tradertape_server.features.market import live_world
from tradertape_server.features.market.day_files import DayFiles
from tradertape_server.features.market.live_world import LiveWorld
from tradertape_server.features.market.service import MarketService

TODAY = date(2026, 1, 6)


@pytest.fixture(scope="module")
def built() -> MarketDay:
    return market_day(generate(DEFAULT_SEED, end=TODAY))


def test_a_restart_reads_the_day_instead_of_building_it(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = LiveWorld(MarketService(tmp_path, clock)).day(TODAY)

    monkeypatch.setattr(live_world, "generate", lambda *_a, **_k: pytest.fail("built again"))
    after = LiveWorld(MarketService(tmp_path, clock)).day(TODAY)

    assert after == before


def test_a_holiday_is_found_under_its_own_date(tmp_path: Path, built: MarketDay) -> None:
    """The market of a day without a session is that of the session before."""
    kept = DayFiles(tmp_path, kept=2)
    kept.write(TODAY + timedelta(days=1), built, "v1")

    assert kept.read(TODAY + timedelta(days=1), "v1") == built
    assert kept.read(TODAY, "v1") is None


def test_other_data_is_built_anew(tmp_path: Path, built: MarketDay) -> None:
    kept = DayFiles(tmp_path, kept=2)
    kept.write(TODAY, built, "v1")

    assert kept.read(TODAY, "v1") == built
    assert kept.read(TODAY, "v2") is None


def test_an_altered_file_gives_no_prices(tmp_path: Path, built: MarketDay) -> None:
    kept = DayFiles(tmp_path, kept=2)
    kept.write(TODAY, built, "v1")
    [file] = tmp_path.glob("*.json")
    content = file.read_bytes()
    file.write_bytes(content.replace(b'"previous":1', b'"previous":9', 1))
    assert file.read_bytes() != content

    assert kept.read(TODAY, "v1") is None

    file.write_bytes(content[:-100])  # and a torn one
    assert kept.read(TODAY, "v1") is None


def test_only_the_newest_days_are_kept(tmp_path: Path, built: MarketDay) -> None:
    kept = DayFiles(tmp_path, kept=2)
    days = [TODAY + timedelta(days=number) for number in range(4)]
    for day in days:
        kept.write(day, built, "v1")

    assert [kept.read(day, "v1") is not None for day in days] == [False, False, True, True]


def test_a_folder_that_cannot_be_written_does_not_stop_the_market(
    tmp_path: Path, built: MarketDay
) -> None:
    occupied = tmp_path / "cache"
    occupied.write_text("a file where the folder would be")

    DayFiles(occupied, kept=2).write(TODAY, built, "v1")

    assert DayFiles(occupied, kept=2).read(TODAY, "v1") is None
