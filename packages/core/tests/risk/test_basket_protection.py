"""When a basket of a run is left: what its legs come to together (KN-03)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tradertape_core.orders.order import Side
from tradertape_core.risk.protection import check
from tradertape_core.risk.protection_state import (
    ProtectionStatus,
    Rule,
    begin_exit,
    finish_exit,
)

from .protecting import INFY, TCS, armed, at, leg

S = ProtectionStatus

BOTH = [leg(), leg("SELL", quantity=5, entry=200, symbol=TCS)]


@pytest.mark.parametrize(
    ("rules", "prices", "rule"),
    [
        # entry value 2,000 rupees
        ({"stoploss_pct": 4}, [(100, 215.95), (96, 208)], Rule.BASKET_STOPLOSS),
        ({"stoploss_pct": 4}, [(100, 215.95), (110, 230)], None),
        ({"target_pct": 3}, [(105, 200), (104, 196)], Rule.BASKET_TARGET),
        (
            {"trailing_activate_pct": 5, "trailing_drawdown_pct": 2},
            [(108, 200), (104, 200), (110, 200), (112, 200), (108, 200)],
            Rule.BASKET_TRAILING,  # from 6% to 4%; the fall before it was active did not count
        ),
        (
            {"trailing_activate_pct": 5, "trailing_drawdown_pct": 2},
            [(108, 200), (90, 200), (80, 200)],
            None,
        ),
    ],
)
def test_a_basket_rule_watches_all_legs_together(rules, prices, rule, held, ticks):
    legs = [dict(one, target_pct=1_000) for one in BOTH]
    state = armed({"positions": legs, "basket": rules})
    positions = [held(INFY, 10), held(TCS, -5, 200)]
    for infy, tcs in prices:
        found = check(state, positions, ticks({INFY: infy, TCS: tcs}), at())
        state = found.state
    if rule is None:
        assert found.triggers == ()
        return
    (trigger,) = found.triggers
    assert trigger.rule is rule
    assert [(one.instrument, one.side) for one in trigger.exits] == [
        (TCS, Side.BUY),
        (INFY, Side.SELL),
    ]
    assert set(state.statuses.values()) == {S.TRIGGERED}


def test_a_basket_takes_its_legs_along(held, ticks):
    state = armed({"positions": [leg(stoploss_pct=2)], "basket": {"stoploss_pct": 2}})
    (trigger,) = check(state, [held(INFY, 10)], ticks({INFY: 95}), at()).triggers
    assert trigger.rule is Rule.BASKET_STOPLOSS
    assert trigger.claim.covers == ("basket", "position:0")


@pytest.mark.parametrize(
    ("rules", "prices", "rule"),
    [
        ({"stoploss_pct": 4}, [(100, 215.95), (96, 208)], Rule.BASKET_STOPLOSS),
        ({"stoploss_pct": 4}, [(100, 215.95), (97, 200)], None),
        (
            {"trailing_activate_pct": 5, "trailing_drawdown_pct": 2},
            [(112, 200), (108, 200)],
            Rule.BASKET_TRAILING,
        ),
    ],
)
def test_a_basket_that_names_no_positions_is_all_the_run_holds(rules, prices, rule, held, ticks):
    state = armed({"basket": rules})
    positions = [held(INFY, 10), held(TCS, -5, 200)]
    for infy, tcs in prices:
        found = check(state, positions, ticks({INFY: infy, TCS: tcs}), at())
        state = found.state
    assert state.legs == ()
    if rule is None:
        assert found.triggers == ()
        return
    (trigger,) = found.triggers
    assert trigger.rule is rule
    assert [(one.instrument, one.side, one.quantity) for one in trigger.exits] == [
        (TCS, Side.BUY, 5),
        (INFY, Side.SELL, 10),
    ]
    claim = trigger.claim.claim_id
    done = finish_exit(begin_exit(state, claim), claim, {})
    assert done.status is S.DONE


def test_a_basket_alone_rests_while_nothing_is_held(held, ticks):
    found = check(armed({"basket": {"stoploss_pct": 1}}), [held(INFY, 0)], ticks({INFY: 1}), at())
    assert (found.triggers, found.blind, found.changed) == ((), (), False)


def test_a_basket_with_an_unseen_leg_does_not_guess(held, ticks):
    legs = [dict(one, target_pct=1_000) for one in BOTH]
    state = armed({"positions": legs, "basket": {"stoploss_pct": 1}})
    found = check(state, [held(INFY, 10), held(TCS, -5, 200)], ticks({INFY: 50}), at())
    assert (found.triggers, found.blind) == ((), (TCS,))


def test_a_leg_exited_by_its_stop_still_counts_in_the_basket(held, ticks):
    legs = [leg(stoploss_pct=5), leg("SELL", quantity=5, entry=200, symbol=TCS, stoploss_pct=50)]
    state = armed({"positions": legs, "basket": {"stoploss_pct": 4}})
    positions = [held(INFY, 10), held(TCS, -5, 200)]
    found = check(state, positions, ticks({INFY: 95, TCS: 200}), at())
    claim = found.triggers[0].claim.claim_id
    state = finish_exit(begin_exit(found.state, claim), claim, {"position:0": Decimal(95)})
    assert state.status is S.ARMED
    left = [held(INFY, 0), held(TCS, -5, 200)]
    assert check(state, left, ticks({TCS: 205}), at()).triggers == ()
    (trigger,) = check(state, left, ticks({TCS: 206}), at()).triggers  # 50 + 30 of 2,000
    assert trigger.rule is Rule.BASKET_STOPLOSS
