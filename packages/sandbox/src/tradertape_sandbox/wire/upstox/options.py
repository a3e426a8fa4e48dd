"""Contracts on an underlying, option chains, and Greeks of single options."""

from __future__ import annotations

from datetime import date
from typing import Any

from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_sandbox.wire.upstox.door import Call, Endpoint
from tradertape_sandbox.wire.upstox.envelope import UpstoxError
from tradertape_sandbox.wire.upstox.greeks import OptionTable, OptionView
from tradertape_sandbox.wire.upstox.instruments import day_row
from tradertape_sandbox.wire.upstox.keys import key_of
from tradertape_sandbox.wire.upstox.quotes import last_v3, quotes_of

MOST_GREEKS = 50


def contracts(call: Call) -> list[dict[str, Any]]:
    """The options on an underlying, of one expiry or of all."""
    listing = call.exchange.instruments
    day = _day(call) if call.query.get("expiry_date") else None
    found = [
        one for one in _derivatives(call) if one.is_option and (day is None or one.expiry == day)
    ]
    found.sort(key=lambda one: (one.expiry, one.strike, one.option_type))
    return [day_row(listing, one) for one in found]


def chain(call: Call) -> list[dict[str, Any]]:
    """Every strike of an expiry with its call and put."""
    day = _day(call)
    options = [one for one in _derivatives(call) if one.is_option]
    table = call.door.options.table(options[0].underlying, day) if options else None
    if table is None:
        return []
    return [_strike(call, table, day, row) for row in range(len(table.rows))]


def greeks(call: Call) -> dict[str, Any]:
    """Last prices with volatility and Greeks; those of shares are 0."""

    def shown(one: Instrument, tick: Tick) -> dict[str, Any]:
        view = call.door.options.view(one)
        return {
            **last_v3(one, tick),
            "iv": view.iv,
            "vega": view.vega,
            "gamma": view.gamma,
            "theta": view.theta,
            "delta": view.delta,
            "oi": float(tick.oi),
        }

    return quotes_of(call, shown, MOST_GREEKS)


def _derivatives(call: Call) -> list[Instrument]:
    """What is written on the instrument of the query."""
    underlying = call.door.instrument(call.query.get("instrument_key", ""))
    listing = call.exchange.instruments
    return [
        one
        for name in listing.underlyings
        for one in listing.derivatives(name)
        if listing.spot_of(one) is underlying
    ]


def _day(call: Call) -> date:
    text = call.query.get("expiry_date", "")
    try:
        return date.fromisoformat(text)
    except ValueError:
        words = "Invalid date: expiry_date must be YYYY-MM-DD"
        raise UpstoxError("UDAPI1088", words, field="expiry_date", value=text) from None


def _strike(call: Call, table: OptionTable, day: date, row: int) -> dict[str, Any]:
    strike, quotes = float(table.chain.strikes[row]), table.chain.quotes
    calls, puts = (int(quotes.oi[row, column]) for column in (0, 1))
    sides = [_option(call, table, one) for one in table.rows[row]]
    return {
        "expiry": day.isoformat(),
        "pcr": round(puts / calls, 4) if calls else 0.0,
        "strike_price": strike,
        "underlying_key": call.query["instrument_key"],
        "underlying_spot_price": table.spot,
        "call_options": sides[0],
        "put_options": sides[1],
    }


def _option(call: Call, table: OptionTable, one: Instrument | None) -> dict[str, Any] | None:
    if one is None:
        return None
    tick = call.exchange.tick(one.id)
    view = table.view(one) if tick is not None else OptionView()
    return {
        "instrument_key": key_of(one),
        "market_data": None if tick is None else _market(tick),
        "option_greeks": {
            "vega": view.vega,
            "theta": view.theta,
            "gamma": view.gamma,
            "delta": view.delta,
            "iv": view.iv * 100.0,
            "pop": view.pop,
        },
    }


def _market(tick: Tick) -> dict[str, Any]:
    return {
        "ltp": float(tick.last_price),
        "volume": tick.volume,
        "oi": float(tick.oi),
        "close_price": float(tick.close or 0),
        "bid_price": float(tick.bid or 0),
        "bid_qty": tick.bid_quantity,
        "ask_price": float(tick.ask or 0),
        "ask_qty": tick.ask_quantity,
        "prev_oi": float(tick.oi),
    }


ENDPOINTS = (
    Endpoint("GET", "/v2/option/contract", contracts),
    Endpoint("GET", "/v2/option/chain", chain),
    Endpoint("GET", "/v3/market-quote/option-greek", greeks),
)
