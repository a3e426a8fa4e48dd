"""Chains as response bodies: prices in rupees, quantities in units, volatility in percent."""

from __future__ import annotations

from dataclasses import fields
from math import isfinite
from typing import Any

import numpy as np

from tradertape_core.kernel.clock import IST
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.options.chain import OPTION_TYPES, max_pain, put_call_ratio
from tradertape_core.options.greeks import DAYS_A_YEAR, Greeks
from tradertape_core.options.selection import Choice
from tradertape_server.features.options.chains import LiveChain

Json = dict[str, Any]

GREEK_UNITS = {
    "iv": "percent a year",
    "delta": "rupees for one rupee of the future",
    "gamma": "delta for one rupee of the future",
    "theta": "rupees a calendar day",
    "vega": "rupees for one point of volatility",
    "rho": "rupees for one point of the interest rate",
}
_DIGITS = {"delta": 4, "gamma": 8, "theta": 4, "vega": 4, "rho": 4}


def head_of(live: LiveChain) -> Json:
    """The fields that every body about a chain has."""
    chain = live.chain
    at_money = chain.volatility_at_money
    return {
        "underlying": live.underlying.name,
        "expiry": live.expiry.isoformat(),
        "spot_ltp": float(live.spot.last_price),
        "forward": round(chain.forward, 2),
        "forward_source": chain.forward_source,
        "atm_strike": float(chain.strikes[chain.at_money]),
        "atm_iv": None if at_money is None else round(100 * at_money, 2),
        "days_to_expiry": round(chain.years * DAYS_A_YEAR, 4),
        "rate_pct": 100 * chain.rate,
        "lot_size": _lot_size(live),
        "is_stale": live.is_stale,
        "updated_at": live.at.astimezone(IST).isoformat(),
    }


def chain_body(live: LiveChain) -> Json:
    """Every strike, calls and puts side by side."""
    ratio, pain = put_call_ratio(live.chain.quotes), max_pain(live.chain.quotes)
    return {
        **head_of(live),
        "pcr": _number(ratio.by_oi, 4),
        "max_pain": pain.strike,
        "rows": [
            {
                "strike": float(strike),
                "is_atm": row == live.chain.at_money,
                **{kind: _side(live, row, column) for column, kind in enumerate(OPTION_TYPES)},
            }
            for row, strike in enumerate(live.chain.strikes)
        ],
    }


def greeks_body(live: LiveChain) -> Json:
    """Volatility and Greeks alone."""
    return {
        **head_of(live),
        "units": GREEK_UNITS,
        "greeks": [
            {
                "strike": float(strike),
                **{kind: figures(live, row, column) for column, kind in enumerate(OPTION_TYPES)},
            }
            for row, strike in enumerate(live.chain.strikes)
        ],
    }


def pcr_body(live: LiveChain) -> Json:
    """Put-call ratios; null where there are no calls."""
    ratio = put_call_ratio(live.chain.quotes)
    return {
        **head_of(live),
        "pcr": _number(ratio.by_oi, 4),
        "pcr_oi": _number(ratio.by_oi, 4),
        "pcr_volume": _number(ratio.by_volume, 4),
        "call_oi": ratio.call_oi,
        "put_oi": ratio.put_oi,
        "call_volume": ratio.call_volume,
        "put_volume": ratio.put_volume,
    }


def max_pain_body(live: LiveChain) -> Json:
    """The strike of least payout to holders, and the payout at every strike."""
    pain = max_pain(live.chain.quotes)
    return {
        **head_of(live),
        "max_pain": pain.strike,
        "max_pain_strike": pain.strike,
        "payouts": [
            {"strike": float(strike), "payout": float(payout)}
            for strike, payout in zip(live.chain.strikes, pain.payout, strict=True)
        ],
    }


def contract_body(live: LiveChain, instrument: Instrument, choice: Choice) -> Json:
    """A selected contract, with the fields that workers' resolvers read."""
    tick = live.ticks.get(instrument.instrument_token)
    return {
        "instrument_token": instrument.instrument_token,
        "exchange": instrument.exchange,
        "tradingsymbol": instrument.tradingsymbol,
        "underlying": live.underlying.name,
        "strike": float(instrument.strike or 0),
        "option_type": instrument.option_type,
        "expiry": live.expiry.isoformat(),
        "expiry_key": live.expiry.isoformat(),
        "lot_size": instrument.lot_size,
        "tick_size": float(instrument.tick_size),
        "freeze_quantity": instrument.freeze_quantity,
        **_prices(tick),
        **figures(live, choice.row, choice.column),
        "resolver": choice.resolver,
        "resolution_meta": dict(choice.meta),
    }


def figures(live: LiveChain, row: int, column: int) -> dict[str, float | None]:
    """Volatility and Greeks of one option; null where its price implies none."""
    chain = live.chain
    found: dict[str, float | None] = {"iv": _number(100 * chain.volatility[row, column], 2)}
    for part in fields(Greeks):
        if part.name in _DIGITS:
            value = getattr(chain.greeks, part.name)[row, column]
            found[part.name] = _number(value, _DIGITS[part.name])
    return found


def _side(live: LiveChain, row: int, column: int) -> Json | None:
    instrument = live.contract(row, column)
    if instrument is None:
        return None
    tick = live.ticks.get(instrument.instrument_token)
    return {
        "instrument_token": instrument.instrument_token,
        "tradingsymbol": instrument.tradingsymbol,
        **_prices(tick),
        "bid_quantity": tick.bid_quantity if tick else 0,
        "ask_quantity": tick.ask_quantity if tick else 0,
        "volume": tick.volume if tick else 0,
        "oi": tick.oi if tick else 0,
        **figures(live, row, column),
    }


def _prices(tick: Tick | None) -> dict[str, float | None]:
    if tick is None:
        return {"ltp": None, "bid": None, "ask": None, "close": None}
    return {
        "ltp": float(tick.last_price),
        "bid": None if tick.bid is None else float(tick.bid),
        "ask": None if tick.ask is None else float(tick.ask),
        "close": None if tick.close is None else float(tick.close),
    }


def _lot_size(live: LiveChain) -> int:
    return next(one.lot_size for pair in live.contracts for one in pair if one is not None)


def _number(value: float | np.floating[Any] | None, digits: int) -> float | None:
    return None if value is None or not isfinite(value) else round(float(value), digits)
