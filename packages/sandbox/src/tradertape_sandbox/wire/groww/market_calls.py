"""Calls about prices: quotes, option chains, candles, expiries and contracts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.instrument import Instrument
from tradertape_sandbox.wire.groww.calls import Call
from tradertape_sandbox.wire.groww.candles import (
    FIRST_YEAR,
    RANGE_SPANS,
    SPANS,
    Span,
    check_period,
    detailed_row,
    joined,
    range_row,
)
from tradertape_sandbox.wire.groww.envelopes import bad_request, not_found
from tradertape_sandbox.wire.groww.names import groww_symbol
from tradertape_sandbox.wire.groww.option_chains import OptionBoard, option_board
from tradertape_sandbox.wire.groww.order_mapping import naive
from tradertape_sandbox.wire.groww.quotes import YearRange, ohlc_of, quote_row, read_symbols
from tradertape_sandbox.wire.groww.reading import EXCHANGE_NAMES, Document

_YEAR = timedelta(days=364)  # 52 weeks


def quote(call: Call) -> object:
    """GET /live-data/quote."""
    instrument = _asked(call)
    tick = call.groww.tick(instrument)
    return quote_row(tick, _year_range(call, instrument), _implied(call, instrument))


def last_prices(call: Call) -> object:
    """GET /live-data/ltp."""
    wanted = read_symbols(
        call.repeated("exchange_symbols"), call.query.segment(), call.groww.directory
    )
    return {name: float(call.groww.last_price(one)) for name, one in wanted.items()}


def ohlc(call: Call) -> object:
    """GET /live-data/ohlc: the present day's."""
    wanted = read_symbols(
        call.repeated("exchange_symbols"), call.query.segment(), call.groww.directory
    )
    return {name: ohlc_of(call.groww.tick(one)) for name, one in wanted.items()}


def greeks(call: Call) -> object:
    """GET /live-data/greeks/exchange/{}/underlying/{}/trading_symbol/{}/expiry/{}."""
    path = call.path
    board = _board(call, _day(path, "expiry"))
    symbol = path.text("trading_symbol")
    option = next((one for one in board.options.values() if one.tradingsymbol == symbol), None)
    if option is None:
        raise not_found(f"{symbol} is no option of this underlying and expiry")
    return board.greeks(option)


def option_chain(call: Call) -> object:
    """GET /option-chain/exchange/{}/underlying/{}."""
    return _board(call, _day(call.query, "expiry_date")).reply()


def expiries(call: Call) -> object:
    """GET /historical/expiries."""
    query = call.query
    year = query.whole("year", FIRST_YEAR, 2100) if query.has("year") else None
    month = query.whole("month", 1, 12) if query.has("month") else None
    days = {
        one.expiry
        for one in _contracts(call)
        if one.expiry is not None
        and year in (None, one.expiry.year)
        and month in (None, one.expiry.month)
    }
    return {"expiries": [day.isoformat() for day in sorted(days)]}


def contracts(call: Call) -> object:
    """GET /historical/contracts."""
    day = _day(call.query, "expiry_date")
    return {"contracts": [groww_symbol(one) for one in _contracts(call) if one.expiry == day]}


def candles(call: Call) -> object:
    """GET /historical/candles."""
    query = call.query
    exchange = query.choice("exchange", EXCHANGE_NAMES)
    symbol, segment = query.text("groww_symbol"), query.segment()
    instrument = call.groww.directory.by_groww_symbol(exchange, segment, symbol)
    span = query.choice("candle_interval", SPANS)
    start, end = query.moment("start_time"), query.moment("end_time")
    found = _candles(call, instrument, span, start, end)
    tick = call.exchange.tick(instrument.id)
    closing = tick.close if tick and tick.close else None
    return {
        "candles": [detailed_row(one, has_interest=instrument.is_derivative) for one in found],
        "closing_price": None if closing is None else float(closing),
        "start_time": _text(start),
        "end_time": _text(end),
        "interval_in_minutes": span.minutes,
    }


def candle_range(call: Call) -> object:
    """GET /historical/candle/range: the older call."""
    query = call.query
    instrument = _asked(call)
    minutes = query.whole("interval_in_minutes", 1, 10_080, 1)
    span = RANGE_SPANS.get(minutes)
    if span is None:
        known = ", ".join(str(one) for one in RANGE_SPANS)
        raise bad_request(f"interval_in_minutes must be one of {known}; was {minutes}")
    start, end = query.moment("start_time"), query.moment("end_time")
    return {
        "candles": [range_row(one) for one in _candles(call, instrument, span, start, end)],
        "start_time": _text(start),
        "end_time": _text(end),
        "interval_in_minutes": minutes,
    }


# --- what they share ------------------------------------------------------------------------------


def _asked(call: Call) -> Instrument:
    query = call.query
    return call.groww.directory.find(
        query.choice("exchange", EXCHANGE_NAMES), query.segment(), query.text("trading_symbol")
    )


def _candles(
    call: Call, instrument: Instrument, span: Span, start: datetime, end: datetime
) -> list[Candle]:
    check_period(span, start, end)
    return joined(call.exchange.candles(instrument.id, span.base, start, end), span)


def _contracts(call: Call) -> list[Instrument]:
    exchange = call.query.choice("exchange", EXCHANGE_NAMES)
    return call.groww.directory.contracts(exchange, call.query.text("underlying_symbol"))


def _board(call: Call, expiry: date) -> OptionBoard:
    exchange = call.path.choice("exchange", EXCHANGE_NAMES)
    underlying = call.path.text("underlying")
    listed = call.groww.directory.contracts(exchange, underlying)
    return _board_of(call, [one for one in listed if one.is_option and one.expiry == expiry])


def _board_of(call: Call, options: list[Instrument]) -> OptionBoard:
    if not options:
        raise not_found("no options of this underlying expire that day: see /historical/expiries")
    spot = call.exchange.instruments.spot_of(options[0])
    price = call.groww.last_price(spot) if spot else Decimal(0)
    return option_board(options, spot=price, tick_of=call.exchange.tick, now=call.exchange.now())


def _implied(call: Call, instrument: Instrument) -> float | None:
    """The implied volatility of an option in percent; None of anything else."""
    if not instrument.is_option:
        return None
    listed = call.exchange.instruments.derivatives(instrument.underlying)
    near = [
        one
        for one in listed
        if (one.expiry, one.strike) == (instrument.expiry, instrument.strike) and one.is_option
    ]
    return _board_of(call, near).greeks(instrument)["iv"]


def _year_range(call: Call, instrument: Instrument) -> YearRange:
    """High and low of the sessions of the last 52 weeks before today, worked out once a day."""
    now = call.exchange.now()
    today = now.astimezone(IST).date()
    known = call.groww.year_ranges
    if (instrument.id, today) not in known:
        rows = call.exchange.candles(instrument.id, Interval.DAY, now - _YEAR, now)
        high = max((one.high for one in rows), default=None)
        low = min((one.low for one in rows), default=None)
        known[instrument.id, today] = YearRange(high, low)
    return known[instrument.id, today]


def _day(document: Document, name: str) -> date:
    text = document.text(name)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise bad_request(f"{name} must be a day such as 2025-11-25, was {text!r}") from None


def _text(moment: datetime) -> str:
    return naive(moment).replace("T", " ")
