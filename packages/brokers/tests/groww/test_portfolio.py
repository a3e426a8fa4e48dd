"""Holdings, positions and money: as Groww's documentation shows them, and from the sandbox."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest
from packages.brokers.tests.groww.served import KEY, Watch, limit, market, rest_of
from packages.brokers.tests.sandboxed import Running

from tradertape_brokers import errors as e
from tradertape_brokers.groww.names import Listed, SameSymbols
from tradertape_brokers.groww.orders import GrowwOrders
from tradertape_brokers.groww.portfolio import GrowwPortfolio, holding_of, positions_of
from tradertape_brokers.groww.quotes import DayPrices, day_prices
from tradertape_brokers.groww.rest import Rest
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.portfolio import Holding, Position, PositionKind
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


PRICES = {
    Listed("NSE", "CASH", "INFY"): DayPrices(Decimal(1500), Decimal(1490)),
    Listed("NSE", "FNO", "NIFTY26NOVFUT"): DayPrices(Decimal(24_050), Decimal(23_950)),
}


def test_a_holding_in_full() -> None:
    assert holding_of(HOLDING, NAMES, PRICES) == Holding(
        broker="groww", exchange="NSE", tradingsymbol="INFY", isin="INE009A01021",
        product=Product.CNC, quantity=80, t1_quantity=20, pledged_quantity=10,
        average_price=Decimal("1400.5"), last_price=Decimal(1500), close_price=Decimal(1490),
    )  # fmt: skip


def test_a_short_position_of_both_kinds() -> None:
    net, day = positions_of(POSITION, NAMES, PRICES)
    common: dict[str, Any] = {
        "broker": "groww", "exchange": "NFO", "tradingsymbol": "NIFTY26NOVFUT",
        "product": Product.NRML, "last_price": Decimal(24_050), "close_price": Decimal(23_950),
        "buy_quantity": 65, "buy_value": Decimal("1560032.5"),
    }  # fmt: skip
    assert net == Position(
        kind=PositionKind.NET, quantity=-130, average_price=Decimal("24033.33"),
        overnight_quantity=-65, sell_quantity=195, sell_value=Decimal(3_133_000 + 1_553_500),
        **common,
    )  # fmt: skip
    assert day == Position(
        kind=PositionKind.DAY, quantity=-65, average_price=Decimal(24_100), sell_quantity=130,
        sell_value=Decimal(3_133_000), **common,
    )  # fmt: skip
    carried = POSITION | {"credit_quantity": 0, "debit_quantity": 0}
    assert [one.kind for one in positions_of(carried, NAMES, PRICES)] == [PositionKind.NET]


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("holdings", [HOLDING | {"quantity": 1.5}]),
        ("holdings", [HOLDING | {"average_price": "NaN"}]),
        ("holdings", [{}]),
        ("holdings", ["text"]),
        ("holdings", None),
        ("positions", [POSITION | {"product": "XX"}]),
        ("positions", [POSITION | {"quantity": 1.5}]),
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
        portfolio.margins()


# --- the sandbox --------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)


@pytest.fixture
def portfolio(fresh: Running) -> GrowwPortfolio:
    return GrowwPortfolio(rest_of(fresh), NAMES)


def test_the_holdings_of_the_sandbox(fresh: Running, portfolio: GrowwPortfolio) -> None:
    truth = {one.instrument.id: one for one in fresh.sandbox.exchange.holdings(KEY)}
    found = portfolio.holdings()
    assert {f"{one.exchange}:{one.tradingsymbol}" for one in found} == set(truth)
    for one in found:
        real = truth[f"{one.exchange}:{one.tradingsymbol}"]
        assert (one.quantity, one.t1_quantity) == (real.quantity, real.t1_quantity)
        assert one.isin == real.instrument.isin
        assert abs(one.average_price - real.average_price) < Decimal("0.01")
        assert abs(one.last_price / real.last_price - 1) < Decimal("0.02")
        assert one.close_price == real.close_price


def test_positions_and_money_follow_an_order(fresh: Running, portfolio: GrowwPortfolio) -> None:
    (before,) = portfolio.margins()
    orders = GrowwOrders(rest_of(fresh), Watch())
    orders.submit(market(1, side=Side.SELL, product=Product.MIS, quantity=8))
    orders.submit(market(2, side=Side.BUY, product=Product.MIS, quantity=3))
    net, day = portfolio.positions()
    assert (net.tradingsymbol, net.product, net.quantity) == ("INFY", Product.MIS, -5)
    assert (net.kind, day.kind, day.quantity) == (PositionKind.NET, PositionKind.DAY, -5)
    assert (net.buy_quantity, net.sell_quantity, net.overnight_quantity) == (3, 8, 0)
    assert abs(net.sell_value / 8 - 150) < 2
    assert abs(net.last_price - 150) < 2
    (after,) = portfolio.margins()
    real = fresh.sandbox.exchange.funds(KEY)
    assert after.used_margin == Decimal(real.utilised_paise) / 100
    assert after.available_margin == Decimal(real.available_paise) / 100 < before.available_margin
    assert after.net == after.available_cash


def test_a_holding_that_has_no_price_now_is_shown_without_one(
    fresh: Running, portfolio: GrowwPortfolio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quiet(rest: Rest, listed: Any) -> dict[Listed, DayPrices]:
        known = Listed("NSE", "CASH", "TCS")
        return day_prices(rest, [*(one for one in listed if one != known), UNLISTED])

    monkeypatch.setattr("tradertape_brokers.groww.portfolio.day_prices", quiet)
    found = {one.tradingsymbol: one for one in portfolio.holdings()}
    assert (found["TCS"].last_price, found["TCS"].day_change) == (0, 0)
    assert found["INFY"].last_price > 0


UNLISTED = Listed("NSE", "CASH", "NOSUCH")


def test_the_margin_of_orders(portfolio: GrowwPortfolio) -> None:
    request = limit(quantity=100).request
    one, two = portfolio.margin_need([request]), portfolio.margin_need([request, request])
    assert one.delivery_paise == 100 * 145_00
    assert one.total_paise == one.delivery_paise + one.charges_paise > one.delivery_paise
    assert two.delivery_paise == 2 * one.delivery_paise
    with pytest.raises(e.Refused, match="one segment"):
        portfolio.margin_need([request, replace(request, exchange="NFO")])
