"""Charges, margins, trades of earlier days, and the profit of closed trades."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from packages.sandbox.tests.upstox.served_upstox import INFY, KEY, SBIN, ServedUpstox, body

from tradertape_core.kernel.clock import IST

PROFIT = "/v2/trade/profit-loss"
YEAR = {"segment": "EQ", "financial_year": "2627"}
PAGE = {"page_number": "1", "page_size": "100"}


def buy(upstox: ServedUpstox, side: str, quantity: int, product: str = "D") -> Decimal:
    order = body(quantity=quantity, transaction_type=side, product=product)
    upstox.data("POST", "/v2/order/place", json=order)
    return upstox.sandbox.exchange.trades(KEY)[-1].price


def days_pass(upstox: ServedUpstox, days: int) -> None:
    upstox.clock.at += timedelta(days=days)
    upstox.step()
    upstox.sign_in()


def test_brokerage_is_the_tariffs(upstox: ServedUpstox) -> None:
    query = {
        "instrument_token": INFY, "quantity": "100", "product": "I", "transaction_type": "SELL",
        "price": "150",
    }  # fmt: skip
    shown = upstox.data("GET", "/v2/charges/brokerage", params=query)["charges"]
    assert shown["brokerage"] == 15.0  # the lower of 0.1 percent and 20 rupees
    assert shown["taxes"]["stt"] == 3.75  # 0.025 percent of a sale
    parts = [shown["brokerage"], *shown["taxes"].values(), *shown["otherTaxes"].values()]
    assert round(sum(parts), 2) == shown["total"]
    for name, value in (("price", "0"), ("price", "nan"), ("quantity", "x"), ("product", "CNC")):
        refused = upstox.error("GET", "/v2/charges/brokerage", params={**query, name: value})
        assert refused == (400, "UDAPI100036"), name


def test_a_hedged_basket_needs_less_than_its_orders(upstox: ServedUpstox) -> None:
    rows = upstox.data(
        "GET", "/v2/option/contract", params={"instrument_key": "NSE_INDEX|Nifty 50"}
    )
    calls = [one for one in rows if one["instrument_type"] == "CE"]
    level = float(upstox.last("NSE:NIFTY 50"))
    near = [
        one for one in calls if one["strike_price"] > level and one["expiry"] == calls[0]["expiry"]
    ]
    legs: list[dict[str, Any]] = [
        {"instrument_key": one["instrument_key"], "quantity": one["lot_size"], "product": "D",
         "transaction_type": side}
        for one, side in ((near[0], "SELL"), (near[3], "BUY"))
    ]  # fmt: skip
    found = upstox.data("POST", "/v2/charges/margin", json={"instruments": legs})
    sold, bought = found["margins"]
    assert sold["span_margin"] > 0 < sold["exposure_margin"]
    assert bought["net_buy_premium"] > 0 == bought["span_margin"]
    assert found["final_margin"] < found["required_margin"]
    assert found["required_margin"] == round(sold["total_margin"] + bought["total_margin"], 2)
    for wrong in ([], legs * 11, ["x"]):
        refused = upstox.error("POST", "/v2/charges/margin", json={"instruments": wrong})
        assert refused == (400, "UDAPI100036")


def test_an_extended_token_may_ask_for_margins(upstox: ServedUpstox) -> None:
    upstox.headers = {"Authorization": f"Bearer {upstox.extended}"}
    row = {"instrument_key": SBIN, "quantity": 1, "product": "D", "transaction_type": "BUY"}
    found = upstox.data("POST", "/v2/charges/margin", json={"instruments": [row]})
    assert found["margins"][0]["equity_margin"] > 0


def test_trades_of_earlier_days_are_kept(upstox: ServedUpstox) -> None:
    begun = upstox.clock.at.astimezone(IST).date()
    buy(upstox, "BUY", 3)
    days_pass(upstox, 3)
    buy(upstox, "SELL", 2)
    today = upstox.clock.at.astimezone(IST).date()
    query = {"start_date": str(begun), "end_date": str(today), **PAGE}
    path = "/v2/charges/historical-trades"
    reply = upstox.call("GET", path, params=query).json()
    rows = [(one["trade_date"], one["transaction_type"], one["quantity"]) for one in reply["data"]]
    assert rows == [(str(begun), "BUY", 3), (str(today), "SELL", 2)]
    assert reply["metaData"]["page"]["total_records"] == 2
    assert reply["data"][0]["instrument_token"] == INFY
    first = upstox.data("GET", path, params={**query, "end_date": str(begun)})
    assert [one["transaction_type"] for one in first] == ["BUY"]
    second = upstox.data("GET", path, params={**query, "page_number": "2", "page_size": "1"})
    assert [one["transaction_type"] for one in second] == ["SELL"]
    assert upstox.data("GET", path, params={**query, "segment": "FO"}) == []
    assert upstox.error("GET", path, params={**query, "start_date": "1-1-26"})[1] == "UDAPI1088"
    wrong = {**query, "start_date": str(today), "end_date": str(begun)}
    assert upstox.error("GET", path, params=wrong)[1] == "UDAPI100036"


def test_profit_is_first_in_first_out_from_the_opening_shares_on(upstox: ServedUpstox) -> None:
    upstox.set_price(Decimal("150.00"))
    bought = buy(upstox, "BUY", 10)
    days_pass(upstox, 2)
    sold = buy(upstox, "SELL", 104)
    rows = upstox.data("GET", f"{PROFIT}/data", params={**YEAR, **PAGE})
    assert [row["quantity"] for row in rows] == [100.0, 4.0]  # the account opens with 100
    assert rows[1]["buy_average"] == float(bought)
    assert rows[1]["sell_average"] == float(sold)
    assert rows[1]["buy_amount"] == round(float(bought) * 4, 2)
    assert rows[0]["buy_date"] != rows[1]["buy_date"]
    assert rows[1]["sell_date"] == upstox.clock.at.astimezone(IST).strftime("%d-%m-%Y")
    found = upstox.data("GET", f"{PROFIT}/metadata", params=YEAR)
    assert found == {"trades_count": 2, "page_size_limit": 5000}


def test_a_short_sale_is_closed_by_its_purchase(upstox: ServedUpstox) -> None:
    sold = buy(upstox, "SELL", 5, "I")
    bought = buy(upstox, "BUY", 3, "I")
    [row] = upstox.data("GET", f"{PROFIT}/data", params={**YEAR, **PAGE})
    assert (row["quantity"], row["sell_average"], row["buy_average"]) == (
        3.0, float(sold), float(bought),
    )  # fmt: skip


def test_charges_of_the_report_are_those_of_the_account(upstox: ServedUpstox) -> None:
    buy(upstox, "BUY", 10, "I")
    buy(upstox, "SELL", 10, "I")
    shown = upstox.data("GET", f"{PROFIT}/charges", params=YEAR)["charges_breakdown"]
    paid = upstox.sandbox.exchange.account(KEY).charges_today
    assert shown["total"] == paid.total / 100
    assert shown["taxes"]["stt"] == paid.stt / 100
    other = upstox.data("GET", f"{PROFIT}/charges", params={**YEAR, "segment": "FO"})
    assert other["charges_breakdown"]["total"] == 0.0


@pytest.mark.parametrize(
    "terms",
    [
        {"segment": "NSE"}, {"financial_year": "2026"}, {"financial_year": "2628"},
        {"page_size": "5001"}, {"page_number": "0"},
    ],
)  # fmt: skip
def test_a_report_that_is_wrong_is_refused(upstox: ServedUpstox, terms: dict[str, str]) -> None:
    query = {**YEAR, **PAGE, **terms}
    assert upstox.error("GET", f"{PROFIT}/data", params=query) == (400, "UDAPI100036")


def test_a_report_has_the_trades_of_its_dates(upstox: ServedUpstox) -> None:
    buy(upstox, "SELL", 1)
    query = {**YEAR, **PAGE, "to_date": "31-10-2026"}
    assert upstox.data("GET", f"{PROFIT}/data", params=query) == []
    assert (
        upstox.error("GET", f"{PROFIT}/data", params={**query, "from_date": "x"})[1] == "UDAPI1088"
    )
