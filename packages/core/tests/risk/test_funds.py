"""What an account has: ledger, margin and market together."""

from __future__ import annotations

from tradertape_core.ledger.journal import LedgerAccount
from tradertape_core.ledger.pnl import pnl_of
from tradertape_core.orders.order import Product
from tradertape_core.risk.funds import funds_of
from tradertape_core.risk.margins import Blocked

from .conftest import NOW

A = LedgerAccount


def test_cash_less_what_is_held_back_is_what_an_order_may_use(held, ticks):
    positions = [
        held("NSE:INFY", 10, 100),
        held("NSE:TCS", 10, 200, product=Product.CNC),
        held("NFO:NIFTY26JUN24000CE", -65, 150, product=Product.NRML),
        held("NFO:NIFTY26JUNFUT", 65, 24_000, product=Product.NRML),
    ]
    prices = {
        "NSE:INFY": 90,
        "NSE:TCS": 100,
        "NFO:NIFTY26JUN24000CE": 250,
        "NFO:NIFTY26JUNFUT": 23_990,
    }
    pnl = pnl_of(positions, ticks(prices), NOW)
    balances = {A.CASH: 900_000, A.MARGIN: 100_000, A.HOLDINGS: 200_000}
    blocked = Blocked(
        equity_paise=20_000, span_paise=300_000, exposure_paise=80_000, hedged_paise=5_000
    )
    found = funds_of(balances, blocked, pnl, opening_paise=1_200_000, orders_paise=7_000)
    # delivered shares and options move no money until they are sold: their market is not funds
    assert found.m2m_paise == -10_000 - 65_000
    assert found.utilised_paise == 20_000 + 300_000 + 75_000 + 7_000 + 75_000
    assert found.net_paise == 1_000_000 - found.utilised_paise


def test_an_unrealised_profit_is_not_spendable(held, ticks):
    position = held("NSE:INFY", 10, 100)
    pnl = pnl_of([position], ticks({"NSE:INFY": 120}), NOW)
    found = funds_of({A.CASH: 500}, Blocked(), pnl, opening_paise=500)
    assert (found.m2m_paise, found.net_paise) == (20_000, 500)
