from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.world import DEFAULT_SEED, generate
from tradertape_server.features.market.simulated_data_set import last_session


@pytest.fixture
def built(market):
    steps: list[str] = []
    manifest = market.ensure_simulated_world(lambda what, _done, _total: steps.append(what))
    return manifest, steps


def test_the_simulated_world_is_the_set_of_a_new_home(built, market):
    manifest, steps = built
    assert steps
    assert manifest.simulated
    assert manifest.data_version.startswith("simulated-split-")
    assert manifest.last == "2026-01-02"  # the session before the frozen Monday
    assert [one.active for one in market.data_sets()] == [True]


def test_a_panel_of_it_is_the_generated_market_itself(built, market):
    panel = market.panel("nifty_100", date(2020, 1, 1), date(2025, 12, 31))
    world = generate(DEFAULT_SEED, end=date(2026, 1, 2))
    columns = [world.symbols.index(symbol) for symbol in panel.symbols]
    rows = np.searchsorted(world.dates, panel.dates)
    np.testing.assert_array_equal(panel.close, world.close[rows][:, columns])
    np.testing.assert_array_equal(
        panel.member[panel.first :], world.member("nifty_100")[rows][:, columns][panel.first :]
    )
    np.testing.assert_array_equal(panel.indices["NIFTY 50"].close, _index(world, rows))
    assert panel.simulated
    assert panel.first == 300
    assert panel.universe_warnings == ()


def _index(world, rows):
    return world.indices["NIFTY 50"].close[rows]


def test_a_second_start_builds_nothing(built, market, monkeypatch):
    manifest, steps = built
    before = len(steps)
    monkeypatch.setattr("tradertape_server.features.market.simulated_data_set.generate", None)
    again = market.ensure_simulated_world(lambda what, _done, _total: steps.append(what))
    assert again == manifest
    assert len(steps) == before


def test_a_later_start_extends_it_and_keeps_the_past(built, market, clock):
    before = market.candles("INFY")
    clock.advance(days=7)
    later = market.ensure_simulated_world()
    after = market.candles("INFY")
    assert later.last == "2026-01-09"
    assert len(after.dates) == len(before.dates) + 5
    np.testing.assert_array_equal(after.close[: len(before.close)], before.close)
    assert after.data_version != before.data_version
    assert later.created_at == built[0].created_at


def test_a_session_is_part_of_it_once_its_candle_is_final(built, market, clock):
    assert market.ensure_simulated_world().last == "2026-01-02"
    clock.advance(hours=5, minutes=59)  # 15:59 IST of a Monday
    assert not market.extend_simulated_world()
    clock.advance(minutes=1)
    assert market.extend_simulated_world()
    assert market.ensure_simulated_world().last == "2026-01-05"
    assert not market.extend_simulated_world()


def test_without_a_simulated_market_none_is_made(market, clock):
    clock.advance(days=1)
    assert not market.extend_simulated_world()
    assert market.store.names() == []


def test_beyond_the_published_holidays_it_continues_by_the_rule(market, clock):
    clock.advance(days=400)
    assert market.ensure_simulated_world().last == "2027-02-08"


def test_beyond_the_years_of_the_rule_it_ends_with_the_calendar(clock):
    clock.advance(days=5000)
    assert last_session(clock, nse_calendar()) == date(2036, 12, 30)


def test_suspensions_of_the_simulated_market_are_no_defects(built, market):
    assert market.gaps("simulated").total > 0
    assert [one.gaps for one in market.status()] == [0]
    assert {check.verdict for check in market.verify("simulated")} == {"ok"}
