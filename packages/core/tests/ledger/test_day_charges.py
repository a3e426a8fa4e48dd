"""What a day of delivery trades costs beside its fills."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.kernel.money import Paise, Price
from tradertape_core.ledger.charges import NO_CHARGES, Charges, Leg, charges_for, schedule
from tradertape_core.ledger.day_charges import depository_due, intraday_difference
from tradertape_core.ledger.position import Flow, Today

DAY = date(2026, 8, 18)
DELIVERY = schedule("zerodha_equity_delivery")
INTRADAY = schedule("zerodha_equity_intraday")
GROWW = schedule("groww_equity_delivery")
FLOWS = st.builds(Flow, st.integers(1, 10_000), st.integers(1_000, 10**10).map(Paise))


def today(bought: int = 0, sold: int = 0, rupees: int = 1_500) -> Today:
    flows = [Flow(n, Paise(n * rupees * 100)) for n in (bought, sold)]
    return Today(day=DAY, bought=flows[0], sold=flows[1])


def as_delivery(one: Today) -> Charges:
    legs = [Leg("BUY", Price(Decimal(one.bought.paise) / 100), 1)]
    legs += [Leg("SELL", Price(Decimal(one.sold.paise) / 100), 1)]
    costs = [charges_for(DELIVERY, DAY, [leg], exchange="NSE") for leg in legs]
    return costs[0] + costs[1]


def test_bought_and_sold_on_one_day_pays_the_tax_of_intraday_trades() -> None:
    day = today(100, 100)
    after = as_delivery(day) + intraday_difference(DELIVERY, INTRADAY, day, exchange="NSE")
    assert as_delivery(day).stt == 30_000
    assert (after.stt, after.stamp, after.brokerage) == (3_750, 450, 4_000)


def test_only_what_was_both_bought_and_sold_is_intraday() -> None:
    day = today(100, 40)
    after = as_delivery(day) + intraday_difference(DELIVERY, INTRADAY, day, exchange="NSE")
    assert after.stt == 60 * 150 + 40 * 1500 * 100 * 25 // 100_000
    for one in (today(100, 0), today(0, 100)):
        assert intraday_difference(DELIVERY, INTRADAY, one, exchange="NSE") == NO_CHARGES


@given(FLOWS, FLOWS)
def test_a_whole_day_costs_what_the_same_intraday_trades_cost(bought: Flow, sold: Flow) -> None:
    sold = Flow(bought.quantity, sold.paise)
    day = Today(day=DAY, bought=bought, sold=sold)
    after = as_delivery(day) + intraday_difference(DELIVERY, INTRADAY, day, exchange="NSE")
    legs = [Leg("BUY", Price(Decimal(bought.paise) / 100), 1)]
    legs += [Leg("SELL", Price(Decimal(sold.paise) / 100), 1)]
    wanted = [charges_for(INTRADAY, DAY, [leg], exchange="NSE") for leg in legs]
    assert after == wanted[0] + wanted[1]


def test_the_depository_charges_a_scrip_once_for_all_positions() -> None:
    assert depository_due(DELIVERY, DAY, [today(0, 10), today(0, 5)]).demat == 1_534
    assert depository_due(DELIVERY, DAY, [today(10, 10), today(10, 5)]) == NO_CHARGES
    assert depository_due(DELIVERY, DAY, [today(10, 11)]).demat == 1_534
    assert depository_due(DELIVERY, DAY, [today(10, 10)], is_netted=False).demat == 1_534
    assert depository_due(schedule("none"), DAY, [today(0, 10)]) == NO_CHARGES


def test_small_debits_that_add_up_to_a_large_one_pay_the_large_charge() -> None:
    assert depository_due(GROWW, DAY, [today(0, 1, 60)]).demat == 413
    assert depository_due(GROWW, DAY, [today(0, 1, 60), today(0, 1, 60)]).demat == 2_360
