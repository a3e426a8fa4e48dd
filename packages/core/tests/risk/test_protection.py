"""When a rule of a position or of a run fires, and that it fires once (KN-02, KN-04)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tradertape_core.orders.order import Product, Side
from tradertape_core.risk.protection import check
from tradertape_core.risk.protection_state import (
    ProtectionStatus,
    Rule,
    begin_exit,
    finish_exit,
)

from .conftest import NOW
from .protecting import INFY, TCS, armed, at, leg

S = ProtectionStatus


def run(state, positions, prices, ticks, **around):
    """Feed prices one by one; the first evaluation with a trigger, or the last."""
    for price in prices:
        found = check(state, positions, ticks({INFY: price}), at(**around))
        state = found.state
        if found.triggers:
            return found
    return found


@pytest.mark.parametrize(
    ("side", "rules", "prices", "rule", "level"),
    [
        ("BUY", {"stoploss_pct": 2}, ["98.01"], None, ""),
        ("BUY", {"stoploss_pct": 2}, ["98"], Rule.POSITION_STOPLOSS, "₹98.00"),
        ("BUY", {"stoploss_pct": 2}, ["90"], Rule.POSITION_STOPLOSS, "₹98.00"),
        ("SELL", {"stoploss_pct": 2}, ["101.95"], None, ""),
        ("SELL", {"stoploss_pct": 2}, ["102"], Rule.POSITION_STOPLOSS, "₹102.00"),
        ("BUY", {"target_pct": 5}, ["104.95", "105"], Rule.POSITION_TARGET, "₹105.00"),
        ("SELL", {"target_pct": 5}, ["95.05", "95"], Rule.POSITION_TARGET, "₹95.00"),
        ("BUY", {"trailing_stoploss_pct": 3}, ["100", "110", "107.05"], None, ""),
        (
            "BUY",
            {"trailing_stoploss_pct": 3},
            ["100", "110", "107"],  # three percent of the entry behind the best
            Rule.POSITION_TRAILING_STOPLOSS,
            "₹107.00",
        ),
        (
            "SELL",
            {"trailing_stoploss_pct": 3},
            ["100", "90", "95", "93"],
            Rule.POSITION_TRAILING_STOPLOSS,
            "₹93.00",
        ),
        # armed under water: it trails from where the market was, not from the entry
        ("BUY", {"trailing_stoploss_pct": 3}, ["95", "92.05"], None, ""),
        ("BUY", {"trailing_stoploss_pct": 3}, ["95", "92"], Rule.POSITION_TRAILING_STOPLOSS, "₹92"),
        (
            "BUY",
            {"stoploss_pct": 2, "trailing_stoploss_pct": 1},
            ["98.5", "97"],
            Rule.POSITION_STOPLOSS,  # both are hit: the stop is named
            "₹98.00",
        ),
    ],
)
def test_a_position_rule_fires_at_its_level(side, rules, prices, rule, level, held, ticks):
    state = armed({"positions": [leg(side, **rules)]})
    positions = [held(INFY, 10 if side == "BUY" else -10)]
    found = run(state, positions, prices, ticks)
    if rule is None:
        assert found.triggers == ()
        return
    (trigger,) = found.triggers
    assert (trigger.rule, trigger.claim.scope) == (rule, "position:0")
    assert level in trigger.message
    assert INFY in trigger.message
    (order,) = trigger.exits
    assert (order.side, order.quantity) == (Side.SELL if side == "BUY" else Side.BUY, 10)
    assert found.state.status is S.TRIGGERED
    # the same tick again: it was claimed
    assert check(found.state, positions, ticks({INFY: prices[-1]}), at()).triggers == ()


@pytest.mark.parametrize(
    ("prices", "more"),
    [
        ({INFY: 50}, {"age": 5.5}),
        ({INFY: "NaN"}, {}),
        ({INFY: 0}, {}),
        ({INFY: 10}, {"close": Decimal(100)}),
        ({INFY: 50}, {"lower_circuit": Decimal(80)}),
        ({TCS: 50}, {}),
    ],
)
def test_without_a_fresh_plausible_tick_nothing_fires_and_it_is_said(prices, more, held, ticks):
    state = armed({"positions": [leg(stoploss_pct=2)], "basket": {"stoploss_pct": 1}})
    found = check(state, [held(INFY, 10)], ticks(prices, **more), at())
    assert (found.triggers, found.blind, found.changed) == ((), (INFY,), False)


def test_only_what_is_open_is_exited(held, ticks):
    state = armed({"positions": [leg(stoploss_pct=2, quantity=10)]})
    (trigger,) = check(state, [held(INFY, 4)], ticks({INFY: 90}), at()).triggers
    assert trigger.exits[0].quantity == 4


@pytest.mark.parametrize("quantity", [0, -10])
def test_a_leg_without_its_position_rests(quantity, held, ticks):
    state = armed({"positions": [leg(stoploss_pct=2)]})
    found = check(state, [held(INFY, quantity)], ticks({INFY: 50}), at())
    assert (found.triggers, found.blind) == ((), ())
    assert found.state.legs[0].best_price is None


def test_two_legs_never_claim_the_same_unit(held, ticks):
    state = armed({"positions": [leg(stoploss_pct=2), leg(entry=110, stoploss_pct=2)]})
    found = check(state, [held(INFY, 15)], ticks({INFY: 90}), at())
    assert [one.exits[0].quantity for one in found.triggers] == [10, 5]


def operations(**rules):
    return {"operations": rules}


def test_a_silent_worker_makes_the_run_leave(held, ticks):
    state = armed(operations(exit_on_worker_stale=True, worker_stale_sec=60))
    positions = [held(INFY, 10), held(TCS, -5, 200, product=Product.CNC)]
    assert check(state, positions, {}, at(worker_age_s=59.9)).triggers == ()
    assert check(state, positions, {}, at()).triggers == ()
    found = check(state, positions, {}, at(worker_age_s=60))
    (trigger,) = found.triggers
    assert (trigger.rule, trigger.whole_run) == (Rule.WORKER_STALE, True)
    assert [one.instrument for one in trigger.exits] == [TCS, INFY]
    assert check(found.state, positions, {}, at(worker_age_s=90)).triggers == ()


def test_intraday_positions_are_squared_off_before_the_close(held, ticks):
    document = {"positions": [leg(stoploss_pct=2)], **operations(mis_squareoff_buffer_sec=300)}
    state = armed(document)
    close = NOW + timedelta(seconds=301)
    positions = [held(INFY, 15), held(TCS, 3, 200, product=Product.CNC)]
    prices = ticks({INFY: 90})
    early = check(state, positions, ticks({INFY: 100}), at(mis_close_at={"NSE": close}))
    assert early.triggers == ()
    (trigger,) = check(
        state, positions, prices, at(mis_close_at={"NSE": close - timedelta(seconds=1)})
    ).triggers
    assert trigger.rule is Rule.MIS_SQUAREOFF
    assert [(one.instrument, one.quantity) for one in trigger.exits] == [(INFY, 15)]
    assert trigger.claim.covers == ("mis_squareoff", "position:0")


def test_square_off_leaves_units_that_are_being_exited(held, ticks):
    document = {"positions": [leg(stoploss_pct=2)], **operations(mis_squareoff_buffer_sec=300)}
    found = check(armed(document), [held(INFY, 15)], ticks({INFY: 90}), at())
    found = check(found.state, [held(INFY, 15)], ticks({INFY: 90}), at(mis_close_at={"NSE": NOW}))
    assert [(one.rule, one.exits[0].quantity) for one in found.triggers] == [
        (Rule.MIS_SQUAREOFF, 5)
    ]


def test_square_off_waits_while_nothing_is_intraday(held):
    state = armed(operations(mis_squareoff_buffer_sec=0))
    positions = [held(INFY, 1, product=Product.CNC)]
    assert check(state, positions, {}, at(mis_close_at={"NSE": NOW})).triggers == ()


PUT = "NFO:NIFTY26NOV24000PE"


def test_every_exchange_is_squared_off_at_its_own_time(held, ticks):
    """KN-04: contracts trade on when shares are squared off."""
    state = armed(operations(mis_squareoff_buffer_sec=0))
    positions = [held(INFY, 10), held(PUT, -75)]
    closes = {"NSE": NOW, "NFO": NOW + timedelta(minutes=15)}
    (first,) = check(state, positions, {}, at(mis_close_at=closes)).triggers
    assert [one.instrument for one in first.exits] == [INFY]
    found = check(state, positions, {}, at(mis_close_at=closes))
    again = check(found.state, positions, {}, at(mis_close_at=closes))
    assert again.triggers == ()
    late = at(now=NOW + timedelta(minutes=15), mis_close_at=closes)
    (second,) = check(found.state, [held(PUT, -75)], {}, late).triggers
    assert [one.instrument for one in second.exits] == [PUT]
    assert first.claim.claim_id != second.claim.claim_id


def test_the_square_off_comes_every_day(held):
    closes = {"NSE": NOW}
    state, names = armed(operations(mis_squareoff_buffer_sec=0)), []
    for _ in range(2):
        found = check(state, [held(INFY, 10)], {}, at(mis_close_at=closes))
        names.append(found.triggers[0].claim.claim_id)
        state = begin_exit(found.state, names[-1])
        assert check(state, [held(INFY, 10)], {}, at(mis_close_at=closes)).triggers == ()
        state = finish_exit(state, names[-1], {})
        assert check(state, [], {}, at(mis_close_at=closes)).triggers == ()
    assert len(set(names)) == 2
