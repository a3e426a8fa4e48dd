"""Quotes, last prices and the day's prices in Groww's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import DepthLevel, Tick
from tradertape_sandbox.wire.groww.envelopes import bad_request
from tradertape_sandbox.wire.groww.names import Directory

MOST_SYMBOLS = 50
_LEVELS = 5


@dataclass(frozen=True, slots=True)
class YearRange:
    """The highest and lowest price of the last 52 weeks; None without candles."""

    high: Decimal | None
    low: Decimal | None


def read_symbols(texts: Sequence[str], segment: str, directory: Directory) -> dict[str, Instrument]:
    """The instruments of `exchange_symbols`, which may be repeated and may list several.

    Raises GrowwError.
    """
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    if not names:
        raise bad_request("exchange_symbols is required, for example NSE_RELIANCE,BSE_SENSEX")
    if len(names) > MOST_SYMBOLS:
        raise bad_request(f"at most {MOST_SYMBOLS} exchange_symbols a call, were {len(names)}")
    return {name: directory.symbol(name, segment) for name in names}


def ohlc_of(tick: Tick) -> dict[str, float]:
    """The day's prices; `close` is the previous session's."""
    last = tick.last_price
    return {
        "open": float(tick.open or last),
        "high": float(tick.high or last),
        "low": float(tick.low or last),
        "close": float(tick.close or last),
    }


def quote_row(tick: Tick, year: YearRange, implied_volatility: float | None) -> dict[str, object]:
    """All there is about an instrument's market. implied_volatility: percent, of options."""
    close = tick.close or tick.last_price
    change = tick.last_price - close
    buys, sells = _levels(tick, is_buy=True), _levels(tick, is_buy=False)
    at = tick.exchange_at or tick.at
    return {
        "average_price": _number(tick.average_price),
        "bid_quantity": tick.bid_quantity,
        "bid_price": _number(tick.bid),
        "day_change": float(change),
        "day_change_perc": float(round(change / close * 100, 4)) if close else 0.0,
        "upper_circuit_limit": _number(tick.upper_circuit),
        "lower_circuit_limit": _number(tick.lower_circuit),
        "ohlc": ohlc_of(tick),
        "depth": {"buy": buys, "sell": sells},
        "high_trade_range": _number(tick.upper_circuit),
        "low_trade_range": _number(tick.lower_circuit),
        "implied_volatility": implied_volatility,
        "last_trade_quantity": tick.last_quantity,
        "last_trade_time": int(at.timestamp() * 1_000),
        "last_price": float(tick.last_price),
        "market_cap": None,
        "offer_price": _number(tick.ask),
        "offer_quantity": tick.ask_quantity,
        "oi_day_change": 0,
        "oi_day_change_percentage": 0.0,
        "open_interest": tick.oi,
        "previous_open_interest": tick.oi,
        "total_buy_quantity": sum(int(one["quantity"]) for one in buys),
        "total_sell_quantity": sum(int(one["quantity"]) for one in sells),
        "volume": tick.volume,
        "week_52_high": _number(_extreme(year.high, tick.high, highest=True)),
        "week_52_low": _number(_extreme(year.low, tick.low, highest=False)),
    }


def _levels(tick: Tick, *, is_buy: bool) -> list[dict[str, float]]:
    side: tuple[DepthLevel, ...] = ()
    if tick.depth is not None:
        side = tick.depth.buy if is_buy else tick.depth.sell
    rows = [{"price": float(one.price), "quantity": one.quantity} for one in side]
    empty = {"price": 0.0, "quantity": 0}
    return [*rows[:_LEVELS], *(dict(empty) for _ in range(_LEVELS - len(rows)))]


def _extreme(year: Decimal | None, day: Decimal | None, *, highest: bool) -> Decimal | None:
    known = [one for one in (year, day) if one is not None]
    if not known:
        return None
    return max(known) if highest else min(known)


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
