"""Mutual funds: allotments, redemptions and plans as days pass."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_sandbox.wire.kite.envelope import KiteError
from tradertape_sandbox.wire.kite.funds.account import FundAccount, fund_of

FUND = "INF000S01024"
NOW = datetime(2026, 8, 18, 10, 0, tzinfo=IST)
DAY = timedelta(days=1)


def buy(account: FundAccount, amount: int = 1000, at: datetime = NOW) -> str:
    order = account.place(FUND, "BUY", at, amount=Decimal(amount), quantity=None, tag=None)
    return order.order_id


def test_a_purchase_is_allotted_at_the_next_days_value() -> None:
    account = FundAccount()
    number = buy(account)
    account.advance(NOW + timedelta(hours=13))
    assert account.order(number).is_open
    account.advance(NOW + DAY)
    order = account.order(number)
    price = fund_of(FUND).value_on(date(2026, 8, 19))
    assert (order.status, order.average_price) == ("COMPLETE", price)
    assert account.holdings[FUND].quantity == order.quantity
    assert 0 <= 1000 - order.quantity * price < price / 1000 + 1


def test_units_are_redeemed_once() -> None:
    account = FundAccount()
    buy(account)
    account.advance(NOW + DAY)
    held = account.holdings[FUND].quantity
    account.place(FUND, "SELL", NOW + DAY, amount=None, quantity=held, tag=None)
    with pytest.raises(KiteError, match="can be redeemed"):
        account.place(FUND, "SELL", NOW + DAY, amount=None, quantity=held, tag=None)
    account.advance(NOW + 2 * DAY)
    assert account.holdings == {}


def test_a_cancelled_order_is_not_allotted() -> None:
    account = FundAccount()
    number = buy(account)
    account.cancel(number)
    account.advance(NOW + DAY)
    assert account.order(number).status == "CANCELLED"
    assert account.holdings == {}
    with pytest.raises(KiteError, match="cannot be cancelled"):
        account.cancel(number)


def test_a_plan_buys_on_its_days_until_its_end() -> None:
    account = FundAccount()
    plan = account.start_plan(
        FUND, NOW, amount=Decimal(500), instalments=2, frequency="monthly", instalment_day=20,
        tag="sip",
    )  # fmt: skip
    assert plan.next_on == date(2026, 8, 20)
    account.advance(NOW + timedelta(days=120))
    days = [order.placed_at.date() for order in account.orders.values()]
    assert days == [date(2026, 8, 20), date(2026, 9, 20)]
    assert (plan.completed, plan.pending) == (2, 0)


def test_a_paused_plan_buys_nothing() -> None:
    account = FundAccount()
    plan = account.start_plan(
        FUND, NOW, amount=Decimal(500), instalments=-1, frequency="weekly", instalment_day=1,
        tag=None,
    )  # fmt: skip
    account.change_plan(
        plan.sip_id, amount=None, status="paused", instalments=None, frequency=None,
        instalment_day=None,
    )  # fmt: skip
    account.advance(NOW + timedelta(days=30))
    assert account.orders == {}


@pytest.mark.parametrize(
    ("symbol", "amount", "message"),
    [
        ("INF000S01099", 1000, "Unknown fund"),
        (FUND, 99, "at least 100"),
        ("INF000S01032", 750, "multiple of 500"),
        ("INF000S01057", 5000, "closed for purchases"),
    ],
)
def test_a_purchase_that_does_not_fit_is_refused(symbol: str, amount: int, message: str) -> None:
    with pytest.raises(KiteError, match=message):
        FundAccount().place(symbol, "BUY", NOW, amount=Decimal(amount), quantity=None, tag=None)
