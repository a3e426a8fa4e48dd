"""When a protection fires, and that it fires once (KN-01 to KN-05)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tradertape_core.kernel.errors import InvalidInput, InvariantBroken
from tradertape_core.ledger.corporate import CorporateAction
from tradertape_core.orders.codec import from_document, to_document
from tradertape_core.orders.order import Product, Side
from tradertape_core.risk.protection import check
from tradertape_core.risk.protection_snapshot import protection_snapshot
from tradertape_core.risk.protection_state import (
    ProtectionState,
    ProtectionStatus,
    Rule,
    begin_exit,
    exit_band_pct,
    fail_exit,
    finish_exit,
    rescaled,
    stranded,
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
    early = check(state, positions, ticks({INFY: 100}), at(mis_close_at=close))
    assert early.triggers == ()
    (trigger,) = check(
        state, positions, prices, at(mis_close_at=close - timedelta(seconds=1))
    ).triggers
    assert trigger.rule is Rule.MIS_SQUAREOFF
    assert [(one.instrument, one.quantity) for one in trigger.exits] == [(INFY, 15)]
    assert trigger.claim.covers == ("mis_squareoff", "position:0")


def test_square_off_leaves_units_that_are_being_exited(held, ticks):
    document = {"positions": [leg(stoploss_pct=2)], **operations(mis_squareoff_buffer_sec=300)}
    found = check(armed(document), [held(INFY, 15)], ticks({INFY: 90}), at())
    found = check(found.state, [held(INFY, 15)], ticks({INFY: 90}), at(mis_close_at=NOW))
    assert [(one.rule, one.exits[0].quantity) for one in found.triggers] == [
        (Rule.MIS_SQUAREOFF, 5)
    ]


def test_square_off_waits_while_nothing_is_intraday(held):
    state = armed(operations(mis_squareoff_buffer_sec=0))
    positions = [held(INFY, 1, product=Product.CNC)]
    assert check(state, positions, {}, at(mis_close_at=NOW)).triggers == ()


def triggered(held, ticks):
    state = armed({"positions": [leg(stoploss_pct=2)]})
    found = check(state, [held(INFY, 10)], ticks({INFY: 90}), at())
    return found.state, found.triggers[0].claim.claim_id


def test_a_claim_goes_from_triggered_over_exiting_to_done(held, ticks):
    state, claim = triggered(held, ticks)
    assert stranded(state, NOW + timedelta(seconds=15)) == ()
    assert [one.claim_id for one in stranded(state, NOW + timedelta(seconds=16))] == [claim]
    state = begin_exit(state, claim)
    assert (state.status, state.is_exiting) == (S.EXITING, True)
    assert stranded(state, NOW + timedelta(hours=1)) == ()
    state = finish_exit(state, claim, {"position:0": Decimal("89.5")})
    assert (state.status, state.is_exiting) == (S.DONE, False)
    assert state.legs[0].exit_price == Decimal("89.5")


def test_a_failed_exit_is_tried_again_with_a_wider_band(held, ticks):
    state, claim = triggered(held, ticks)
    state = fail_exit(begin_exit(state, claim), claim, "Kite says: no buyers")
    assert (state.status, state.last_claim.reason) == (S.FAILED, "Kite says: no buyers")
    state = begin_exit(state, claim)
    assert state.last_claim.attempts == 2
    bands = [exit_band_pct(attempt) for attempt in range(1, 7)]
    assert bands == sorted(bands)
    assert bands[0] < bands[1]
    assert finish_exit(state, claim, {}).last_claim.reason is None


def test_a_done_claim_is_final(held, ticks):
    state, claim = triggered(held, ticks)
    with pytest.raises(InvariantBroken, match="cannot become done"):
        finish_exit(state, claim, {})
    with pytest.raises(InvariantBroken, match="no trigger has"):
        begin_exit(state, "g9:basket")


def test_an_update_starts_a_generation_and_raises_the_version():
    first = armed({"positions": [leg(stoploss_pct=2)]})
    second = armed({"positions": [leg(stoploss_pct=1)]}, first, reason="rebalance")
    assert (first.generation, second.generation) == (1, 2)
    assert (first.protection.version, second.protection.version) == (1, 2)
    assert (second.reason, second.status) == ("rebalance", S.ARMED)
    off = armed({"enabled": False, "version": 9}, second)
    assert (off.status, off.protection.version, off.statuses) == (S.UNARMED, 9, {})


def test_an_update_waits_for_an_exit_in_progress(held, ticks):
    state, _ = triggered(held, ticks)
    with pytest.raises(InvalidInput, match="in progress"):
        armed({"enabled": False}, state)


@pytest.mark.parametrize(("reset", "level"), [(True, None), (False, Decimal(117))])
def test_trailing_is_kept_or_reset_on_an_update(reset, level, held, ticks):
    document = {
        "positions": [leg(trailing_stoploss_pct=3)],
        "basket": {"trailing_activate_pct": 5, "trailing_drawdown_pct": 2},
    }
    state = check(armed(document), [held(INFY, 10)], ticks({INFY: 120}), at()).state
    fresh = armed(document, state, reset_trailing=reset)
    assert fresh.legs[0].trailing_price == level
    assert (fresh.basket.peak_pct is None) is reset


def split(**more):
    values = {
        "action_id": "s1",
        "instrument": INFY,
        "ex_date": date(2026, 6, 2),
        "new": 10,
        "old": 1,
    }
    return CorporateAction(**(values | more))


def test_a_split_overnight_moves_the_levels_and_fires_nothing(held, ticks):
    """FAULTS 4: 1:10 between close and open sends no exit."""
    state = armed({"positions": [leg(stoploss_pct=2, trailing_stoploss_pct=3)]})
    state = check(state, [held(INFY, 10)], ticks({INFY: 110}), at()).state
    after = rescaled(state, split())
    one = after.legs[0]
    assert (one.quantity, one.stop_price, one.trailing_price) == (
        100,
        Decimal("9.8"),
        Decimal("10.7"),
    )
    tomorrow = NOW + timedelta(days=1)
    prices = ticks({INFY: "10.80"}, at=tomorrow)
    assert check(after, [held(INFY, 100, 10)], prices, at(now=tomorrow)).triggers == ()
    assert rescaled(after, split()) is after


def test_a_protection_armed_on_the_ex_date_is_on_the_new_basis():
    state = armed({"positions": [leg(stoploss_pct=2)]})
    assert rescaled(state, split(ex_date=date(2026, 6, 1))).legs == state.legs
    assert rescaled(state, split(instrument=TCS)).legs == state.legs


def test_the_state_is_stored_and_read_back_whole(held, ticks):
    document = {
        "positions": [
            leg(stoploss_pct=2, target_pct=1.5),
            leg(symbol=TCS, trailing_stoploss_pct=1),
        ],
        "basket": {"trailing_activate_pct": 5, "trailing_drawdown_pct": 2},
        "operations": {"exit_on_worker_stale": True, "worker_stale_sec": 60},
    }
    positions = [held(INFY, 10), held(TCS, 10)]
    state = check(armed(document), positions, ticks({INFY: 98, TCS: 101}), at()).state
    assert state.status is S.TRIGGERED
    stored = json.loads(json.dumps(to_document(state)))
    assert from_document(ProtectionState, stored) == state


def test_a_worker_reads_status_rule_and_levels(held, ticks):
    assert protection_snapshot(ProtectionState())["status"] == "unarmed"
    state, claim = triggered(held, ticks)
    found = protection_snapshot(state)
    assert (found["status"], found["generation"]) == ("triggered", 1)
    assert (found["triggered_rule"], found["exit_claim_id"]) == ("position_stoploss", claim)
    assert found["legs"][0]["stop_price"] == 98.0
    assert found["backend_protection"]["version"] == 1
    assert json.dumps(found)
