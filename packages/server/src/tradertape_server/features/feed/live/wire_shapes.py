"""JSON formats of ticks and candles: the console's short one, and Kite's for workers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from tradertape_core.kernel.clock import IST
from tradertape_core.market.candle import Candle
from tradertape_core.market.tick import DepthLevel, Tick
from tradertape_server.features.feed.sources.tick_source import Mode
from tradertape_server.platform.streaming.streams import ascii_json

_ZERO = Decimal(0)


def console_tick(tick: Tick, mode: Mode) -> dict[str, Any]:
    """A tick in the console's format."""
    change, percent = _change(tick)
    made: dict[str, Any] = {
        "ltp": _number(tick.last_price),
        "close": _number(tick.close),
        "change": change,
        "change_pct": percent,
        "ts": _time(tick.at),
        "seq": tick.seq,
    }
    if mode is Mode.LTP:
        return made
    made |= {
        "open": _number(tick.open),
        "high": _number(tick.high),
        "low": _number(tick.low),
        "volume": tick.volume,
        "avg_price": _number(tick.average_price),
        "oi": tick.oi,
        "bid": _number(tick.bid),
        "ask": _number(tick.ask),
        "bid_qty": tick.bid_quantity,
        "ask_qty": tick.ask_quantity,
        "ltq": tick.last_quantity,
        "exchange_ts": _time(tick.exchange_at),
    }
    if mode is Mode.FULL:
        made["depth"] = _depth(tick)
        made["lower_circuit"] = _number(tick.lower_circuit)
        made["upper_circuit"] = _number(tick.upper_circuit)
    return made


def worker_tick(tick: Tick, mode: Mode) -> dict[str, Any]:
    """A tick in Kite's format of a quote, with our id beside the token, and the best prices.

    Market depth and values that are constant during the day are only in `full`, as with Kite.
    """
    if mode is Mode.LTP:
        return {
            "instrument_token": tick.instrument_token,
            "instrument": tick.instrument_id,
            "last_price": float(tick.last_price),
            "timestamp": _time(tick.exchange_at or tick.at),
        }
    bought, sold = _book_totals(tick)
    last, close = float(tick.last_price), _number(tick.close)
    made: dict[str, Any] = {
        "instrument_token": tick.instrument_token,
        "instrument": tick.instrument_id,
        "last_price": last,
        "timestamp": _time(tick.exchange_at or tick.at),
        "last_quantity": tick.last_quantity,
        "average_price": _number(tick.average_price),
        "volume": tick.volume,
        "buy_quantity": bought,
        "sell_quantity": sold,
        "ohlc": {
            "open": _number(tick.open),
            "high": _number(tick.high),
            "low": _number(tick.low),
            "close": close,
        },
        "net_change": _number(_net_change(tick)),
        "oi": tick.oi,
        "bid": _number(tick.bid),
        "ask": _number(tick.ask),
    }
    if mode is Mode.FULL:
        made |= {
            "depth": _depth(tick),
            "last_trade_time": _time(tick.exchange_at),
            "oi_day_high": tick.oi,
            "oi_day_low": tick.oi,
            "lower_circuit_limit": _number(tick.lower_circuit),
            "upper_circuit_limit": _number(tick.upper_circuit),
        }
    return made


def console_lines(ticks: Iterable[Tick], mode: Mode) -> list[str]:
    """Ticks in the console's format, one line of JSON each."""
    return [ascii_json(console_tick(tick, mode)).decode() for tick in ticks]


def worker_lines(ticks: Iterable[Tick], mode: Mode) -> list[str]:
    """Ticks in the workers' format, one line of JSON each.

    Written without an intermediate dict: a frame contains many ticks of the same moment.
    """
    if mode is Mode.FULL:
        return [ascii_json(worker_tick(tick, mode)).decode() for tick in ticks]
    made: list[str] = []
    moment, time, more = None, "", _quote if mode is Mode.QUOTE else _nothing
    for tick in ticks:
        at = tick.exchange_at or tick.at
        if at is not moment:
            moment, time = at, f',"timestamp":"{_time(at)}"'
        head = _head(tick.instrument_token, tick.instrument_id)
        made.append(f"{head}{tick.last_price!s}{time}{more(tick)}}}")
    return made


@lru_cache(maxsize=65_536)
def _head(token: int, instrument_id: str) -> str:
    name = json.dumps(instrument_id)
    return f'{{"instrument_token":{token},"instrument":{name},"last_price":'


def _nothing(_tick: Tick) -> str:
    return ""


def _quote(tick: Tick) -> str:
    """The fields of a quote besides the price: numbers, or None, which becomes null."""
    bought, sold = _book_totals(tick)
    fields = (
        f',"last_quantity":{tick.last_quantity},"average_price":{tick.average_price!s},'
        f'"volume":{tick.volume},"buy_quantity":{bought},"sell_quantity":{sold},'
        f'"ohlc":{{"open":{tick.open!s},"high":{tick.high!s},"low":{tick.low!s},'
        f'"close":{tick.close!s}}},"net_change":{_net_change(tick)!s},"oi":{tick.oi},'
        f'"bid":{tick.bid!s},"ask":{tick.ask!s}'
    )
    return fields.replace("None", "null")


def kite_quote(tick: Tick, mode: Mode) -> dict[str, Any]:
    """A requested quote: complete, unless only the price is requested."""
    return worker_tick(tick, mode if mode is Mode.LTP else Mode.FULL)


def kite_candle(candle: Candle) -> dict[str, Any]:
    """A candle in the format of the worker API and the console."""
    return {
        "ts": _time(candle.start),
        "open": float(candle.open),
        "high": float(candle.high),
        "low": float(candle.low),
        "close": float(candle.close),
        "volume": candle.volume,
        "oi": candle.oi,
        "is_complete": candle.is_complete,
        "has_gap": candle.has_gap,
    }


Shape = Callable[[Iterable[Tick], Mode], list[str]]


def _depth(tick: Tick) -> dict[str, list[dict[str, Any]]]:
    """Five levels per side; without market depth, the best prices as the only level."""
    if tick.depth is not None:
        return {
            "buy": [_level(level) for level in tick.depth.buy],
            "sell": [_level(level) for level in tick.depth.sell],
        }
    return {"buy": _only(tick.bid, tick.bid_quantity), "sell": _only(tick.ask, tick.ask_quantity)}


def _only(price: Decimal | None, quantity: int) -> list[dict[str, Any]]:
    if price is None:
        return []
    return [{"price": float(price), "quantity": quantity, "orders": 0}]


def _level(level: DepthLevel) -> dict[str, Any]:
    return {"price": float(level.price), "quantity": level.quantity, "orders": level.orders}


def _book_totals(tick: Tick) -> tuple[int, int]:
    """Total quantity bid and offered: in the book, or at the best prices."""
    if tick.depth is None:
        return tick.bid_quantity, tick.ask_quantity
    bought = sum(level.quantity for level in tick.depth.buy)
    return bought, sum(level.quantity for level in tick.depth.sell)


def _net_change(tick: Tick) -> Decimal | None:
    if tick.close is None or tick.close <= _ZERO:
        return None
    return tick.last_price - tick.close


def _change(tick: Tick) -> tuple[float | None, float | None]:
    if tick.close is None or tick.close <= 0:
        return None, None
    change = tick.last_price - tick.close
    return float(change), round(float(change / tick.close * 100), 2)


def _number(price: Decimal | None) -> float | None:
    return None if price is None else float(price)


class _Times:
    """Formats times; the last one is cached, as the ticks of a frame share theirs."""

    def __init__(self) -> None:
        self._last: tuple[datetime | None, str | None] = None, None

    def __call__(self, moment: datetime | None) -> str | None:
        last, written = self._last
        if moment is not last:
            written = None if moment is None else moment.astimezone(IST).isoformat()
            self._last = moment, written
        return written


_time = _Times()
