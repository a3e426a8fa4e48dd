"""Option chains, contracts and Greeks, held against prices that are set."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from packages.sandbox.tests.upstox.served_upstox import INFY, NIFTY, ServedUpstox

from tradertape_core.options.expiry import years_left
from tradertape_core.options.greeks import black76_greeks


def expiries(upstox: ServedUpstox) -> list[str]:
    rows = upstox.data("GET", "/v2/option/contract", params={"instrument_key": NIFTY})
    return sorted({row["expiry"] for row in rows})


def chain(upstox: ServedUpstox, day: str) -> list[dict[str, Any]]:
    query = {"instrument_key": NIFTY, "expiry_date": day}
    return upstox.data("GET", "/v2/option/chain", params=query)


def test_contracts_are_those_of_the_underlying_and_the_expiry(upstox: ServedUpstox) -> None:
    day = expiries(upstox)[0]
    query = {"instrument_key": NIFTY, "expiry_date": day}
    rows = upstox.data("GET", "/v2/option/contract", params=query)
    assert {row["expiry"] for row in rows} == {day}
    assert {row["instrument_type"] for row in rows} == {"CE", "PE"}
    assert {row["underlying_key"] for row in rows} == {NIFTY}
    first = rows[0]
    assert first["instrument_key"].startswith("NSE_FO|")
    assert first["trading_symbol"].startswith("NIFTY ")
    assert (first["tick_size"], first["lot_size"] > 1) == (5.0, True)
    assert upstox.data("GET", "/v2/option/contract", params={"instrument_key": INFY}) == []


def test_a_chain_has_every_strike_with_greeks_of_its_prices(upstox: ServedUpstox) -> None:
    day = expiries(upstox)[1]
    rows = chain(upstox, day)
    strikes = [row["strike_price"] for row in rows]
    assert strikes == sorted(set(strikes))
    assert len(strikes) > 20
    near = min(rows, key=lambda row: abs(row["strike_price"] - row["underlying_spot_price"]))
    call, put = near["call_options"], near["put_options"]
    assert 0.3 < call["option_greeks"]["delta"] < 0.7
    assert -0.7 < put["option_greeks"]["delta"] < -0.3
    assert math.isclose(
        call["option_greeks"]["pop"] + put["option_greeks"]["pop"], 100.0, abs_tol=1.0
    )
    assert near["pcr"] == round(put["market_data"]["oi"] / call["market_data"]["oi"], 4)
    assert near["underlying_key"] == NIFTY
    deltas = [row["call_options"]["option_greeks"]["delta"] for row in rows]
    assert deltas[0] > 0.8 > 0.2 > deltas[-1]


def test_greeks_are_those_of_black_1976(upstox: ServedUpstox) -> None:
    day = expiries(upstox)[1]
    near = min(
        chain(upstox, day), key=lambda row: abs(row["strike_price"] - row["underlying_spot_price"])
    )
    key = near["call_options"]["instrument_key"]
    [shown] = upstox.data(
        "GET", "/v3/market-quote/option-greek", params={"instrument_key": key}
    ).values()
    years = years_left(date.fromisoformat(day), upstox.sandbox.exchange.now())
    call, put = (
        (near[side]["market_data"]["bid_price"] + near[side]["market_data"]["ask_price"]) / 2
        for side in ("call_options", "put_options")
    )
    forward = near["strike_price"] + math.exp(0.06 * years) * (call - put)  # put-call parity
    right = black76_greeks(forward, near["strike_price"], years, shown["iv"], 0.06, True)
    assert math.isclose(shown["delta"], float(right.delta), abs_tol=0.03)
    assert math.isclose(shown["vega"], float(right.vega), rel_tol=0.05)
    assert math.isclose(shown["theta"], float(right.theta), rel_tol=0.1)
    assert math.isclose(shown["last_price"], float(right.price), rel_tol=0.02)


def test_greeks_of_a_share_are_nothing_and_fifty_keys_are_the_most(upstox: ServedUpstox) -> None:
    path = "/v3/market-quote/option-greek"
    shown = upstox.data("GET", path, params={"instrument_key": INFY})["NSE_EQ:INFY"]
    assert (shown["iv"], shown["delta"]) == (0.0, 0.0)
    assert shown["last_price"] == float(upstox.last())
    keys = ",".join([INFY] * 51)
    assert upstox.error("GET", path, params={"instrument_key": keys}) == (400, "UDAPI100042")


def test_a_chain_follows_the_underlying(upstox: ServedUpstox) -> None:
    day = expiries(upstox)[1]
    before = chain(upstox, day)
    level = Decimal(str(before[0]["underlying_spot_price"])) * Decimal("1.02")
    upstox.set_price(level.quantize(Decimal("0.05")), "NSE:NIFTY 50")
    upstox.step(2)
    after = chain(upstox, day)
    middle = len(before) // 2
    rose = [
        rows[middle]["call_options"]["market_data"]["ltp"] for rows in (before, after)
    ]  # fmt: skip
    assert rose[1] > rose[0]
    assert after[0]["underlying_spot_price"] == float(level.quantize(Decimal("0.05")))


@pytest.mark.parametrize("day", ["", "26-11-2026", "tomorrow"])
def test_a_chain_needs_a_date(upstox: ServedUpstox, day: str) -> None:
    query = {"instrument_key": NIFTY, "expiry_date": day}
    assert upstox.error("GET", "/v2/option/chain", params=query) == (400, "UDAPI1088")


def test_a_day_without_options_has_an_empty_chain(upstox: ServedUpstox) -> None:
    assert chain(upstox, "2031-01-01") == []
