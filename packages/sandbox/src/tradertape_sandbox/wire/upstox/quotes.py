"""Quotes, v2 and v3: last prices, the day's candle, and full quotes with the book."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tradertape_core.kernel.clock import IST
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import DepthLevel, Tick
from tradertape_sandbox.wire.upstox.door import Call, Endpoint
from tradertape_sandbox.wire.upstox.envelope import UpstoxError, invalid
from tradertape_sandbox.wire.upstox.keys import key_of, segment_of

MOST_KEYS = 500
_LEVELS = 5
_LOOK_BACK = timedelta(days=15)  # within which there is a day of trading
_INTERVALS = {
    "1d": Interval.DAY,
    **{
        f"I{one.length // timedelta(minutes=1)}": one for one in Interval if one is not Interval.DAY
    },
}
_NOTHING = {"quantity": 0, "price": 0.0, "orders": 0}

Shape = Callable[[Instrument, Tick], dict[str, Any]]


def ltp(call: Call) -> dict[str, Any]:
    """Last prices."""
    return quotes_of(call, _last)


def ltp_v3(call: Call) -> dict[str, Any]:
    """Last prices with the last quantity, the volume and the previous close."""
    return quotes_of(call, last_v3)


def ohlc(call: Call) -> dict[str, Any]:
    """The candle that forms."""
    interval = _interval(call)

    def shown(one: Instrument, tick: Tick) -> dict[str, Any]:
        _, live = _candles(call, one, tick, interval)
        prices = {name: live[name] for name in ("open", "high", "low", "close")}
        return {**_last(one, tick), "ohlc": prices}

    return quotes_of(call, shown)


def ohlc_v3(call: Call) -> dict[str, Any]:
    """The candle that forms, and the one before it."""
    interval = _interval(call)

    def shown(one: Instrument, tick: Tick) -> dict[str, Any]:
        before, live = _candles(call, one, tick, interval)
        return {**_last(one, tick), "prev_ohlc": before, "live_ohlc": live}

    return quotes_of(call, shown)


def quotes(call: Call) -> dict[str, Any]:
    """Full quotes."""
    return quotes_of(call, _full)


def quotes_v3(call: Call) -> dict[str, Any]:
    """Full quotes with the previous close."""
    return quotes_of(call, _full_v3)


def quotes_of(call: Call, shape: Shape, most: int = MOST_KEYS) -> dict[str, Any]:
    """The quotes of the query's keys, those without a price left out."""
    text = call.query.get("instrument_key") or call.query.get("symbol") or ""
    keys = [key.strip() for key in text.split(",") if key.strip()]
    if not keys:
        raise UpstoxError("UDAPI1026", "Instrument key is required", field="instrument_key")
    if len(keys) > most:
        words = f"At most {most} instrument keys in one request, were {len(keys)}"
        raise UpstoxError("UDAPI100042", words, field="instrument_key")
    found: dict[str, Any] = {}
    for key in keys:
        instrument = call.door.instrument(key)
        tick = call.exchange.tick(instrument.id)
        if tick is not None:
            name = f"{segment_of(instrument)}:{instrument.tradingsymbol}"
            found[name] = shape(instrument, tick)
    return found


def _interval(call: Call) -> Interval:
    word = call.query.get("interval", "")
    if word not in _INTERVALS:
        raise invalid(f"The interval must be one of {', '.join(_INTERVALS)}", "interval", word)
    return _INTERVALS[word]


def _candles(
    call: Call, one: Instrument, tick: Tick, interval: Interval
) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """The candle before the one that forms, and that one; without any yet it is the day's."""
    now, midnight = call.exchange.now(), _midnight(call)
    if interval is Interval.DAY:
        past = call.exchange.candles(one.id, interval, midnight - _LOOK_BACK, midnight)
        return (_candle_json(past[-1]) if past else None), _candle(tick)
    found = call.exchange.candles(one.id, interval, midnight, now)
    before = _candle_json(found[-2]) if len(found) > 1 else None
    return before, _candle_json(found[-1]) if found else _candle(tick)


def _midnight(call: Call) -> datetime:
    return datetime.combine(call.exchange.today, time.min, tzinfo=IST)


def _candle_json(candle: Candle) -> dict[str, Any]:
    prices = {name: float(getattr(candle, name)) for name in ("open", "high", "low", "close")}
    return {**prices, "volume": candle.volume, "ts": _ms(candle.start)}


def _last(instrument: Instrument, tick: Tick) -> dict[str, Any]:
    return {"last_price": float(tick.last_price), "instrument_token": key_of(instrument)}


def last_v3(instrument: Instrument, tick: Tick) -> dict[str, Any]:
    """A last price with its quantity, the day's volume and the previous close."""
    return {
        **_last(instrument, tick),
        "ltq": tick.last_quantity,
        "volume": tick.volume,
        "cp": _price(tick.close),
    }


def _full(instrument: Instrument, tick: Tick) -> dict[str, Any]:
    at = tick.exchange_at or tick.at
    buy, sell = ((), ()) if tick.depth is None else (tick.depth.buy, tick.depth.sell)
    change = tick.last_price - tick.close if tick.close is not None else Decimal(0)
    return {
        "ohlc": _ohlc(tick),
        "depth": {"buy": _side(buy), "sell": _side(sell)},
        "timestamp": at.astimezone(IST).isoformat(timespec="milliseconds"),
        "instrument_token": key_of(instrument),
        "symbol": instrument.tradingsymbol,
        "last_price": float(tick.last_price),
        "volume": tick.volume,
        "average_price": _price(tick.average_price),
        "oi": float(tick.oi),
        "net_change": float(change),
        "total_buy_quantity": float(sum(one.quantity for one in buy) or tick.bid_quantity),
        "total_sell_quantity": float(sum(one.quantity for one in sell) or tick.ask_quantity),
        "lower_circuit_limit": _price(tick.lower_circuit),
        "upper_circuit_limit": _price(tick.upper_circuit),
        "last_trade_time": str(_ms(at)),
        "oi_day_high": float(tick.oi),
        "oi_day_low": float(tick.oi),
    }


def _full_v3(instrument: Instrument, tick: Tick) -> dict[str, Any]:
    full = _full(instrument, tick)
    return {**full, "ohlc": _candle(tick), "prev_close_price": _price(tick.close)}


def _ohlc(tick: Tick) -> dict[str, float]:
    return {
        "open": _price(tick.open),
        "high": _price(tick.high),
        "low": _price(tick.low),
        "close": float(tick.last_price),
    }


def _candle(tick: Tick) -> dict[str, Any]:
    at = tick.exchange_at or tick.at
    return {**_ohlc(tick), "volume": tick.volume, "ts": _ms(at)}


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _side(levels: tuple[DepthLevel, ...]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"quantity": one.quantity, "price": float(one.price), "orders": one.orders}
        for one in levels[:_LEVELS]
    ]
    return rows + [dict(_NOTHING) for _ in range(_LEVELS - len(rows))]


def _price(price: Decimal | None) -> float:
    return 0.0 if price is None else float(price)


ENDPOINTS = (
    Endpoint("GET", "/v2/market-quote/ltp", ltp),
    Endpoint("GET", "/v2/market-quote/ohlc", ohlc),
    Endpoint("GET", "/v2/market-quote/quotes", quotes),
    Endpoint("GET", "/v3/market-quote/ltp", ltp_v3),
    Endpoint("GET", "/v3/market-quote/ohlc", ohlc_v3),
    Endpoint("GET", "/v3/market-quote/quotes", quotes_v3),
)
