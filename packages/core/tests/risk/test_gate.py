"""Every rule of the gate, and the one law above them: an exit is never refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.orders.commands import PlaceOrder
from tradertape_core.orders.denials import DenialReason
from tradertape_core.orders.order import OrderRequest, OrderType, Product, Side, Variety
from tradertape_core.risk.gate import check, check_change, is_reducing
from tradertape_core.risk.rules import RULES, RiskFacts, RiskLimits

NOW = datetime(2026, 6, 1, 5, 0, tzinfo=UTC)  # 10:30 in India
R = DenialReason
CALM = RiskFacts(now=NOW, last_price=Decimal(100), tick_age_s=1.0, capital_paise=10_000_000)


def order(side=Side.BUY, quantity=10, **more):
    values = {
        "exchange": "NSE",
        "tradingsymbol": "INFY",
        "side": side,
        "product": Product.MIS,
        "order_type": OrderType.MARKET,
        "quantity": quantity,
    }
    request = OrderRequest(**(values | more))
    return PlaceOrder(
        order_id="o1", account="1", run_id="r1", key="key-0001", venue="paper", request=request
    )


def limit(price, **more):
    return order(order_type=OrderType.LIMIT, price=Decimal(str(price)), **more)


def facts(limits=None, **more):
    return replace(CALM, limits=RiskLimits(**(limits or {})), **more)


def reasons(command, given_facts):
    return [one.reason for one in check(command, given_facts)]


def test_a_calm_day_refuses_nothing():
    assert check(order(), CALM) == ()
    assert check(limit(103), CALM) == ()


@pytest.mark.parametrize(
    ("command", "given_facts", "reason", "words"),
    [
        (order(), facts(kill_switch="stopped by Asha"), R.KILL_SWITCH_ACTIVE, "stopped by Asha"),
        (order(), facts(halted="until tomorrow"), R.TRADING_HALTED, "until tomorrow"),
        (
            order(),
            facts({"daily_loss_paise": 2_000_000}, day_pnl_paise=-2_134_000),
            R.DAILY_LOSS_LIMIT,
            'Rejected by rule "Daily loss limit": today\'s loss ₹21,340 is over the limit ₹20,000',
        ),
        (
            order(),
            facts({"daily_loss_pct": Decimal(2)}, day_pnl_paise=-200_000),
            R.DAILY_LOSS_LIMIT,
            "₹2,000 has reached the limit ₹2,000",
        ),
        (
            order(),
            facts(
                {"daily_loss_paise": 900_000, "daily_loss_pct": Decimal(2)}, day_pnl_paise=-200_050
            ),
            R.DAILY_LOSS_LIMIT,
            "₹2,000.50 is over the limit ₹2,000",  # the smaller limit counts
        ),
        (order(), facts({"max_orders_per_day": 50}, orders_today=50), R.MAX_ORDERS_REACHED, "50"),
        (order(), facts({"max_order_value_paise": 99_999}), R.MAX_ORDER_VALUE, "₹1,000"),
        (limit(101), facts({"max_order_value_paise": 100_000}), R.MAX_ORDER_VALUE, "₹1,010"),
        (
            order(),
            facts({"max_positions": 2}, open_instruments=frozenset({"NSE:A", "NSE:B"})),
            R.MAX_POSITIONS,
            "2 are open",
        ),
        (
            order(),
            facts({"max_per_symbol_pct": Decimal(15)}, symbol_exposure_paise=1_400_001),
            R.MAX_PER_SYMBOL,
            "NSE:INFY",
        ),
        (
            order(),
            facts({"exposure_pct": Decimal(100)}, gross_exposure_paise=9_900_001),
            R.EXPOSURE_CAP,
            "the limit is ₹1,00,000",
        ),
        (
            order(),
            facts({"allocation_paise": 500_000}, gross_exposure_paise=450_000),
            R.ALLOCATION_CAP_REACHED,
            "₹5,500",
        ),
        (
            order(),
            facts({"cash_buffer_pct": Decimal(5)}, required_paise=600_000, free_paise=1_000_000),
            R.CASH_BUFFER,
            "₹4,000 would stay free",
        ),
        (
            limit("105.05"),
            CALM,
            R.PRICE_BAND,
            "5.05% away from the last price ₹100.00; the limit is 5%: ₹95.00 to ₹105.00",
        ),
        (limit("94.90"), CALM, R.PRICE_BAND, "price"),
        (
            order(order_type=OrderType.SL_M, trigger_price=Decimal(120)),
            CALM,
            R.PRICE_BAND,
            "trigger_price",
        ),
        (limit(141), facts(is_option=True), R.PRICE_BAND, "the limit is 40%: ₹60.00 to ₹140.00"),
        (order(), facts(tick_age_s=31.0), R.MARKET_DATA_STALE, "a price 31 s old"),
        (order(), facts(last_price=None), R.MARKET_DATA_STALE, "no price"),
        (order(), facts(tick_age_s=None), R.MARKET_DATA_STALE, "no price"),
        (
            order(),
            facts({"window": (time(9, 20), time(10, 30))}),
            R.TIME_WINDOW,
            "from 09:20 to 10:30",
        ),
        (order(), facts({"allowed": frozenset({"NSE:TCS"})}), R.SYMBOL_NOT_ALLOWED, "NSE:INFY"),
        (order(), facts({"refused": frozenset({"NSE:INFY"})}), R.SYMBOL_NOT_ALLOWED, "NSE:INFY"),
        (
            order(),
            facts({"duplicate_within_s": 60.0}, same_order_age_s=12.0),
            R.DUPLICATE_ORDER,
            "12 s ago",
        ),
    ],
)
def test_a_rule_refuses_with_its_reason_and_words(command, given_facts, reason, words):
    (found,) = check(command, given_facts)
    assert found.reason is reason
    assert words in found.message


@pytest.mark.parametrize(
    ("command", "given_facts"),
    [
        (order(), facts({"daily_loss_paise": 2_000_000}, day_pnl_paise=-1_999_999)),
        (order(), facts({"daily_loss_paise": 0}, day_pnl_paise=100)),
        (order(), facts({"max_orders_per_day": 50}, orders_today=49)),
        (order(), facts({"max_order_value_paise": 100_000})),
        (order(), facts({"max_positions": 1}, open_instruments=frozenset({"NSE:INFY"}))),
        (order(), facts({"max_per_symbol_pct": Decimal(1)})),
        (order(), facts({"exposure_pct": Decimal(100)}, gross_exposure_paise=9_900_000)),
        (order(), facts({"cash_buffer_pct": Decimal(5)})),  # what is free is not known here
        (limit(105), CALM),
        (limit(140), facts(is_option=True)),
        (limit(500), facts({"price_band_pct": None})),
        (order(), facts(tick_age_s=30.0)),
        (order(variety=Variety.AMO), facts(tick_age_s=40_000.0)),
        (order(), facts({"stale_after_s": None}, last_price=None)),
        (order(), facts({"window": (time(10, 30), time(15, 15))})),
        (order(), facts({"duplicate_within_s": 60.0}, same_order_age_s=60.0)),
        (order(), facts({"duplicate_within_s": 60.0})),
        (order(), facts({"allowed": frozenset({"NSE:INFY"})})),
    ],
)
def test_up_to_its_limit_a_rule_is_silent(command, given_facts):
    assert check(command, given_facts) == ()


def test_every_reason_is_given_at_once():
    limits = {"max_order_value_paise": 1, "allocation_paise": 1, "max_orders_per_day": 0}
    found = reasons(limit(200), facts(limits, kill_switch="why", tick_age_s=99.0))
    assert found == [
        R.KILL_SWITCH_ACTIVE,
        R.MAX_ORDERS_REACHED,
        R.MARKET_DATA_STALE,
        R.PRICE_BAND,
        R.MAX_ORDER_VALUE,
        R.ALLOCATION_CAP_REACHED,
    ]


@pytest.mark.parametrize(
    ("side", "quantity", "held", "exiting", "reducing"),
    [
        (Side.SELL, 10, 10, 0, True),
        (Side.SELL, 11, 10, 0, False),
        (Side.SELL, 10, 10, 1, False),  # one unit is being sold already: this would go short
        (Side.SELL, 9, 10, 1, True),
        (Side.BUY, 10, 10, 0, False),
        (Side.BUY, 5, -5, 0, True),
        (Side.BUY, 6, -5, 0, False),
        (Side.SELL, 1, -5, 0, False),
        (Side.SELL, 1, 0, 0, False),
    ],
)
def test_an_order_reduces_only_what_is_open_and_not_leaving(
    side, quantity, held, exiting, reducing
):
    given_facts = facts(position_quantity=held, exiting_quantity=exiting)
    assert is_reducing(order(side, quantity).request, given_facts) is reducing


@settings(max_examples=100)
@given(
    held=st.integers(1, 1_000),
    part=st.integers(1, 1_000),
    short=st.booleans(),
    price=st.integers(1, 10**6),
    loss=st.integers(0, 10**9),
)
def test_an_exit_is_never_refused(held, part, short, price, loss):
    """D5: whatever every rule says, what only reduces passes."""
    limits = {
        "daily_loss_paise": 1,
        "max_orders_per_day": 0,
        "max_order_value_paise": 0,
        "max_positions": 0,
        "exposure_pct": Decimal(0),
        "allocation_paise": 0,
        "allowed": frozenset(),
        "window": (time(0), time(0)),
    }
    given_facts = facts(
        limits,
        kill_switch="all stop",
        halted="all stop",
        day_pnl_paise=-loss,
        last_price=None,
        position_quantity=-held if short else held,
    )
    side = Side.BUY if short else Side.SELL
    command = limit(price, side=side, quantity=min(part, held))
    assert check(command, given_facts) == ()
    assert len(check(limit(price, side=side.opposite), given_facts)) >= 8


def test_no_rule_is_asked_twice_or_forgotten():
    assert len(set(RULES)) == len(RULES) == 15


def test_an_after_market_order_that_nobody_can_price_is_refused():
    unknown = facts(last_price=None, tick_age_s=None)
    assert reasons(order(variety=Variety.AMO), unknown) == [R.MARKET_DATA_STALE]
    assert reasons(limit(100, variety=Variety.AMO), unknown) == []


def test_new_terms_are_refused_for_what_a_new_order_would_be_but_for_what_counts_orders():
    full = facts(
        {"max_orders_per_day": 1, "max_positions": 0, "max_order_value_paise": 50_000},
        orders_today=5,
    )
    codes = [one.reason for one in check_change(order().request, full)]
    assert codes == [R.MAX_ORDER_VALUE]
    assert check_change(order().request, CALM) == ()


@pytest.mark.parametrize(
    ("command", "held", "exiting", "is_refused"),
    [
        # A target at +8 % rests; the stop at -8 % beside it is not judged by its distance.
        (order(Side.SELL, order_type=OrderType.SL_M, trigger_price=Decimal(92)), 10, 10, False),
        (limit(108, side=Side.SELL), 10, 0, False),
        (limit(92), -10, 10, False),
        (limit(92), 10, 0, True),  # one that adds to the position
        (limit(108, side=Side.SELL, quantity=11), 10, 0, True),  # one that would go short
        (limit(108, side=Side.SELL), 0, 0, True),
    ],
)
def test_the_price_band_is_not_for_exits(command, held, exiting, is_refused):
    found = reasons(command, facts(position_quantity=held, exiting_quantity=exiting))
    assert (R.PRICE_BAND in found) == is_refused
