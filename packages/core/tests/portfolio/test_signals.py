"""Every row of the life of a signal, and everything that is not a row."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.portfolio.signals import (
    ACTIVE,
    EXECUTED,
    EXPIRED,
    FAILED,
    IN_CART,
    NEXT,
    PARTIAL,
    PENDING,
    PLACING,
    REJECTED,
    TRIGGERED,
    UNKNOWN,
    Event,
    GttStatus,
    NotPossible,
    State,
    Status,
    after,
    placement_key,
)

ROWS = {
    "pending_approval → approve → in_cart": (PENDING, Event.APPROVE, "in_cart", None),
    "pending_approval → reject → rejected": (PENDING, Event.REJECT, "rejected", None),
    "in_cart → reject → rejected": (IN_CART, Event.REJECT, "rejected", None),
    "pending_approval → expire → expired": (PENDING, Event.EXPIRE, "expired", None),
    "in_cart → expire → expired": (IN_CART, Event.EXPIRE, "expired", None),
    "in_cart → place → approved/placing": (IN_CART, Event.PLACE, "approved", "placing"),
    "approved/placing → broker accepts → approved/active": (
        PLACING, Event.ACCEPTED, "approved", "active",
    ),
    "approved/placing → broker refuses → failed/rejected": (
        PLACING, Event.REFUSED, "failed", "rejected",
    ),
    "approved/placing → lost answer → approved/unknown": (
        PLACING, Event.LOST, "approved", "unknown",
    ),
    "approved/unknown → found → approved/active": (UNKNOWN, Event.ACCEPTED, "approved", "active"),
    "approved/unknown → not found → failed/rejected": (
        UNKNOWN, Event.REFUSED, "failed", "rejected",
    ),
    "approved/active → trigger seen → approved/triggered": (
        ACTIVE, Event.TRIGGER, "approved", "triggered",
    ),
    "triggered → partial fill → approved/partially_filled": (
        TRIGGERED, Event.PARTIAL_FILL, "approved", "partially_filled",
    ),
    "triggered → full fill → executed/filled": (TRIGGERED, Event.FILL, "executed", "filled"),
    "partially_filled → partial fill → approved/partially_filled": (
        PARTIAL, Event.PARTIAL_FILL, "approved", "partially_filled",
    ),
    "partially_filled → full fill → executed/filled": (PARTIAL, Event.FILL, "executed", "filled"),
    "partially_filled → day-end → executed/filled": (PARTIAL, Event.UNFILLED, "executed", "filled"),
    "triggered → order rejected → failed/rejected": (
        TRIGGERED, Event.ORDER_REJECTED, "failed", "rejected",
    ),
    "triggered → day-end unfilled limit → failed/rejected": (
        TRIGGERED, Event.UNFILLED, "failed", "rejected",
    ),
    "approved/active → valid_days over → expired/expired": (
        ACTIVE, Event.VALIDITY_OVER, "expired", "expired",
    ),
    "approved/active → broker shows disabled → cancelled/disabled": (
        ACTIVE, Event.DISABLED, "cancelled", "disabled",
    ),
    "approved/active → broker shows cancelled → cancelled/cancelled": (
        ACTIVE, Event.WITHDRAWN, "cancelled", "cancelled",
    ),
    "approved/active → broker shows deleted → cancelled/deleted": (
        ACTIVE, Event.DELETED, "cancelled", "deleted",
    ),
    "approved/active → user cancels → cancelled/cancelled": (
        ACTIVE, Event.CANCEL, "cancelled", "cancelled",
    ),
    "failed/rejected → retry → in_cart": (FAILED, Event.RETRY, "in_cart", None),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_sg_02_each_row_of_the_state_table_leads_where_it_says(row):
    state, event, status, gtt = ROWS[row]
    found = after(state, event, signal_id=12)
    assert (found.status, found.gtt) == (status, gtt)


def test_what_is_no_row_is_refused_and_changes_nothing():
    rows = {(state, event) for state, event, _, _ in ROWS.values()}
    states = [State(s, g) for s, g in product(Status, [None, *GttStatus])]
    refused = [pair for pair in product(states, Event) if pair not in rows]
    assert len(refused) == len(states) * len(Event) - len(rows)
    for state, event in refused:
        with pytest.raises(NotPossible):
            after(state, event, signal_id=12)


@pytest.mark.parametrize(
    ("state", "event", "words"),
    [
        (EXECUTED, Event.REJECT, "Signal 12 is executed and cannot be rejected"),
        (REJECTED, Event.APPROVE, "Signal 12 is rejected and cannot be approved"),
        (EXPIRED, Event.EXPIRE, "Signal 12 is expired and cannot be expired"),
        (PENDING, Event.PLACE, "Signal 12 is pending approval and cannot be placed"),
    ],
)
def test_a_refusal_says_what_the_signal_is(state, event, words):
    with pytest.raises(NotPossible, match=f"^{words}$"):
        after(state, event, signal_id=12)


def test_a_failed_signal_is_tried_three_times_at_most():
    assert after(FAILED, Event.RETRY, signal_id=12, attempts=2) == IN_CART
    with pytest.raises(NotPossible, match="tried 3 times"):
        after(FAILED, Event.RETRY, signal_id=12, attempts=3)


@given(st.lists(st.sampled_from(Event), max_size=30))
def test_whatever_happens_a_signal_is_placed_only_from_the_cart_and_ends_once(events):
    state, placed, ended = PENDING, 0, False
    for event in events:
        try:
            found = after(state, event, signal_id=1, attempts=placed)
        except NotPossible:
            continue
        if found == PLACING:
            assert state == IN_CART
            placed += 1
        assert not ended
        ended = found.is_over and found not in NEXT
        state = found
    assert placed <= 3


@pytest.mark.parametrize(
    ("state", "stage"),
    [
        (PENDING, "pending_approval"), (IN_CART, "in_cart"), (PLACING, "placed"),
        (ACTIVE, "placed"), (UNKNOWN, "placed"), (TRIGGERED, "triggered"),
        (PARTIAL, "triggered"), (EXECUTED, "filled"), (REJECTED, "rejected"),
        (EXPIRED, "expired"), (FAILED, "failed"),
    ],
)  # fmt: skip
def test_the_stage_is_one_word(state, stage):
    assert state.stage == stage


def test_a_placement_has_a_key_of_its_own_for_each_attempt():
    assert placement_key(12, 1) == "sig:12:a1"
    assert len({placement_key(i, a) for i in (1, 11, 111) for a in (1, 2, 3)}) == 9
