"""The life of a protection: claims, updates, splits, what is stored and shown (KN-05)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tradertape_core.kernel.errors import InvalidInput, InvariantBroken
from tradertape_core.ledger.corporate import CorporateAction
from tradertape_core.orders.codec import from_document, to_document
from tradertape_core.risk.protection import check
from tradertape_core.risk.protection_rescaling import rescaled
from tradertape_core.risk.protection_snapshot import protection_snapshot
from tradertape_core.risk.protection_state import (
    ProtectionState,
    ProtectionStatus,
    anew,
    begin_exit,
    exit_band_pct,
    fail_exit,
    finish_exit,
    stranded,
)

from .conftest import NOW
from .protecting import INFY, TCS, armed, at, leg

S = ProtectionStatus


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


def test_a_run_that_is_armed_again_and_again_keeps_its_last_claims_alone(held, ticks):
    state = ProtectionState()
    for _ in range(30):
        state = armed({"positions": [leg(stoploss_pct=2)]}, state)
        found = check(state, [held(INFY, 10)], ticks({INFY: 90}), at())
        name = found.triggers[0].claim.claim_id
        state = finish_exit(begin_exit(found.state, name), name, {})
    assert (state.generation, state.last_claim.claim_id) == (30, name)
    assert len(to_document(state)["claims"]) < 15


def test_a_run_that_begins_anew_keeps_the_numbers_and_nothing_else(held, ticks):
    state, claim = triggered(held, ticks)
    fresh = anew(begin_exit(state, claim), now=NOW, reason="run opened again")
    assert (fresh.status, fresh.is_exiting, fresh.claims) == (S.UNARMED, False, ())
    found = check(fresh, [held(INFY, 10)], ticks({INFY: 80}), at())
    assert found.triggers == ()
    shown = protection_snapshot(fresh)
    assert (shown["generation"], shown["reason"]) == (2, "run opened again")
    later = armed({"positions": [leg(stoploss_pct=2)]}, state=fresh)
    assert (later.generation, later.protection.version, later.status) == (3, 3, S.ARMED)
