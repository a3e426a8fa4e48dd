"""Market data: instrument files, quotes, candles and the range of cover orders' triggers."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from tradertape_core.kernel.clock import IST
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.tick import Tick
from tradertape_sandbox.wire.kite.door import Call, Endpoint
from tradertape_sandbox.wire.kite.envelope import Kind, KiteError
from tradertape_sandbox.wire.kite.instruments_csv import instruments_csv
from tradertape_sandbox.wire.kite.quote_shapes import ltp_json, ohlc_json, quote_json

MOST_QUOTES = 500
MOST_PRICES = 1000

# Days of one request. Source: Zerodha's staff on the vendor forum, 2020.
MOST_DAYS = {
    Interval.MINUTE: 60,
    Interval.MINUTE_3: 100,
    Interval.MINUTE_5: 100,
    Interval.MINUTE_10: 100,
    Interval.MINUTE_15: 200,
    Interval.MINUTE_30: 200,
    Interval.MINUTE_60: 400,
    Interval.DAY: 2000,
}
_EXCHANGES = ("NSE", "BSE", "NFO", "BFO", "CDS", "BCD", "MCX")
_COVER_RANGE = Decimal("0.1")  # how far a cover order's trigger may be from the price
_PAISA = Decimal("0.01")

Shape = Callable[[Instrument, Tick], dict[str, Any]]


def instruments(call: Call) -> Response:
    """The file of all instruments."""
    return _csv(call, instruments_csv(call.exchange.instruments.all))


def instruments_of(call: Call) -> Response:
    """The file of one exchange's instruments."""
    exchange = call.path["exchange"].upper()
    if exchange not in _EXCHANGES:
        raise KiteError(Kind.INPUT, f"Invalid exchange {exchange!r}")
    return _csv(call, instruments_csv(call.exchange.instruments.on(exchange)))


def quote(call: Call) -> dict[str, Any]:
    """Full quotes with the book."""
    return _quotes(call, MOST_QUOTES, quote_json)


def ohlc(call: Call) -> dict[str, Any]:
    """Last price and the day's candle."""
    return _quotes(call, MOST_PRICES, ohlc_json)


def ltp(call: Call) -> dict[str, Any]:
    """Last prices."""
    return _quotes(call, MOST_PRICES, ltp_json)


def trigger_range(call: Call) -> dict[str, Any]:
    """Where the trigger of a cover order may be."""
    side = call.path["transaction_type"]
    if side not in ("buy", "sell"):
        raise KiteError(Kind.INPUT, "`transaction_type` must be buy or sell")
    shape = _buy_range if side == "buy" else _sell_range
    return _quotes(call, MOST_QUOTES, shape)


def historical(call: Call) -> dict[str, Any]:
    """Candles of an instrument."""
    interval = _interval(call.path["interval"])
    instrument = _by_token(call, call.path["instrument_token"])
    if instrument is None:
        raise KiteError(Kind.INPUT, "invalid token")
    start, end = _moment(call, "from"), _moment(call, "to")
    if start > end:
        raise KiteError(Kind.INPUT, "`from` must not be after `to`")
    most = MOST_DAYS[interval]
    if end - start > timedelta(days=most):
        raise KiteError(Kind.INPUT, f"interval exceeds max limit: {most} days")
    if call.query.get("continuous") == "1" and not _is_continuous(instrument, interval):
        raise KiteError(Kind.INPUT, "continuous data is for day candles of futures")
    has_oi = call.query.get("oi") == "1"
    candles = call.exchange.candles(instrument.id, interval, start, end)
    return {"candles": [_candle(candle, has_oi=has_oi) for candle in candles]}


def _csv(call: Call, text: str) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="instruments.csv"'}
    body = text.encode()
    if call.takes_gzip:
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, 6, mtime=0)
    return Response(body, media_type="text/csv", headers=headers)


def _quotes(call: Call, most: int, shape: Shape) -> dict[str, Any]:
    keys: Sequence[str] = call.query.getlist("i")
    if not keys:
        raise KiteError(Kind.INPUT, "Missing or empty field `i`")
    if len(keys) > most:
        raise KiteError(Kind.INPUT, f"At most {most} instruments in one request, were {len(keys)}")
    found: dict[str, Any] = {}
    for key in keys:
        instrument = call.exchange.instruments.get(key) if ":" in key else _by_token(call, key)
        tick = None if instrument is None else call.exchange.tick(instrument.id)
        if instrument is not None and tick is not None:
            found[key] = shape(instrument, tick)
    return found


def _by_token(call: Call, text: str) -> Instrument | None:
    return call.exchange.instruments.by_token(int(text)) if text.isdecimal() else None


def _interval(text: str) -> Interval:
    try:
        return Interval(text)
    except ValueError:
        raise KiteError(Kind.INPUT, "invalid interval") from None


def _moment(call: Call, name: str) -> datetime:
    text = call.query.get(name, "")
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=IST)
        except ValueError:
            continue
    raise KiteError(Kind.INPUT, f"invalid `{name}` date: it must be yyyy-mm-dd hh:mm:ss")


def _is_continuous(instrument: Instrument, interval: Interval) -> bool:
    return interval is Interval.DAY and instrument.instrument_type is InstrumentType.FUT


def _candle(candle: Candle, *, has_oi: bool) -> list[object]:
    at = candle.start.astimezone(IST).strftime("%Y-%m-%dT%H:%M:%S%z")
    prices = (candle.open, candle.high, candle.low, candle.close)
    row: list[object] = [at, *(float(price) for price in prices), candle.volume]
    return [*row, candle.oi] if has_oi else row


def _buy_range(instrument: Instrument, tick: Tick) -> dict[str, Any]:
    low = (tick.last_price * (1 - _COVER_RANGE)).quantize(_PAISA)
    return _range(instrument, low, tick.last_price)


def _sell_range(instrument: Instrument, tick: Tick) -> dict[str, Any]:
    high = (tick.last_price * (1 + _COVER_RANGE)).quantize(_PAISA)
    return _range(instrument, tick.last_price, high)


def _range(instrument: Instrument, lower: Decimal, upper: Decimal) -> dict[str, Any]:
    return {
        "instrument_token": instrument.instrument_token,
        "lower": float(lower),
        "upper": float(upper),
    }


ENDPOINTS = (
    Endpoint("GET", "/instruments", instruments, is_open=True),
    Endpoint("GET", "/instruments/trigger_range/{transaction_type}", trigger_range),
    Endpoint(
        "GET", "/instruments/historical/{instrument_token}/{interval}", historical, "historical"
    ),
    Endpoint("GET", "/instruments/{exchange}", instruments_of, is_open=True),
    Endpoint("GET", "/quote", quote, "quote"),
    Endpoint("GET", "/quote/ohlc", ohlc, "quote"),
    Endpoint("GET", "/quote/ltp", ltp, "quote"),
)
