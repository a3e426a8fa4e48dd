"""A protection walked along a path: the same rules, told with their moment."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.risk.protection import check
from tradertape_core.risk.protection_replay import Moment, positions_of, replay, tick_at

from .conftest import NOW
from .protecting import INFY, TCS, armed, at, leg

D = Decimal


def path(*prices: Any, **more: Any) -> list[Moment]:
    return [
        Moment(at=NOW + timedelta(minutes=n), prices={INFY: D(str(price))}, **more)
        for n, price in enumerate(prices)
    ]


def test_a_stop_fires_at_its_moment_with_its_words_and_price() -> None:
    state = armed({"positions": [leg(stoploss_pct=2)]})
    found = replay(state, path(100, 99, 97.5, 96))
    (fired,) = found.fired
    assert (fired.index, fired.at) == (2, NOW + timedelta(minutes=2))
    assert fired.triggers[0].rule == "position_stoploss"
    assert fired.exit_prices == {INFY: D("97.5")}
    assert len(found.steps) == 3  # nothing is left to protect
    assert found.state.legs[0].exit_price == D("97.5")


def test_a_path_that_stays_inside_fires_nothing() -> None:
    found = replay(armed({"positions": [leg(stoploss_pct=2)]}), path(100, 101, 99))
    assert found.fired == ()
    assert [step.profit_pct for step in found.steps] == [None] * 3


def test_one_leg_ends_and_the_other_goes_on() -> None:
    state = armed(
        {
            "positions": [leg(stoploss_pct=2), leg(symbol=TCS, side="SELL", target_pct=10)],
            "basket": {"stoploss_pct": 50},
        }
    )
    moments = [
        Moment(at=NOW, prices={INFY: D(97), TCS: D(100)}),
        Moment(at=NOW + timedelta(minutes=1), prices={TCS: D(95)}),
        Moment(at=NOW + timedelta(minutes=2), prices={TCS: D(89)}),
    ]
    found = replay(state, moments)
    assert [(step.index, step.triggers[0].rule.value) for step in found.fired] == [
        (0, "position_stoploss"),
        (2, "position_target"),
    ]
    assert found.steps[1].profit_pct == 1  # 5 earned on TCS, 3 lost on INFY, of 200


def test_a_missing_price_blinds_the_basket_until_it_comes() -> None:
    state = armed(
        {
            "positions": [leg(stoploss_pct=90), leg(symbol=TCS, stoploss_pct=90)],
            "basket": {"stoploss_pct": 5},
        }
    )
    moments = [
        Moment(at=NOW, prices={INFY: D(80)}),
        Moment(at=NOW + timedelta(minutes=1), prices={TCS: D(100)}),
    ]
    found = replay(state, moments)
    assert [step.index for step in found.fired] == [1]
    assert found.fired[0].profit_pct == -10


def test_profits_alone_drive_the_basket_and_its_trailing() -> None:
    rules = {"trailing_activate_pct": 5, "trailing_drawdown_pct": 3}
    state = armed({"positions": [leg(stoploss_pct=1)], "basket": rules})
    profits = [D(-20), D(4), D(6), D(9), D("6.5"), D(6)]
    moments = [
        Moment(at=NOW + timedelta(minutes=n), profit_pct=one) for n, one in enumerate(profits)
    ]
    found = replay(state, moments)
    (fired,) = found.fired
    assert (fired.index, fired.peak_pct) == (5, 9)
    assert fired.triggers[0].rule == "basket_trailing"


def test_a_silent_worker_and_the_clock_are_part_of_the_path() -> None:
    operations = {"exit_on_worker_stale": True, "worker_stale_sec": 60}
    state = armed({"positions": [leg(stoploss_pct=50)], "operations": operations})
    moments = [
        Moment(at=NOW + timedelta(seconds=age), prices={INFY: D(100)}, worker_age_s=age)
        for age in (30, 59, 60)
    ]
    assert replay(state, moments).fired[0].triggers[0].rule == "worker_stale"


@given(prices=st.lists(st.integers(80, 120), min_size=1, max_size=30))
def test_a_replay_fires_where_watching_would_have(prices: list[int]) -> None:
    """The law: the first trigger of a replay is that of checking tick by tick."""
    state = armed({"positions": [leg(stoploss_pct=5, trailing_stoploss_pct=8, target_pct=12)]})
    found = replay(state, path(*prices))
    watched, first = state, None
    for n, price in enumerate(prices):
        now = NOW + timedelta(minutes=n)
        ticks = {INFY: tick_at(INFY, D(price), now)}
        seen = check(watched, positions_of(watched, now), ticks, at(now=now))
        watched = seen.state
        if seen.triggers:
            first = (n, seen.triggers[0].message)
            break
    told = found.fired[0] if found.fired else None
    assert first == (told and (told.index, told.triggers[0].message))
