from __future__ import annotations

from dataclasses import fields
from datetime import date

import numpy as np
import pytest

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.ticks import tick_paise
from tradertape_core.market.universe_facts import NIFTY_100
from tradertape_core.market.world import ActionKind, World, generate
from tradertape_core.market.world.companies import companies_of, lengths_of
from tradertape_core.market.world.parameters import Model
from tradertape_core.market.world.returns import returns_of

END = date(2026, 11, 20)
CANDLE_FIELDS = ("open", "high", "low", "close", "volume")


@pytest.fixture(scope="module")
def world() -> World:
    return generate(7, end=END)


def test_the_world_covers_the_calendar_and_the_nifty_100(world: World) -> None:
    expected = nse_calendar().sessions_between(date(2015, 1, 1), END)
    assert world.dates.tolist() == list(expected)
    assert {fact.symbol for fact in NIFTY_100} <= set(world.symbols)
    assert list(world.symbols) == sorted(world.symbols)
    assert all(getattr(world, name).shape == (len(expected), 133) for name in CANDLE_FIELDS)
    assert tuple(fact.symbol for fact in world.facts) == world.symbols


def test_the_same_seed_gives_the_same_world_and_another_seed_another(world: World) -> None:
    again = generate(7, end=END)
    for name in CANDLE_FIELDS:
        np.testing.assert_array_equal(getattr(world, name), getattr(again, name))
    assert world.actions == again.actions
    assert world.universes == again.universes
    assert not np.array_equal(world.close, generate(8, end=END).close, equal_nan=True)


@pytest.mark.parametrize("end", [date(2015, 1, 1), date(2015, 3, 2), date(2021, 8, 17)])
def test_a_longer_world_repeats_every_day_of_a_shorter_one(world: World, end: date) -> None:
    shorter = generate(7, end=end)
    days = len(shorter.dates)
    assert days == len(nse_calendar().sessions_between(date(2015, 1, 1), end))
    for name in CANDLE_FIELDS:
        np.testing.assert_array_equal(getattr(shorter, name), getattr(world, name)[:days])
    for index, series in shorter.indices.items():
        for field in fields(series):
            whole = getattr(world.indices[index], field.name)
            np.testing.assert_array_equal(getattr(series, field.name), whole[:days])
    for universe in shorter.universes:
        np.testing.assert_array_equal(shorter.member(universe), world.member(universe)[:days])
    assert shorter.actions == tuple(a for a in world.actions if a.ex_date <= end)


def test_a_later_start_only_hides_the_days_before_it(world: World) -> None:
    late = generate(7, start=date(2024, 1, 6), end=END)
    hidden = len(world.dates) - len(late.dates)
    assert late.dates[0] == np.datetime64("2024-01-08")
    np.testing.assert_array_equal(late.close, world.close[hidden:])
    np.testing.assert_array_equal(
        late.indices["NIFTY 50"].high, world.indices["NIFTY 50"].high[hidden:]
    )
    np.testing.assert_array_equal(late.member("nifty_50"), world.member("nifty_50")[hidden:])
    assert min(a.ex_date for a in late.actions) > date(2024, 1, 6)


def test_sessions_may_come_from_any_calendar() -> None:
    sessions = [date(2015, 1, 1), date(2015, 1, 2), date(2015, 1, 5)]
    world = generate(1, sessions=sessions)
    assert world.dates.tolist() == sessions
    with pytest.raises(InvalidInput, match="no session"):
        generate(1, start=date(2016, 1, 1), sessions=sessions)
    with pytest.raises(InvalidInput, match="no session"):
        generate(1, end=date(2014, 1, 1))
    with pytest.raises(InvalidInput, match="negative"):
        generate(-1)


def test_every_candle_is_consistent_and_positive(world: World) -> None:
    known = np.isfinite(world.close)
    for name in CANDLE_FIELDS:
        np.testing.assert_array_equal(np.isfinite(getattr(world, name)), known)
    opening, high, low, close = (getattr(world, n)[known] for n in CANDLE_FIELDS[:4])
    assert (low <= np.minimum(opening, close)).all()
    assert (high >= np.maximum(opening, close)).all()
    assert low.min() > 0
    assert world.volume[known].min() >= 1
    for series in world.indices.values():
        assert (series.low <= np.minimum(series.open, series.close)).all()
        assert (series.high >= np.maximum(series.open, series.close)).all()


def test_prices_lie_on_the_exchange_s_tick(world: World) -> None:
    rng = np.random.default_rng(3)
    rows, columns = (rng.integers(0, n, 3000) for n in world.close.shape)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        day = world.dates[row].item()
        for name in CANDLE_FIELDS[:4]:
            price = float(getattr(world, name)[row, column])
            if np.isfinite(price):
                paise = round(price * 100)
                assert abs(price * 100 - paise) < 1e-6
                assert paise % tick_paise(price, day) == 0


def test_companies_trade_from_their_listing_to_their_delisting(world: World) -> None:
    new = [j for j, day in enumerate(world.listed) if day is not None]
    gone = [j for j, day in enumerate(world.delisted) if day is not None]
    assert len(new) > 15
    assert len(gone) >= 4
    for j, (first, last) in enumerate(zip(world.listed, world.delisted, strict=True)):
        traded = world.dates[np.isfinite(world.close[:, j])]
        assert traded[0] == np.datetime64(first) if first else traded[0] <= np.datetime64(END)
        assert last is None or traded[-1] < np.datetime64(last)


def test_some_companies_are_suspended_for_a_while(world: World) -> None:
    known = np.isfinite(world.close)
    inside = np.maximum.accumulate(known, axis=0) & np.maximum.accumulate(known[::-1], axis=0)[::-1]
    missing = (inside & ~known).sum()
    assert 20 < missing < 0.005 * inside.sum()


def test_indices_hold_fifty_and_a_hundred_and_change_their_members(world: World) -> None:
    fifty, following, hundred = (
        world.member(name) for name in ("nifty_50", "nifty_next_50", "nifty_100")
    )
    assert set(fifty.sum(axis=1)) == {50}
    assert set(hundred.sum(axis=1)) == {100}
    np.testing.assert_array_equal(fifty | following, hundred)
    assert not (fifty & following).any()
    changes = (np.diff(hundred.astype(np.int8), axis=0) == 1).sum()
    assert 15 < changes < 250
    listed = np.maximum.accumulate(np.isfinite(world.close), axis=0)
    assert not (hundred & ~listed)[61:].any()
    banks = world.member("sector_banks")
    np.testing.assert_array_equal(banks, hundred & (np.array(world.sectors) == "Banks"))


def test_the_nifty_50_moves_as_its_members_weighted_by_size_do(world: World) -> None:
    """One day's index return from first principles: held shares times prices."""
    shares = world.state.shares
    member = world.member("nifty_50")
    for row in (500, 1500, 2500):
        held = member[row] & np.isfinite(world.close[row - 1]) & np.isfinite(world.close[row])
        assert held.sum() == 50  # no suspension on these days
        value = [(shares * world.close[t])[held].sum() for t in (row - 1, row)]
        index = world.indices["NIFTY 50"].close
        assert index[row] / index[row - 1] == pytest.approx(value[1] / value[0], abs=2e-6)


def test_actions_are_dated_on_sessions_and_dividends_lower_the_price(world: World) -> None:
    kinds = {kind: [a for a in world.actions if a.kind is kind] for kind in ActionKind}
    assert len(kinds[ActionKind.SPLIT]) > 15
    assert len(kinds[ActionKind.BONUS]) > 5
    assert len(kinds[ActionKind.DIVIDEND]) > 1000
    assert {a.ex_date for a in world.actions} <= set(world.dates.tolist())
    assert all(a.factor > 1 and a.amount == 0 for a in kinds[ActionKind.SPLIT])
    column = {symbol: j for j, symbol in enumerate(world.symbols)}
    gaps: list[float] = []
    for action in kinds[ActionKind.DIVIDEND]:
        assert action.factor == 1
        assert 0 < action.adjusted_amount <= action.amount + 0.01
        row = int(np.searchsorted(world.dates, np.datetime64(action.ex_date)))
        j = column[action.symbol]
        before = world.close[row - 1, j]
        if action.adjusted_amount / before > 0.01:
            gaps.append(world.open[row, j] / before - 1 + action.adjusted_amount / before)
    assert len(gaps) > 100
    assert abs(np.nanmean(gaps)) < 0.002


def test_splits_are_no_steps_in_the_adjusted_prices(world: World) -> None:
    column = {symbol: j for j, symbol in enumerate(world.symbols)}
    for action in world.actions:
        if action.factor > 1:
            row = int(np.searchsorted(world.dates, np.datetime64(action.ex_date)))
            step = (
                world.open[row, column[action.symbol]] / world.close[row - 1, column[action.symbol]]
            )
            assert not step < 0.8  # a 3:2 bonus would give 0.67; suspended is NaN


def test_the_state_tells_where_to_go_on_from(world: World) -> None:
    state = world.state
    assert state.date == END
    known = np.isfinite(world.close[-1])
    np.testing.assert_array_equal(state.last_close[known], world.close[-1][known])
    assert (np.isfinite(state.volatility)).all()
    assert 0.002 < state.market_volatility < 0.1
    assert np.nanmedian(state.volatility) > state.market_volatility
    assert state.regime in (0, 1, 2)
    gone = [j for j, day in enumerate(world.delisted) if day is not None]
    assert np.isnan(state.last_close[gone]).all()


def test_the_state_foretells_the_volatility_of_the_next_session(world: World) -> None:
    model, days = Model(), world.dates
    companies = companies_of(model, 7, days)
    returns = returns_of(model, 7, days, lengths_of(days), companies)
    regime = returns.market.regime
    for row in (400, 1200, 2600):
        assert regime[row] == regime[row - 1]
        state = generate(7, end=days[row - 1].item()).state
        assert state.regime == regime[row]
        assert state.market_volatility == pytest.approx(returns.market.volatility[row])
        np.testing.assert_allclose(state.volatility, returns.volatility[row])
        np.testing.assert_allclose(state.own_volatility, returns.own.volatility[row])
        np.testing.assert_allclose(
            [state.sector_volatility[name] for name in returns.names],
            returns.sectors.volatility[row],
        )


def test_special_sessions_are_calmer_and_thinner_than_full_days(world: World) -> None:
    muhurat = [int(np.searchsorted(world.dates, np.datetime64(d))) for d in
               ("2015-11-11", "2017-10-19", "2021-11-04", "2024-11-01")]  # fmt: skip
    spans = np.log(world.high / world.low)
    assert np.nanmedian(spans[muhurat]) < 0.6 * np.nanmedian(spans)
    assert np.nanmedian(world.volume[muhurat]) < 0.4 * np.nanmedian(world.volume)
