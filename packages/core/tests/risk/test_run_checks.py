"""The safety check and the gate are one function of facts, and it never refuses an exit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.orders.commands import PlaceOrder
from tradertape_core.orders.denials import DenialReason
from tradertape_core.orders.order import OrderRequest, OrderType, Product, Side, Variety
from tradertape_core.risk.gate import check, check_change, check_run
from tradertape_core.risk.protection_state import ProtectionStatus
from tradertape_core.risk.rules import RiskFacts, RiskLimits
from tradertape_core.risk.run_checks import RunFacts, SessionState, run_denials

NOW = datetime(2026, 6, 1, 5, 0, tzinfo=UTC)
R = DenialReason
CALM = RiskFacts(
    now=NOW, last_price=Decimal(100), tick_age_s=1.0, capital_paise=10_000_000, run=RunFacts()
)
WAITS_FOR_PRICES = {R.MARKET_DATA_STALE, R.MARKET_CLOSED}

runs = st.builds(
    RunFacts,
    status=st.sampled_from(["open", "halted", "exiting", "closed", "error"]),
    session=st.sampled_from(SessionState),
    protection=st.sampled_from(ProtectionStatus),
    requires_protection=st.booleans(),
    awaits_entry=st.booleans(),
    needs_recovery=st.booleans(),
    order_in_doubt=st.booleans(),
    is_feed_stale=st.booleans(),
    are_positions_stale=st.booleans(),
    is_market_closed=st.booleans(),
)
amounts = st.none() | st.integers(1, 1_000_000)
limits = st.builds(
    RiskLimits,
    allocation_paise=amounts,
    daily_loss_paise=amounts,
    max_orders_per_day=st.none() | st.integers(1, 5),
)
facts = st.builds(
    replace,
    st.just(CALM),
    run=runs,
    limits=limits,
    kill_switch=st.none() | st.just("by Asha"),
    halted=st.none() | st.just("its basket stop has triggered"),
    day_pnl_paise=st.integers(-1_000_000, 1_000_000),
    orders_today=st.integers(0, 6),
    gross_exposure_paise=st.integers(0, 1_000_000),
    added_exposure_paise=st.just(1),
    position_quantity=st.just(10),
)


def order(side=Side.BUY, variety=Variety.REGULAR):
    request = OrderRequest(
        exchange="NSE", tradingsymbol="INFY", side=side, product=Product.MIS,
        order_type=OrderType.MARKET, quantity=10, variety=variety,
    )  # fmt: skip
    return PlaceOrder(
        order_id="o1", account="1", run_id="r1", key="key-0001", venue="paper", request=request
    )


def reasons(found):
    return {one.reason for one in found}


@given(facts)
def test_the_check_and_the_gate_give_one_verdict_on_the_same_facts(known):
    checked, judged = check_run(known), check(order(), known)
    assert reasons(checked) == reasons(judged)


@given(facts)
def test_an_order_that_only_closes_is_never_refused(known):
    assert check(order(Side.SELL), known) == ()


@given(facts)
def test_an_after_market_order_waits_for_prices_and_for_the_market_but_for_nothing_else(known):
    judged = reasons(check(order(variety=Variety.AMO), known))
    assert judged == reasons(check_run(known)) - WAITS_FOR_PRICES


@given(facts)
def test_a_changed_order_is_refused_for_the_state_of_its_run_like_a_new_one(known):
    assert reasons(run_denials(known.run)) <= reasons(check_change(order().request, known))


@pytest.mark.parametrize(
    ("run", "reason", "words"),
    [
        ({"status": "closed", "status_reason": "exited"}, R.RUN_NOT_OPEN, "closed: exited"),
        ({"status": "exiting"}, R.RUN_EXITING, "being exited"),
        ({"session": SessionState.STALE}, R.SESSION_STALE, "send one"),
        ({"session": SessionState.RELEASED}, R.SESSION_NOT_CLAIMED, "claim it again"),
        ({"requires_protection": True}, R.PROTECTION_UNARMED, "none is armed"),
        (
            {"protection": ProtectionStatus.FAILED, "protection_reason": "the stop at 1,450"},
            R.PROTECTION_TRIGGERED,
            "has triggered: the stop at 1,450",
        ),
        ({"needs_recovery": True}, R.RECONCILIATION_REQUIRED, "reconciled"),
        ({"order_in_doubt": True}, R.RECONCILIATION_REQUIRED, "was lost"),
        ({"is_feed_stale": True}, R.MARKET_DATA_STALE, "no prices are coming in"),
        ({"are_positions_stale": True}, R.MARKET_DATA_STALE, "open positions"),
        ({"is_market_closed": True}, R.MARKET_CLOSED, "closed"),
    ],
)
def test_every_state_has_its_code_and_its_words(run, reason, words):
    (found,) = check(order(), replace(CALM, run=RunFacts(**run)))
    assert found.reason is reason
    assert words in found.message


@pytest.mark.parametrize(
    "run",
    [
        RunFacts(),
        RunFacts(session=SessionState.CLAIMED),
        RunFacts(status="halted"),  # what halts it is a rule of its own
        RunFacts(requires_protection=True, protection=ProtectionStatus.ARMED),
        RunFacts(requires_protection=True, awaits_entry=True),
    ],
)
def test_a_sound_run_is_refused_nothing(run):
    assert check(order(), replace(CALM, run=run)) == ()


def test_a_cap_is_reached_when_nothing_more_fits_in():
    limited = replace(CALM, limits=RiskLimits(allocation_paise=100_000))
    assert check_run(replace(limited, gross_exposure_paise=99_999)) == ()
    (found,) = check_run(replace(limited, gross_exposure_paise=100_000))
    assert found.message.endswith("uses, with its open orders filled, ₹1,000, the limit is ₹1,000")
