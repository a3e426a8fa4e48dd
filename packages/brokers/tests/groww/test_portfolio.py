"""Holdings, positions and money: as Groww's documentation shows them, and from the sandbox."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest
from packages.brokers.tests.groww.test_contract import KEY, Watch, limit, market, rest_of
from packages.brokers.tests.sandboxed import Running

from tradertape_brokers import errors as e
from tradertape_brokers.groww.names import SameSymbols
from tradertape_brokers.groww.orders import GrowwOrders
from tradertape_brokers.groww.portfolio import (
    GrowwPortfolio,
    Holding,
    PositionLine,
    holding_of,
    position_of,
)
from tradertape_brokers.groww.rest import Rest
from tradertape_brokers.limiter import Limiter
from tradertape_core.orders.order import Product, Side

NAMES = SameSymbols()
HOLDING: dict[str, Any] = {
    "isin": "INE009A01021", "trading_symbol": "INFY", "quantity": 110.0, "average_price": 1400.5,
    "pledge_quantity": 10.0, "demat_locked_quantity": 0, "groww_locked_quantity": 0,
    "repledge_quantity": 0, "t1_quantity": 20, "demat_free_quantity": 80,
    "corporate_action_additional_quantity": 0, "active_demat_transfer_quantity": 0,
}  # fmt: skip
POSITION: dict[str, Any] = {
    "trading_symbol": "NIFTY26NOVFUT", "segment": "FNO", "credit_quantity": 65,
    "credit_price": 24_000.5, "debit_quantity": 130, "debit_price": 24_100,
    "carry_forward_credit_quantity": 0, "carry_forward_credit_price": 0,
    "carry_forward_debit_quantity": 65, "carry_forward_debit_price": 23_900, "exchange": "NSE",
    "symbol_isin": "", "quantity": -130, "product": "NRML", "net_carry_forward_quantity": -65,
    "net_price": 24_033.33, "net_carry_forward_price": 23_900, "realised_pnl": 6467.5,
}  # fmt: skip


def test_a_holding_in_full() -> None:
    assert holding_of(HOLDING, NAMES) == Holding(
        exchange="NSE", tradingsymbol="INFY", isin="INE009A01021", quantity=110, free_quantity=80,
        t1_quantity=20, pledged_quantity=10, average_price=Decimal("1400.5"),
    )  # fmt: skip


def test_a_short_position_in_full() -> None:
    assert position_of(POSITION, NAMES) == PositionLine(
        exchange="NFO", tradingsymbol="NIFTY26NOVFUT", isin="", product=Product.NRML,
        quantity=-130, average_price=Decimal("24033.33"), overnight_quantity=-65,
        overnight_price=Decimal(23_900), bought_quantity=65, bought_price=Decimal("24000.5"),
        sold_quantity=130, sold_price=Decimal(24_100), realised_paise=646_750,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("holdings", [HOLDING | {"quantity": 1.5}]),
        ("holdings", [HOLDING | {"average_price": "NaN"}]),
        ("holdings", [{}]),
        ("holdings", ["text"]),
        ("holdings", None),
        ("positions", [POSITION | {"product": "XX"}]),
        ("positions", [POSITION | {"quantity": None, "realised_pnl": "much"}]),
        ("positions", {}),
    ],
)
def test_what_cannot_be_read_is_not_an_empty_portfolio(path: str, rows: object) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"payload": {path: rows}})

    rest = Rest("token", limiter=Limiter({}), transport=httpx.MockTransport(answer))
    portfolio = GrowwPortfolio(rest, NAMES)
    with pytest.raises(e.Unavailable):
        portfolio.holdings() if path == "holdings" else portfolio.positions()
    with pytest.raises(e.Unavailable):
        portfolio.funds()


# --- the sandbox --------------------------------------------------------------------------------


@pytest.fixture
def portfolio(fresh: Running) -> GrowwPortfolio:
    return GrowwPortfolio(rest_of(fresh), NAMES)


def test_the_holdings_of_the_sandbox(fresh: Running, portfolio: GrowwPortfolio) -> None:
    truth = {one.instrument.id: one for one in fresh.sandbox.exchange.holdings(KEY)}
    found = portfolio.holdings()
    assert {f"{one.exchange}:{one.tradingsymbol}" for one in found} == set(truth)
    for one in found:
        real = truth[f"{one.exchange}:{one.tradingsymbol}"]
        assert (one.quantity, one.free_quantity) == (real.total_quantity, real.quantity)
        assert one.isin == real.instrument.isin
        assert abs(one.average_price - real.average_price) < Decimal("0.01")


def test_positions_and_money_follow_an_order(fresh: Running, portfolio: GrowwPortfolio) -> None:
    before = portfolio.funds()
    orders = GrowwOrders(rest_of(fresh), Watch())
    orders.submit(market(1, side=Side.SELL, product=Product.MIS, quantity=8))
    orders.submit(market(2, side=Side.BUY, product=Product.MIS, quantity=3))
    (line,) = portfolio.positions()
    assert (line.tradingsymbol, line.product, line.quantity) == ("INFY", Product.MIS, -5)
    assert (line.bought_quantity, line.sold_quantity, line.overnight_quantity) == (3, 8, 0)
    assert abs(line.sold_price - 150) < 2
    after = portfolio.funds()
    real = fresh.sandbox.exchange.funds(KEY)
    assert (after.cash_paise, after.used_paise) == (real.cash_paise, real.utilised_paise)
    assert after.available_intraday_paise == real.available_paise < before.available_intraday_paise


def test_the_margin_of_orders(portfolio: GrowwPortfolio) -> None:
    request = limit(quantity=100).request
    one, two = portfolio.margin_of([request]), portfolio.margin_of([request, request])
    assert one.delivery_paise == 100 * 145_00
    assert one.total_paise == one.delivery_paise + one.charges_paise > one.delivery_paise
    assert two.delivery_paise == 2 * one.delivery_paise
    with pytest.raises(e.Refused, match="one segment"):
        portfolio.margin_of([request, replace(request, exchange="NFO")])
