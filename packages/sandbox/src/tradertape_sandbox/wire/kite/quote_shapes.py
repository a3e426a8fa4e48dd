"""Quotes as the wire shows them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.tick import DepthLevel, Tick
from tradertape_sandbox.wire.kite.user import stamp

_LEVELS = 5
_NOTHING = {"price": 0, "quantity": 0, "orders": 0}


def ltp_json(instrument: Instrument, tick: Tick) -> dict[str, Any]:
    """The last price."""
    return {
        "instrument_token": instrument.instrument_token,
        "last_price": float(tick.last_price),
    }


def ohlc_json(instrument: Instrument, tick: Tick) -> dict[str, Any]:
    """The last price and the day's candle; `close` is the previous session's."""
    return {**ltp_json(instrument, tick), "ohlc": _ohlc(tick)}


def quote_json(instrument: Instrument, tick: Tick) -> dict[str, Any]:
    """Everything of a tick; an index has no volume, book or circuit limits."""
    at = stamp(tick.exchange_at or tick.at)
    change = float(tick.last_price - tick.close) if tick.close is not None else 0
    shown = {
        "instrument_token": instrument.instrument_token,
        "timestamp": at,
        "last_price": float(tick.last_price),
        "net_change": change,
        "ohlc": _ohlc(tick),
    }
    if instrument.instrument_type is InstrumentType.INDEX:
        return shown
    buy, sell = ((), ()) if tick.depth is None else (tick.depth.buy, tick.depth.sell)
    return {
        **shown,
        "last_trade_time": at,
        "last_quantity": tick.last_quantity,
        "buy_quantity": sum(level.quantity for level in buy) or tick.bid_quantity,
        "sell_quantity": sum(level.quantity for level in sell) or tick.ask_quantity,
        "volume": tick.volume,
        "average_price": _price(tick.average_price),
        "oi": tick.oi,
        "oi_day_high": tick.oi,
        "oi_day_low": tick.oi,
        "lower_circuit_limit": _price(tick.lower_circuit),
        "upper_circuit_limit": _price(tick.upper_circuit),
        "depth": {"buy": _side(buy), "sell": _side(sell)},
    }


def _ohlc(tick: Tick) -> dict[str, float]:
    return {
        "open": _price(tick.open),
        "high": _price(tick.high),
        "low": _price(tick.low),
        "close": _price(tick.close),
    }


def _side(levels: Sequence[DepthLevel]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"price": float(level.price), "quantity": level.quantity, "orders": level.orders}
        for level in levels[:_LEVELS]
    ]
    return rows + [dict(_NOTHING) for _ in range(_LEVELS - len(rows))]


def _price(price: Decimal | None) -> float:
    return 0.0 if price is None else float(price)
