"""Trades of earlier days, and the profit and loss of closed trades."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from starlette.responses import Response

from tradertape_core.kernel.clock import IST
from tradertape_sandbox.exchange.books import BookedTrade
from tradertape_sandbox.wire.upstox.closed_trades import Closed, charges_of, closed_of, segment_word
from tradertape_sandbox.wire.upstox.door import Call, Endpoint
from tradertape_sandbox.wire.upstox.envelope import UpstoxError, invalid, success
from tradertape_sandbox.wire.upstox.keys import key_of

MOST_ROWS = 5000
_SEGMENTS = ("EQ", "FO", "COM", "CD")
_TRADED_SEGMENTS = (*_SEGMENTS, "MF")


def historical_trades(call: Call) -> Response:
    """Trades between two dates, the present day's included, oldest first."""
    segment = call.query.get("segment") or None
    if segment is not None and segment not in _TRADED_SEGMENTS:
        words = f"The segment must be one of {', '.join(_TRADED_SEGMENTS)}"
        raise invalid(words, "segment", segment)
    first, last = (_iso(call, name) for name in ("start_date", "end_date"))
    if first > last:
        raise invalid("start_date must not be after end_date", "start_date", str(first))
    rows = [
        trade
        for trade in _trades(call)
        if first <= _day(trade.at) <= last and segment in (None, segment_word(trade.instrument))
    ]
    page, size = _page(call)
    meta = {
        "page_number": page, "page_size": size, "total_records": len(rows),
        "total_pages": -(-len(rows) // size),
    }  # fmt: skip
    shown = [_trade_row(call, one) for one in rows[(page - 1) * size : page * size]]
    return success(shown, metaData={"page": meta})


def metadata(call: Call) -> dict[str, Any]:
    """How many rows the report has."""
    return {"trades_count": len(_closed(call)), "page_size_limit": MOST_ROWS}


def data(call: Call) -> Response:
    """The report: what was bought and sold, first in, first out."""
    rows = _closed(call)
    page, size = _page(call)
    shown = [_closed_row(call, one) for one in rows[(page - 1) * size : page * size]]
    return success(shown, metadata={"page": {"page_number": page, "page_size": size}})


def charges(call: Call) -> dict[str, Any]:
    """What the trades of the period cost."""
    segment, first, last = _period(call)
    rows = [
        trade
        for trade in _trades(call)
        if first <= _day(trade.at) <= last and segment_word(trade.instrument) == segment
    ]
    found = charges_of(call.exchange.account(call.key).tariff, rows)
    return {
        "charges_breakdown": {
            "total": found.total / 100,
            "brokerage": found.brokerage / 100,
            "taxes": {
                "gst": found.gst / 100,
                "stt": found.stt / 100,
                "stamp_duty": found.stamp / 100,
            },
            "charges": {
                "transaction": found.transaction / 100,
                "clearing": 0.0,
                "others": 0.0,
                "sebi_turnover": found.sebi / 100,
                "demat_transaction": found.demat / 100,
            },
        }
    }


def _trades(call: Call) -> Sequence[BookedTrade]:
    return [*call.exchange.account(call.key).past_trades, *call.exchange.trades(call.key)]


def _closed(call: Call) -> list[Closed]:
    segment, first, last = _period(call)
    account = call.exchange.account(call.key)
    return [
        one
        for one in closed_of(account.opening_lots, _trades(call))
        if first <= one.closed_on <= last and segment_word(one.instrument) == segment
    ]


def _period(call: Call) -> tuple[str, date, date]:
    segment, year = call.query.get("segment", ""), call.query.get("financial_year", "")
    if segment not in _SEGMENTS:
        raise invalid(f"The segment must be one of {', '.join(_SEGMENTS)}", "segment", segment)
    if not (len(year) == 4 and year.isdecimal() and int(year[2:]) == (int(year[:2]) + 1) % 100):
        words = "financial_year must be two years of two digits, as 2627"
        raise invalid(words, "financial_year", year)
    begin = 2000 + int(year[:2])
    first, last = date(begin, 4, 1), date(begin + 1, 3, 31)
    given = [call.query.get(name) for name in ("from_date", "to_date")]
    start, end = (None if text is None else _indian(text) for text in given)
    return segment, max(first, start or first), min(last, end or last)


def _page(call: Call) -> tuple[int, int]:
    found: list[int] = []
    for name, most in (("page_number", 1_000_000), ("page_size", MOST_ROWS)):
        text = call.query.get(name, "")
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise invalid(f"{name} must be a whole number from 1 to {most}", name, text)
        found.append(int(text))
    return found[0], found[1]


def _iso(call: Call, name: str) -> date:
    text = call.query.get(name, "")
    try:
        return date.fromisoformat(text)
    except ValueError:
        words = f"Invalid date: {name} must be YYYY-MM-DD"
        raise UpstoxError("UDAPI1088", words, field=name, value=text) from None


def _indian(text: str) -> date:
    try:
        return datetime.strptime(text, "%d-%m-%Y").replace(tzinfo=IST).date()
    except ValueError:
        words = "Invalid date: it must be DD-MM-YYYY"
        raise UpstoxError("UDAPI1088", words, value=text) from None


def _day(moment: datetime) -> date:
    return moment.astimezone(IST).date()


def _trade_row(call: Call, trade: BookedTrade) -> dict[str, Any]:
    exchange, _, symbol = trade.instrument.partition(":")
    one = call.exchange.instruments.get(trade.instrument)
    is_option = one is not None and one.is_option
    return {
        "exchange": exchange.replace("NFO", "NSE").replace("BFO", "BSE"),
        "segment": segment_word(trade.instrument),
        "option_type": (one.option_type or "") if one is not None else "",
        "quantity": trade.quantity,
        "amount": float(trade.price * trade.quantity),
        "trade_id": trade.trade_id,
        "trade_date": _day(trade.at).isoformat(),
        "transaction_type": trade.side.value,
        "scrip_name": symbol if one is None else one.name or one.underlying or symbol,
        "strike_price": f"{one.strike:f}" if one is not None and is_option else "0.0",
        "expiry": "" if one is None or one.expiry is None else one.expiry.isoformat(),
        "price": float(trade.price),
        "isin": "" if one is None else one.isin,
        "symbol": symbol,
        "instrument_token": "" if one is None else key_of(one),
    }


def _closed_row(call: Call, row: Closed) -> dict[str, Any]:
    one = call.exchange.instruments.get(row.instrument)
    symbol = row.instrument.partition(":")[2]
    return {
        "quantity": float(row.quantity),
        "isin": "" if one is None else one.isin,
        "scrip_name": symbol if one is None else one.name or symbol,
        "trade_type": segment_word(row.instrument),
        "buy_date": row.bought_on.strftime("%d-%m-%Y"),
        "buy_average": float(row.buy_price),
        "sell_date": row.sold_on.strftime("%d-%m-%Y"),
        "sell_average": float(row.sell_price),
        "buy_amount": float(row.buy_price * row.quantity),
        "sell_amount": float(row.sell_price * row.quantity),
    }


_PROFIT = "/v2/trade/profit-loss"

ENDPOINTS = (
    Endpoint("GET", "/v2/charges/historical-trades", historical_trades),
    Endpoint("GET", f"{_PROFIT}/metadata", metadata),
    Endpoint("GET", f"{_PROFIT}/data", data),
    Endpoint("GET", f"{_PROFIT}/charges", charges),
)
